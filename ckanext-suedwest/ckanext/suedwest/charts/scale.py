"""From values and instants to places on the paper, with round steps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_ROUND = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class ValueScale:
    """A value axis from `low` at `bottom` to `high` at `top` (pixels grow downwards).

    Values are in the unit that is shown. `low` and `high` are multiples of `step`.
    """

    low: float
    high: float
    step: float
    bottom: float
    top: float

    @property
    def decimals(self) -> int:
        """Digits after the point that the steps need."""
        if self.step >= 1 and self.step == int(self.step):
            return 0
        return next((d for d in (1, 2, 3) if math.isclose(self.step, round(self.step, d))), 4)

    def ticks(self) -> list[float]:
        """The values that carry a gridline, from the lowest up."""
        count = round((self.high - self.low) / self.step)
        return [self.low + index * self.step for index in range(count + 1)]

    def y(self, value: float) -> float:
        """Where a value lies; one outside of the axis lies on its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class TimeScale:
    """A time axis from `start` at `left` to `end` at `right`; instants, so no hour is lost."""

    start: datetime
    end: datetime
    left: float
    right: float

    def x(self, instant: datetime) -> float:
        """Where an instant lies; one outside of the axis lies on its end."""
        share = (instant - self.start) / (self.end - self.start)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)


def value_scale(
    values: Iterable[float],
    *,
    levels: Iterable[float],
    smallest_span: float,
    reach: float,
    bottom: float,
    top: float,
    most_steps: int,
) -> ValueScale:
    """An axis around `values`, that ends at the next of `levels` above them.

    A level further above than `reach`, or than four times what the values span, is left out:
    it would press a quiet week into a flat line. The axis spans at least `smallest_span`, so
    that a ripple does not look like a wave. Without values it is drawn from nothing to that span.
    """
    found = list(values)
    low, high = (min(found), max(found)) if found else (0.0, smallest_span)
    limit = high + max(reach, 4 * (high - low))
    following = min((level for level in levels if high < level <= limit), default=None)
    shown = high if following is None else following
    if shown - low < smallest_span:
        missing = smallest_span - (shown - low)
        low -= missing / 2
        shown += missing / 2
    step = _round_step((shown - low) / most_steps)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(shown / step - 1e-9)
    # A line on the very end of the axis is hard to see; but nothing is drawn below zero alone.
    if low - first * step < 0.1 * step and first != 0:
        first -= 1
    # The peak and the name of a threshold need room below the end of the axis.
    if last * step - shown < 0.25 * step:
        last += 1
    return ValueScale(first * step, last * step, step, bottom, top)


def _round_step(smallest: float) -> float:
    power = 10.0 ** math.floor(math.log10(smallest))
    return next(each * power for each in _ROUND if each * power >= smallest * (1 - 1e-9))
