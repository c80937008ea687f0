"""What was refused: looked through, and read again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

from ...domain.time import TimeRefused, parse_instant
from ...ingest.read_again import read_again
from ...store import quarantine
from ..store_access import write_engine
from .status import plain, visible_owners

__all__ = ["suedwest_quarantine_list", "suedwest_quarantine_replay", "suedwest_quarantine_show"]

_PAGE = 50
_LARGEST_PAGE = 500
MOST_AT_ONCE = 500
"""Records that are read again by one call: each is a transaction of its own."""
_LARGEST_ID = (1 << 63) - 1


@tk.side_effect_free
def suedwest_quarantine_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Records that could not be used and wait, newest first.

    :param municipality: only of this municipality's sources and the platform's (optional)
    :type municipality: string
    :param source_id: only of this source (optional)
    :type source_id: string
    :param reason: only those refused for this reason (optional)
    :type reason: string
    :param since: only those last refused at or after this time, ISO 8601 (optional)
    :type since: string
    :param until: only those last refused before this time, ISO 8601 (optional)
    :type until: string
    :param limit: records at once, 1 to 500 (optional, default 50)
    :type limit: int
    :param before: `next` of the page before (optional)
    :type before: int

    :returns: `records`; `next`, the `before` of the page that follows, None on the last;
        `total`, how many wait that fit; `reasons`, how many for which reason, whatever `reason`
        asks for. Of a record, `payload` is what was refused, or its beginning; `replayable` says
        whether the message it came in is kept and can be read again, `times` how often it came.
    :rtype: dictionary
    """
    tk.check_access("suedwest_quarantine_list", context, data_dict)
    errors: dict[str, list[str]] = {}
    source_id, reason = (_text(data_dict, name) for name in ("source_id", "reason"))
    since, until = (_time(data_dict, name, errors) for name in ("since", "until"))
    limit = _number(data_dict, "limit", _LARGEST_PAGE, errors) or _PAGE
    before = _number(data_dict, "before", _LARGEST_ID, errors)
    if errors:
        raise tk.ValidationError(dict(errors))
    owners = visible_owners(context, data_dict.get("municipality"))
    with write_engine().connect() as conn:
        counts = quarantine.reasons(conn, source_id, owners=owners, since=since, until=until)
        records = quarantine.quarantined(
            conn,
            owners=owners,
            source_id=source_id,
            reason=reason,
            since=since,
            until=until,
            before=before,
            limit=limit + 1,
        )
    return {
        "records": [plain(record) for record in records[:limit]],
        "next": records[limit - 1].id if len(records) > limit else None,
        "total": sum(one.records for one in counts if reason in (None, one.reason)),
        "reasons": [plain(one) for one in counts],
    }


@tk.side_effect_free
def suedwest_quarantine_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One record that waits, as `suedwest_quarantine_list` gives it.

    :param id: its id
    :type id: int
    """
    tk.check_access("suedwest_quarantine_show", context, data_dict)
    errors: dict[str, list[str]] = {}
    record_id = _number(data_dict, "id", _LARGEST_ID, errors)
    if record_id is None:
        raise tk.ValidationError({"id": [tk._("This is needed.")], **errors})
    try:
        return plain(quarantine.quarantine_record(write_engine(), record_id))
    except quarantine.UnknownRecord:
        raise tk.ObjectNotFound(tk._("This record does not wait any more.")) from None


def suedwest_quarantine_replay(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Read the messages of refused records again, with the options their sources have now.

    What can be used is stored as if it had come now, with the times it was received; values that
    were received later stay. A record that is refused again keeps its place with the new reason.
    Doing it twice stores nothing twice.

    :param ids: ids of waiting records, at most 500
    :type ids: list of ints

    :returns: `replayed`, ids that wait no more; `refused`, pairs of `id` and `reason`;
        `not_kept`, ids of records without a message that could be read again; and the sums of
        the receipts: `received`, `stored`, `unchanged`, `corrected`, `quarantined`.
    :rtype: dictionary
    """
    tk.check_access("suedwest_quarantine_replay", context, data_dict)
    ids = record_ids(data_dict)
    if not ids:
        raise tk.ValidationError({"ids": [tk._("Choose at least one record.")]})
    if len(ids) > MOST_AT_ONCE:
        raise tk.ValidationError(
            {"ids": [tk._("At most {number} records at once.").format(number=MOST_AT_ONCE)]}
        )
    outcome = read_again(write_engine(), ids, now=datetime.now(UTC))
    return {
        "replayed": outcome.replayed,
        "refused": [{"id": id_, "reason": why} for id_, why in outcome.refused.items()],
        "not_kept": outcome.not_kept,
    } | {
        name: sum(getattr(receipt, name) for receipt in outcome.receipts)
        for name in ("received", "stored", "unchanged", "corrected", "quarantined")
    }


def record_ids(data_dict: Mapping[str, Any]) -> list[int] | None:
    """The ids a call names, each once; None when what it gives is no list of ids."""
    given = data_dict.get("ids")
    ids = [_whole(one) for one in (given if isinstance(given, list) else [given])]
    known = {one for one in ids if one is not None}
    return None if None in ids else sorted(known)


def _whole(value: Any) -> int | None:
    """A whole number from 0 on that PostgreSQL can hold, also as text; None for all else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_ID:
        return value
    return None


def _text(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) and value else None


def _number(
    data: Mapping[str, Any], name: str, most: int, errors: dict[str, list[str]]
) -> int | None:
    if data.get(name) in (None, ""):
        return None
    value = _whole(data[name])
    if value is None or not 1 <= value <= most:
        errors[name] = [tk._("This is not a whole number from 1 to {most}.").format(most=most)]
        return None
    return value


def _time(data: Mapping[str, Any], name: str, errors: dict[str, list[str]]) -> datetime | None:
    value = data.get(name)
    if value in (None, ""):
        return None
    try:
        return parse_instant(value)
    except TimeRefused as error:
        errors[name] = [str(error)]
        return None
