"""Who sees the state of sources and what was refused, and who has it read again."""

from __future__ import annotations

from ckan.types import AuthResult, Context, DataDict

from ...store.quarantine import owners_of
from ..rights import administered, may_change, may_look, result
from ..store_access import write_engine
from .quarantine import record_ids

__all__ = [
    "suedwest_ingest_status",
    "suedwest_quarantine_list",
    "suedwest_quarantine_replay",
    "suedwest_quarantine_show",
]


def suedwest_ingest_status(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff: of the municipality that is asked for, else of any."""
    return _staff(context, data_dict)


def suedwest_quarantine_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff: of the municipality that is asked for, else of any."""
    return _staff(context, data_dict)


def suedwest_quarantine_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the record's source."""
    owners = _owners({"ids": data_dict.get("id")})
    user = context.get("user")
    return result(bool(owners) and all(may_look(user, owner) for owner in owners))


def suedwest_quarantine_replay(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipalities that own the sources of all the records."""
    owners = _owners(data_dict)
    user = context.get("user")
    return result(bool(owners) and all(may_change(user, owner) for owner in owners))


def _staff(context: Context, data_dict: DataDict) -> AuthResult:
    municipality, user = data_dict.get("municipality"), context.get("user")
    if not municipality:
        return result(bool(administered(user)))
    return result(isinstance(municipality, str) and may_look(user, municipality))


def _owners(data_dict: DataDict) -> set[str | None]:
    """Who owns what the call names; nobody when one of the records never was.

    So an unknown record is refused like one of another municipality.
    """
    ids = record_ids(data_dict)
    if not ids:
        return set()
    owners = owners_of(write_engine(), ids)
    return set(owners.values()) if len(owners) == len(ids) else set()
