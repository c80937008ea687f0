"""Which way a level goes, told from its last hours.

Locks send surges of ±3 cm through impounded rivers within a quarter of an hour, so the trend is
the median of all slopes between pairs (Theil-Sen) over three hours, with a dead band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from statistics import median

WINDOW = timedelta(hours=3)
SHORTEST_SPAN = timedelta(hours=1)
DEAD_BAND_CM = 3.0
FAST_CM_PER_HOUR = 5.0
_MOST_POINTS = 60


class Direction(StrEnum):
    """A trend in five words."""

    RISING_FAST = "rising_fast"
    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"
    FALLING_FAST = "falling_fast"


@dataclass(frozen=True, slots=True)
class Trend:
    """`cm_per_hour` is the slope over the window, negative when the water falls."""

    direction: Direction
    cm_per_hour: float


def trend_of(points: Sequence[tuple[datetime, float]], *, now: datetime) -> Trend | None:
    """Trend of `(instant, centimetres)` pairs of good values, in any order.

    None when the last three hours before `now` hold less than one hour of data: no trend is
    better than a guessed one.
    """
    recent = sorted((time, level) for time, level in points if now - WINDOW <= time <= now)
    if len(recent) < 3 or recent[-1][0] - recent[0][0] < SHORTEST_SPAN:
        return None
    step = -(-len(recent) // _MOST_POINTS)
    thinned = recent[::-1][::step][::-1]
    slopes = [
        (later_level - level) / ((later - time).total_seconds() / 3600)
        for (time, level), (later, later_level) in combinations(thinned, 2)
        if later > time
    ]
    rate = median(slopes)
    span_hours = (recent[-1][0] - recent[0][0]).total_seconds() / 3600
    if abs(rate) * span_hours < DEAD_BAND_CM:
        return Trend(Direction.STEADY, rate)
    if rate > 0:
        return Trend(Direction.RISING_FAST if rate >= FAST_CM_PER_HOUR else Direction.RISING, rate)
    return Trend(Direction.FALLING_FAST if rate <= -FAST_CM_PER_HOUR else Direction.FALLING, rate)
