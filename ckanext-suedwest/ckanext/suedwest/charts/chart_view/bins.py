"""Folds single values into columns of equal width, and into hours and days.

Values are `(instant in UTC, number)` by time. A value is in exactly one column, so that no peak is
lost, and a column without a value is not made, so that a gap stays a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from statistics import median

from ...domain.time import DayRule, day_of, day_span
from ...store.query import Column

Value = tuple[datetime, float]
MOST_SINGLE_VALUES = 500
"""About as many as a drawing has room for."""
_HOUR = timedelta(hours=1)


def fold(values: Sequence[Value], start: datetime, end: datetime) -> tuple[Column, ...]:
    """Columns for a drawing of `[start, end]`: each value its own, or as many as have room.

    A column of one value that is not folded has no width.
    """
    inside = [each for each in values if start <= each[0] <= end]
    if len(inside) <= MOST_SINGLE_VALUES:
        return tuple(_column(time, time, [value]) for time, value in inside)
    width = width_of(start, end)

    def position(value: Value) -> int:
        return (value[0] - start) // width

    return tuple(
        _column(start + place * width, start + (place + 1) * width, [value for _, value in group])
        for place, group in groupby(inside, position)
    )


def width_of(start: datetime, end: datetime) -> timedelta:
    """The width of a folded column; a value at the very end is in the last one."""
    return (end - start) / MOST_SINGLE_VALUES + timedelta.resolution


def hours(values: Iterable[Value]) -> tuple[Column, ...]:
    """The full hours with a value; the hour that happens twice in October is two."""
    return tuple(
        _column(first, first + _HOUR, [value for _, value in group])
        for first, group in groupby(values, lambda value: _hour_of(value[0]))
    )


def days(values: Iterable[Value], rule: DayRule) -> tuple[Column, ...]:
    """The days with a value; a civil day has 23, 24 or 25 hours."""
    return tuple(
        _column(*day_span(day, rule), [value for _, value in group])
        for day, group in groupby(values, _day_by(rule))
    )


def months(values: Iterable[Value], rule: DayRule) -> tuple[Column, ...]:
    """The months with a value, from the first of their first day to the end of their last."""
    found: list[Column] = []
    for first, group in groupby(values, lambda value: _day_by(rule)(value).replace(day=1)):
        following = (first + timedelta(days=32)).replace(day=1)
        begin, after = day_span(first, rule)[0], day_span(following, rule)[0]
        found.append(_column(begin, after, [value for _, value in group]))
    return tuple(found)


def usual_interval(times: Sequence[datetime]) -> timedelta | None:
    """The median distance of neighbouring values; None where there are fewer than three."""
    steps = [(later - time).total_seconds() for time, later in zip(times, times[1:], strict=False)]
    positive = [step for step in steps if step > 0]
    return timedelta(seconds=median(positive)) if len(positive) >= 2 else None


def _hour_of(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _day_by(rule: DayRule) -> Callable[[Value], date]:
    return lambda value: day_of(value[0], rule)


def _column(start: datetime, end: datetime, values: Sequence[float]) -> Column:
    mean = sum(values) / len(values)
    return Column(start, end, min(values), mean, max(values), len(values), 0, None, None)
