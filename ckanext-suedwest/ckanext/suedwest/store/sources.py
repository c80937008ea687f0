"""Sources: what is polled, who may poll it now, and how it went."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, text

from ..domain.errors import SuedwestError
from .catalogue import apply_selections
from .catalogue_rows import lock_catalogue
from .engine import connected
from .known import read_selections
from .selection import Selection, SelectionRow
from .text import REASON_LENGTH, clean


class LeaseLost(SuedwestError):
    """Another process took the source over; nothing of this write was kept."""


class UnknownSource(SuedwestError):
    """No source has this id."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as registered, and where its poller stands (times in UTC)."""

    id: str
    type: str
    municipality: str | None
    url: str
    options: dict[str, Any]
    interval: timedelta
    enabled: bool
    state: dict[str, Any]
    generation: int
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    failures: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for a source until `until`; `generation` grows with every claim."""

    source_id: str
    holder: str
    generation: int
    until: datetime


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source does; the counts are those of its receipts of the last 24 hours.

    `newest_time` is the newest time any of its datastreams has a value for, `lag` its age.
    `next_poll_at` is None before the first poll.
    """

    source_id: str
    type: str
    municipality: str | None
    enabled: bool
    interval: timedelta
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    failures: int
    next_poll_at: datetime | None
    received: int
    stored: int
    unchanged: int
    corrected: int
    suppressed: int
    quarantined: int
    newest_time: datetime | None
    lag: timedelta | None


_SOURCE_COLUMNS = (
    "id, type, municipality, url, options, make_interval(secs => interval_s), enabled, state, "
    "generation, last_attempt_at, last_success_at, last_error, failures"
)


def register_source(
    conn: Connection,
    *,
    id: str,
    type: str,
    municipality: str | None,
    url: str,
    options: Mapping[str, Any],
    interval: timedelta,
    managed_by: Literal["file", "portal"],
) -> None:
    """Make a source or change it; saying the same again changes nothing.

    What the portal manages is never overwritten by a file. A changed source is due at once and
    forgets what its poller remembered; whoever polls it right now loses the lease.
    """
    lock_catalogue(conn)
    conn.execute(
        text("""
            INSERT INTO suedwest.source AS known
                (id, type, municipality, url, options, interval_s, managed_by)
            VALUES (:id, :type, :municipality, :url, CAST(:options AS jsonb), :interval_s,
                    :managed_by)
            ON CONFLICT (id) DO UPDATE
            SET type = excluded.type, municipality = excluded.municipality, url = excluded.url,
                options = excluded.options, interval_s = excluded.interval_s,
                managed_by = excluded.managed_by, state = '{}', next_poll_at = '-infinity',
                lease_holder = NULL, lease_until = NULL, generation = known.generation + 1
            WHERE (known.managed_by = 'file' OR excluded.managed_by = 'portal')
              AND (known.type, known.municipality, known.url, known.options, known.interval_s,
                   known.managed_by)
                  IS DISTINCT FROM
                  (excluded.type, excluded.municipality, excluded.url, excluded.options,
                   excluded.interval_s, excluded.managed_by)
        """),
        {
            "id": id,
            "type": type,
            "municipality": municipality,
            "url": url,
            "options": json.dumps(dict(options)),
            "interval_s": max(1, round(interval.total_seconds())),
            "managed_by": managed_by,
        },
    )


def set_enabled(conn: Connection, source_id: str, enabled: bool) -> None:
    """Switch a source on or off; off, it is not polled and its stations may change hands.

    Whoever polls or listens to a source that is switched off loses the lease at once.

    Raises:
        UnknownSource: when there is no such source.
    """
    changed = conn.execute(
        text("""
            UPDATE suedwest.source
            SET enabled = :enabled,
                generation = generation + CASE WHEN enabled AND NOT :enabled THEN 1 ELSE 0 END,
                lease_holder = CASE WHEN :enabled THEN lease_holder END,
                lease_until = CASE WHEN :enabled THEN lease_until END
            WHERE id = :id
        """),
        {"enabled": enabled, "id": source_id},
    )
    if changed.rowcount == 0:
        raise UnknownSource(f"there is no source {source_id!r}")


def set_selections(
    conn: Connection, source_id: str, municipality: str, chosen: Sequence[Selection]
) -> None:
    """Replace what a municipality picks from a source; known stations follow at once.

    Raises:
        UnknownSource: when there is no such source.
    """
    lock_catalogue(conn)
    found = conn.execute(
        text("SELECT true FROM suedwest.source WHERE id = :id"), {"id": source_id}
    ).scalar_one_or_none()
    if not found:
        raise UnknownSource(f"there is no source {source_id!r}")
    conn.execute(
        text("""
            DELETE FROM suedwest.selection
            WHERE source_id = :source_id AND municipality = :municipality
        """),
        {"source_id": source_id, "municipality": municipality},
    )
    if chosen:
        conn.execute(
            text("""
                INSERT INTO suedwest.selection (source_id, municipality, selects, value, relation)
                VALUES (:source_id, :municipality, :selects, :value, :relation)
                ON CONFLICT (source_id, municipality, selects, value)
                DO UPDATE SET relation = excluded.relation
            """),
            [
                {
                    "source_id": source_id,
                    "municipality": municipality,
                    "selects": selection.selects,
                    "value": selection.value,
                    "relation": selection.relation,
                }
                for selection in chosen
            ],
        )
    apply_selections(conn, source_id)


def selections(bind: Engine | Connection, source_id: str) -> list[SelectionRow]:
    """What all municipalities pick from a source, sorted."""
    with connected(bind) as conn:
        return read_selections(conn, source_id)


def read_source(bind: Engine | Connection, source_id: str) -> SourceRow:
    """One source as registered.

    Raises:
        UnknownSource: when there is no such source.
    """
    with connected(bind) as conn:
        row = conn.execute(
            text(f"SELECT {_SOURCE_COLUMNS} FROM suedwest.source WHERE id = :id"),
            {"id": source_id},
        ).one_or_none()
    if row is None:
        raise UnknownSource(f"there is no source {source_id!r}")
    return SourceRow(*row)


def note_delivery(conn: Connection, source_id: str, now: datetime) -> None:
    """A source that nobody leases delivered something; said at most every quarter of a minute."""
    conn.execute(
        text("""
            UPDATE suedwest.source
            SET last_attempt_at = :now, last_success_at = :now, last_error = NULL, failures = 0
            WHERE id = :id AND (last_success_at IS NULL OR last_success_at < :before)
        """),
        {"id": source_id, "now": now, "before": now - timedelta(seconds=15)},
    )


def claim_due_source(
    engine: Engine,
    *,
    holder: str,
    now: datetime,
    lease_for: timedelta,
    besides: Collection[str] = (),
) -> tuple[SourceRow, Lease] | None:
    """Lease the source that has been due longest; None when none is due and free.

    Sources of the types `besides` are left to others.
    """
    with engine.begin() as conn:
        row = conn.execute(
            text(f"""
                UPDATE suedwest.source
                SET lease_holder = :holder, lease_until = :until, generation = generation + 1,
                    last_attempt_at = :now
                WHERE id = (
                    SELECT id FROM suedwest.source
                    WHERE enabled AND next_poll_at <= :now AND type <> ALL (:besides)
                      AND (lease_until IS NULL OR lease_until <= :now)
                    ORDER BY next_poll_at, id
                    FOR UPDATE SKIP LOCKED LIMIT 1
                )
                RETURNING {_SOURCE_COLUMNS}
            """),
            {
                "holder": holder,
                "now": now,
                "until": now + lease_for,
                "besides": list(besides),
            },
        ).one_or_none()
    if row is None:
        return None
    source = SourceRow(*row)
    return source, Lease(source.id, holder, source.generation, now + lease_for)


def renew(engine: Engine, lease: Lease, *, now: datetime, lease_for: timedelta) -> Lease:
    """Prolong a lease.

    Raises:
        LeaseLost: when another process took the source over.
    """
    _update_leased(engine, lease, "lease_until = :until", until=now + lease_for)
    return Lease(lease.source_id, lease.holder, lease.generation, now + lease_for)


def record_success(
    engine: Engine,
    lease: Lease,
    *,
    now: datetime,
    next_poll_at: datetime,
    state: Mapping[str, Any],
) -> None:
    """A poll went well: keep what the poller remembers, and give the source back.

    Raises:
        LeaseLost: when another process took the source over.
    """
    _update_leased(
        engine,
        lease,
        """lease_holder = NULL, lease_until = NULL, next_poll_at = :next_poll_at,
           last_success_at = :now, last_error = NULL, failures = 0,
           state = CAST(:state AS jsonb)""",
        next_poll_at=next_poll_at,
        now=now,
        state=json.dumps(dict(state)),
    )


def record_delivery(engine: Engine, lease: Lease, *, now: datetime) -> None:
    """A source that is listened to delivered something; the lease is kept.

    Raises:
        LeaseLost: when another process took the source over.
    """
    changes = "last_success_at = :now, last_error = NULL, failures = 0"
    _update_leased(engine, lease, changes, now=now)


def record_contact(
    engine: Engine, lease: Lease, *, now: datetime, error: str | None = None
) -> None:
    """A source that is listened to can be heard or, with `error`, cannot; the lease is kept.

    Raises:
        LeaseLost: when another process took the source over.
    """
    _update_leased(
        engine,
        lease,
        "last_attempt_at = :now, last_error = :error",
        now=now,
        error=None if error is None else clean(error, REASON_LENGTH),
    )


def record_failure(
    engine: Engine, lease: Lease, *, now: datetime, next_poll_at: datetime, error: str
) -> None:
    """A poll failed with `error`: count it and give the source back.

    Raises:
        LeaseLost: when another process took the source over.
    """
    _update_leased(
        engine,
        lease,
        """lease_holder = NULL, lease_until = NULL, next_poll_at = :next_poll_at,
           last_attempt_at = :now, last_error = :error, failures = failures + 1""",
        next_poll_at=next_poll_at,
        now=now,
        error=clean(error, REASON_LENGTH),
    )


def check_lease(
    conn: Connection, source_id: str, lease: Lease | None, *, hold: bool = False
) -> str | None:
    """Make sure that `lease` is the valid one; with `hold`, until the transaction ends.

    Without a lease the source only has to exist. Gives the municipality that owns it.

    Raises:
        LeaseLost: when another process took the source over.
        UnknownSource: when there is no such source.
    """
    row = conn.execute(
        text(f"""
            SELECT municipality, lease_holder, generation FROM suedwest.source
            WHERE id = :id {"FOR SHARE" if hold else ""}
        """),
        {"id": source_id},
    ).one_or_none()
    if row is None:
        raise UnknownSource(f"there is no source {source_id!r}")
    if lease is not None and (lease.source_id, lease.holder, lease.generation) != (
        source_id,
        row.lease_holder,
        row.generation,
    ):
        raise _lost(lease)
    return row.municipality


def ingest_status(engine: Engine, now: datetime) -> list[SourceStatus]:
    """One row for each source, sorted by its id."""
    with engine.connect() as conn:
        rows = conn.execute(
            text("""
                SELECT s.id, s.type, s.municipality, s.enabled,
                       make_interval(secs => s.interval_s), s.last_attempt_at, s.last_success_at,
                       s.last_error, s.failures, nullif(s.next_poll_at, '-infinity'),
                       r.received, r.stored, r.unchanged, r.corrected, r.suppressed,
                       r.quarantined, n.newest_time
                FROM suedwest.source s
                CROSS JOIN LATERAL (
                    SELECT coalesce(sum(received), 0)::bigint AS received,
                           coalesce(sum(stored), 0)::bigint AS stored,
                           coalesce(sum(unchanged), 0)::bigint AS unchanged,
                           coalesce(sum(corrected), 0)::bigint AS corrected,
                           coalesce(sum(suppressed), 0)::bigint AS suppressed,
                           coalesce(sum(quarantined), 0)::bigint AS quarantined
                    FROM suedwest.receipt
                    WHERE source_id = s.id AND written_at > :since
                ) r
                CROSS JOIN LATERAL (
                    SELECT max(state.latest_time) AS newest_time
                    FROM suedwest.station
                    JOIN suedwest.datastream ON datastream.station_id = station.id
                    JOIN suedwest.datastream_state state ON state.datastream_id = datastream.id
                    WHERE station.source_id = s.id
                ) n
                ORDER BY s.id
            """),
            {"since": now - timedelta(hours=24)},
        ).all()
    return [
        SourceStatus(*row, lag=None if row.newest_time is None else now - row.newest_time)
        for row in rows
    ]


def _update_leased(engine: Engine, lease: Lease, changes: str, **values: Any) -> None:
    with engine.begin() as conn:
        updated = conn.execute(
            text(f"""
                UPDATE suedwest.source SET {changes}
                WHERE id = :id AND lease_holder = :holder AND generation = :generation
            """),
            {
                "id": lease.source_id,
                "holder": lease.holder,
                "generation": lease.generation,
                **values,
            },
        )
        if updated.rowcount == 0:
            raise _lost(lease)


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"the lease of {lease.holder} on {lease.source_id} is no longer valid")
