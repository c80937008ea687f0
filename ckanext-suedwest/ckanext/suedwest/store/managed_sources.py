"""Sources as their staff see and end them: who manages each, and which were deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, text

from .catalogue_rows import lock_catalogue, mark_gone, tell_reconciler
from .engine import connected
from .sources import UnknownSource


@dataclass(frozen=True, slots=True)
class ManagedSource:
    """A source that was not deleted; `managed_by` says whose word on it counts (times in UTC)."""

    id: str
    type: str
    municipality: str | None
    url: str
    options: dict[str, Any]
    interval: timedelta
    enabled: bool
    managed_by: Literal["file", "portal"]
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None


_SELECT = """
    SELECT id, type, municipality, url, options, make_interval(secs => interval_s), enabled,
           managed_by, last_attempt_at, last_success_at, last_error
    FROM suedwest.source WHERE deleted_at IS NULL
"""


def managed_sources(bind: Engine | Connection, municipality: str | None) -> list[ManagedSource]:
    """The sources of a municipality (None: the platform's), sorted by their ids."""
    with connected(bind) as conn:
        rows = conn.execute(
            text(f"""
                {_SELECT} AND municipality IS NOT DISTINCT FROM CAST(:municipality AS text)
                ORDER BY id
            """),
            {"municipality": municipality},
        ).all()
    return [ManagedSource(*row) for row in rows]


def managed_source(bind: Engine | Connection, source_id: object) -> ManagedSource | None:
    """One source; None when there is none of this id, or it was deleted."""
    if not isinstance(source_id, str) or "\0" in source_id:
        return None
    with connected(bind) as conn:
        row = conn.execute(text(f"{_SELECT} AND id = :id"), {"id": source_id}).one_or_none()
    return None if row is None else ManagedSource(*row)


def is_taken(conn: Connection, source_id: str) -> bool:
    """Whether a source has this id, or had it before it was deleted."""
    found = conn.execute(text("SELECT true FROM suedwest.source WHERE id = :id"), {"id": source_id})
    return found.first() is not None


def delete_source(conn: Connection, source_id: str, now: datetime) -> None:
    """End a source: nobody polls it or listens to it any more, and its secrets are forgotten.

    Its stations and their values stay; the stations are marked as gone, and another source may
    go on with them. A file that still names the source does not bring it back.

    Raises:
        UnknownSource: there is none, or it was deleted before.
    """
    lock_catalogue(conn)
    changed = conn.execute(
        text("""
            UPDATE suedwest.source
            SET deleted_at = :now, enabled = false, managed_by = 'portal', options = '{}',
                state = '{}', generation = generation + 1, lease_holder = NULL,
                lease_until = NULL
            WHERE id = :id AND deleted_at IS NULL
        """),
        {"id": source_id, "now": now},
    )
    if changed.rowcount == 0:
        raise UnknownSource(f"there is no source {source_id!r}")
    conn.execute(text("DELETE FROM suedwest.selection WHERE source_id = :id"), {"id": source_id})
    stations = conn.execute(
        text("SELECT id FROM suedwest.station WHERE source_id = :id AND gone_at IS NULL"),
        {"id": source_id},
    ).scalars()
    gone = list(stations)
    mark_gone(conn, gone, now)
    tell_reconciler(conn, dict.fromkeys(gone, "gone"))
