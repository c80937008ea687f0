"""Stations in CKAN's catalogue: found in the search, kept out of DCAT, made by no hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import ckan.plugins as plugins
import ckan.plugins.toolkit as tk
from ckan.common import _
from ckan.types import AuthFunction, AuthResult, Context, DataDict

from .open_datasets import municipality_of, package_id
from .organizations import profiles
from .stations import PACKAGE_TYPE

MUNICIPALITY_FIELD = "vocab_suedwest_municipality"
"""Index field with the slugs of all municipalities that show or publish a package."""

NOT_EXPORTED_FIELD = "vocab_suedwest_not_exported"
"""Index field that says `true` of what other catalogues must not take over as ours."""

_DCAT_ACTIONS = ("dcat_catalog_show", "dcat_catalog_search")


def add_index_fields(document: dict[str, Any]) -> dict[str, Any]:
    """Say in the index which municipalities a package belongs to."""
    shown_by = document.get("municipalities")
    if isinstance(shown_by, str):
        shown_by = json.loads(shown_by or "[]")
    organization = document.get("organization")
    live_key = document.get("live_key")
    # Only the reconciler can give a dataset this id; an editor may write any key by the API.
    if live_key and document["id"] == package_id(live_key):
        shown_by = [municipality_of(live_key)]
    document[MUNICIPALITY_FIELD] = shown_by or ([organization] if organization else [])
    # The list itself is no index field, and Solr takes a list only where its schema says so.
    document.pop("municipalities", None)
    if document.get("not_exported") == "true":
        document[NOT_EXPORTED_FIELD] = ["true"]
    return document


def facets() -> dict[str, str]:
    """Facets of the dataset search, in order."""
    return {
        MUNICIPALITY_FIELD: _("Municipality"),
        "res_format": _("Format"),
        "license_id": _("Licence"),
        "tags": _("Tags"),
    }


def organization_facets() -> dict[str, str]:
    """Facets of a municipality's datasets, in order."""
    return {"res_format": _("Format"), "license_id": _("Licence"), "tags": _("Tags")}


def name_facets(found: dict[str, Any]) -> dict[str, Any]:
    """Put names people know where the index holds slugs."""
    items = found.get("search_facets", {}).get(MUNICIPALITY_FIELD, {}).get("items", [])
    # CKAN searches for much that shows no facets, the numbers of an organisation for one.
    known = {town.name: town.short_title for town in profiles()} if items else {}
    for item in items:
        item["display_name"] = known.get(item["name"], item["display_name"])
    return found


def get_actions() -> dict[str, Callable[..., Any]]:
    """What harvesters see is what municipalities publish themselves, and no station."""
    if not plugins.plugin_loaded("dcat"):
        return {}
    return dict.fromkeys(_DCAT_ACTIONS, _only_own_datasets)


@tk.chained_action
@tk.side_effect_free
def _only_own_datasets(
    original: Callable[[Context, DataDict], Any], context: Context, data_dict: DataDict
) -> Any:
    wanted = data_dict.get("fq") or ""
    others = f"-dataset_type:{PACKAGE_TYPE} -{NOT_EXPORTED_FIELD}:true"
    return original(context, {**data_dict, "fq": f"{wanted} {others}".strip()})


def get_auth_functions() -> dict[str, Callable[..., AuthResult]]:
    """Stations come from the store; nobody but an administrator makes one by hand."""
    return {"package_create": package_create}


@tk.chained_auth_function
def package_create(
    original: AuthFunction, context: Context, data_dict: DataDict | None
) -> AuthResult:
    # CKAN asks without a dictionary whether somebody may create anything at all.
    if data_dict and data_dict.get("type") == PACKAGE_TYPE:
        return {"success": False, "msg": _("Stations are made from their sources.")}
    return original(context, data_dict or {})
