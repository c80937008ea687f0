"""GTFS static: a checked timetable from the tables of a feed.

Only what a departures table and a map of stops need is taken. A row that cannot be used is refused
with its file, its line and the reason, and its neighbours go on. The largest table is read as a
stream, so memory grows with the stops that are kept, not with the feed: a country's feed is clipped
to a municipality by the prefix of its stops or by a box.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from ...domain.errors import PayloadRefused, Refusal
from ...domain.station import Licence, Operator
from ...domain.timetable import Call, Line, Mode, Stop, Timetable
from .events import Region
from .gtfs_tables import LONGEST_TEXT, Files, Refusals, RowRefused, plain_text, table_rows

REQUIRED = ("agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
CALENDARS = ("calendar.txt", "calendar_dates.txt")
MOST_CALLS = 3_000_000
"""Departures kept of one feed; a larger one has to be clipped."""
MOST_RUNNING_DAYS = 2_000_000
"""Days of all services that are kept."""
_LONGEST_SERVICE = timedelta(days=3700)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIMES = 2
"""The digits of minutes and of seconds."""
_MOST_HOURS = 48
_NO_PICKUP = "1"
_MODES = {
    0: Mode.TRAM, 1: Mode.METRO, 2: Mode.RAIL, 3: Mode.BUS, 4: Mode.FERRY, 5: Mode.TRAM,
    6: Mode.CABLE, 7: Mode.CABLE, 11: Mode.BUS, 12: Mode.RAIL,
}  # fmt: skip
# The extended types of Google: hundreds name the means of transport.
_EXTENDED = {
    1: Mode.RAIL, 2: Mode.BUS, 4: Mode.METRO, 5: Mode.METRO, 6: Mode.METRO, 7: Mode.BUS,
    8: Mode.BUS, 9: Mode.TRAM, 10: Mode.FERRY, 12: Mode.FERRY, 13: Mode.CABLE, 14: Mode.CABLE,
    15: Mode.BUS,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GtfsOptions:
    """What a feed does not say of itself, and how much of it is wanted.

    Attributes:
        stop_prefixes: only stops whose id begins with one of these (`de:07335:`).
        region: only stops within these surroundings.
        operator: who publishes the feed; without it the first agency.
        licence: licence of the timetable.
    """

    stop_prefixes: tuple[str, ...] = ()
    region: Region | None = None
    operator: Operator | None = None
    licence: Licence | None = None


@dataclass(frozen=True, slots=True)
class ReadTimetable:
    """A timetable with what was wrong in its feed; `clipped` stops lie elsewhere.

    `refused` counts all rows that were, `refusals` holds the first thousand.
    """

    timetable: Timetable
    refusals: tuple[Refusal, ...]
    refused: int
    clipped: int


@dataclass(frozen=True, slots=True)
class _Trip:
    line_id: str
    service_id: str
    headsign: str


@dataclass(frozen=True, slots=True)
class _Calls:
    """Calls at the stops that are kept, and the last place of every trip, also elsewhere."""

    calls: list[Call]
    last: Mapping[str, int]


def read_timetable(files: Files, options: GtfsOptions) -> ReadTimetable:
    """Read and check a feed.

    Raises:
        PayloadRefused: a required table or column is missing, a table is no CSV, no stop is left,
            the time zone is not known, or there is more than a portal keeps.
    """
    missing = [name for name in REQUIRED if name not in files.names()]
    if missing or not any(name in files.names() for name in CALENDARS):
        wanted = missing or [" or ".join(CALENDARS)]
        raise PayloadRefused(f"the feed lacks {', '.join(wanted)}")
    refusals = Refusals()
    zone, agency, agency_url = _agency(files)
    stops, clipped = _stops(files, options, refusals)
    if not stops:
        raise PayloadRefused("no stop of the feed can be used, or none lies where it is wanted")
    lines = _lines(files, refusals)
    wanted = {row["trip_id"] for _number, row in _calls(files, ("stop_id", stops))}
    columns = ("trip_id", "service_id")
    running = {
        row["service_id"]
        for _number, row in table_rows(files, "trips.txt", columns, only=("trip_id", wanted))
    }
    services = _services(files, running, refusals)
    trips = _trips(files, wanted, lines, services, refusals)
    # Of a feed that is wanted as a whole, rows that lead nowhere are refused.
    whole = not options.stop_prefixes and options.region is None
    rows = _calls(files, None if whole else ("trip_id", wanted))
    every = _read_calls(rows, stops, trips, refusals, whole=whole)
    paths = _paths(every.calls, stops)
    # Nothing leaves the last stop of a trip.
    calls = [call for call in every.calls if call.sequence != every.last[call.trip_id]]
    by_stop: dict[str, set[str]] = {}
    for call in calls:
        by_stop.setdefault(call.stop_id, set()).add(lines[call.line_id].name)
    used = {call.line_id for call in calls}
    called = {call.service_id for call in calls}
    timetable = Timetable(
        zone=zone,
        stops=tuple(
            Stop(
                id=stop.id,
                name=stop.name,
                longitude=stop.longitude,
                latitude=stop.latitude,
                lines=tuple(sorted(by_stop.get(stop.id, ()), key=_natural)),
            )
            for stop in stops.values()
        ),
        lines=tuple(
            replace(line, path=paths[line.id]) for line in lines.values() if line.id in used
        ),
        calls=tuple(calls),
        services={name: days for name, days in services.items() if name in called},
        trips=len({call.trip_id for call in calls}),
        agency=agency,
        agency_url=agency_url,
    )
    return ReadTimetable(timetable, tuple(refusals.kept), refusals.counted, clipped)


def _agency(files: Files) -> tuple[str, str, str]:
    found = [
        row
        for _number, row in table_rows(
            files, "agency.txt", ("agency_name", "agency_timezone"), ("agency_url",)
        )
    ]
    if not found:
        raise PayloadRefused("agency.txt names nobody")
    zone = found[0]["agency_timezone"]
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise PayloadRefused(f"the time zone {zone[:40]!r} is not known") from None
    return zone, plain_text(found[0]["agency_name"]), found[0]["agency_url"][:LONGEST_TEXT]


def _stops(files: Files, options: GtfsOptions, refusals: Refusals) -> tuple[dict[str, Stop], int]:
    """The stops and platforms that are kept; stations and entrances have no departures."""
    stops: dict[str, Stop] = {}
    clipped = 0
    columns = ("stop_id", "stop_name", "stop_lat", "stop_lon")
    for number, row in table_rows(files, "stops.txt", columns, ("location_type",)):
        if row["location_type"] not in ("", "0"):
            continue
        if options.stop_prefixes and not row["stop_id"].startswith(options.stop_prefixes):
            clipped += 1
            continue
        try:
            stop = _stop(row)
        except RowRefused as error:
            refusals.add("stops.txt", number, str(error))
            continue
        if options.region and not options.region.holds((stop.longitude, stop.latitude)):
            clipped += 1
            continue
        stops[stop.id] = stop
    return stops, clipped


def _stop(row: Mapping[str, str]) -> Stop:
    if not row["stop_id"]:
        raise RowRefused("it has no stop_id")
    try:
        longitude, latitude = float(row["stop_lon"]), float(row["stop_lat"])
    except ValueError:
        raise RowRefused("its coordinates are no numbers") from None
    # 0, 0 lies in the sea; it stands for an unknown place. NaN fails both comparisons.
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90) or not (longitude or latitude):
        raise RowRefused("its coordinates are no degrees")
    return Stop(
        id=row["stop_id"][:LONGEST_TEXT],
        name=plain_text(row["stop_name"]) or row["stop_id"],
        longitude=longitude,
        latitude=latitude,
    )


def _lines(files: Files, refusals: Refusals) -> dict[str, Line]:
    lines: dict[str, Line] = {}
    optional = ("route_short_name", "route_long_name")
    for number, row in table_rows(files, "routes.txt", ("route_id", "route_type"), optional):
        short, long = plain_text(row["route_short_name"]), plain_text(row["route_long_name"])
        if not row["route_id"] or not (short or long):
            refusals.add("routes.txt", number, "it has no route_id or no name")
            continue
        lines[row["route_id"]] = Line(
            id=row["route_id"], name=short or long, long_name=long, mode=_mode(row["route_type"])
        )
    return lines


def _mode(written: str) -> Mode:
    number = int(written) if written.isdecimal() and len(written) <= 4 else -1
    return _MODES.get(number) or _EXTENDED.get(number // 100, Mode.OTHER)


def _services(
    files: Files, wanted: Container[str], refusals: Refusals
) -> dict[str, frozenset[date]]:
    """The days of the services that are wanted: a country's feed has those of all its lines."""
    only = ("service_id", wanted)
    kept = 0
    days: dict[str, set[date]] = {}
    if "calendar.txt" in files.names():
        columns = ("service_id", *_WEEKDAYS, "start_date", "end_date")
        for number, row in table_rows(files, "calendar.txt", columns, only=only):
            try:
                start, end = _date(row["start_date"]), _date(row["end_date"])
                if not timedelta(0) <= end - start <= _LONGEST_SERVICE:
                    raise RowRefused("it ends before it starts, or lasts for ten years")
            except RowRefused as error:
                refusals.add("calendar.txt", number, str(error))
                continue
            weekdays = {at for at, name in enumerate(_WEEKDAYS) if row[name] == "1"}
            span = (start + timedelta(days=at) for at in range((end - start).days + 1))
            days.setdefault(row["service_id"], set()).update(
                day for day in span if day.weekday() in weekdays
            )
            kept += (end - start).days + 1
            _check_days(kept)
    if "calendar_dates.txt" in files.names():
        columns = ("service_id", "date", "exception_type")
        for number, row in table_rows(files, "calendar_dates.txt", columns, only=only):
            kept += 1
            _check_days(kept)
            running = days.setdefault(row["service_id"], set())
            try:
                day = _date(row["date"])
                if row["exception_type"] not in ("1", "2"):
                    raise RowRefused("its exception_type is neither 1 nor 2")
            except RowRefused as error:
                refusals.add("calendar_dates.txt", number, str(error))
                continue
            (running.add if row["exception_type"] == "1" else running.discard)(day)
    return {name: frozenset(found) for name, found in days.items()}


def _check_days(kept: int) -> None:
    if kept > MOST_RUNNING_DAYS:
        raise PayloadRefused(
            f"its services run on more than {MOST_RUNNING_DAYS:,} days; "
            "name stop_prefixes or a region"
        )


def _date(written: str) -> date:
    try:
        if len(written) != 8 or not written.isdecimal():
            raise ValueError(written)
        return date(int(written[:4]), int(written[4:6]), int(written[6:]))
    except ValueError:
        raise RowRefused(f"{written[:20]!r} is no date") from None


def _trips(
    files: Files,
    wanted: set[str],
    lines: Mapping[str, Line],
    services: Mapping[str, frozenset[date]],
    refusals: Refusals,
) -> dict[str, _Trip]:
    trips: dict[str, _Trip] = {}
    columns = ("trip_id", "route_id", "service_id")
    by_frequency: set[str] = set()
    if "frequencies.txt" in files.names():
        by_frequency = {
            row["trip_id"] for _at, row in table_rows(files, "frequencies.txt", columns[:1])
        }
    for number, row in table_rows(files, "trips.txt", columns, ("trip_headsign",)):
        if row["trip_id"] not in wanted:
            continue
        if row["trip_id"] in by_frequency:
            refusals.add("trips.txt", number, "it runs by frequency, so no departure has a time")
        elif row["route_id"] not in lines:
            refusals.add("trips.txt", number, f"its route {row['route_id'][:40]!r} is not listed")
        elif row["service_id"] not in services:
            refusals.add(
                "trips.txt", number, f"its service {row['service_id'][:40]!r} is not listed"
            )
        else:
            trips[row["trip_id"]] = _Trip(
                row["route_id"], row["service_id"], plain_text(row["trip_headsign"])
            )
    return trips


def _calls(
    files: Files, only: tuple[str, Container[str]] | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    columns = ("trip_id", "stop_id", "stop_sequence", "departure_time")
    optional = ("stop_headsign", "pickup_type")
    return table_rows(files, "stop_times.txt", columns, optional, only=only)


def _read_calls(
    rows: Iterable[tuple[int, dict[str, str]]],
    stops: Mapping[str, Stop],
    trips: Mapping[str, _Trip],
    refusals: Refusals,
    *,
    whole: bool,
) -> _Calls:
    """The calls: not where one cannot get on, and not without a time."""
    calls: list[Call] = []
    last: dict[str, int] = {}
    for number, row in rows:
        if row["trip_id"] in trips and row["stop_sequence"].isdecimal():
            last[row["trip_id"]] = max(last.get(row["trip_id"], 0), int(row["stop_sequence"][:9]))
        if row["stop_id"] not in stops:
            if whole:
                refusals.add(
                    "stop_times.txt", number, f"its stop {row['stop_id'][:40]!r} is not listed"
                )
            continue
        trip = trips.get(row["trip_id"])
        if trip is None:
            refusals.add(
                "stop_times.txt", number, f"its trip {row['trip_id'][:40]!r} cannot be used"
            )
            continue
        # Times between two timing points are not told; nothing is guessed.
        if row["pickup_type"] == _NO_PICKUP or not row["departure_time"]:
            continue
        try:
            calls.append(_call(row, trip))
        except RowRefused as error:
            refusals.add("stop_times.txt", number, str(error))
        if len(calls) > MOST_CALLS:
            raise PayloadRefused(
                f"there are more than {MOST_CALLS:,} departures; name stop_prefixes or a region"
            )
    return _Calls(calls, last)


def _paths(
    calls: Iterable[Call], stops: Mapping[str, Stop]
) -> dict[str, tuple[tuple[float, float], ...]]:
    """The way of each line: that of its trip with the most stops."""
    trips: dict[tuple[str, str], list[Call]] = {}
    for call in calls:
        trips.setdefault((call.line_id, call.trip_id), []).append(call)
    longest: dict[str, list[Call]] = {}
    for (line, _trip), made in trips.items():
        if len(made) > len(longest.get(line, ())):
            longest[line] = made
    return {
        line: tuple(
            (stops[call.stop_id].longitude, stops[call.stop_id].latitude)
            for call in sorted(made, key=lambda call: call.sequence)
        )
        for line, made in longest.items()
    }


def _call(row: Mapping[str, str], trip: _Trip) -> Call:
    sequence = row["stop_sequence"]
    if not sequence.isdecimal() or len(sequence) > 9:
        raise RowRefused("its stop_sequence is no number")
    return Call(
        stop_id=row["stop_id"],
        trip_id=row["trip_id"],
        sequence=int(sequence),
        seconds=_seconds(row["departure_time"]),
        service_id=trip.service_id,
        line_id=trip.line_id,
        headsign=plain_text(row["stop_headsign"]) or trip.headsign,
    )


def _seconds(written: str) -> int:
    parts = written.split(":")
    numeric = len(parts) == 3 and all(part.isdecimal() and len(part) <= 2 for part in parts)
    if not numeric or any(len(part) != _TIMES for part in parts[1:]):
        raise RowRefused(f"{written[:20]!r} is no time")
    hours, minutes, seconds = map(int, parts)
    if hours >= _MOST_HOURS or minutes > 59 or seconds > 59:
        raise RowRefused(f"{written[:20]!r} is no time of a service day")
    return hours * 3600 + minutes * 60 + seconds


def _natural(name: str) -> tuple[int, str]:
    """Lines in the order people expect: 2 before 10, numbers before letters."""
    digits = "".join(sign for sign in name if sign.isdecimal())[:9]
    return (int(digits) if digits else 1_000_000_000, name)
