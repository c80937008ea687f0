"""Leases: who may poll or listen to a source now, and how it went."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from ..domain.errors import SuedwestError
from .sources import SOURCE_COLUMNS, SourceRow, UnknownSource
from .text import REASON_LENGTH, clean


class LeaseLost(SuedwestError):
    """Another process took the source over; nothing of this write was kept."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for a source until `until`; `generation` grows with every claim."""

    source_id: str
    holder: str
    generation: int
    until: datetime


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
                RETURNING {SOURCE_COLUMNS}
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
