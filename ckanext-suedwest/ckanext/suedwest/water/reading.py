"""Gauges as the store knows them now, read once for an answer however many parts ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import g
from markupsafe import Markup
from sqlalchemy import Engine

from ..domain.trend import WINDOW
from ..observations.store_access import read_engine
from ..store.query import DatastreamNow, StationRow, good_points, hour_means, thresholds_of
from .sentences import meaning
from .situation import Situation, chosen_datastream, situation_of
from .sparkline import SPAN, sparkline

_LEAST_RANGE = {"cm": 20.0, "m": 0.2}


def situations(
    stations: Sequence[StationRow], now: datetime, municipality: str | None = None
) -> list[Situation]:
    """The situation of every station, in two queries for all of them.

    Action levels of others than `municipality` are left out when one is given.

    A page asks for the same gauges several times (tile, one sentence for each municipality);
    what was read for this answer is read again from memory.
    """
    known: dict[tuple[int, datetime, str | None], Situation]
    known = g.setdefault("suedwest_water_situations", {})
    missing = [station for station in stations if (station.id, now, municipality) not in known]
    if missing:
        for situation in _read(read_engine(), missing, now, municipality):
            known[situation.station.id, now, municipality] = situation
    return [known[station.id, now, municipality] for station in stations]


def meaning_of(station: StationRow, datastream: DatastreamNow, now: datetime, lang: str) -> str:
    """What the newest value means beside the thresholds; nothing for a second datastream."""
    [situation] = situations([station], now)
    if situation.datastream is None or situation.datastream.name != datastream.name:
        return ""
    return meaning(situation, lang)


def sparklines(shown: Sequence[Situation], now: datetime) -> dict[int, Markup]:
    """The last seven days of every gauge that has a datastream, by station id, in one query."""
    streams = {each.datastream.datastream_id: each for each in shown if each.datastream}
    means = hour_means(read_engine(), list(streams), start=now - SPAN)
    lines: dict[int, Markup] = {}
    for datastream_id, situation in streams.items():
        points = means[datastream_id]
        if situation.time is not None and situation.value is not None:
            points = [*points, (situation.time, situation.value)]
        unit = situation.datastream.unit if situation.datastream else ""
        levels = [level for _time, level in points]
        # A discharge has no fixed smallest range: a tenth of itself looks quiet.
        least = _LEAST_RANGE.get(unit) or max([abs(level) for level in levels], default=1) / 10
        lines[situation.station.id] = sparkline(
            points, now=now, least_range=least or 1, ends_now=situation.reliable
        )
    return lines


def _read(
    engine: Engine, stations: Sequence[StationRow], now: datetime, municipality: str | None
) -> list[Situation]:
    streams = {
        station.id: stream.datastream_id
        for station in stations
        if (stream := chosen_datastream(station))
    }
    with engine.connect() as connection:
        thresholds = thresholds_of(connection, list(streams.values()))
        points = good_points(connection, list(streams.values()), start=now - WINDOW)
    return [
        situation_of(
            station,
            [
                each
                for each in thresholds.get(streams.get(station.id, 0), [])
                if municipality is None or each.municipality in (None, municipality)
            ],
            points.get(streams.get(station.id, 0), []),
            now=now,
        )
        for station in stations
    ]
