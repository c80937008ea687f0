"""`decode gtfs FILE` and `decode gtfs-realtime FILE`: what is read of public transport."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from ..connectors.traffic.gtfs import read_timetable
from ..connectors.traffic.gtfs_realtime import read_realtime
from ..domain.errors import Refusal
from .archive import Archive
from .gtfs import REALTIME, TIMETABLE, timetable_options

Told = tuple[dict[str, object], tuple[Refusal, ...]]


def _timetable(payload: bytes, options: Mapping[str, object], _received_at: datetime) -> Told:
    read = read_timetable(Archive(payload), timetable_options(options))
    timetable = read.timetable
    return {
        "agency": timetable.agency,
        "zone": timetable.zone,
        "stops": len(timetable.stops),
        "stops_elsewhere": read.clipped,
        "lines": [line.name for line in timetable.lines],
        "trips": timetable.trips,
        "departures": len(timetable.calls),
        "first_day": timetable.first_day and timetable.first_day.isoformat(),
        "last_day": timetable.last_day and timetable.last_day.isoformat(),
        "rows_refused": read.refused,
    }, read.refusals


def _realtime(payload: bytes, _options: Mapping[str, object], received_at: datetime) -> Told:
    read = read_realtime(payload, received_at)
    return {
        "made_at": read.made_at.isoformat(),
        "trips": len(read.updates),
        "cancelled": sum(one.cancelled for one in read.updates),
        "alerts": [alert.header for alert in read.alerts],
        "places_of_vehicles_not_read": read.positions,
    }, read.refusals


DECODERS: dict[str, Callable[[bytes, Mapping[str, object], datetime], Told]] = {
    TIMETABLE: _timetable,
    REALTIME: _realtime,
}


def report(
    name: str, payload: bytes, options: Mapping[str, object], received_at: datetime
) -> tuple[str, bool]:
    """A report as JSON, and whether anything was read.

    Raises:
        PayloadRefused, OptionsRefused: nothing was.
    """
    told, refusals = DECODERS[name](payload, options, received_at)
    told["refusals"] = [f"{each.record}: {each.reason}" for each in refusals]
    return json.dumps(told, ensure_ascii=False, indent=1), bool(told.get("trips"))
