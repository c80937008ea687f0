"""Who may bring history: the staff of the municipality whose source brings the datastream."""

from __future__ import annotations

from ckan.types import AuthResult, Context, DataDict

from ...store.history import history_target
from ..rights import may_change, may_look, result
from ..store_access import write_engine

__all__ = ["suedwest_history_import", "suedwest_history_list", "suedwest_history_trial"]


def suedwest_history_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality."""
    municipality = data_dict.get("municipality")
    return result(
        isinstance(municipality, str) and may_look(context.get("user"), municipality or None)
    )


def suedwest_history_trial(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the datastream's source."""
    return _staff_of_owner(context, data_dict)


def suedwest_history_import(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the datastream's source."""
    return _staff_of_owner(context, data_dict)


def _staff_of_owner(context: Context, data_dict: DataDict) -> AuthResult:
    # An unknown id is refused like a foreign one: nobody learns which internal ones there are.
    found = history_target(write_engine(), data_dict.get("resource_id"))
    return result(found is not None and may_change(context.get("user"), found.owner))
