"""Who may do what with live resources; a sysadmin passes without being asked."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import AuthFunction, AuthResult, Context

from ..guard import names_live_resource

__all__ = [
    "datastore_create",
    "datastore_delete",
    "datastore_records_delete",
    "datastore_upsert",
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


def _unless_live(original: AuthFunction, context: Context, data_dict: Any) -> AuthResult:
    if data_dict and names_live_resource(data_dict):
        return {"success": False, "msg": tk._("Only its source writes to a live resource.")}
    return original(context, data_dict)
