"""Timetables: what runs on which day, when it leaves a stop, and what became of it.

Times of a service day are seconds from noon minus twelve hours, as GTFS counts them: a trip after
midnight belongs to the day before (25:10:00), and on the days on which the clock changes noon is
still noon.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

SHRINKS_TO = 0.5
"""A timetable that keeps less than this share of its trips or stops is flagged, not believed."""
WARN_BEFORE = timedelta(days=14)
REALTIME_LASTS = timedelta(minutes=5)
"""How old a report of delays may be to speak of now."""
_LONGEST_DAY = timedelta(hours=48)
_SAME_RUN = timedelta(hours=12)


class Mode(StrEnum):
    """Means of transport, as coarse as people ask for them."""

    TRAM = "tram"
    METRO = "metro"
    RAIL = "rail"
    BUS = "bus"
    FERRY = "ferry"
    CABLE = "cable"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A place where one gets on; WGS 84 degrees. `lines` are names of what calls there."""

    id: str
    name: str
    longitude: float
    latitude: float
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line: what stands on the vehicle, and its longer name.

    `path` leads from stop to stop of its longest trip, longitude and latitude in degrees.
    """

    id: str
    name: str
    long_name: str
    mode: Mode
    path: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A trip that leaves a stop; `seconds` count within the service day.

    `sequence` is the place of the stop within the trip.
    """

    stop_id: str
    trip_id: str
    sequence: int
    seconds: int
    service_id: str
    line_id: str
    headsign: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """A feed that was read and checked.

    `services` are the days on which each service runs. `trips` counts the trips that call at one
    of the stops. `zone` is that of all times.
    """

    zone: str
    stops: tuple[Stop, ...]
    lines: tuple[Line, ...]
    calls: tuple[Call, ...]
    services: Mapping[str, frozenset[date]]
    trips: int
    agency: str
    agency_url: str

    @property
    def first_day(self) -> date | None:
        """The first day on which anything runs."""
        return min((min(days) for days in self.services.values() if days), default=None)

    @property
    def last_day(self) -> date | None:
        """The last one."""
        return max((max(days) for days in self.services.values() if days), default=None)


@dataclass(frozen=True, slots=True)
class StopUpdate:
    """What is reported of one call: seconds of delay or an instant; both None: nothing known."""

    delay: int | None = None
    time: datetime | None = None
    skipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TripUpdate:
    """What is reported of one trip of a service day (None: the run nearest to what is reported).

    `by_sequence` holds until the next one, `by_stop` only where it stands.
    """

    trip_id: str
    day: date | None = None
    cancelled: bool = False
    by_sequence: Mapping[int, StopUpdate] = field(default_factory=dict[int, StopUpdate])
    by_stop: Mapping[str, StopUpdate] = field(default_factory=dict[str, StopUpdate])

    def at(self, stop_id: str, sequence: int) -> StopUpdate | None:
        """What holds at a call: what is said of it, else the delay reported last before it.

        A skipped stop and a reported instant hold for themselves only; a delay is carried on.
        """
        if (exact := self.by_sequence.get(sequence) or self.by_stop.get(stop_id)) is not None:
            return exact
        before = [
            one
            for number, one in sorted(self.by_sequence.items())
            if number < sequence and not one.skipped
        ]
        if not before or before[-1].delay is None:
            return None
        return StopUpdate(delay=before[-1].delay)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A disturbance in words; `lines` and `stops` are ids, both empty where it is of all."""

    header: str
    description: str
    start: datetime | None = None
    end: datetime | None = None
    lines: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()

    def holds(self, instant: datetime) -> bool:
        """Whether it is in force."""
        return (self.start is None or self.start <= instant) and (
            self.end is None or instant < self.end
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One departure; instants in UTC. `expected` is None where nothing is reported of it."""

    call: Call
    day: date
    planned: datetime
    expected: datetime | None = None
    cancelled: bool = False
    skipped: bool = False

    @property
    def time(self) -> datetime:
        """When it leaves as far as is known."""
        return self.expected or self.planned


def instant_of(day: date, seconds: int, zone: str) -> datetime:
    """The instant of a time of a service day, in UTC."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return noon - timedelta(hours=12) + timedelta(seconds=seconds)


def service_days(now: datetime, ahead: timedelta, zone: str) -> list[date]:
    """The service days of which something may leave between now and then."""
    first = (now - _LONGEST_DAY).astimezone(ZoneInfo(zone)).date()
    last = (now + ahead).astimezone(ZoneInfo(zone)).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def departures(
    calls: Iterable[Call],
    services: Mapping[str, Iterable[date]],
    updates: Mapping[str, Sequence[TripUpdate]],
    *,
    now: datetime,
    ahead: timedelta,
    zone: str,
) -> list[Departure]:
    """What leaves between now and then, the next one first.

    A trip that is late is told until it has left. `updates` are by trip; nothing is told of a
    delay that is not among them.
    """
    days = service_days(now, ahead, zone)
    found: list[Departure] = []
    for call in calls:
        running = frozenset(services.get(call.service_id, ()))
        for day in days:
            if day not in running:
                continue
            planned = instant_of(day, call.seconds, zone)
            one = _updated(call, day, planned, updates.get(call.trip_id, ()))
            if now <= one.time <= now + ahead or now <= planned <= now + ahead:
                found.append(one)
    return sorted(found, key=lambda one: (one.time, one.planned, one.call.trip_id))


def _updated(call: Call, day: date, planned: datetime, updates: Sequence[TripUpdate]) -> Departure:
    update = next((one for one in updates if one.day in (None, day)), None)
    if update is None:
        return Departure(call=call, day=day, planned=planned)
    if update.cancelled:
        return Departure(call=call, day=day, planned=planned, cancelled=True)
    said = update.at(call.stop_id, call.sequence)
    if said is None:
        return Departure(call=call, day=day, planned=planned)
    if said.skipped:
        return Departure(call=call, day=day, planned=planned, skipped=True)
    expected = said.time
    if expected is None and said.delay is not None:
        expected = planned + timedelta(seconds=said.delay)
    # Without a day, an instant would else hold for the same trip of yesterday and tomorrow too.
    if update.day is None and expected is not None and abs(expected - planned) >= _SAME_RUN:
        expected = None
    return Departure(call=call, day=day, planned=planned, expected=expected)


def shrinks(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether a new timetable lacks so much that it is more often broken than right.

    Both are numbers of stops and of trips.
    """
    return any(old and new < SHRINKS_TO * old for old, new in zip(before, after, strict=True))
