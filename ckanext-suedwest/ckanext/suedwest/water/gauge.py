"""A gauge as it stands now: what may be said of its newest values, told from ages and flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..domain.freshness import Freshness, freshness
from ..domain.quality import Quality
from ..domain.threshold import Direction
from ..domain.trend import Trend, trend_of
from ..domain.units import DISCHARGE, WATER_ELEVATION, WATER_LEVEL
from ..store.query import DatastreamNow, StationRow, ThresholdRow
from .marks import is_alarm

_ORDER = (WATER_LEVEL.name, WATER_ELEVATION.name, DISCHARGE.name)


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest value of one datastream and how far it may be trusted.

    `trend` is None for a discharge, for a value that is not trusted, and when too little is
    known. `thresholds` are in the unit of the datastream.
    """

    stream: DatastreamNow
    state: Freshness
    trend: Trend | None
    thresholds: tuple[ThresholdRow, ...]

    @property
    def value(self) -> float | None:
        """The newest value in its unit, None unless it may speak of now."""
        if self.state in (Freshness.LIVE, Freshness.LATE):
            return self.stream.latest_result
        return None

    @property
    def is_level(self) -> bool:
        """Whether it says how high the water stands."""
        return self.stream.observed_property != DISCHARGE.name

    @property
    def rising(self) -> bool:
        """Whether the water goes up beyond the ripples."""
        return self.trend is not None and self.trend.direction.value.startswith("rising")

    def centimetres(self, difference: float) -> float:
        """A difference of two values of a level in centimetres."""
        return (
            difference * 100
            if self.stream.observed_property == WATER_ELEVATION.name
            else (difference)
        )

    def reached(self) -> list[ThresholdRow]:
        """Alarms that the value has reached, the gravest first, then the highest.

        Nothing is taken from the order of levels: a mark of shipping may lie below a mean.
        """
        value = self.value
        if value is None:
            return []
        found = [
            threshold
            for threshold in self.thresholds
            if is_alarm(threshold)
            and (
                value >= threshold.level
                if threshold.direction == Direction.ABOVE
                else value <= threshold.level
            )
        ]
        return sorted(found, key=lambda each: (-(each.severity or 0), -each.level))

    def next_above(self) -> ThresholdRow | None:
        """The nearest alarm above the value, None without one."""
        value = self.value
        if value is None:
            return None
        above = [
            threshold
            for threshold in self.thresholds
            if is_alarm(threshold)
            and threshold.direction == Direction.ABOVE
            and threshold.level > value
        ]
        return min(above, key=lambda each: each.level, default=None)

    def mark(self, code: str) -> ThresholdRow | None:
        """The statistical mark of this code."""
        return next(
            (each for each in self.thresholds if each.code == code and not is_alarm(each)), None
        )

    @property
    def low_water(self) -> bool:
        """Whether the value lies below the mean yearly low."""
        low = self.mark("MNW")
        return low is not None and self.value is not None and self.value < low.level


@dataclass(frozen=True, slots=True)
class Gauge:
    """A station of kind water; `readings` begin with the level when it measures one."""

    station: StationRow
    title: str
    readings: tuple[Reading, ...]

    @property
    def main(self) -> Reading | None:
        """The reading the gauge is known for; None without a datastream."""
        return self.readings[0] if self.readings else None

    @property
    def reliable(self) -> bool:
        """Whether its main value may speak of now."""
        return self.main is not None and self.main.value is not None


def make_gauge(
    station: StationRow,
    title: str,
    points: Mapping[int, Sequence[tuple[datetime, float]]],
    thresholds: Mapping[int, Sequence[ThresholdRow]],
    now: datetime,
) -> Gauge:
    """The gauge with its readings, level before elevation before discharge.

    `points` are good values of the last hours and `thresholds` all of them, by datastream id.
    """
    streams = sorted(station.datastreams, key=_rank)
    return Gauge(
        station,
        title,
        tuple(
            _reading(
                stream,
                station.gone_at is not None,
                points.get(stream.datastream_id, ()),
                thresholds.get(stream.datastream_id, ()),
                now,
            )
            for stream in streams
        ),
    )


def _rank(stream: DatastreamNow) -> int:
    known = stream.observed_property in _ORDER
    return _ORDER.index(stream.observed_property) if known else len(_ORDER)


def _reading(
    stream: DatastreamNow,
    gone: bool,
    points: Sequence[tuple[datetime, float]],
    thresholds: Sequence[ThresholdRow],
    now: datetime,
) -> Reading:
    quality = None if stream.latest_quality is None else Quality(stream.latest_quality)
    state = freshness(
        stream.kind,
        stream.interval,
        stream.latest_time,
        quality,
        out_of_service=gone,
        now=now,
    )
    trend = None
    if state in (Freshness.LIVE, Freshness.LATE) and stream.observed_property != DISCHARGE.name:
        factor = 100.0 if stream.observed_property == WATER_ELEVATION.name else 1.0
        trend = trend_of([(time, level * factor) for time, level in points], now=now)
    return Reading(stream, state, trend, tuple(thresholds))
