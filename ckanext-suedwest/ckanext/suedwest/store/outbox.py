"""What the catalogue still has to be told of stations; a row is deleted when that is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """`reason` is new, changed, gone or back; read the station itself for how it is now."""

    id: int
    station_id: int
    reason: str
    written_at: datetime


def take(conn: Connection, limit: int) -> list[OutboxRow]:
    """The oldest rows nobody else is working on, locked until the transaction ends."""
    rows = conn.execute(
        text("""
            SELECT id, station_id, reason, written_at FROM suedwest.outbox
            ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
        """),
        {"limit": limit},
    )
    return [OutboxRow(*row) for row in rows]


def done(conn: Connection, ids: Sequence[int]) -> None:
    """Delete rows whose work is done; in the transaction that took them."""
    if ids:
        conn.execute(text("DELETE FROM suedwest.outbox WHERE id = ANY (:ids)"), {"ids": list(ids)})
