"""Two tables of a gauge's page: levels that mean something, and the newest values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ckan.common import _
from markupsafe import Markup

from ..domain.quality import Finding, Quality
from ..domain.threshold import Direction, ThresholdKind
from ..domain.time import DayRule, day_of
from ..domain.units import FLOOD_CLASS
from ..portal import formats
from ..portal.organizations import profiles
from ..store.public_marks import PublicCorrection
from ..store.query import DatastreamNow, ObservationRow, ThresholdRow
from . import marks, sentences
from .day_table import bare_text
from .rows import class_words
from .situation import Situation


@dataclass(frozen=True, slots=True)
class ThresholdLine:
    """A line of “what happens at which level”; `left` is empty without a value of now."""

    level: str
    sign: Markup
    class_words: str
    name: str
    explanation: str
    source: str
    reached: bool
    left: str


@dataclass(frozen=True, slots=True)
class ValueLine:
    """A single value with what was tested of it."""

    time: str
    iso: str
    value: str
    check: str


def threshold_lines(situation: Situation, lang: str) -> list[ThresholdLine]:
    stream = situation.datastream
    shown = [each for each in situation.thresholds if each.kind != ThresholdKind.STATISTICAL]
    if stream is None or not shown:
        return []
    towns = {}
    if any(each.municipality for each in shown):
        towns = {town.name: town.title for town in profiles()}
    return [_threshold_line(each, situation, stream, towns, lang) for each in shown]


def _threshold_line(
    threshold: ThresholdRow,
    situation: Situation,
    stream: DatastreamNow,
    towns: dict[str, str],
    lang: str,
) -> ThresholdLine:
    left = ""
    distance = situation.centimetres_to(threshold)
    if distance is not None:
        left = formats.difference(distance, lang)
    elif situation.value is not None and stream.unit != FLOOD_CLASS.unit:
        left = sentences.value_text(stream, abs(threshold.level - situation.value), lang)
    owner = towns.get(threshold.municipality or "", threshold.municipality)
    below = threshold.direction == Direction.BELOW
    source = ", ".join(part for part in (owner, threshold.source) if part)
    words, name = class_words(threshold.severity), marks.name(threshold, lang)
    return ThresholdLine(
        level=sentences.value_text(stream, threshold.level, lang),
        sign=formats.class_sign(threshold.severity) if threshold.severity else Markup(""),
        class_words=words,
        name=name if words else capital(name),
        explanation=marks.explanation(threshold, lang),
        source=f"{source} ({_('when the level falls below it')})" if below else source,
        reached=threshold in situation.reached,
        left=left,
    )


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """A corrected value beside the original; `note` is empty unless it is public."""

    time: str
    iso: str
    value: str
    original: str
    note: str


def correction_lines(
    corrections: Sequence[PublicCorrection], stream: DatastreamNow, lang: str
) -> list[CorrectionLine]:
    """Corrected values, the newest first."""
    return [
        CorrectionLine(
            time=f"{formats.long_date(day_of(each.time, DayRule.CIVIL), lang, year=True)}, "
            f"{formats.clock(each.time, lang, zone=True)}",
            iso=formats.iso(each.time),
            value=bare_text(each.result, stream, lang),
            original=bare_text(each.original, stream, lang),
            note=each.note or "",
        )
        for each in reversed(corrections)
    ]


def value_lines(
    rows: Sequence[ObservationRow], stream: DatastreamNow, now: datetime, lang: str
) -> list[ValueLine]:
    """Single values in the order given."""
    checks = {Quality.PASS: _("tested"), Quality.NOT_EVALUATED: _("unverified")}
    return [
        ValueLine(
            time=_value_time(row.time, now, lang),
            iso=formats.iso(row.time),
            value=bare_text(row.result, stream, lang),
            check=_("corrected")
            if row.findings & Finding.CORRECTED
            else checks.get(Quality(row.quality), _("doubted")),
        )
        for row in rows
    ]


def _value_time(time: datetime, now: datetime, lang: str) -> str:
    same_day = day_of(time, DayRule.CIVIL) == day_of(now, DayRule.CIVIL)
    clock = formats.clock(time, lang)
    return clock if same_day else f"{formats.day_label(day_of(time, DayRule.CIVIL), lang)} {clock}"


def capital(text: str) -> str:
    """The text with a capital at its start."""
    return f"{text[:1].upper()}{text[1:]}"
