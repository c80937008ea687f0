"""What should long have been done: the sign that ingest or the reconciler does not work."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, text


def overdue_sources(conn: Connection, now: datetime, grace: timedelta) -> list[str]:
    """Sources nobody works on although they were due one interval and `grace` ago, sorted.

    A source that fails is not among them: it was tried and is due again later. Nor is one that a
    process holds, as it does while it listens. A source that was never tried is left out, because
    it says nothing about how long it has been waiting.
    """
    found = conn.execute(
        text("""
            SELECT id FROM suedwest.source
            WHERE enabled AND last_attempt_at IS NOT NULL
              AND greatest(next_poll_at, last_attempt_at)
                  < CAST(:now AS timestamptz) - make_interval(secs => interval_s) - :grace
              AND (lease_until IS NULL OR lease_until < :now)
            ORDER BY id
        """),
        {"now": now, "grace": grace},
    )
    return list(found.scalars())


def oldest_untold(conn: Connection) -> datetime | None:
    """Since when the catalogue has not been told of a station; None when it knows all."""
    return conn.execute(text("SELECT min(written_at) FROM suedwest.outbox")).scalar_one()
