"""What a chart shows, as plain values that no longer depend on the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..store.public_marks import PublicCorrection, PublicMark
from ..store.query import Column, ThresholdRow

SHORTEST_GAP = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of the series, in its unit, at an instant in UTC."""

    time: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A span without any value, `[start, end)`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Series:
    """A series of one datastream between `start` and `end`, ready to be drawn.

    `step` is the width of the columns, None when each column is a single value. `highest` and
    `lowest` are good values with their exact times, `latest` the newest good value of the span;
    all None without a good value. `since` is when the records begin, if that is in the span.
    `corrections` are values that staff replaced, `marks` what they said of parts of the span.
    """

    place: str
    observed_property: str
    unit: str
    interval: timedelta | None
    start: datetime
    end: datetime
    step: timedelta | None
    columns: tuple[Column, ...]
    gaps: tuple[Gap, ...]
    highest: Reading | None
    lowest: Reading | None
    latest: Reading | None
    thresholds: tuple[ThresholdRow, ...]
    since: datetime | None = None
    simulated: bool = False
    corrections: tuple[PublicCorrection, ...] = ()
    marks: tuple[PublicMark, ...] = ()

    @property
    def doubted_count(self) -> int:
        """How many values of the span are doubted."""
        return sum(column.doubted_count for column in self.columns)

    @property
    def has_band(self) -> bool:
        """Whether any column holds different values."""
        return any(column.maximum != column.minimum for column in self.columns if column.count)

    def good(self) -> list[Column]:
        """The columns with a good value."""
        return [column for column in self.columns if column.count]


def longest_pause(interval: timedelta | None) -> timedelta:
    """How long nothing may come before it is a gap: three intervals, at least an hour."""
    return max(3 * (interval or timedelta()), SHORTEST_GAP)


def find_gaps(
    columns: Sequence[Column],
    *,
    start: datetime,
    end: datetime,
    interval: timedelta | None,
    since: datetime | None,
) -> list[Gap]:
    """Spans without a value between the columns, before the first and after the last.

    Edges are those of the columns. Before the records begin (`since`) nothing is missing.
    """
    pause = longest_pause(interval)
    edges = [max(start, since) if since else start]
    for column in columns:
        edges += [column.start, column.end]
    edges.append(end)
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [Gap(before, after) for before, after in pairs if after - before > pause]


def segments(series: Series) -> list[list[Column]]:
    """The columns with good values, parted where the line must not be joined."""
    pause = longest_pause(series.interval)
    parts: list[list[Column]] = []
    for column in series.good():
        if not parts or column.start - parts[-1][-1].end > pause:
            parts.append([])
        parts[-1].append(column)
    return parts


def doubted_groups(series: Series) -> list[tuple[datetime, float, int]]:
    """Doubted values that stand together: the middle of their time, their level, how many.

    A group is what lies in neighbouring columns; its level is that of its outermost value.
    """
    groups: list[list[Column]] = []
    pause = longest_pause(series.interval)
    for column in series.columns:
        if not column.doubted_count:
            continue
        if not groups or column.start - groups[-1][-1].end > pause:
            groups.append([])
        groups[-1].append(column)
    return [_group(group, series) for group in groups]


def _group(group: list[Column], series: Series) -> tuple[datetime, float, int]:
    middle = group[0].start + (group[-1].end - group[0].start) / 2
    values = [
        value
        for column in group
        for value in (column.doubted_minimum, column.doubted_maximum)
        if value is not None
    ]
    usual = series.latest.value if series.latest else 0.0
    level = max(values, key=lambda value: abs(value - usual))
    return middle, level, sum(column.doubted_count for column in group)
