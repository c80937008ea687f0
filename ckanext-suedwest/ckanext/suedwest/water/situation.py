"""What a gauge says right now, as facts: no words, no services, no clock of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from ..domain.freshness import Freshness, freshness, live_until
from ..domain.quality import Quality
from ..domain.threshold import Direction, ThresholdKind
from ..domain.trend import Direction as Way
from ..domain.trend import Trend, trend_of
from ..domain.units import DISCHARGE, FLOOD_CLASS, WATER_ELEVATION, WATER_LEVEL
from ..store.query import DatastreamNow, StationRow, ThresholdRow

CENTIMETRES = {WATER_LEVEL.unit: 1.0, WATER_ELEVATION.unit: 100.0}
"""How many centimetres one of a level's unit is; a discharge has none."""
_PREFERRED = (WATER_LEVEL.name, WATER_ELEVATION.name, DISCHARGE.name, FLOOD_CLASS.name)
_LOW_MARK, _HIGH_MARK = "MNW", "MHW"
_RISING = (Way.RISING, Way.RISING_FAST)
_FALLING = (Way.FALLING, Way.FALLING_FAST)
RELIABLE = (Freshness.LIVE, Freshness.LATE)
_CENTIMETRES_FAR_AWAY = 1e9

Points = Sequence[tuple[datetime, float]]


class Urgency(IntEnum):
    """The groups of the list of all gauges, in their order."""

    REACHED = 0
    UNRELIABLE = 1
    RISING = 2
    QUIET = 3


@dataclass(frozen=True, slots=True)
class Situation:
    """A gauge at one instant. Levels are in the unit of `datastream`, times in UTC.

    `value` and `time` speak of now and are None without a reliable value; `last_value` and
    `last_time` are the newest good ones of any age. `doubted_value` is the newest value when it
    is doubted: it is never compared with a threshold. Everything from `trend` on is None or
    empty without a reliable value. Statistical marks never count as reached: `low_mark` and
    `high_mark` are the mean yearly extremes the level lies beyond.
    """

    station: StationRow
    datastream: DatastreamNow | None
    others: tuple[DatastreamNow, ...]
    thresholds: tuple[ThresholdRow, ...]
    state: Freshness
    value: float | None
    time: datetime | None
    last_value: float | None
    last_time: datetime | None
    doubted_value: float | None
    doubted_time: datetime | None
    trend: Trend | None
    reached: tuple[ThresholdRow, ...]
    next_above: ThresholdRow | None
    next_below: ThresholdRow | None
    low_mark: ThresholdRow | None
    high_mark: ThresholdRow | None

    @property
    def reliable(self) -> bool:
        """Whether there is a value that speaks of now."""
        return self.value is not None

    @property
    def live_until(self) -> datetime | None:
        """When its newest value stops being live; None when it is not live now."""
        stream = self.datastream
        if self.state is not Freshness.LIVE or stream is None or stream.latest_time is None:
            return None
        return live_until(self.station.kind, stream.interval, stream.latest_time)

    @property
    def rising(self) -> bool:
        """Whether the water is known to rise."""
        return self.trend is not None and self.trend.direction in _RISING

    @property
    def falling(self) -> bool:
        """Whether the water is known to fall."""
        return self.trend is not None and self.trend.direction in _FALLING

    @property
    def knows_thresholds(self) -> bool:
        """Whether anybody said at which level something happens."""
        return any(_counts(threshold) for threshold in self.thresholds)

    @property
    def simulated(self) -> bool:
        """Whether the values are replayed ones."""
        return self.station.properties.get("simulated") == "true"

    @property
    def out_since(self) -> datetime | None:
        """Since when it is out of service: its source dropped it, or somebody works on it."""
        stream = self.datastream
        return self.station.gone_at or (stream.maintenance_since if stream else None)

    @property
    def urgency(self) -> Urgency:
        """The group this gauge stands in."""
        if not self.reliable:
            return Urgency.UNRELIABLE
        if self.reached:
            return Urgency.REACHED
        return Urgency.RISING if self.rising else Urgency.QUIET

    def centimetres_to(self, threshold: ThresholdRow) -> float | None:
        """How far the threshold lies above the level; None for a discharge or without value."""
        factor = self.centimetres
        if self.value is None or factor is None:
            return None
        return (threshold.level - self.value) * factor

    @property
    def centimetres(self) -> float | None:
        """How many centimetres the unit of the datastream is, None for a discharge or a class."""
        return CENTIMETRES.get(self.datastream.unit) if self.datastream else None


def chosen_datastream(station: StationRow) -> DatastreamNow | None:
    """The datastream a gauge is known by: its level before its discharge, a mere class last."""
    known = [each for each in station.datastreams if each.observed_property in _PREFERRED]
    return min(known, key=lambda each: _PREFERRED.index(each.observed_property), default=None)


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


def situation_of(
    station: StationRow, thresholds: Sequence[ThresholdRow], points: Points, *, now: datetime
) -> Situation:
    """The situation from a station, the thresholds of its chosen datastream and the good values
    of that datastream's last hours (others are ignored)."""
    stream = chosen_datastream(station)
    if stream is None:
        state = Freshness.SILENT if station.gone_at is None else Freshness.OUT_OF_SERVICE
        return Situation(
            station, None, (), (), state, *(None,) * 7, reached=(), next_above=None,
            next_below=None, low_mark=None, high_mark=None,
        )  # fmt: skip
    state = state_of(stream, now=now)
    doubted = stream.latest_quality is not None and not Quality(stream.latest_quality).good
    value = stream.latest_result if state in RELIABLE else None
    return Situation(
        station=station,
        datastream=stream,
        others=tuple(each for each in station.datastreams if each is not stream),
        thresholds=tuple(thresholds),
        state=state,
        value=value,
        time=stream.latest_time if value is not None else None,
        last_value=stream.good_result,
        last_time=stream.good_time,
        doubted_value=stream.latest_result if doubted else None,
        doubted_time=stream.latest_time if doubted else None,
        trend=_trend(stream, points, now) if value is not None else None,
        reached=_reached(thresholds, value),
        next_above=_next_above(thresholds, value),
        next_below=_next_below(thresholds, value),
        low_mark=_mark(thresholds, _LOW_MARK, value, Direction.BELOW),
        high_mark=_mark(thresholds, _HIGH_MARK, value, Direction.ABOVE),
    )


def by_urgency(situations: Sequence[Situation]) -> list[Situation]:
    """Most urgent first.

    Reached thresholds by class, then by how fast it rises; unreliable gauges that were last
    above a threshold before the others; rising ones by what is left to the next threshold; quiet
    ones beyond a mean extreme before the others, those that tell only a discharge last.
    """
    return sorted(situations, key=_order)


def was_reached(situation: Situation) -> bool:
    """Whether a gauge without reliable value was at a threshold when it last had one."""
    return not situation.reliable and bool(_reached(situation.thresholds, situation.last_value))


def highest_class(situation: Situation) -> int | None:
    """The highest class among the reached thresholds, None where no source gave one."""
    return max((each.severity for each in situation.reached if each.severity), default=None)


def _order(situation: Situation) -> tuple[int, float, float, str]:
    urgency = situation.urgency
    rate = situation.trend.cm_per_hour if situation.trend else 0.0
    first = second = 0.0
    if urgency is Urgency.REACHED:
        first, second = -float(highest_class(situation) or 0), -rate
    elif urgency is Urgency.UNRELIABLE:
        first = 0.0 if was_reached(situation) else 1.0
        second = float(situation.state is Freshness.OUT_OF_SERVICE)
    elif urgency is Urgency.RISING:
        left = situation.centimetres_to(situation.next_above) if situation.next_above else None
        first, second = _CENTIMETRES_FAR_AWAY if left is None else left, -rate
    else:
        unusual = situation.low_mark is not None or situation.high_mark is not None
        first = 0.0 if unusual else 1.0 if situation.centimetres is not None else 2.0
    return (urgency, first, second, f"{situation.station.water or ''} {situation.station.name}")


def _counts(threshold: ThresholdRow) -> bool:
    return threshold.kind != ThresholdKind.STATISTICAL


def _trend(stream: DatastreamNow, points: Points, now: datetime) -> Trend | None:
    factor = CENTIMETRES.get(stream.unit)
    if factor is None:  # the limits of a trend are centimetres; a discharge has none
        return None
    return trend_of([(time, level * factor) for time, level in points], now=now)


def _reached(thresholds: Sequence[ThresholdRow], value: float | None) -> tuple[ThresholdRow, ...]:
    """Thresholds the level is at or beyond: by class, then the last one crossed first."""
    if value is None:
        return ()
    found = [
        each
        for each in thresholds
        if _counts(each)
        and (value >= each.level if each.direction == Direction.ABOVE else value <= each.level)
    ]
    return tuple(
        sorted(
            found,
            key=lambda each: (
                -(each.severity or 0),
                abs(each.level - value),
                each.code,
            ),
        )
    )


def _next_above(thresholds: Sequence[ThresholdRow], value: float | None) -> ThresholdRow | None:
    """The nearest threshold a rising level comes to."""
    if value is None:
        return None
    ahead = [
        each
        for each in thresholds
        if _counts(each) and each.direction == Direction.ABOVE and each.level > value
    ]
    return min(ahead, key=lambda each: (each.level, -(each.severity or 0)), default=None)


def _next_below(thresholds: Sequence[ThresholdRow], value: float | None) -> ThresholdRow | None:
    """The nearest threshold a falling level comes to."""
    if value is None:
        return None
    ahead = [
        each
        for each in thresholds
        if _counts(each) and each.direction == Direction.BELOW and each.level < value
    ]
    return max(ahead, key=lambda each: (each.level, each.severity or 0), default=None)


def _mark(
    thresholds: Sequence[ThresholdRow], code: str, value: float | None, direction: Direction
) -> ThresholdRow | None:
    """The statistical mark of this code, when the level lies beyond it."""
    if value is None:
        return None
    for each in thresholds:
        if each.code == code and each.kind == ThresholdKind.STATISTICAL:
            beyond = value > each.level if direction is Direction.ABOVE else value < each.level
            return each if beyond else None
    return None
