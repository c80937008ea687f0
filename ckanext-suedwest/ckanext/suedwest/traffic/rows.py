"""Stations of traffic as the lists show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ckan.plugins.toolkit as tk
from ckan.common import _
from flask import g, has_request_context
from markupsafe import Markup
from sqlalchemy import Engine

from ..domain.freshness import Freshness
from ..observations.store_access import read_engine
from ..portal import formats
from ..portal.stations import title
from ..store.query import StationRow, good_points
from . import sentences
from .availability import (
    DESCRIBED,
    RELIABLE,
    TREND_WINDOW,
    Availability,
    Mode,
    availability_of,
    chosen_datastream,
    in_order,
)

KINDS = frozenset(str(mode) for mode in Mode)


@dataclass(frozen=True, slots=True)
class Row:
    """Texts are plain, signs are SVG, times are HTML.

    `value` is None without a value that speaks of now; then `last` may tell the last one.
    `meter` is the free part in hundredths, None where there is nothing to draw.
    """

    title: str
    url: str
    value: str | None
    offer: str
    last: str
    filling: str
    meter: int | None
    age: Markup
    age_sign: Markup
    near: bool
    simulated: bool


@dataclass(frozen=True, slots=True)
class ModeList:
    """All stations of one mode on a page."""

    mode: Mode
    title: str
    rows: list[Row]


def language() -> str:
    """The language of the answer, one of the two the sentences know."""
    return "en" if str(tk.h.lang()).startswith("en") else "de"


def availabilities(shown: Sequence[StationRow], now: datetime) -> list[Availability]:
    """The facts of stations, with one query for all trends; kept while a page is made."""
    known: dict[int, Availability] = (
        g.setdefault("suedwest_traffic_availabilities", {}) if has_request_context() else {}
    )
    missing = [each for each in shown if each.id not in known]
    points = _points(read_engine(), missing, now)
    for station in missing:
        stream = chosen_datastream(station)
        values = points.get(stream.datastream_id, []) if stream else []
        known[station.id] = availability_of(station, values, now=now)
    return [known[each.id] for each in shown]


def mode_lists(
    shown: Sequence[Availability], now: datetime, municipality: str | None = None
) -> list[ModeList]:
    """The lists that have something in them, in the order of the modes."""
    lang = language()
    return [
        ModeList(
            mode,
            sentences.mode_title(mode),
            [row(each, now, lang, municipality) for each in in_order(members)],
        )
        for mode in Mode
        if (members := [each for each in shown if each.mode is mode])
    ]


def row(one: Availability, now: datetime, lang: str, municipality: str | None = None) -> Row:
    """One station; `near` when it is not inside the municipality."""
    share = one.share
    return Row(
        title=title(one.station),
        url=tk.h.url_for("suedwest.station", slug=one.station.slug),
        value=None if one.value is None else formats.quantity(one.value, "count", lang),
        offer=sentences.offer(one, lang),
        last=last_words(one, now, lang),
        filling=sentences.filling_words(one.filling),
        meter=None if share is None else round(share * 100),
        age=age_words(one, now, lang),
        age_sign=formats.freshness_sign(one.state),
        near=municipality is not None
        and dict(one.station.municipalities).get(municipality) == "near",
        # Most names of the sandbox say it themselves.
        simulated=one.simulated and "(Simulation)" not in one.station.name,
    )


def age_words(one: Availability, now: datetime, lang: str) -> Markup:
    """Its age, and in front of it the state when it is not live."""
    stream = one.datastream
    time = stream.latest_time if stream else None
    if one.state is Freshness.OUT_OF_SERVICE:
        time = one.out_since
    elif stream is not None and time is not None and stream.interval and one.mode is Mode.COUNTER:
        # A count is known when its interval is over.
        time = min(time + stream.interval, now)
    return formats.live_words(one.state, time, one.live_until, now, lang)


def last_words(one: Availability, now: datetime, lang: str) -> str:
    """`last 46, yesterday, 18:15`: the newest good value where none speaks of now."""
    if one.closed or one.state in RELIABLE or one.last_value is None or one.last_time is None:
        return ""
    return _("last {value} {moment}").format(
        value=formats.quantity(one.last_value, "count", lang),
        moment=formats.moment(one.last_time, now, lang),
    )


def _points(
    engine: Engine, shown: Sequence[StationRow], now: datetime
) -> dict[int, list[tuple[datetime, float]]]:
    wanted = DESCRIBED[Mode.PARKING].offered
    streams = [
        stream.datastream_id
        for each in shown
        if each.kind == Mode.PARKING
        and (stream := chosen_datastream(each))
        and stream.observed_property == wanted
    ]
    return good_points(engine, streams, start=now - TREND_WINDOW) if streams else {}
