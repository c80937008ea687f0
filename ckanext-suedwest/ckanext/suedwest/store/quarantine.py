"""Records that could not be used, kept with the reason; a repeat counts up."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, text

from ..domain.errors import Refusal, SuedwestError
from ..domain.message import Message
from .engine import connected
from .text import PAYLOAD_LENGTH, REASON_LENGTH, clean


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One refused record, how often and when (UTC) it came.

    `replayable`: the message it came in is kept; `topic` says where that came from.
    """

    id: int
    source_id: str
    record: str
    reason: str
    payload: str
    first_received_at: datetime
    last_received_at: datetime
    times: int
    topic: str | None
    replayable: bool


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
    id, source_id, record, reason, payload, first_received_at, last_received_at, times, topic,
    message IS NOT NULL
"""
_MOST_TIMES = 500
"""Of one and the same message; more often it comes only from a device that is stuck."""


def keep(
    conn: Connection, source_id: str, refusals: Iterable[Refusal], received_at: datetime
) -> None:
    """Write refusals; the same record with the same reason, payload and message is one row."""
    rows: dict[str, dict[str, Any]] = {}
    for refusal in refusals:
        message = refusal.message
        row: dict[str, Any] = {
            "record": clean(refusal.record, REASON_LENGTH),
            "reason": clean(refusal.reason, REASON_LENGTH),
            "payload": clean(refusal.payload, PAYLOAD_LENGTH),
            "topic": clean(message.topic, REASON_LENGTH) if message else None,
            "message": message.payload if message else None,
        }
        kept = rows.setdefault(_fingerprint(row), row | {"times": 0, "message_times": []})
        kept["times"] += 1
        if message:
            kept["message_times"].append(message.received_at.isoformat())
    if not rows:
        return
    # In one order, so that two writers do not wait for each other.
    ordered = sorted(rows.items())
    columns = {
        name: [row[name] for _, row in ordered]
        for name in ("record", "reason", "payload", "topic", "message", "times")
    }
    conn.execute(
        text(f"""
            INSERT INTO suedwest.quarantine AS kept (source_id, record, reason, payload,
                first_received_at, last_received_at, times, fingerprint, topic, message,
                message_times)
            SELECT :source_id, record, reason, payload, :received_at, :received_at, times,
                   fingerprint, topic, message, CAST(message_times AS timestamptz[])
            FROM unnest(CAST(:fingerprint AS text[]), CAST(:record AS text[]),
                        CAST(:reason AS text[]), CAST(:payload AS text[]),
                        CAST(:topic AS text[]), CAST(:message AS bytea[]),
                        CAST(:times AS integer[]), CAST(:message_times AS text[]))
                 AS new (fingerprint, record, reason, payload, topic, message, times,
                         message_times)
            ORDER BY fingerprint
            ON CONFLICT (source_id, fingerprint) DO UPDATE
            SET times = kept.times + excluded.times,
                first_received_at = least(kept.first_received_at, excluded.first_received_at),
                last_received_at = greatest(kept.last_received_at, excluded.last_received_at),
                message_times = trim_array(
                    excluded.message_times || kept.message_times,
                    greatest(0, cardinality(kept.message_times)
                                + cardinality(excluded.message_times) - {_MOST_TIMES})),
                settled = NULL, settled_at = NULL
        """),
        columns
        | {
            "source_id": source_id,
            "received_at": received_at,
            "fingerprint": [fingerprint for fingerprint, _ in ordered],
            "message_times": [
                "{" + ",".join(row["message_times"][: -_MOST_TIMES - 1 : -1]) + "}"
                for _, row in ordered
            ],
        },
    )


def quarantined(
    bind: Engine | Connection,
    *,
    owners: Collection[str | None] | None = None,
    source_id: str | None = None,
    reason: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[QuarantineRow]:
    """The waiting records refused last, newest first.

    Those of the sources of `owners` (None among them is the platform), of a source, for a reason,
    last refused from `since` to before `until`, when given. `before` is the id of the last record
    of the page before.
    """
    condition, values = _chosen(owners, source_id, reason, since, until)
    with connected(bind) as conn:
        rows = conn.execute(
            text(f"""
                SELECT {_COLUMNS} FROM suedwest.quarantine q
                WHERE {condition}
                  AND (CAST(:before AS bigint) IS NULL
                       OR (last_received_at, id) < (SELECT last_received_at, id
                                                    FROM suedwest.quarantine WHERE id = :before))
                ORDER BY last_received_at DESC, id DESC
                LIMIT :limit
            """),
            values | {"before": before, "limit": limit},
        )
        return [QuarantineRow(*row) for row in rows]


def reasons(
    bind: Engine | Connection,
    source_id: str | None = None,
    *,
    owners: Collection[str | None] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[ReasonCount]:
    """What waiting records were refused for, by source and most records first; as `quarantined`."""
    condition, values = _chosen(owners, source_id, None, since, until)
    with connected(bind) as conn:
        rows = conn.execute(
            text(f"""
                SELECT source_id, reason, count(*), sum(times), max(last_received_at)
                FROM suedwest.quarantine q
                WHERE {condition}
                GROUP BY source_id, reason ORDER BY source_id, count(*) DESC, reason
            """),
            values,
        )
        return [ReasonCount(*row) for row in rows]


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


def owners_of(bind: Engine | Connection, record_ids: Collection[int]) -> dict[int, str | None]:
    """Who owns the sources of records, settled ones too; an id that never was is left out."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT q.id, source.municipality FROM suedwest.quarantine q
                JOIN suedwest.source ON source.id = q.source_id
                WHERE q.id = ANY (CAST(:ids AS bigint[]))
            """),
            {"ids": list(record_ids)},
        )
        return dict(rows.tuples().all())


def kept_messages(
    bind: Engine | Connection, record_ids: Collection[int]
) -> list[tuple[QuarantineRow, list[Message]]]:
    """Waiting records with the message each came in, once for each time it came, oldest first.

    A record whose message is not kept has none.
    """
    with connected(bind) as conn:
        rows = conn.execute(
            text(f"""
                SELECT {_COLUMNS}, message, message_times FROM suedwest.quarantine
                WHERE id = ANY (CAST(:ids AS bigint[])) AND settled IS NULL ORDER BY id
            """),
            {"ids": list(record_ids)},
        ).all()
    found: list[tuple[QuarantineRow, list[Message]]] = []
    for *columns, message, times in rows:
        row = QuarantineRow(*columns)
        instants = sorted(set(times or ()))
        found.append((row, [Message(row.topic or "", bytes(message), time) for time in instants]))
    return found


def refuse_again(conn: Connection, record_id: int, reason: str) -> None:
    """A record that was read again is still refused; it keeps its place with the new reason.

    When the same record already waits with that reason, the two become one.
    """
    row = conn.execute(
        text("""
            SELECT source_id, record, reason, payload, message FROM suedwest.quarantine
            WHERE id = :id AND settled IS NULL FOR UPDATE
        """),
        {"id": record_id},
    ).one_or_none()
    if row is None:
        return
    parts = {**row._mapping, "reason": clean(reason, REASON_LENGTH)}
    if parts["reason"] == row.reason:
        return
    same = {"source_id": row.source_id, "fingerprint": _fingerprint(parts), "id": record_id}
    joined = conn.execute(
        text("""
            DELETE FROM suedwest.quarantine
            WHERE source_id = :source_id AND fingerprint = :fingerprint AND id <> :id
            RETURNING times
        """),
        same,
    ).scalar_one_or_none()
    conn.execute(
        text("""
            UPDATE suedwest.quarantine
            SET reason = :reason, fingerprint = :fingerprint, times = times + :joined
            WHERE id = :id
        """),
        same | {"reason": parts["reason"], "joined": joined or 0},
    )


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


def _chosen(
    owners: Collection[str | None] | None,
    source_id: str | None,
    reason: str | None,
    since: datetime | None,
    until: datetime | None,
) -> tuple[str, dict[str, Any]]:
    condition = """
        settled IS NULL
        AND (CAST(:source_id AS text) IS NULL OR source_id = :source_id)
        AND (CAST(:reason AS text) IS NULL OR reason = :reason)
        AND (CAST(:since AS timestamptz) IS NULL OR last_received_at >= :since)
        AND (CAST(:until AS timestamptz) IS NULL OR last_received_at < :until)
        AND (:everybody OR EXISTS (
            SELECT FROM suedwest.source
            WHERE source.id = q.source_id
              AND (source.municipality = ANY (CAST(:names AS text[]))
                   OR (:platform AND source.municipality IS NULL))))
    """
    return condition, {
        "source_id": source_id,
        "reason": reason,
        "since": since,
        "until": until,
        "everybody": owners is None,
        "names": [name for name in owners or () if name is not None],
        "platform": None in (owners or ()),
    }


def _fingerprint(row: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in ("record", "reason", "payload"):
        encoded = row[name].encode()
        digest.update(f"{len(encoded)}:".encode() + encoded)
    if row["message"] is not None:
        digest.update(b"message:" + row["message"])
    return digest.hexdigest()
