"""Who may say something of a station: the staff of the municipality that owns its source.

Action levels are another matter: a municipality has its own at every station it shows.
"""

from __future__ import annotations

from ckan.types import AuthResult, Context, DataDict

from ...store.responsibility import responsibility
from ..rights import may_change, may_look, result
from ..store_access import write_engine

__all__ = [
    "suedwest_correction_create",
    "suedwest_correction_list",
    "suedwest_limits_show",
    "suedwest_limits_update",
    "suedwest_mark_create",
    "suedwest_mark_delete",
    "suedwest_mark_list",
    "suedwest_mounting_create",
    "suedwest_mounting_delete",
    "suedwest_mounting_list",
    "suedwest_mounting_update",
    "suedwest_station_list",
    "suedwest_threshold_create",
    "suedwest_threshold_delete",
    "suedwest_threshold_list",
    "suedwest_threshold_update",
]


def suedwest_station_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality."""
    return _staff_of_municipality(context, data_dict)


def suedwest_threshold_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality."""
    return _staff_of_municipality(context, data_dict)


def suedwest_threshold_create(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality."""
    return _staff_of_municipality(context, data_dict)


def suedwest_threshold_update(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality."""
    return _staff_of_municipality(context, data_dict)


def suedwest_threshold_delete(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality."""
    return _staff_of_municipality(context, data_dict)


def suedwest_mark_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the station's source."""
    return _staff_of_owner(context, data_dict)


def suedwest_mark_create(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the station's source."""
    return _staff_of_owner(context, data_dict)


def suedwest_mark_delete(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the station's source."""
    return _staff_of_owner(context, data_dict)


def suedwest_correction_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the station's source."""
    return _staff_of_owner(context, data_dict)


def suedwest_correction_create(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the station's source."""
    return _staff_of_owner(context, data_dict)


def suedwest_limits_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the station's source."""
    return _staff_of_owner(context, data_dict)


def suedwest_limits_update(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the station's source."""
    return _staff_of_owner(context, data_dict)


def suedwest_mounting_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the station's source."""
    return _staff_of_owner(context, data_dict)


def suedwest_mounting_create(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the station's source."""
    return _staff_of_owner(context, data_dict)


def suedwest_mounting_update(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the station's source."""
    return _staff_of_owner(context, data_dict)


def suedwest_mounting_delete(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality that owns the station's source."""
    return _staff_of_owner(context, data_dict)


def _staff_of_municipality(context: Context, data_dict: DataDict) -> AuthResult:
    municipality = data_dict.get("municipality")
    user = context.get("user")
    return result(isinstance(municipality, str) and may_look(user, municipality))


def _staff_of_owner(context: Context, data_dict: DataDict) -> AuthResult:
    # An unknown id is refused like a foreign one: nobody learns which internal ones there are.
    found = responsibility(write_engine(), data_dict.get("resource_id"))
    return result(found is not None and may_change(context.get("user"), found.owner))
