"""What a car park, a sharing station, a charging site or a counter says right now, as facts: no
words, no services, no clock of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..domain.freshness import Freshness, freshness, live_until
from ..domain.quality import Quality
from ..domain.units import (
    CHARGING_AVAILABLE,
    CHARGING_POINTS,
    FREE_DOCKS,
    OPENING_STATE,
    PARKING_CAPACITY,
    PARKING_FREE,
    SHARED_VEHICLES,
    SHARING_CAPACITY,
)
from ..store.query import DatastreamNow, StationRow

RELIABLE = (Freshness.LIVE, Freshness.LATE)
TREND_WINDOW = timedelta(minutes=45)
_LEAST_CHANGE = 3
_LEAST_SHARE = 0.02
_LEAST_TREND = timedelta(minutes=10)

Points = Sequence[tuple[datetime, float]]


class Mode(StrEnum):
    """Kinds of stations of the store that belong to traffic, in the order of the pages."""

    PARKING = "parking"
    CHARGING = "charging"
    SHARING = "sharing"
    COUNTER = "counter"


class Filling(StrEnum):
    """Where a car park goes."""

    FULLER = "fuller"
    STEADY = "steady"
    EMPTIER = "emptier"


@dataclass(frozen=True, slots=True)
class _Described:
    """Observed properties of a mode: what is offered, of how many, and what else is told."""

    offered: str
    of: str | None = None
    also: str | None = None


DESCRIBED: Mapping[Mode, _Described] = {
    Mode.PARKING: _Described(PARKING_FREE.name, PARKING_CAPACITY.name),
    Mode.CHARGING: _Described(CHARGING_AVAILABLE.name, CHARGING_POINTS.name),
    Mode.SHARING: _Described(SHARED_VEHICLES.name, SHARING_CAPACITY.name, FREE_DOCKS.name),
}


@dataclass(frozen=True, slots=True)
class Availability:
    """A station at one instant; times in UTC.

    `datastream` is the series it is known by. `value` and `time` speak of now and are None
    without a reliable value; `last_value` and `last_time` are the newest good ones. `of` is how
    many there are altogether, whatever its age: a capacity is told once. `also` is the reliable
    value of the second thing a station tells. `open` is None where nothing tells of it.
    """

    station: StationRow
    mode: Mode
    datastream: DatastreamNow | None
    state: Freshness
    value: float | None
    time: datetime | None
    last_value: float | None
    last_time: datetime | None
    of: float | None
    also: float | None
    open: bool | None
    filling: Filling | None

    @property
    def share(self) -> float | None:
        """Which part is free, 0 to 1; None where it is not known or the numbers do not fit."""
        if self.mode is Mode.COUNTER or self.value is None or not self.of:
            return None
        return self.value / self.of if 0 <= self.value <= self.of else None

    @property
    def closed(self) -> bool:
        """Whether it is known to be closed now."""
        return self.open is False

    @property
    def simulated(self) -> bool:
        """Whether the values are replayed or made up."""
        return self.station.properties.get("simulated") == "true"

    @property
    def live_until(self) -> datetime | None:
        """When its newest value stops being live; None when it is not live now."""
        stream = self.datastream
        if self.state is not Freshness.LIVE or stream is None or stream.latest_time is None:
            return None
        return live_until(self.station.kind, stream.interval, stream.latest_time)

    @property
    def out_since(self) -> datetime | None:
        """Since when it is out of service."""
        stream = self.datastream
        return self.station.gone_at or (stream.maintenance_since if stream else None)


def chosen_datastream(station: StationRow) -> DatastreamNow | None:
    """The series a station is known by: what it offers, of a counter the first total."""
    described = DESCRIBED.get(Mode(station.kind))
    if described is None:
        return next(iter(station.datastreams), None)
    for wanted in (described.offered, described.of):
        for each in station.datastreams:
            if each.observed_property == wanted:
                return each
    return None


def availability_of(station: StationRow, points: Points, *, now: datetime) -> Availability:
    """The facts from a station and the good values of its chosen datastream's last hour."""
    mode = Mode(station.kind)
    described = DESCRIBED.get(mode)
    stream = chosen_datastream(station)
    opening = _stream(station, OPENING_STATE.name)
    opened = _reliable(opening, now)
    if stream is None:
        gone = Freshness.SILENT if station.gone_at is None else Freshness.OUT_OF_SERVICE
        return Availability(
            station, mode, None, gone, None, None, None, None, None, None, None, None
        )
    state = state_of(stream, now=now)
    of = None if described is None else _newest(_stream(station, described.of))
    only_of = described is not None and stream.observed_property == described.of
    if opening is not None and opened == 0:
        # A closed car park gives no number of free spaces; its state is that of the opening.
        return Availability(
            station, mode, opening, state_of(opening, now=now), None, opening.latest_time,
            stream.good_result, stream.good_time, of, None, False, None,
        )  # fmt: skip
    value = stream.latest_result if state in RELIABLE and not only_of else None
    return Availability(
        station=station,
        mode=mode,
        datastream=stream,
        state=state,
        value=value,
        time=stream.latest_time if value is not None else None,
        last_value=None if only_of else stream.good_result,
        last_time=None if only_of else stream.good_time,
        of=of,
        also=_reliable(_stream(station, described.also), now) if described else None,
        open=None if opened is None else True,
        filling=filling(points, of, now=now)
        if mode is Mode.PARKING and value is not None
        else None,
    )


def filling(points: Points, capacity: float | None, *, now: datetime) -> Filling | None:
    """Where the free spaces went in the last three quarters of an hour.

    None with less than ten minutes between the first and the last value. A change counts from
    three spaces, in large car parks from a fiftieth of all on.
    """
    recent = [(time, value) for time, value in points if now - TREND_WINDOW <= time <= now]
    if len(recent) < 2 or recent[-1][0] - recent[0][0] < _LEAST_TREND:
        return None
    change = recent[-1][1] - recent[0][1]
    if abs(change) < max(_LEAST_CHANGE, _LEAST_SHARE * (capacity or 0)):
        return Filling.STEADY
    return Filling.EMPTIER if change > 0 else Filling.FULLER


def state_of(datastream: DatastreamNow, *, now: datetime) -> Freshness:
    """How far the newest value of a datastream may be trusted to speak of `now`."""
    quality = None if datastream.latest_quality is None else Quality(datastream.latest_quality)
    return freshness(
        datastream.kind,
        datastream.interval,
        datastream.latest_time,
        quality,
        out_of_service=datastream.out_of_service,
        now=now,
    )


def in_order(shown: Sequence[Availability]) -> list[Availability]:
    """As people look for them: open ones with a value by name, then closed, then silent ones."""
    return sorted(
        shown,
        key=lambda each: (
            each.value is None,
            not each.closed,
            each.station.name.casefold(),
        ),
    )


def _stream(station: StationRow, observed_property: str | None) -> DatastreamNow | None:
    return next(
        (each for each in station.datastreams if each.observed_property == observed_property), None
    )


def _reliable(stream: DatastreamNow | None, now: datetime) -> float | None:
    if stream is None or state_of(stream, now=now) not in RELIABLE:
        return None
    return stream.latest_result


def _newest(stream: DatastreamNow | None) -> float | None:
    return None if stream is None else stream.good_result
