"""Tests of a series of values after QARTOD: range, spike, rate of change, flat line, gap.

Every test is a function of the whole series, never of the order its values came in: what is found
about a value depends on values no further than `Limits.reach` from it, before and after.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from .errors import SuedwestError
from .quality import Finding
from .units import DISCHARGE, TEMPERATURE, WATER_ELEVATION, WATER_LEVEL

Instants = NDArray[np.int64]
"""Microseconds since 1970 (UTC), ascending, each once."""
Results = NDArray[np.float64]
Findings = NDArray[np.int16]
"""Bits of `Finding`."""

_SHORTEST_GAP = timedelta(minutes=60)
_GAP_OF_UNKNOWN_INTERVAL = timedelta(hours=3)
_INTERVALS_OF_A_GAP = 3


class LimitsRefused(SuedwestError):
    """Limits that cannot be; the message names the limit.

    `limit` is its name, empty where it is about none; `flaw` one of `unknown`, `number`,
    `positive`, `long`, `crossed` and `untested`.
    """

    def __init__(self, message: str, flaw: str, limit: str = "") -> None:
        super().__init__(message)
        self.flaw = flaw
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the tests of one datastream in its unit; a test whose limit is None is off.

    Attributes:
        lowest, highest: the span this gauge can show.
        possible_lowest, possible_highest: the span any gauge can show.
        spike: how far a value may lie above, or below, both its neighbours.
        rate_per_hour: how fast the value may change.
        flat_line_hours: how long values may stay exactly equal.
        gap_hours: how long nothing may come; values further apart are no neighbours.
    """

    gap_hours: float
    lowest: float | None = None
    highest: float | None = None
    possible_lowest: float | None = None
    possible_highest: float | None = None
    spike: float | None = None
    rate_per_hour: float | None = None
    flat_line_hours: float | None = None

    @property
    def reach(self) -> timedelta:
        """How far from a value another one can change what is found about it.

        A rate is reckoned from the last value that is no spike, which is told by its neighbours:
        three gaps. A flat line is told from its whole length.
        """
        return timedelta(hours=3 * self.gap_hours + (self.flat_line_hours or 0.0))

    def with_overrides(self, overrides: Mapping[str, object]) -> Limits:
        """These limits with some replaced; None switches a test off.

        Raises:
            LimitsRefused: an unknown limit, no finite number, a lowest above its highest, a gap
                that is off or a limit that must be positive and is not.
        """
        known = {each.name for each in fields(Limits)}
        checked: dict[str, float | None] = {}
        for name, value in overrides.items():
            if name not in known:
                raise LimitsRefused(f"there is no limit {name!r}", "unknown", name)
            if value is None and name != "gap_hours":
                checked[name] = None
            elif (
                isinstance(value, bool)
                or not isinstance(value, (int, float))
                or not math.isfinite(value)
            ):
                raise LimitsRefused(f"{name} is not a finite number", "number", name)
            elif name not in _MAY_BE_NEGATIVE and value <= 0:
                raise LimitsRefused(f"{name} is not positive", "positive", name)
            elif name.endswith("_hours") and value > MOST_HOURS:
                raise LimitsRefused(f"{name} is longer than {MOST_HOURS} hours", "long", name)
            else:
                checked[name] = float(value)
        limits = replace(self, **checked)
        for name, low, high in (
            ("lowest", limits.lowest, limits.highest),
            ("possible_lowest", limits.possible_lowest, limits.possible_highest),
        ):
            if low is not None and high is not None and low >= high:
                raise LimitsRefused("a lowest value is not below its highest", "crossed", name)
        return limits


_MAY_BE_NEGATIVE = frozenset({"lowest", "highest", "possible_lowest", "possible_highest"})
# A fortnight: each new value is compared with all within that time.
MOST_HOURS = 336

# Records lag reality (in 2026 Koblenz read -2 cm, its record low being 6), so the span of a gauge
# is never taken from them; -200 to 1300 cm holds every gauge of the region with its floods. Small
# streams rose two metres within a quarter of an hour in July 2021. Perl, a gauge in cm, was seen
# at exactly 215 for eight and a half hours.
_DEFAULTS: Mapping[str, Limits] = {
    WATER_LEVEL.name: Limits(
        gap_hours=0.0,
        lowest=-200.0,
        highest=1300.0,
        possible_lowest=-2_000.0,
        possible_highest=20_000.0,
        spike=50.0,
        rate_per_hour=800.0,
        flat_line_hours=12.0,
    ),
    # Elevations are told of impounded waters and lakes, which may stand still for days.
    WATER_ELEVATION.name: Limits(
        gap_hours=0.0,
        possible_lowest=-100.0,
        possible_highest=4_000.0,
        spike=0.5,
        rate_per_hour=8.0,
    ),
    DISCHARGE.name: Limits(gap_hours=0.0),
    TEMPERATURE.name: Limits(gap_hours=0.0, lowest=-40.0, highest=60.0),
}

# Waters held by weirs and locks: canals, and the gauges beside a weir or lock (upper and lower
# water: OP, UP, OW, UW).
_STANDS_STILL = re.compile(
    r"kanal\b|\bkanal|\b(?:op|up|ow|uw)\b|wehr|schleuse|talsperre|\bsee\b|hafen", re.IGNORECASE
)


def default_limits(
    observed_property: str,
    interval: timedelta | None,
    *,
    station: str,
    water: str | None,
) -> Limits | None:
    """Limits of a datastream nobody set any for; None when nothing is tested.

    What a sensor measures by itself (a distance, a depth) is tested as the level made of it.
    `station` and `water` are names as the source writes them: canal gauges may stand still.
    """
    limits = _DEFAULTS.get(observed_property)
    if limits is None:
        return None
    gap = _GAP_OF_UNKNOWN_INTERVAL
    if interval is not None:
        gap = max(_INTERVALS_OF_A_GAP * interval, _SHORTEST_GAP)
    hours = min(gap / timedelta(hours=1), float(MOST_HOURS))
    flat = limits.flat_line_hours
    if flat is not None and _STANDS_STILL.search(f"{station} {water or ''}"):
        flat = None
    return replace(limits, gap_hours=hours, flat_line_hours=flat)


def evaluate(times: Instants, results: Results, limits: Limits) -> Findings:
    """What the tests find about each value of a series.

    The first and last values of an excerpt may be judged wrongly, up to `reach` from its ends.
    """
    found = np.zeros(len(times), dtype=np.int16)
    if not len(times):
        return found
    microseconds = 3.6e9
    gap = limits.gap_hours * microseconds
    steps = np.diff(times)
    found[0] = Finding.GAP
    found[1:][steps > gap] |= Finding.GAP

    found[_outside(results, limits.possible_lowest, limits.possible_highest)] |= Finding.IMPOSSIBLE
    found[_outside(results, limits.lowest, limits.highest)] |= Finding.RANGE

    usable = np.flatnonzero((found & (Finding.IMPOSSIBLE | Finding.RANGE)) == 0)
    if limits.spike is not None:
        spikes = usable[_spikes(times[usable], results[usable], limits.spike, gap)]
        found[spikes] |= Finding.SPIKE
        usable = np.flatnonzero((found & (Finding.IMPOSSIBLE | Finding.RANGE | Finding.SPIKE)) == 0)
    if limits.rate_per_hour is not None:
        apart = np.diff(times[usable])
        rate = np.abs(np.diff(results[usable])) / (apart / microseconds)
        found[usable[1:][(rate > limits.rate_per_hour) & (apart <= gap)]] |= Finding.RATE
    if limits.flat_line_hours is not None:
        same = (np.diff(results) == 0) & (steps <= gap)
        run = np.concatenate(([0], np.cumsum(~same)))
        starts = np.flatnonzero(np.concatenate(([True], ~same)))
        ends = np.concatenate((starts[1:] - 1, [len(times) - 1]))
        lasts = times[ends] - times[starts]
        found[(lasts >= limits.flat_line_hours * microseconds)[run]] |= Finding.FLAT_LINE
    return found


def _outside(results: Results, lowest: float | None, highest: float | None) -> NDArray[np.bool_]:
    low = -math.inf if lowest is None else lowest
    high = math.inf if highest is None else highest
    return (results < low) | (results > high)


def _spikes(times: Instants, results: Results, limit: float, gap: float) -> NDArray[np.bool_]:
    """Values that lie on the same side of both neighbours, by more than the limit from each.

    The distance from their mean, which QARTOD names first, would doubt the neighbours of a
    great spike as well.
    """
    found = np.zeros(len(times), dtype=np.bool_)
    differences, near = np.diff(results), np.diff(times) <= gap
    before, after = differences[:-1], differences[1:]
    found[1:-1] = (
        near[:-1]
        & near[1:]
        & (np.sign(before) == -np.sign(after))
        & (np.minimum(np.abs(before), np.abs(after)) > limit)
    )
    return found
