"""Staff mark spans of values, and correct single ones; what was told before is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

from ...store.marks import (
    CorrectionRow,
    MarkRefused,
    MarkRow,
    Says,
    correct_value,
    corrections,
    mark_span,
    marks,
    withdraw_mark,
)
from ...store.responsibility import Responsibility, responsibility
from ...store.series import observations
from ...store.text import REMARK_LENGTH
from ..store_access import write_engine
from .fields import Fields

__all__ = [
    "suedwest_correction_create",
    "suedwest_correction_list",
    "suedwest_mark_create",
    "suedwest_mark_delete",
    "suedwest_mark_list",
]

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


@tk.side_effect_free
def suedwest_mark_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The marks of a datastream that are in force, by their start. Times are ISO 8601 in UTC.

    :param resource_id: the datastream's live resource
    :type resource_id: string
    """
    stream = owned_stream("suedwest_mark_list", context, data_dict)
    return [_mark(row) for row in marks(write_engine(), stream.datastream_id)]


def suedwest_mark_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Mark a span of a datastream; what comes for it later is marked as well.

    :param resource_id: the datastream's live resource
    :type resource_id: string
    :param says: ``maintenance`` (out of service), ``doubted`` or ``good``
    :type says: string
    :param start: ISO 8601; without an offset German local time
    :type start: string
    :param until: as `start`; without it until further notice (optional)
    :type until: string
    :param start_zone: ``MEZ`` or ``MESZ``, for the hour that happens twice; as well `until_zone`
    :type start_zone: string
    :param note: why
    :type note: string
    :param note_public: whether everybody may read the note (optional, default no)
    :type note_public: boolean

    Where marks overlap, the one made last counts.
    """
    stream = owned_stream("suedwest_mark_create", context, data_dict)
    fields = Fields(data_dict)
    says = fields.choice("says", list(Says))
    start, until = fields.time("start"), fields.time("until", required=False)
    note = fields.text("note", most=REMARK_LENGTH)
    note_public = fields.flag("note_public")
    if start and until and until <= start:
        fields.refuse("until", tk._("The end has to be after the beginning."))
    for name, time in (("start", start), ("until", until)):
        if time and not _EARLIEST <= time < _LATEST:
            fields.refuse(name, tk._("This year cannot be meant."))
    fields.check()
    if says is None or start is None:  # pragma: no cover - `check` has raised
        raise AssertionError
    mark_id = mark_span(
        write_engine(),
        stream.datastream_id,
        start=start,
        until=until,
        says=Says(says),
        note=note,
        note_public=note_public,
        author=context.get("user", ""),
        now=datetime.now(UTC),
    )
    (made,) = (row for row in marks(write_engine(), stream.datastream_id) if row.id == mark_id)
    return _mark(made)


def suedwest_mark_delete(context: Context, data_dict: DataDict) -> None:
    """Take a mark back; its values are judged as if it had never been made.

    :param resource_id: the datastream's live resource
    :type resource_id: string
    :param id: the mark's number
    :type id: integer
    """
    stream = owned_stream("suedwest_mark_delete", context, data_dict)
    try:
        mark_id = int(str(tk.get_or_bust(data_dict, "id")))
        withdraw_mark(
            write_engine(),
            stream.datastream_id,
            mark_id,
            author=context.get("user", ""),
            now=datetime.now(UTC),
        )
    except (ValueError, MarkRefused):
        raise tk.ObjectNotFound(tk._("There is no such mark, or it was taken back.")) from None


@tk.side_effect_free
def suedwest_correction_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The corrected values of a datastream by time, each with what the source had told.

    :param resource_id: the datastream's live resource
    :type resource_id: string
    """
    stream = owned_stream("suedwest_correction_list", context, data_dict)
    found = corrections(write_engine(), stream.datastream_id, start=_EARLIEST, end=_LATEST)
    return [_correction(row) for row in found]


def suedwest_correction_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Correct one value; the original is kept and shown, and the source cannot undo it.

    :param resource_id: the datastream's live resource
    :type resource_id: string
    :param time: of the value, ISO 8601; without an offset German local time
    :type time: string
    :param result: the right value in the unit of the datastream
    :type result: number or string
    :param note: why
    :type note: string
    :param note_public: whether everybody may read the note (optional, default no)
    :type note_public: boolean
    """
    stream = owned_stream("suedwest_correction_create", context, data_dict)
    fields = Fields(data_dict)
    time, result = fields.time("time"), fields.number("result")
    note, note_public = fields.text("note", most=REMARK_LENGTH), fields.flag("note_public")
    engine = write_engine()
    if time and not _has_value(stream, time):
        fields.refuse("time", tk._("There is no value at this time."))
    fields.check()
    if time is None or result is None:  # pragma: no cover - `check` has raised
        raise AssertionError
    try:
        correct_value(
            engine,
            stream.datastream_id,
            time,
            result,
            note=note,
            note_public=note_public,
            author=context.get("user", ""),
            now=datetime.now(UTC),
        )
    except MarkRefused as error:
        raise tk.ValidationError({"result": [str(error)]}) from None
    (made,) = corrections(engine, stream.datastream_id, start=time, end=time + timedelta.resolution)
    return _correction(made)


def owned_stream(action: str, context: Context, data_dict: DataDict) -> Responsibility:
    """Check the right to an action; gives the datastream it is about.

    Raises:
        NotAuthorized: it belongs to somebody else.
        ObjectNotFound: there is none (only those who may change everything learn that).
    """
    tk.check_access(action, context, data_dict)
    found = responsibility(write_engine(), tk.get_or_bust(data_dict, "resource_id"))
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no such datastream."))
    return found


def _has_value(stream: Responsibility, time: datetime) -> bool:
    if not _EARLIEST <= time < _LATEST:
        return False
    end = time + timedelta.resolution
    return bool(observations(write_engine(), stream.datastream_id, start=time, end=end))


def _mark(row: MarkRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "says": row.says,
        "start": row.start.isoformat(),
        "until": row.until and row.until.isoformat(),
        "note": row.note,
        "note_public": row.note_public,
        "author": row.author,
        "made_at": row.made_at.isoformat(),
    }


def _correction(row: CorrectionRow) -> dict[str, Any]:
    return {
        "time": row.time.isoformat(),
        "result": row.result,
        "original": row.original,
        "note": row.note,
        "note_public": row.note_public,
        "author": row.author,
        "made_at": row.made_at.isoformat(),
    }
