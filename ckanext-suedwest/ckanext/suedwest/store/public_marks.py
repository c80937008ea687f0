"""What everybody may know of marks and corrections: never who made them, the note if it is public.

Times are in UTC and spans `[start, end)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from .engine import connected


@dataclass(frozen=True, slots=True)
class PublicMark:
    """Staff say something of `[start, until)`; without an end it holds until further notice.

    `says` is `maintenance`, `doubted` or `good`; of several that meet, the last one counts.
    """

    start: datetime
    until: datetime | None
    says: str
    note: str | None


@dataclass(frozen=True, slots=True)
class PublicCorrection:
    """A value that staff replaced; `original` is what the source had told."""

    time: datetime
    result: float
    original: float
    note: str | None


def public_marks(
    bind: Engine | Connection, datastream_id: int, *, start: datetime, end: datetime
) -> list[PublicMark]:
    """The marks in force that meet the span, in the order in which they were made."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT start, until, says, note FROM suedwest.public_mark
                WHERE datastream_id = :id AND start < :end
                  AND coalesce(until, 'infinity') > :start
                ORDER BY id
            """),
            {"id": datastream_id, "start": start, "end": end},
        )
        return [PublicMark(*row) for row in rows]


def public_corrections(
    bind: Engine | Connection, datastream_id: int, *, start: datetime, end: datetime
) -> list[PublicCorrection]:
    """The corrected values of the span, by time."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT phenomenon_time, result, original, note FROM suedwest.public_correction
                WHERE datastream_id = :id AND phenomenon_time >= :start AND phenomenon_time < :end
                ORDER BY phenomenon_time
            """),
            {"id": datastream_id, "start": start, "end": end},
        )
        return [PublicCorrection(*row) for row in rows]
