"""Rows on their way to PostgreSQL as arrays, in the binary form of COPY.

Text would have to be made of every number and time here and read again there, which takes longer
than storing it. The form is that of PostgreSQL's manual, COPY, “Binary Format”.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_EPOCH_SECONDS = datetime(2000, 1, 1, tzinfo=UTC).timestamp()


def microseconds(times: Iterable[datetime], count: int) -> NDArray[np.int64]:
    """Instants as PostgreSQL keeps them: microseconds since 2000 (UTC)."""
    # A double tells seconds since 1970 apart to the microsecond until 2106.
    seconds = np.fromiter((time.timestamp() for time in times), np.float64, count)
    return np.rint((seconds - _EPOCH_SECONDS) * 1e6).astype(np.int64)


def copy_columns(conn: Connection, table: str, columns: Mapping[str, NDArray[Any]]) -> None:
    """Append rows without NULL to a table whose columns have the very types of the arrays.

    int16, int32, int64 (also timestamptz, as `microseconds`) and float64 are smallint, integer,
    bigint and double precision.
    """
    count = len(next(iter(columns.values())))
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, column in columns.items():
        layout += [(f"size of {name}", ">i4"), (name, f">{column.dtype.str[1:]}")]
    rows = np.empty(count, dtype=layout)
    rows["fields"] = len(columns)
    for name, column in columns.items():
        rows[f"size of {name}"] = column.dtype.itemsize
        rows[name] = column
    driver: Any = conn.connection
    with driver.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT binary)",
            io.BytesIO(_HEADER + rows.tobytes() + _TRAILER),
        )
