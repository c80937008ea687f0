"""Actions: CKAN's own, guarded for live resources, and the state of the sources."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.authz as authz
import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.types import Action, Context, DataDict
from ckanext.datastore.helpers import get_list

from ...store.status import SourceStatus, ingest_status
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
    "suedwest_ingest_status",
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


@tk.side_effect_free
def suedwest_ingest_status(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """How each source does: last attempt, last success, last error, counts of 24 hours.

    :param municipality: only this municipality's sources and the platform's (optional)
    :type municipality: string

    A sysadmin sees all, an editor those of their own municipalities and the platform's.
    Times are ISO 8601 in UTC; `interval_s` and `lag_s` are seconds.
    """
    tk.check_access("suedwest_ingest_status", context, data_dict)
    wanted = data_dict.get("municipality")
    statuses = ingest_status(write_engine(), datetime.now(UTC))
    if not wanted and not authz.is_sysadmin(context.get("user")):
        own = tk.get_action("organization_list_for_user")(
            {"user": context.get("user", "")}, {"permission": "update_dataset"}
        )
        visible = {None, *(each["name"] for each in own)}
    elif wanted:
        visible = {None, wanted}
    else:
        visible = {status.municipality for status in statuses}
    return [_as_dict(status) for status in statuses if status.municipality in visible]


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


def _as_dict(status: SourceStatus) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for name, value in asdict(status).items():
        if isinstance(value, timedelta) or name == "lag":
            answer[f"{name}_s"] = None if value is None else value.total_seconds()
        else:
            answer[name] = value.isoformat() if isinstance(value, datetime) else value
    return answer
