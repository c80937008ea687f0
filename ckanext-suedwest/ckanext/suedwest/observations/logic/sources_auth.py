"""Who may see, change and try out a source: the staff of the municipality that owns it."""

from __future__ import annotations

from ckan.types import AuthResult, Context, DataDict

from ...store.managed_sources import managed_source
from ..rights import may_change, may_look, result
from ..store_access import write_engine

__all__ = [
    "suedwest_source_create",
    "suedwest_source_delete",
    "suedwest_source_list",
    "suedwest_source_pause",
    "suedwest_source_resume",
    "suedwest_source_show",
    "suedwest_source_trial",
    "suedwest_source_update",
]


def suedwest_source_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality; all staff see the sources of the platform."""
    municipality = data_dict.get("municipality")
    return result(isinstance(municipality, str) and may_look(context.get("user"), municipality))


def suedwest_source_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns it; all staff see the sources of the platform."""
    # An unknown id is refused like a foreign one: nobody learns which sources others have.
    source = managed_source(write_engine(), data_dict.get("id"))
    return result(source is not None and may_look(context.get("user"), source.municipality))


def suedwest_source_create(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality."""
    municipality = data_dict.get("municipality")
    return result(isinstance(municipality, str) and may_change(context.get("user"), municipality))


def suedwest_source_update(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns it."""
    return _staff_of_owner(context, data_dict)


def suedwest_source_pause(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns it."""
    return _staff_of_owner(context, data_dict)


def suedwest_source_resume(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns it."""
    return _staff_of_owner(context, data_dict)


def suedwest_source_delete(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns it."""
    return _staff_of_owner(context, data_dict)


def suedwest_source_trial(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns it, or would own it."""
    if data_dict.get("id") is not None:
        return _staff_of_owner(context, data_dict)
    return suedwest_source_create(context, data_dict)


def _staff_of_owner(context: Context, data_dict: DataDict) -> AuthResult:
    source = managed_source(write_engine(), data_dict.get("id"))
    return result(source is not None and may_change(context.get("user"), source.municipality))
