"""Values of a datastream over time: as they came, by day, and thinned for a picture.

Times are in UTC and spans `[start, end)`. Good values and doubted ones are kept apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from ..domain.quality import Finding, Quality, reasons
from ..domain.time import DayRule, day_of, day_span
from .engine import connected
from .rollup import GOOD

RAW_UP_TO = timedelta(days=8)
HOURS_UP_TO = timedelta(days=100)


@dataclass(frozen=True, slots=True)
class ObservationRow:
    """One value; `quality` is a flag and `findings` are bits of `domain.quality`."""

    time: datetime
    result: float
    quality: int
    received_at: datetime
    findings: int = 0

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the value is doubted, as `domain.quality.reasons`; empty for a good one."""
        return reasons(Quality(self.quality), Finding(self.findings))


@dataclass(frozen=True, slots=True)
class Column:
    """What a picture shows between `start` and `end`: the span and mean of the good values.

    `minimum`, `mean`, `maximum` are None without a good value, `doubted_*` without a doubted.
    """

    start: datetime
    end: datetime
    minimum: float | None
    mean: float | None
    maximum: float | None
    count: int
    doubted_count: int
    doubted_minimum: float | None
    doubted_maximum: float | None


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day by the day rule of its datastream; `good_*` are None on a day without a good value.

    `expected_count` is how many values the stated interval makes in this day, None when the
    source states none; good and doubted values together cover that much of the day.
    """

    day: date
    good_count: int
    good_min: float | None
    good_mean: float | None
    good_max: float | None
    doubted_count: int
    doubted_min: float | None
    doubted_max: float | None
    expected_count: int | None = None


def observations(
    bind: Engine | Connection,
    datastream_id: int,
    *,
    start: datetime,
    end: datetime,
    limit: int | None = None,
    newest_first: bool = False,
) -> list[ObservationRow]:
    """Values of `[start, end)` by time; with `limit`, the first so many in that order."""
    order = "DESC" if newest_first else "ASC"
    with connected(bind) as conn:
        rows = conn.execute(
            text(f"""
                SELECT phenomenon_time, result, quality, received_at, findings
                FROM suedwest.observation
                WHERE datastream_id = :id AND phenomenon_time >= :start AND phenomenon_time < :end
                ORDER BY phenomenon_time {order}
                LIMIT CAST(:limit AS bigint)
            """),
            {"id": datastream_id, "start": start, "end": end, "limit": limit},
        )
        return [ObservationRow(*row) for row in rows]


def good_points(
    bind: Engine | Connection, datastream_ids: Sequence[int], *, start: datetime
) -> dict[int, list[tuple[datetime, float]]]:
    """Good values from `start` on, by time, for every datastream asked for."""
    points: dict[int, list[tuple[datetime, float]]] = {id_: [] for id_ in datastream_ids}
    with connected(bind) as conn:
        rows = conn.execute(
            text(f"""
                SELECT datastream_id, phenomenon_time, result FROM suedwest.observation
                WHERE datastream_id = ANY (CAST(:ids AS integer[])) AND phenomenon_time >= :start
                  AND quality IN {GOOD}
                ORDER BY datastream_id, phenomenon_time
            """),
            {"ids": list(points), "start": start},
        )
        for datastream_id, time, result in rows:
            points[datastream_id].append((time, result))
    return points


def hour_means(
    bind: Engine | Connection, datastream_ids: Sequence[int], *, start: datetime
) -> dict[int, list[tuple[datetime, float]]]:
    """Means of the good values of every hour from `start` on, for every datastream asked for."""
    means: dict[int, list[tuple[datetime, float]]] = {id_: [] for id_ in datastream_ids}
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT datastream_id, start, good_mean FROM suedwest.observation_hour
                WHERE datastream_id = ANY (CAST(:ids AS integer[])) AND start >= :start
                  AND good_count > 0
                ORDER BY datastream_id, start
            """),
            {"ids": list(means), "start": start},
        )
        for datastream_id, hour, mean in rows:
            means[datastream_id].append((hour, mean))
    return means


def days(bind: Engine | Connection, datastream_id: int, *, start: date, end: date) -> list[DayRow]:
    """Days from `start` to `end`, both included, that have a value."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT day, good_count, good_min, good_mean, good_max, doubted_count,
                       doubted_min, doubted_max, make_interval(secs => interval_s), day_rule
                FROM suedwest.observation_day
                JOIN suedwest.datastream ON datastream.id = datastream_id
                WHERE datastream_id = :id AND day BETWEEN :start AND :end ORDER BY day
            """),
            {"id": datastream_id, "start": start, "end": end},
        )
        return [
            DayRow(*row, expected_count=_expected(row[0], DayRule(rule), interval))
            for *row, interval, rule in rows
        ]


def _expected(day: date, rule: DayRule, interval: timedelta | None) -> int | None:
    if interval is None:
        return None
    start, end = day_span(day, rule)
    return round((end - start) / interval)


def series_columns(
    bind: Engine | Connection,
    datastream_id: int,
    *,
    start: datetime,
    end: datetime,
    columns: int,
) -> list[Column]:
    """At most `columns` equal columns over `[start, end)`, of which those with values are given.

    Up to 8 days they are made of the values, up to 100 days of hours, beyond of days; then the
    span is widened to whole hours or days, and no column is narrower than one. Every value of
    the span is in exactly one column, so that no peak is lost, and a gap stays a gap.
    """
    if columns < 1 or start >= end:
        raise ValueError("a series needs a column and a span")
    span = end - start
    with connected(bind) as conn:
        if span <= RAW_UP_TO:
            return _columns_of_values(conn, datastream_id, start, end, columns)
        if span <= HOURS_UP_TO:
            return _columns_of_hours(conn, datastream_id, start, end, columns)
        return _columns_of_days(conn, datastream_id, start, end, columns)


_FOLD = """
    min(good_min), sum(good_mean * good_count) / nullif(sum(good_count), 0), max(good_max),
    sum(good_count)::bigint, sum(doubted_count)::bigint, min(doubted_min), max(doubted_max)
"""


def _columns_of_values(
    conn: Connection, datastream_id: int, start: datetime, end: datetime, columns: int
) -> list[Column]:
    width = -(-(end - start) // (columns * timedelta.resolution))
    rows = conn.execute(
        text(f"""
            SELECT (extract(epoch FROM phenomenon_time - :start) * 1000000)::bigint / :width
                       AS position,
                   min(result) FILTER (WHERE quality IN {GOOD}),
                   avg(result) FILTER (WHERE quality IN {GOOD}),
                   max(result) FILTER (WHERE quality IN {GOOD}),
                   count(*) FILTER (WHERE quality IN {GOOD}),
                   count(*) FILTER (WHERE quality NOT IN {GOOD}),
                   min(result) FILTER (WHERE quality NOT IN {GOOD}),
                   max(result) FILTER (WHERE quality NOT IN {GOOD})
            FROM suedwest.observation
            WHERE datastream_id = :id AND phenomenon_time >= :start AND phenomenon_time < :end
            GROUP BY position ORDER BY position
        """),
        {"id": datastream_id, "start": start, "end": end, "width": width},
    )
    step = timedelta(microseconds=width)
    return [
        Column(start + position * step, min(end, start + (position + 1) * step), *folded)
        for position, *folded in rows
    ]


def _columns_of_hours(
    conn: Connection, datastream_id: int, start: datetime, end: datetime, columns: int
) -> list[Column]:
    hour = timedelta(hours=1)
    # Midnight UTC begins an hour; counted from there, the span is widened to whole hours.
    first = start.replace(minute=0, second=0, microsecond=0)
    hours = -(-(end - first) // hour)
    width = -(-hours // columns)
    rows = conn.execute(
        text(f"""
            SELECT extract(epoch FROM start - :first)::bigint / 3600 / :width AS position, {_FOLD}
            FROM suedwest.observation_hour
            WHERE datastream_id = :id AND start >= :first AND start < :after
            GROUP BY position ORDER BY position
        """),
        {
            "id": datastream_id,
            "first": first,
            "after": first + hours * hour,
            "width": width,
        },
    )
    step = width * hour
    return [
        Column(first + position * step, first + (position + 1) * step, *folded)
        for position, *folded in rows
    ]


def _columns_of_days(
    conn: Connection, datastream_id: int, start: datetime, end: datetime, columns: int
) -> list[Column]:
    rule_name = conn.execute(
        text("SELECT day_rule FROM suedwest.datastream WHERE id = :id"), {"id": datastream_id}
    ).scalar_one_or_none()
    if rule_name is None:
        return []
    rule = DayRule(rule_name)
    first = day_of(start, rule)
    last = day_of(end - timedelta.resolution, rule)
    width = -(-((last - first).days + 1) // columns)
    rows = conn.execute(
        text(f"""
            SELECT (day - :first) / :width AS position, {_FOLD}
            FROM suedwest.observation_day
            WHERE datastream_id = :id AND day BETWEEN :first AND :last
            GROUP BY position ORDER BY position
        """),
        {"id": datastream_id, "first": first, "last": last, "width": width},
    )
    return [
        Column(
            day_span(first + timedelta(days=position * width), rule)[0],
            day_span(first + timedelta(days=(position + 1) * width - 1), rule)[1],
            *folded,
        )
        for position, *folded in rows
    ]
