"""A gauge as the lists show it: the same cells in the table, the tile and the list of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ckan.plugins.toolkit as tk
from ckan.common import _
from markupsafe import Markup

from ..domain.freshness import Freshness
from ..domain.threshold import Direction
from ..portal import formats
from ..portal.stations import title
from . import sentences
from .situation import Situation, highest_class, was_reached

_OVER_SIGN = Markup(
    '<svg class="sym" viewBox="0 0 24 24" aria-hidden="true"><path d="M12 3 22 20.5H2Z" '
    'fill="none" stroke="var(--ink)" stroke-width="2.5" stroke-linejoin="round"/></svg>'
)
"""A threshold whose source gives no class is reached: a triangle without digit or colour."""


@dataclass(frozen=True, slots=True)
class Row:
    """Texts are plain, signs are SVG, times are HTML.

    `value` is None without a value that speaks of now; then `last` is shown in brackets.
    """

    title: str
    url: str
    value: str | None
    last: str | None
    trend: str
    trend_sign: Markup
    rate: str
    standing: str
    standing_sign: Markup
    class_words: str
    left: str
    age: Markup
    age_sign: Markup
    clock: Markup
    near: bool
    knows_thresholds: bool
    was_reached: bool
    spark: Markup


def language() -> str:
    """The language of the answer, one of the two the sentences know."""
    return "en" if str(tk.h.lang()).startswith("en") else "de"


def rows(
    shown: Sequence[Situation],
    now: datetime,
    *,
    municipality: str | None = None,
    sparks: dict[int, Markup] | None = None,
) -> list[Row]:
    """The rows of gauges in the order given; `near` when it is not inside the municipality."""
    lang = language()
    return [_row(each, now, lang, municipality, sparks or {}) for each in shown]


def state_words(situation: Situation, now: datetime, lang: str) -> Markup:
    """Its age, and in front of it the state when it is not live."""
    stream = situation.datastream
    time = stream.latest_time if stream else None
    if situation.state is Freshness.OUT_OF_SERVICE:
        time = situation.out_since
    return formats.live_words(situation.state, time, situation.live_until, now, lang)


def standing_sign(situation: Situation) -> Markup:
    """The sign before what a level means; empty when it means nothing."""
    if situation.reached:
        if severity := highest_class(situation):
            return formats.class_sign(severity)
        below = situation.reached[0].direction == Direction.BELOW
        return formats.LOW_WATER_SIGN if below else _OVER_SIGN
    return formats.LOW_WATER_SIGN if situation.low_mark else Markup("")


def class_words(severity: int | None) -> str:
    """The word of a class, which never stands there as a colour alone; empty without one."""
    return "" if severity is None else _("Class {number}").format(number=severity)


def clock(situation: Situation, lang: str, *, short: bool = False) -> Markup:
    """When its value was measured, `10:45 Uhr`, or `10:45` for a phone; a late one says so."""
    if situation.time is None:
        return Markup("")
    clock = formats.clock(situation.time, lang)
    if short:
        clock = clock.removesuffix(f"{formats.NO_BREAK}Uhr")
    if situation.state is Freshness.LATE:
        clock = f"{'verspätet' if lang == 'de' else 'late'}, {clock}"
    return formats.live_time(clock, situation.time, situation.live_until)


def _row(
    situation: Situation,
    now: datetime,
    lang: str,
    municipality: str | None,
    sparks: dict[int, Markup],
) -> Row:
    stream, trend = situation.datastream, situation.trend
    value = last = None
    if stream and situation.value is not None:
        value = sentences.value_text(stream, situation.value, lang)
    elif stream and situation.doubted_value is not None:
        last = sentences.value_text(stream, situation.doubted_value, lang)
    elif stream and situation.last_value is not None:
        last = sentences.value_text(stream, situation.last_value, lang)
    severity = highest_class(situation)
    left = ""
    if situation.next_above and situation.centimetres is not None:
        distance = formats.difference(situation.centimetres_to(situation.next_above) or 0, lang)
        left = f"noch {distance}" if lang == "de" else f"{distance} left"
        if hours := sentences.hours_left(situation, lang):
            left += f", {hours}"
    relations = dict(situation.station.municipalities)
    return Row(
        title=title(situation.station),
        url=tk.h.url_for("suedwest.station", slug=situation.station.slug),
        value=value,
        last=last,
        trend=formats.trend_words(trend, lang) if trend else "",
        trend_sign=formats.trend_sign(trend) if trend else Markup(""),
        rate=formats.rate(trend.cm_per_hour, lang) if situation.rising and trend else "",
        standing=sentences.standing(situation, lang),
        standing_sign=standing_sign(situation),
        class_words=class_words(severity),
        left=left,
        age=state_words(situation, now, lang),
        age_sign=formats.freshness_sign(situation.state),
        clock=clock(situation, lang),
        near=municipality is not None and relations.get(municipality) == "near",
        knows_thresholds=situation.knows_thresholds,
        was_reached=was_reached(situation),
        spark=sparks.get(situation.station.id, Markup("")),
    )
