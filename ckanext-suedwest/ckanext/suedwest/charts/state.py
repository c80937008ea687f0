"""What a datastream says of now: its value, how old it is, where it goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine

from ..domain.freshness import Freshness, freshness, live_until
from ..domain.quality import Quality
from ..domain.trend import WINDOW, Trend, trend_of
from ..portal import formats
from ..portal.stations import title
from ..store.query import DatastreamNow, StationRow, good_points


@dataclass(frozen=True, slots=True)
class State:
    """`live_until` is None where nothing is live, `trend` where a direction is not told.

    `since` is when it went out of service, `note` what staff publicly say of that.
    """

    freshness: Freshness
    live_until: datetime | None
    trend: Trend | None
    since: datetime | None = None
    note: str | None = None


def state_of(
    engine: Engine, station: StationRow, datastream: DatastreamNow, now: datetime
) -> State:
    """The state at an instant; the trend is only told of levels that are up to date."""
    state = state_without_trend(station, datastream, now)
    if datastream.unit != "cm" or state.freshness not in (Freshness.LIVE, Freshness.LATE):
        return state
    identity = datastream.datastream_id
    points = good_points(engine, [identity], start=now - WINDOW)[identity]
    return replace(state, trend=trend_of(points, now=now))


def state_without_trend(station: StationRow, datastream: DatastreamNow, now: datetime) -> State:
    """The same without where it goes; nothing is asked for it."""
    quality = None if datastream.latest_quality is None else Quality(datastream.latest_quality)
    current = freshness(
        station.kind,
        datastream.interval,
        datastream.latest_time,
        quality,
        out_of_service=datastream.out_of_service,
        now=now,
    )
    until = (
        live_until(station.kind, datastream.interval, datastream.latest_time)
        if datastream.latest_time and not datastream.out_of_service
        else None
    )
    since = station.gone_at or datastream.maintenance_since
    return State(current, until, None, since, datastream.maintenance_note)


def headline(
    station: StationRow, datastream: DatastreamNow, state: State, now: datetime, lang: str
) -> tuple[str, str]:
    """Place and value to be set off, and the rest of the sentence.

    A silent or doubted value is not told as if it were the level of now.
    """
    place = title(station)
    german = lang == "de"
    last = (
        formats.quantity(datastream.good_result, datastream.unit, lang)
        if datastream.good_result is not None
        else None
    )
    if last is None:
        return f"{place}:", "noch kein Wert." if german else "no value yet."
    if state.freshness in (Freshness.LIVE, Freshness.LATE):
        direction = formats.trend_words(state.trend, lang) if state.trend else ""
        return f"{place}: {last}", f", {direction}." if direction else "."
    without = "kein aktueller Wert" if german else "no current value"
    if state.freshness is Freshness.OUT_OF_SERVICE:
        without = formats.freshness_words(state.freshness, state.since, now, lang)
        without += f": {state.note.rstrip('.')}" if state.note else ""
    told = f"Zuletzt {last}" if german else f"Last {last}"
    moment = formats.moment(datastream.good_time, now, lang) if datastream.good_time else ""
    return f"{place}:", f"{without}. {told} {moment}.".replace(" .", ".")
