"""Values by hour, and whole months of many datastreams, for programmes that fetch them.

Times are in UTC and spans `[start, end)`. Only ask for datastreams that are public: nothing here
looks at their visibility.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine, text

from .engine import connected

_ROWS_AT_ONCE = 5_000

MonthRow = tuple[datetime, float, int, int]
"""Time, result, quality flag, findings (bits of `domain.quality.Finding`)."""


@dataclass(frozen=True, slots=True)
class HourRow:
    """An hour of UTC; `good_*` are None in an hour without a good value, likewise `doubted_*`."""

    start: datetime
    good_count: int
    good_min: float | None
    good_mean: float | None
    good_max: float | None
    doubted_count: int
    doubted_min: float | None
    doubted_max: float | None


def hours(
    bind: Engine | Connection,
    datastream_id: int,
    *,
    start: datetime,
    end: datetime,
    limit: int,
) -> list[HourRow]:
    """The first `limit` hours that begin in `[start, end)` and have a value, by time."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT start, good_count, good_min, good_mean, good_max, doubted_count,
                       doubted_min, doubted_max
                FROM suedwest.observation_hour
                WHERE datastream_id = :id AND start >= :start AND start < :end
                  AND good_count + doubted_count > 0
                ORDER BY start LIMIT :limit
            """),
            {"id": datastream_id, "start": start, "end": end, "limit": limit},
        )
        return [HourRow(*row) for row in rows]


def months_with_values(
    bind: Engine | Connection, datastream_ids: Sequence[int]
) -> list[tuple[date, datetime]]:
    """Months in which one of these datastreams has a value, newest first.

    A month is given by its first day, and with when a value of these datastreams last changed.
    It is made of days by the day rule of each datastream.
    """
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                WITH asked AS (
                    SELECT datastream_id, first_time, latest_time, changed_at
                    FROM suedwest.datastream_state
                    WHERE datastream_id = ANY (CAST(:ids AS integer[]))
                ), month AS (
                    -- A day of either rule begins at most two hours before its day of UTC.
                    SELECT generate_series(
                        date_trunc('month', min(first_time), 'UTC') AT TIME ZONE 'UTC',
                        (max(latest_time) + interval '2 hours') AT TIME ZONE 'UTC',
                        interval '1 month'
                    )::date AS first
                    FROM asked
                )
                SELECT month.first, (SELECT max(changed_at) FROM asked)
                FROM month
                WHERE EXISTS (
                    SELECT FROM asked
                    CROSS JOIN LATERAL (
                        SELECT 1 FROM suedwest.observation_day
                        WHERE datastream_id = asked.datastream_id
                          AND day >= month.first AND day < month.first + interval '1 month'
                          AND good_count + doubted_count > 0
                        LIMIT 1
                    ) found
                )
                ORDER BY month.first DESC
            """),
            {"ids": list(datastream_ids)},
        )
        return [(first, changed_at) for first, changed_at in rows]


def month_rows(
    conn: Connection, datastream_id: int, *, start: datetime, end: datetime
) -> Iterator[Sequence[MonthRow]]:
    """The values of `[start, end)` by time, a few thousand at once; none is kept in memory."""
    result = conn.execution_options(stream_results=True, max_row_buffer=_ROWS_AT_ONCE).execute(
        text("""
            SELECT phenomenon_time, result, quality, findings FROM suedwest.observation
            WHERE datastream_id = :id AND phenomenon_time >= :start AND phenomenon_time < :end
            ORDER BY phenomenon_time
        """),
        {"id": datastream_id, "start": start, "end": end},
    )
    for rows in result.partitions(_ROWS_AT_ONCE):
        yield [(time, value, quality, findings) for time, value, quality, findings in rows]
