"""Reads what a chart shows from the store, with few small queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from ..domain.quality import Quality
from ..portal.stations import title
from ..store.engine import connected
from ..store.public_marks import public_corrections, public_marks
from ..store.query import (
    Column,
    DatastreamNow,
    ObservationRow,
    StationRow,
    observations,
    series_columns,
    thresholds,
)
from .ranges import Range, floor_to, step_of
from .series import Gap, Reading, Series, find_gaps

_SINGLE_VALUES_UP_TO = timedelta(hours=25)
_MOST_SINGLE_VALUES = 300
_FINE_STEP = timedelta(minutes=5)
_SHORTEST_SPAN = timedelta(hours=24)
_EXACT_GAPS = 12


def load_series(
    bind: Engine | Connection,
    station: StationRow,
    datastream: DatastreamNow,
    range_: Range,
    now: datetime,
    *,
    municipality: str | None = None,
    columns: int | None = None,
) -> Series:
    """The series of a range that ends at `now`, in at most `columns` columns if that is given.

    Where the records are younger than the range it begins with them. Thresholds of
    municipalities other than `municipality` are left out when one is given.
    """
    start, since = now - range_.span, None
    if datastream.first_time and datastream.first_time > start:
        since = datastream.first_time
        start = min(since, now - _SHORTEST_SPAN)
    with connected(bind) as connection:
        if columns is None:
            start, step, found = _columns(connection, datastream, start, now)
        else:
            step = (now - start) / columns
            found = series_columns(
                connection, datastream.datastream_id, start=start, end=now, columns=columns
            )
        span = {"start": start, "end": now + timedelta.resolution}
        identity = datastream.datastream_id
        series = Series(
            place=title(station),
            observed_property=datastream.observed_property,
            unit=datastream.unit,
            interval=datastream.interval,
            start=start,
            end=now,
            step=step,
            columns=tuple(found),
            gaps=(),
            highest=_extreme(connection, datastream, found, highest=True),
            lowest=_extreme(connection, datastream, found, highest=False),
            latest=_latest(datastream, start, now),
            thresholds=tuple(
                each
                for each in thresholds(connection, datastream.datastream_id)
                if municipality is None or each.municipality in (None, municipality)
            ),
            since=since,
            simulated=station.properties.get("simulated") == "true",
            corrections=tuple(public_corrections(connection, identity, **span)),
            marks=tuple(public_marks(connection, identity, **span)),
        )
        return replace(series, gaps=tuple(_gaps(connection, datastream, series)))


def _columns(
    connection: Connection, datastream: DatastreamNow, start: datetime, now: datetime
) -> tuple[datetime, timedelta | None, list[Column]]:
    identity = datastream.datastream_id
    # A value of this very instant belongs to the picture.
    end = now + timedelta.resolution
    if now - start <= _SINGLE_VALUES_UP_TO:
        rows = observations(
            connection, identity, start=start, end=end, limit=_MOST_SINGLE_VALUES + 1
        )
        if len(rows) <= _MOST_SINGLE_VALUES:
            return start, None, [_single(row) for row in rows]
        step = _FINE_STEP
    else:
        step = step_of(now - start)
    first = floor_to(start, step)
    count = -(-(end - first) // step)
    # Days by the rule of a datastream do not begin at midnight UTC, so they may be one more.
    most = count + 1 if step >= timedelta(days=1) else count
    columns = series_columns(
        connection, identity, start=first, end=first + count * step, columns=most
    )
    # Days begin by the rule of the datastream, an hour before midnight UTC.
    return min([first, *(column.start for column in columns[:1])]), step, columns


def _single(row: ObservationRow) -> Column:
    good = Quality(row.quality).good
    result = row.result if good else None
    doubted = None if good else row.result
    return Column(
        row.time, row.time, result, result, result, int(good), int(not good), doubted, doubted
    )


def _extreme(
    connection: Connection,
    datastream: DatastreamNow,
    columns: Sequence[Column],
    *,
    highest: bool,
) -> Reading | None:
    """The highest or lowest good value with its exact time, the first of equals."""
    best: tuple[float, Column] | None = None
    for column in columns:
        value = column.maximum if highest else column.minimum
        if value is None:
            continue
        if best is None or (value > best[0] if highest else value < best[0]):
            best = (value, column)
    if best is None:
        return None
    value, column = best
    if column.start == column.end:
        return Reading(column.start, value)
    rows = observations(connection, datastream.datastream_id, start=column.start, end=column.end)
    exact = [row.time for row in rows if row.result == value and Quality(row.quality).good]
    return Reading(min(exact, default=column.start), value)


def _latest(datastream: DatastreamNow, start: datetime, now: datetime) -> Reading | None:
    time, value = datastream.good_time, datastream.good_result
    if time is None or value is None or not start <= time <= now:
        return None
    return Reading(time, value)


def _gaps(connection: Connection, datastream: DatastreamNow, series: Series) -> list[Gap]:
    """The gaps with the times of the values before and after them.

    Columns only tell where they end, so the longest ones are looked up.
    """
    found = find_gaps(
        series.columns,
        start=series.start,
        end=series.end,
        interval=series.interval,
        since=series.since,
    )
    if series.step is None:
        return found
    found.sort(key=lambda gap: gap.start - gap.end)
    exact = [_exact(connection, datastream, gap, series) for gap in found[:_EXACT_GAPS]]
    return sorted([*exact, *found[_EXACT_GAPS:]], key=lambda gap: gap.start)


def _exact(connection: Connection, datastream: DatastreamNow, gap: Gap, series: Series) -> Gap:
    assert series.step is not None  # noqa: S101 - the caller's promise, for the type checker
    identity = datastream.datastream_id
    before = observations(
        connection,
        identity,
        start=gap.start - series.step,
        end=gap.start,
        limit=1,
        newest_first=True,
    )
    after = observations(connection, identity, start=gap.end, end=gap.end + series.step, limit=1)
    return Gap(
        before[0].time if before else gap.start,
        min(after[0].time if after else gap.end, series.end),
    )
