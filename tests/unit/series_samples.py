"""Series made up for the drawings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ckanext.suedwest.charts.series import Reading, Series, find_gaps
from ckanext.suedwest.store.query import Column, ThresholdRow

NOW = datetime(2026, 9, 29, 13, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def threshold(level: float, code: str, kind: str = "official", **other: object) -> ThresholdRow:
    """A threshold above, of a source that calls it like its code."""
    values: dict[str, object] = {
        "direction": "above",
        "label": code,
        "source": "WSV",
        "severity": None,
        "municipality": None,
        **other,
    }
    return ThresholdRow(level=level, code=code, kind=kind, **values)  # pyright: ignore[reportArgumentType]


def single(time: datetime, value: float, *, doubted: bool = False) -> Column:
    """A column of one value."""
    good = None if doubted else value
    bad = value if doubted else None
    return Column(time, time, good, good, good, int(not doubted), int(doubted), bad, bad)


def hour(start: datetime, values: Sequence[float]) -> Column:
    """A column of an hour of good values."""
    mean = sum(values) / len(values)
    return Column(start, start + HOUR, min(values), mean, max(values), len(values), 0, None, None)


def series(
    columns: Sequence[Column],
    *,
    start: datetime = NOW - timedelta(days=7),
    end: datetime = NOW,
    step: timedelta | None = None,
    unit: str = "cm",
    thresholds: Sequence[ThresholdRow] = (),
    place: str = "Rhein bei Andernach",
) -> Series:
    """What the store would give for these columns."""
    good = [column for column in columns if column.count]

    def middle(column: Column) -> datetime:
        return column.start + (column.end - column.start) / 2

    def reading(column: Column, value: float | None) -> Reading:
        assert value is not None
        return Reading(middle(column), value)

    highest = max(good, key=lambda column: column.maximum or 0.0, default=None)
    lowest = min(good, key=lambda column: column.minimum or 0.0, default=None)
    return Series(
        place=place,
        observed_property="discharge" if unit == "m³/s" else "water_level",
        unit=unit,
        interval=QUARTER,
        start=start,
        end=end,
        step=step,
        columns=tuple(columns),
        gaps=tuple(find_gaps(columns, start=start, end=end, interval=QUARTER, since=None)),
        highest=None if highest is None else reading(highest, highest.maximum),
        lowest=None if lowest is None else reading(lowest, lowest.minimum),
        latest=reading(good[-1], good[-1].mean) if good else None,
        thresholds=tuple(thresholds),
    )


def steady(
    start: datetime = NOW - timedelta(days=7),
    end: datetime = NOW,
    *,
    value: float = 100.0,
    step: timedelta = HOUR,
) -> list[Column]:
    """The same value all the time."""
    count = (end - start) // step
    return [single(start + index * step, value) for index in range(count + 1)]
