"""Who may do what with live resources and sources; a sysadmin passes without being asked."""

from __future__ import annotations

from typing import Any

import ckan.authz as authz
import ckan.plugins.toolkit as tk
from ckan.types import AuthFunction, AuthResult, Context, DataDict

from ..guard import names_live_resource

__all__ = [
    "datastore_create",
    "datastore_delete",
    "datastore_records_delete",
    "datastore_upsert",
    "suedwest_ingest_status",
]


@tk.chained_auth_function
def datastore_create(original: AuthFunction, context: Context, data_dict: Any) -> AuthResult:
    """Nobody writes to a live resource."""
    return _unless_live(original, context, data_dict)


@tk.chained_auth_function
def datastore_upsert(original: AuthFunction, context: Context, data_dict: Any) -> AuthResult:
    """Nobody writes to a live resource."""
    return _unless_live(original, context, data_dict)


@tk.chained_auth_function
def datastore_delete(original: AuthFunction, context: Context, data_dict: Any) -> AuthResult:
    """Nobody writes to a live resource."""
    return _unless_live(original, context, data_dict)


@tk.chained_auth_function
def datastore_records_delete(
    original: AuthFunction, context: Context, data_dict: Any
) -> AuthResult:
    """Nobody writes to a live resource."""
    return _unless_live(original, context, data_dict)


def suedwest_ingest_status(context: Context, data_dict: DataDict) -> AuthResult:
    """Editors and admins: of the municipality that is asked for, else of any."""
    user = context.get("user")
    municipality = data_dict.get("municipality")
    if municipality:
        allowed = authz.has_user_permission_for_group_or_org(municipality, user, "update_dataset")
    else:
        allowed = authz.has_user_permission_for_some_org(user, "update_dataset")
    if allowed:
        return {"success": True}
    return {"success": False, "msg": tk._("You may not see the sources of this municipality.")}


def _unless_live(original: AuthFunction, context: Context, data_dict: Any) -> AuthResult:
    if data_dict and names_live_resource(data_dict):
        return {"success": False, "msg": tk._("Only its source writes to a live resource.")}
    return original(context, data_dict)
