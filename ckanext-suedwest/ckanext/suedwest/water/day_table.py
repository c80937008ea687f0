"""The days of a gauge as a table: smallest, mean and largest value, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..domain.time import DayRule, day_of, day_span
from ..portal import formats
from ..store.query import DatastreamNow, DayRow

DAYS = 8
_UNDER_WAY = timedelta(hours=1)
"""A value this young may still be on its way, so it is not missing yet."""


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day; the values without unit, dashes on a day without a good value.

    `expected` is how many values the day should have had by now.
    """

    day: str
    smallest: str
    mean: str
    largest: str
    good: int
    expected: int
    doubted: int
    missing: int


def bare_text(value: float, stream: DatastreamNow, lang: str) -> str:
    """A value without its unit, which stands in the table's head."""
    return formats.quantity(value, stream.unit, lang).split(formats.NO_BREAK)[0]


def day_lines(
    rows: Sequence[DayRow], stream: DatastreamNow, now: datetime, lang: str
) -> list[DayLine]:
    """The last eight days from today back to the first value of all, also days without values.

    Empty when none of `rows` is among them.
    """
    rule = DayRule(stream.day_rule)
    today = day_of(now, rule)
    known = {row.day: row for row in rows}
    if not known or stream.first_time is None:
        return []
    first = day_of(stream.first_time, rule)
    days = [today - timedelta(days=back) for back in range(DAYS)]
    nothing = (0, None, None, None, 0, None, None)
    return [
        _day_line(known.get(day) or DayRow(day, *nothing), stream, now, lang)
        for day in days
        if day in known or first <= day < today
    ]


def _day_line(row: DayRow, stream: DatastreamNow, now: datetime, lang: str) -> DayLine:
    def shown(value: float | None) -> str:
        return "–" if value is None else bare_text(value, stream, lang)

    present = row.good_count + row.doubted_count
    expected = max(present, _expected(row, stream, now))
    return DayLine(
        day=formats.day_label(row.day, lang),
        smallest=shown(row.good_min),
        mean=shown(row.good_mean),
        largest=shown(row.good_max),
        good=row.good_count,
        expected=expected,
        doubted=row.doubted_count,
        missing=expected - present,
    )


def _expected(row: DayRow, stream: DatastreamNow, now: datetime) -> int:
    """How many values the day should have had, from the first one of all on."""
    if not stream.interval or stream.first_time is None or stream.latest_time is None:
        return 0
    start, end = day_span(row.day, DayRule(stream.day_rule))
    due = max(stream.latest_time + stream.interval, now - _UNDER_WAY)
    return max(0, (min(end, due) - max(start, stream.first_time)) // stream.interval)
