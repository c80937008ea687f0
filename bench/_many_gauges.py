"""A store of 500 gauges that give a value every quarter of an hour, filled quickly.

Values go into the tables by COPY, with the hours, days and newest values they make: what
`write_batch` would leave behind, in a fraction of the time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, text

from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Datastream, Licence, Operator, Station
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.columns import copy_columns, microseconds
from ckanext.suedwest.store.partitions import ensure_partitions
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch

GAUGES = 500
STEP = timedelta(minutes=15)
IN_HOUR, IN_DAY = 4, 96
IN_YEAR = 365 * IN_DAY
# Days of gauges begin at 23 o'clock UTC.
END = datetime.now(UTC).replace(hour=23, minute=0, second=0, microsecond=0) - timedelta(days=1)
"""Just after the newest value; a day of gauges ends there."""
LOOKUP = """
    SELECT datastream.id, latest.phenomenon_time, latest.result
    FROM suedwest.datastream
    CROSS JOIN LATERAL (
        SELECT phenomenon_time, result FROM suedwest.observation
        WHERE datastream_id = datastream.id ORDER BY phenomenon_time DESC LIMIT 1
    ) latest
"""
"""The newest value of every datastream by an index lookup, as without a table of them."""
_AT_ONCE = 40
_HOUR_US, _DAY_US = 3_600_000_000, 86_400_000_000


def make_gauges(engine: Engine, municipality: str | None = None) -> list[int]:
    """The ids of 500 new datastreams without values, of a source of `municipality`."""
    with engine.begin() as conn:
        register_source(
            conn,
            id="bench",
            type="pegelonline",
            municipality=municipality,
            url="http://127.0.0.1/",
            options={},
            interval=STEP,
            managed_by="file",
        )
    operator, licence = Operator("Bench"), Licence("other-open", "Open", "", "Bench")
    keys = [f"bench:{number}" for number in range(GAUGES)]
    stations = [
        Station(
            key,
            "water",
            f"Pegel {number}",
            operator,
            licence,
            water=f"Fluss {number % 40}",
            longitude=6.0 + number % 25 / 10,
            latitude=49.0 + number // 25 / 10,
        )
        for number, key in enumerate(keys)
    ]
    streams = [Datastream(key, "W", "water_level", "cm", STEP) for key in keys]
    write_batch(engine, Batch("bench", END, stations, streams), lease=None, now=END)
    with engine.connect() as conn:
        return list(conn.execute(text("SELECT id FROM suedwest.datastream ORDER BY id")).scalars())


def extend(engine: Engine, ids: list[int], first: int, after: int) -> None:
    """Give each datastream its values `first` to `after`, counted from the newest back.

    Both are whole days.
    """
    if first % IN_DAY or after % IN_DAY:
        raise ValueError("values are added in whole days")
    with engine.begin() as conn:
        conn.execute(text("SET LOCAL statement_timeout = 0"))
        oldest = END - after * STEP
        ensure_partitions(conn, range(oldest.year, END.year + 1))
        for start in range(0, len(ids) if after > first else 0, _AT_ONCE):
            _copy(conn, np.array(ids[start : start + _AT_ONCE], np.int32), first, after)
        _note_state(conn, ids, after)


def settle(engine: Engine) -> int:
    """Clear up as autovacuum does; gives the bytes of the values with their hours and days."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("SET statement_timeout = 0"))
        conn.execute(text("VACUUM ANALYZE"))
        return conn.execute(
            text("""
                SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
                WHERE relnamespace = 'suedwest'::regnamespace AND relkind = 'r'
                  AND relname LIKE 'observation%'
            """)
        ).scalar_one()


def _copy(conn: Connection, ids: NDArray[np.int32], first: int, after: int) -> None:
    count = after - first
    [end] = microseconds([END], 1)
    steps = np.arange(-after, -first, dtype=np.int64)
    times = end + steps * (STEP // timedelta.resolution)
    # A slow wave, another one for each gauge, in whole centimetres.
    waves = 300 + 200 * np.sin(steps / 5000 + ids[:, None])
    results = np.rint(waves).astype(np.float64)
    rows = len(ids) * count
    copy_columns(
        conn,
        "suedwest.observation",
        {
            "datastream_id": np.repeat(ids, count),
            "phenomenon_time": np.tile(times, len(ids)),
            "result": results.ravel(),
            "quality": np.full(rows, int(Quality.NOT_EVALUATED), np.int16),
            "received_at": np.full(rows, end, np.int64),
        },
    )
    for table, name, folded, starts in (
        ("hour", "start", IN_HOUR, times[::IN_HOUR]),
        # A date is sent as its days since 2000; the day's name is that of its noon.
        ("day", "day", IN_DAY, ((times[::IN_DAY] + _DAY_US // 2) // _DAY_US).astype(np.int32)),
    ):
        parts = results.reshape(len(ids), count // folded, folded)
        rows = len(ids) * len(starts)
        copy_columns(
            conn,
            f"suedwest.observation_{table}",
            {
                "datastream_id": np.repeat(ids, len(starts)),
                name: np.tile(starts, len(ids)),
                "good_count": np.full(rows, folded, np.int32),
                "good_min": parts.min(axis=2).ravel(),
                "good_mean": parts.mean(axis=2).ravel(),
                "good_max": parts.max(axis=2).ravel(),
                "doubted_count": np.zeros(rows, np.int32),
            },
        )


def _note_state(conn: Connection, ids: list[int], total: int) -> None:
    conn.execute(
        text("""
            INSERT INTO suedwest.datastream_state AS state (datastream_id, latest_time,
                latest_result, latest_quality, good_time, good_result, first_time, total,
                changed_at)
            SELECT datastream_id, phenomenon_time, result, quality, phenomenon_time, result,
                   :first_time, :total, :end
            FROM suedwest.observation
            WHERE datastream_id = ANY (CAST(:ids AS integer[])) AND phenomenon_time = :latest
            ON CONFLICT (datastream_id) DO UPDATE
            SET first_time = excluded.first_time, total = excluded.total
        """),
        {
            "ids": ids,
            "latest": END - STEP,
            "first_time": END - total * STEP,
            "total": total,
            "end": END,
        },
    )


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    in_order = sorted(seconds)
    median, high = (in_order[int(share * (len(in_order) - 1))] * 1000 for share in (0.5, 0.95))
    return round(median, 2), round(high, 2)
