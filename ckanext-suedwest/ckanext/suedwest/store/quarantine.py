"""Records that could not be used, kept with the reason; a repeat counts up."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from ..domain.errors import Refusal
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
                last_received_at = greatest(kept.last_received_at, excluded.last_received_at)
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
    bind: Engine | Connection, *, source_id: str | None = None, limit: int = 100
) -> list[QuarantineRow]:
    """The records refused last, newest first; of one source when it is given."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT id, source_id, record, reason, payload, first_received_at,
                       last_received_at, times
                FROM suedwest.quarantine
                WHERE CAST(:source_id AS text) IS NULL OR source_id = :source_id
                ORDER BY last_received_at DESC, id DESC
                LIMIT :limit
            """),
            {"source_id": source_id, "limit": limit},
        )
        return [QuarantineRow(*row) for row in rows]


def _fingerprint(parts: tuple[str, str, str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(f"{len(encoded)}:".encode() + encoded)
    return digest.hexdigest()
