"""What staff say of values: a span is doubted, under maintenance or good; a value is corrected.

Nothing is deleted: a withdrawn mark stays in the table, a corrected value keeps its original.
Whether somebody may say it is decided above the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Engine, text

from ..domain.errors import SuedwestError
from ..domain.quality import Finding, Quality
from .changes import begin_change, settle, whole
from .engine import connected
from .levels import write_levels
from .text import NAME_LENGTH, REMARK_LENGTH, clean
from .values import LARGEST_RESULT


class MarkRefused(SuedwestError):
    """A mark or a correction that cannot be; the message says why."""


class Says(StrEnum):
    """What a mark says of the values of its span."""

    MAINTENANCE = "maintenance"
    DOUBTED = "doubted"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class MarkRow:
    """A mark over `[start, until)` (UTC); without an end it holds until further notice."""

    id: int
    datastream_id: int
    start: datetime
    until: datetime | None
    says: str
    note: str
    note_public: bool
    author: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A value staff replaced; `original` is what the source had told."""

    datastream_id: int
    time: datetime
    result: float
    original: float
    note: str
    note_public: bool
    author: str
    made_at: datetime


def mark_span(
    engine: Engine,
    datastream_id: int,
    *,
    start: datetime,
    until: datetime | None,
    says: Says,
    note: str,
    author: str,
    now: datetime,
    note_public: bool = False,
) -> int:
    """Mark a span; values that come for it later are marked as well. Gives the mark's id.

    Where marks overlap, the one made last counts. Everybody may read a public note.

    Raises:
        MarkRefused: an empty span or note.
        UnknownDatastream: when there is no such datastream.
    """
    if until is not None and until <= start:
        raise MarkRefused("the span ends before it begins")
    with engine.begin() as conn:
        begin_change(conn, [datastream_id])
        mark_id = conn.execute(
            text("""
                INSERT INTO suedwest.mark
                    (datastream_id, start, until, says, note, note_public, author, made_at)
                VALUES (:id, :start, :until, :says, :note, :note_public, :author, :now)
                RETURNING id
            """),
            {
                "id": datastream_id,
                "start": start,
                "until": until,
                "says": str(says),
                "note": _note(note),
                "note_public": note_public,
                "author": clean(author, NAME_LENGTH),
                "now": now,
            },
        ).scalar_one()
        _settle_span(conn, datastream_id, start, until, now)
    return mark_id


def withdraw_mark(
    engine: Engine, datastream_id: int, mark_id: int, *, author: str, now: datetime
) -> None:
    """Take a mark back; its values are judged as if it had never been made.

    Raises:
        MarkRefused: the datastream has no such mark, or it was withdrawn before.
        UnknownDatastream: when there is no such datastream.
    """
    with engine.begin() as conn:
        begin_change(conn, [datastream_id])
        span = conn.execute(
            text("""
                UPDATE suedwest.mark SET withdrawn_at = :now, withdrawn_by = :author
                WHERE id = :mark_id AND datastream_id = :id AND withdrawn_at IS NULL
                RETURNING start, until
            """),
            {
                "mark_id": mark_id,
                "id": datastream_id,
                "now": now,
                "author": clean(author, NAME_LENGTH),
            },
        ).one_or_none()
        if span is None:
            raise MarkRefused(f"the datastream has no mark {mark_id}")
        _settle_span(conn, datastream_id, span.start, span.until, now)


def marks(
    bind: Engine | Connection,
    datastream_id: int,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[MarkRow]:
    """The marks in force that meet `[start, end)`, by their start."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT id, datastream_id, start, until, says, note, note_public, author, made_at
                FROM suedwest.mark
                WHERE datastream_id = :id AND withdrawn_at IS NULL
                  AND start < coalesce(CAST(:end AS timestamptz), 'infinity')
                  AND coalesce(until, 'infinity') >
                      coalesce(CAST(:start AS timestamptz), '-infinity')
                ORDER BY start, id
            """),
            {"id": datastream_id, "start": start, "end": end},
        )
        return [MarkRow(*row) for row in rows]


def correct_value(
    engine: Engine,
    datastream_id: int,
    time: datetime,
    result: float,
    *,
    note: str,
    author: str,
    now: datetime,
    note_public: bool = False,
) -> None:
    """Replace a value; the one before becomes a revision, and the source cannot undo it.

    Levels made of the value follow. The tests judge the corrected value like any other.
    Everybody may read a public note.

    Raises:
        MarkRefused: there is no value at this time, an empty note, no usable number.
        UnknownDatastream: when there is no such datastream.
    """
    if not abs(result) <= LARGEST_RESULT:
        raise MarkRefused("the corrected value is not a number that can be measured")
    values = {"id": datastream_id, "time": time, "result": result, "now": now}
    with engine.begin() as conn:
        begin_change(conn, [datastream_id])
        held = conn.execute(
            text("""
                INSERT INTO suedwest.observation_revision
                    (datastream_id, phenomenon_time, result, quality, received_at, replaced_at)
                SELECT datastream_id, phenomenon_time, result, quality, received_at, :now
                FROM suedwest.observation
                WHERE datastream_id = :id AND phenomenon_time = :time
                RETURNING result
            """),
            values,
        ).scalar_one_or_none()
        if held is None:
            raise MarkRefused(f"there is no value at {time.isoformat()}")
        conn.execute(
            text("""
                INSERT INTO suedwest.correction AS known (datastream_id, phenomenon_time, result,
                    original, note, note_public, author, made_at)
                VALUES (:id, :time, :result, :held, :note, :note_public, :author, :now)
                ON CONFLICT (datastream_id, phenomenon_time) DO UPDATE
                SET result = excluded.result, note = excluded.note,
                    note_public = excluded.note_public, author = excluded.author,
                    made_at = excluded.made_at
            """),
            values
            | {
                "held": held,
                "note": _note(note),
                "note_public": note_public,
                "author": clean(author, NAME_LENGTH),
            },
        )
        conn.execute(
            text("""
                UPDATE suedwest.observation
                SET result = :result, quality = :unevaluated, told_quality = NULL,
                    findings = :corrected, received_at = :now
                WHERE datastream_id = :id AND phenomenon_time = :time
            """),
            values
            | {"unevaluated": int(Quality.NOT_EVALUATED), "corrected": int(Finding.CORRECTED)},
        )
        conn.execute(text("INSERT INTO touched VALUES (:id, :time, false)"), values)
        write_levels(conn, {}, touched=[datastream_id], received_at=now, now=now)
        settle(conn, now)


def corrections(
    bind: Engine | Connection, datastream_id: int, *, start: datetime, end: datetime
) -> list[CorrectionRow]:
    """The corrections of values of `[start, end)`, by time."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT datastream_id, phenomenon_time, result, original, note, note_public,
                       author, made_at
                FROM suedwest.correction
                WHERE datastream_id = :id AND phenomenon_time >= :start AND phenomenon_time < :end
                ORDER BY phenomenon_time
            """),
            {"id": datastream_id, "start": start, "end": end},
        )
        return [CorrectionRow(*row) for row in rows]


def _settle_span(
    conn: Connection, datastream_id: int, start: datetime, until: datetime | None, now: datetime
) -> None:
    spans = [
        (id_, max(first, start), last if until is None else min(last, until))
        for id_, first, last in whole(conn, datastream_id)
    ]
    settle(conn, now, [span for span in spans if span[1] <= span[2]])


def _note(note: str) -> str:
    cleaned = clean(note.strip(), REMARK_LENGTH)
    if not cleaned:
        raise MarkRefused("say in a note why")
    return cleaned
