"""Eco-Counter: what its public pages and its API (versions 1 and 2) answer, as JSON.

Read are the list of an organisation's counters (`publicwebpageplus/{id}`), daily and finer counts
of the public pages (`[["MM/DD/YYYY", "1288"], …]` and `[{"date": …, "comptage": …}]`), of the API's
version 1 (`[{"date": …, "counts": …, "status": …}]`) and of version 2 (flows with `data`).

Public counts finer than a day carry no hour: the rows of a day are in order, so a day counts only
when it has as many as it has hours or quarters (92 or 100 quarters at the changes of the clock).
Lists without an id belong to the station and the datastream of the context.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from ...domain.errors import PayloadRefused
from ...domain.quality import Quality
from ...domain.time import DayRule, TimeRefused, day_span
from ...domain.units import (
    BICYCLE_COUNT,
    HEAVY_VEHICLE_COUNT,
    MOTOR_VEHICLE_COUNT,
    PEDESTRIAN_COUNT,
    TRAFFIC_COUNT,
    ObservedProperty,
)
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, kind_of, load_json
from ..local_time import TimeOptions, read_instants
from .counters import Counters, only_step, whole_number

_LOCAL = TimeOptions(zone="Europe/Berlin", fold="order")
_US_DATE = "%m/%d/%Y"
_PRACTICES = {
    "1": PEDESTRIAN_COUNT,
    "2": BICYCLE_COUNT,
    "4": MOTOR_VEHICLE_COUNT,
    "5": MOTOR_VEHICLE_COUNT,
    "8": MOTOR_VEHICLE_COUNT,
    "14": HEAVY_VEHICLE_COUNT,
}
_TRAVEL_MODES = {
    "pedestrian": PEDESTRIAN_COUNT,
    "bike": BICYCLE_COUNT,
    "car": MOTOR_VEHICLE_COUNT,
    "bus": MOTOR_VEHICLE_COUNT,
    "motorcycle": MOTOR_VEHICLE_COUNT,
    "truck": HEAVY_VEHICLE_COUNT,
}
_RAW, _CORRECTED = ("0", "raw"), ("4", "corrected", "modified", "estimated")
TOTAL = "count"
"""Name of the datastream of a site's total."""


def quality_of(status: object) -> Quality:
    """What Eco-Counter's status says: raw, corrected by its staff, or anything else (doubtful)."""
    written = "" if status is None else str(status).lower()
    if written in ("", *_RAW):
        return Quality.NOT_EVALUATED
    return Quality.PASS if written in _CORRECTED else Quality.SUSPECT


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one reply; an empty list is a reply that holds nothing.

    Raises:
        PayloadRefused: none of the shapes above.
        OptionsRefused: the options are faulty.
    """
    counters = Counters.of("eco-counter", context)
    document = load_json(payload)
    entries = as_list((as_object(document) or {}).get("data", document))
    if entries is None:
        raise PayloadRefused(f"the reply is {kind_of(document)}, not a list")
    if not entries:
        return counters.decoded
    first, fields = as_list(entries[0]), as_object(entries[0])
    if first is not None:
        _read_bare_rows(entries, counters, context)
    elif fields is not None and "idPdc" in fields:
        _each(entries, counters, _site)
    elif fields is not None and "data" in fields:
        _read_flows(entries, counters)
    elif fields is not None and "date" in fields:
        _read_rows(entries, counters, counters.context_key(), context.datastream or TOTAL)
    else:
        raise PayloadRefused("the reply is no answer of Eco-Counter that is known")
    return counters.decoded


def _site(fields: dict[str, object], counters: Counters) -> None:
    key = counters.key(fields.get("idPdc"))
    counters.station(key, fields.get("nom"), fields.get("lon"), fields.get("lat"))
    practice = fields.get("mainPratique")
    counters.channel(key, TOTAL, _PRACTICES.get(str(practice), TRAFFIC_COUNT))


def _each(
    entries: list[object], counters: Counters, read: Callable[[dict[str, object], Counters], None]
) -> None:
    for number, entry in enumerate(entries, start=1):
        fields = as_object(entry)
        try:
            if fields is None:
                raise FieldRefused(f"it is {kind_of(entry)}, not an object")
            read(fields, counters)
        except (FieldRefused, TimeRefused) as error:
            counters.refuse(f"entry {number}", error)


def _read_flows(entries: list[object], counters: Counters) -> None:
    """Version 2. Of a site's only flow of a mode the counts are its total, else its parts."""
    flows = [flow for flow in map(as_object, entries) if flow is not None]
    alike = [(str(flow.get("siteId")), str(flow.get("travelMode"))) for flow in flows]

    def read(flow: dict[str, object], counters: Counters) -> None:
        identifier = flow.get("flowId", flow.get("flowID"))
        key = counters.key(flow.get("siteId"))
        name = counters.text(identifier, "flowId")
        mode = str(flow.get("travelMode"))
        rows = as_list(flow.get("data"))
        if rows is None:
            raise FieldRefused(f"data is {kind_of(flow.get('data'))}, not a list")
        several = alike.count((str(flow.get("siteId")), mode)) > 1
        observed = _TRAVEL_MODES.get(mode, TRAFFIC_COUNT)
        _read_rows(rows, counters, key, name, observed, part_of=TOTAL if several else None)

    _each(entries, counters, read)


def _read_rows(
    entries: list[object],
    counters: Counters,
    key: str,
    name: str,
    observed: ObservedProperty | None = None,
    part_of: str | None = None,
) -> None:
    """Rows with a time each, local where it has no offset."""
    rows = [as_object(entry) or {} for entry in entries]
    times = read_instants([row.get("date", row.get("timestamp")) for row in rows], _LOCAL)
    _channel(counters, key, name, observed, times, part_of)
    for number, (row, time) in enumerate(zip(rows, times, strict=True), start=1):
        try:
            counted = whole_number(row.get("counts", row.get("comptage")), "the count")
            if counted is None:
                continue
            if isinstance(time, TimeRefused):
                raise time
            counters.count(key, name, time, counted, quality_of(row.get("status")))
        except (FieldRefused, TimeRefused) as error:
            counters.refuse(f"{key} {name} row {number}", error)


def _channel(
    counters: Counters,
    key: str,
    name: str,
    observed: ObservedProperty | None,
    times: Sequence[datetime | TimeRefused],
    part_of: str | None,
) -> None:
    starts = [time for time in times if isinstance(time, datetime)]
    counters.channel(
        key, name, observed or counters.mode, interval=only_step(starts), part_of=part_of
    )


def _read_bare_rows(entries: list[object], counters: Counters, context: Context) -> None:
    """Rows of a date and a count, several of a date in the order of the hours."""
    key, name = counters.context_key(), context.datastream or TOTAL
    days: dict[date, list[int | None]] = {}
    for number, entry in enumerate(entries, start=1):
        try:
            pair = as_list(entry) or []
            if len(pair) != 2 or not isinstance(pair[0], str):
                raise FieldRefused("it is not a date and a count")
            day = datetime.strptime(pair[0], _US_DATE).date()  # noqa: DTZ007 - a civil day
            days.setdefault(day, []).append(whole_number(pair[1], "the count"))
        except FieldRefused as error:
            counters.refuse(f"row {number}", error)
        except ValueError:
            counters.refuse(f"row {number}", "the date is not of the form MM/DD/YYYY")
    steps = {_step_of(day, len(counts)) for day, counts in days.items()} - {None}
    counters.channel(key, name, counters.mode, interval=next(iter(steps), None))
    for day, counts in days.items():
        step = _step_of(day, len(counts))
        if step is None:
            counters.refuse(
                day.isoformat(), f"{len(counts)} rows are neither its hours nor its quarters"
            )
            continue
        start, _ = day_span(day, DayRule.CIVIL)
        for at, counted in enumerate(counts):
            try:
                if counted is not None:
                    counters.count(key, name, start + at * step, counted)
            except FieldRefused as error:
                counters.refuse(day.isoformat(), error)


def _step_of(day: date, rows: int) -> timedelta | None:
    """The step of a day that has so many rows: itself, an hour or a quarter of one."""
    start, end = day_span(day, DayRule.CIVIL)
    hours = (end - start) // timedelta(hours=1)
    known = {1: end - start, hours: timedelta(hours=1), 4 * hours: timedelta(minutes=15)}
    return known.get(rows)
