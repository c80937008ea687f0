"""Sources: what is registered, and what municipalities pick from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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


SOURCE_COLUMNS = (
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

    Whoever polls or listens to a source that is switched off loses the lease at once. One that
    is switched on is due at once.

    Raises:
        UnknownSource: when there is no such source.
    """
    changed = conn.execute(
        text("""
            UPDATE suedwest.source
            SET enabled = :enabled,
                generation = generation + CASE WHEN enabled AND NOT :enabled THEN 1 ELSE 0 END,
                lease_holder = CASE WHEN :enabled THEN lease_holder END,
                lease_until = CASE WHEN :enabled THEN lease_until END,
                next_poll_at = CASE WHEN :enabled AND NOT enabled THEN '-infinity'
                                    ELSE next_poll_at END
            WHERE id = :id AND deleted_at IS NULL
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
            text(f"SELECT {SOURCE_COLUMNS} FROM suedwest.source WHERE id = :id"),
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
