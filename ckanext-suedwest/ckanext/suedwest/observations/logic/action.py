"""CKAN's own actions, guarded for live resources."""

from __future__ import annotations

from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.types import Action, Context, DataDict
from ckanext.datastore.helpers import get_list

from ..backend import refuse_writing
from ..guard import check_resources, live_ids, names_live_resource
from ..live import drop_view, ensure_view, find_all
from ..store_access import write_engine

__all__ = [
    "dataset_purge",
    "datastore_create",
    "datastore_delete",
    "datastore_records_delete",
    "datastore_run_triggers",
    "datastore_upsert",
    "package_create",
    "package_delete",
    "package_update",
]


@tk.chained_action
def datastore_create(original: Action, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's, but never on a live resource nor with an alias named like one."""
    _refuse_live(data_dict)
    aliases = data_dict.get("aliases")
    if isinstance(aliases, (str, list)) and find_all(get_list(aliases)):
        raise tk.ValidationError({"alias": [tk._("This name belongs to a live resource.")]})
    return original(context, data_dict)


@tk.chained_action
def datastore_upsert(original: Action, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's, but never on a live resource."""
    _refuse_live(data_dict)
    return original(context, data_dict)


@tk.chained_action
def datastore_delete(original: Action, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's, but never on a live resource."""
    _refuse_live(data_dict)
    return original(context, data_dict)


@tk.chained_action
def datastore_records_delete(original: Action, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's, but never on a live resource."""
    _refuse_live(data_dict)
    return original(context, data_dict)


@tk.chained_action
def datastore_run_triggers(original: Action, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's, but never on a live resource."""
    _refuse_live(data_dict)
    return original(context, data_dict)


@tk.chained_action
def package_create(original: Action, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's; live resources come from the reconciler only."""
    check_resources(context, data_dict)
    return original(context, data_dict)


@tk.chained_action
def package_update(original: Action, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's; live resources stay live, and a restored dataset gets its views back."""
    check_resources(context, data_dict)
    package = model.Package.get(data_dict.get("id") or data_dict.get("name"))
    deleted = package if package and package.state == model.State.DELETED else None
    answer = original(context, data_dict)
    if deleted and deleted.state == model.State.ACTIVE:
        resources = (each.id for each in deleted.resources)
        for series in find_all(resources).values():
            if series.public:
                ensure_view(write_engine(), series.datastream_id, series.resource_id)
    return answer


@tk.chained_action
def package_delete(original: Action, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's; the views of its live resources go, their observations stay."""
    return _drop_views_after(original, context, data_dict)


@tk.chained_action
def dataset_purge(original: Action, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's; the views of its live resources go, their observations stay."""
    return _drop_views_after(original, context, data_dict)


def _refuse_live(data_dict: DataDict) -> None:
    if names_live_resource(data_dict):
        refuse_writing()


def _drop_views_after(original: Action, context: Context, data_dict: DataDict) -> Any:
    package = model.Package.get(data_dict.get("id"))
    resource_ids = live_ids(package.id) if package is not None else []
    answer = original(context, data_dict)
    for resource_id in resource_ids:
        drop_view(resource_id)
    return answer
