"""Yearly partitions of the observations, made when the first value of a year comes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FURTHEST_AHEAD = timedelta(days=366)
# Any fixed number; two writers that open the same year queue up behind it.
_PARTITION_LOCK = 0x5357_0002


def plausible_window(now: datetime) -> tuple[datetime, datetime]:
    """`[start, end)` of the times the store takes; anything else is a broken clock."""
    return EARLIEST, now + FURTHEST_AHEAD


def ensure_partitions(conn: Connection, years: Iterable[int]) -> None:
    """Make the partitions of these years (UTC) that do not exist yet."""
    wanted = sorted(set(years))
    if not wanted or not _missing(conn, wanted):
        return
    conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PARTITION_LOCK})
    for year in _missing(conn, wanted):
        # Made apart and then attached: creating it in place would lock out every reader.
        conn.exec_driver_sql(
            f"CREATE TABLE suedwest.observation_{year:04d} (LIKE suedwest.observation)"
        )
        conn.exec_driver_sql(
            f"ALTER TABLE suedwest.observation ATTACH PARTITION suedwest.observation_{year:04d} "
            f"FOR VALUES FROM ('{year:04d}-01-01 00:00+00') TO ('{year + 1:04d}-01-01 00:00+00')"
        )


def _missing(conn: Connection, years: list[int]) -> list[int]:
    rows = conn.execute(
        text("""
            SELECT year FROM unnest(CAST(:years AS integer[])) AS year
            WHERE to_regclass('suedwest.observation_' || lpad(year::text, 4, '0')) IS NULL
            ORDER BY year
        """),
        {"years": years},
    )
    return list(rows.scalars())
