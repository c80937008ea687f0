"""Records that could not be used, kept with the reason; a repeat counts up."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Engine, text

from ..domain.errors import Refusal, SuedwestError
from .engine import connected
from .text import PAYLOAD_LENGTH, REASON_LENGTH, clean


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One refused record, how often and when (UTC) it came."""

    id: int
    source_id: str
    record: str
    reason: str
    payload: str
    first_received_at: datetime
    last_received_at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many waiting records of a source have one reason, and how often they came."""

    source_id: str
    reason: str
    records: int
    times: int
    last_received_at: datetime


class UnknownRecord(SuedwestError):
    """The quarantine has no such record, or it was settled before."""


_COLUMNS = """
    id, source_id, record, reason, payload, first_received_at, last_received_at, times
"""


def keep(
    conn: Connection, source_id: str, refusals: Iterable[Refusal], received_at: datetime
) -> None:
    """Write refusals; the same record with the same reason and payload is one row."""
    cleaned = Counter(
        (
            clean(refusal.record, REASON_LENGTH),
            clean(refusal.reason, REASON_LENGTH),
            clean(refusal.payload, PAYLOAD_LENGTH),
        )
        for refusal in refusals
    )
    if not cleaned:
        return
    rows = sorted((_fingerprint(parts), *parts, times) for parts, times in cleaned.items())
    fingerprints, records, reasons, payloads, times = (
        list(column) for column in zip(*rows, strict=True)
    )
    conn.execute(
        text("""
            INSERT INTO suedwest.quarantine AS kept (source_id, record, reason, payload,
                first_received_at, last_received_at, times, fingerprint)
            SELECT :source_id, record, reason, payload, :received_at, :received_at, times,
                   fingerprint
            FROM unnest(CAST(:fingerprints AS text[]), CAST(:records AS text[]),
                        CAST(:reasons AS text[]), CAST(:payloads AS text[]),
                        CAST(:times AS integer[]))
                 AS new (fingerprint, record, reason, payload, times)
            ORDER BY fingerprint
            ON CONFLICT (source_id, fingerprint) DO UPDATE
            SET times = kept.times + excluded.times,
                first_received_at = least(kept.first_received_at, excluded.first_received_at),
                last_received_at = greatest(kept.last_received_at, excluded.last_received_at),
                settled = NULL, settled_at = NULL
        """),
        {
            "source_id": source_id,
            "received_at": received_at,
            "fingerprints": fingerprints,
            "records": records,
            "reasons": reasons,
            "payloads": payloads,
            "times": times,
        },
    )


def quarantined(
    bind: Engine | Connection,
    *,
    source_id: str | None = None,
    reason: str | None = None,
    before: QuarantineRow | None = None,
    limit: int = 100,
) -> list[QuarantineRow]:
    """The waiting records refused last, newest first; those of a source or a reason when given.

    `before` is the last row of the page before.
    """
    with connected(bind) as conn:
        rows = conn.execute(
            text(f"""
                SELECT {_COLUMNS} FROM suedwest.quarantine
                WHERE settled IS NULL
                  AND (CAST(:source_id AS text) IS NULL OR source_id = :source_id)
                  AND (CAST(:reason AS text) IS NULL OR reason = :reason)
                  AND (CAST(:id AS bigint) IS NULL
                       OR (last_received_at, id) < (CAST(:time AS timestamptz), :id))
                ORDER BY last_received_at DESC, id DESC
                LIMIT :limit
            """),
            {
                "source_id": source_id,
                "reason": reason,
                "id": before and before.id,
                "time": before and before.last_received_at,
                "limit": limit,
            },
        )
        return [QuarantineRow(*row) for row in rows]


def quarantine_record(bind: Engine | Connection, record_id: int) -> QuarantineRow:
    """One waiting record.

    Raises:
        UnknownRecord: when there is none with this id.
    """
    with connected(bind) as conn:
        row = conn.execute(
            text(f"""
                SELECT {_COLUMNS} FROM suedwest.quarantine WHERE id = :id AND settled IS NULL
            """),
            {"id": record_id},
        ).one_or_none()
    if row is None:
        raise UnknownRecord(f"no record {record_id} is waiting in the quarantine")
    return QuarantineRow(*row)


def reasons(bind: Engine | Connection, source_id: str | None = None) -> list[ReasonCount]:
    """What waiting records were refused for, by source and most records first."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT source_id, reason, count(*), sum(times), max(last_received_at)
                FROM suedwest.quarantine
                WHERE settled IS NULL
                  AND (CAST(:source_id AS text) IS NULL OR source_id = :source_id)
                GROUP BY source_id, reason ORDER BY source_id, count(*) DESC, reason
            """),
            {"source_id": source_id},
        )
        return [ReasonCount(*row) for row in rows]


def settle_record(
    conn: Connection, record_id: int, how: Literal["replayed", "removed"], *, now: datetime
) -> None:
    """A record was replayed or is of no use; it waits no more, until it comes again.

    Raises:
        UnknownRecord: when there is none with this id that waits.
    """
    settled = conn.execute(
        text("""
            UPDATE suedwest.quarantine SET settled = :how, settled_at = :now
            WHERE id = :id AND settled IS NULL
        """),
        {"how": how, "now": now, "id": record_id},
    )
    if settled.rowcount == 0:
        raise UnknownRecord(f"no record {record_id} is waiting in the quarantine")


def prune(conn: Connection, *, before: datetime) -> int:
    """Forget records that were last refused before an instant (UTC); gives how many."""
    return conn.execute(
        text("DELETE FROM suedwest.quarantine WHERE last_received_at < :before"),
        {"before": before},
    ).rowcount


def _fingerprint(parts: tuple[str, str, str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(f"{len(encoded)}:".encode() + encoded)
    return digest.hexdigest()
