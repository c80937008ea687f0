"""Writes one station into the catalogue: its package, live resources and resource views."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib.datapreview import get_view_plugin
from sqlalchemy import Engine

from ..observations.live import drop_view, ensure_view
from ..observations.rights import PLATFORM_ORGANIZATION
from ..store.query import DatastreamNow, StationRow, datums
from . import stations
from .site_user import site_context
from .three_way import merge

VIEW_TYPES = {"suedwest_chart": "Verlauf", "datatables_view": "Tabelle"}
_WITHDRAWN = "withdrawn"


def write_station(engine: Engine, station: StationRow) -> bool:
    """Bring the package of a station in step; True when something changed.

    What the editors changed stays; so do a package or a resource they deleted. `engine` is the
    store owner's, `station` comes with its internal datastreams.

    Raises:
        ckan.logic.ValidationError: when CKAN does not accept it, for example because its
            address is taken.
    """
    identifier = stations.package_id(station.key)
    package = model.Package.get(identifier)
    public = stations.public_datastreams(station)
    if package is None and not (station.municipalities and public):
        return False
    if package is not None and package.state != model.State.ACTIVE:
        return False
    shown = None
    if package is not None:
        shown = tk.get_action("package_show")(site_context(), {"id": identifier})
    memory: dict[str, Any] = json.loads((shown or {}).get("written_values") or "{}")
    viewed = False
    for datastream in station.datastreams:
        if datastream in public:
            viewed |= ensure_view(engine, datastream.datastream_id, datastream.resource_id)
        else:
            viewed |= drop_view(datastream.resource_id, engine=engine)
    wanted = _package(engine, station, public, shown, memory)
    changed = shown is None or _differs(wanted, shown)
    if shown is None:
        tk.get_action("package_create")(
            site_context(),
            {"id": identifier, "owner_org": PLATFORM_ORGANIZATION, **wanted},
        )
    elif changed:
        tk.get_action("package_update")(site_context(), {**_without_tags(shown, wanted), **wanted})
    added = [_add_views(datastream.resource_id) for datastream in public]
    return changed or viewed or any(added)


def _package(
    engine: Engine,
    station: StationRow,
    public: Sequence[DatastreamNow],
    shown: Mapping[str, Any] | None,
    memory: Mapping[str, Any],
) -> dict[str, Any]:
    current = dict(shown or {})
    current["tag_string"] = ", ".join(sorted(tag["name"] for tag in current.get("tags", [])))
    edited = merge(
        {field: current.get(field) or "" for field in stations.EDITED_FIELDS},
        {field: value for field, value in memory.items() if field in stations.EDITED_FIELDS},
        stations.edited_values(station),
    )
    withdrawn = _withdrawn(station, shown, memory)
    resources = _resources(engine, station, public, current.get("resources", []), withdrawn)
    remembered: dict[str, Any] = dict(edited.written)
    if withdrawn:
        remembered[_WITHDRAWN] = sorted(withdrawn)
    return {
        **stations.written_values(station),
        **edited.changes,
        "private": False,
        "resources": resources,
        "written_values": _json(remembered),
    }


def _withdrawn(
    station: StationRow, shown: Mapping[str, Any] | None, memory: Mapping[str, Any]
) -> set[str]:
    """Resources taken away because their datastream is internal, not by an editor."""
    internal = {
        each.resource_id
        for each in station.datastreams
        if each not in stations.public_datastreams(station)
    }
    listed = {resource["id"] for resource in (shown or {}).get("resources", [])}
    return internal & (listed | set(memory.get(_WITHDRAWN, [])))


def _resources(
    engine: Engine,
    station: StationRow,
    public: Sequence[DatastreamNow],
    listed: Sequence[Mapping[str, Any]],
    withdrawn: set[str],
) -> list[dict[str, Any]]:
    """The live resources first, then what editors added."""
    by_id = {resource["id"]: dict(resource) for resource in listed}
    live: list[dict[str, Any]] = []
    site_url = tk.config["ckan.site_url"].rstrip("/") + _root_path()
    for datastream in public:
        current = by_id.get(datastream.resource_id)
        if current is None and _deleted_by_editor(datastream.resource_id, station):
            continue
        current = current or {}
        edited = merge(
            {field: current.get(field) or "" for field in stations.EDITED_RESOURCE_FIELDS},
            json.loads(current.get("written_values") or "{}"),
            stations.resource_edited_values(station, datastream),
        )
        written = stations.resource_written_values(
            datastream, datums(engine, datastream.datastream_id), site_url=site_url
        )
        live.append(
            {
                **current,
                "id": datastream.resource_id,
                **written,
                **edited.changes,
                "datastore_active": True,
                "written_values": _json(edited.written),
            }
        )
    ours = {each.resource_id for each in station.datastreams} | withdrawn
    return live + [resource for name, resource in by_id.items() if name not in ours]


def _deleted_by_editor(resource_id: str, station: StationRow) -> bool:
    resource = model.Resource.get(resource_id)
    if resource is None or resource.state != model.State.DELETED:
        return False
    package = model.Package.get(stations.package_id(station.key))
    memory = json.loads((package.extras or {}).get("written_values") or "{}") if package else {}
    return resource_id not in memory.get(_WITHDRAWN, [])


def _differs(wanted: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    for field, value in wanted.items():
        if field == "resources":
            pairs = list(zip(value, shown["resources"], strict=False))
            if len(value) != len(shown["resources"]):
                return True
            if any(_differs(new, {"resources": [], **old}) for new, old in pairs):
                return True
        elif field == "tag_string" or _plain(value) != _plain(shown.get(field)):
            return True
    return False


def _plain(value: Any) -> Any:
    return "" if value is None else value


def _without_tags(shown: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """CKAN takes either `tags` or `tag_string`."""
    dropped = {"tags"} if "tag_string" in wanted else set[str]()
    return {field: value for field, value in shown.items() if field not in dropped}


def _add_views(resource_id: str) -> bool:
    """Give a live resource its views once; a view an editor removed does not come back."""
    resource = model.Resource.get(resource_id)
    if resource is None or resource.state != model.State.ACTIVE:
        return False
    existing = {
        view["view_type"]
        for view in tk.get_action("resource_view_list")(site_context(), {"id": resource_id})
    }
    remembered = set((resource.extras or {}).get("given_views", "").split())
    missing = [
        view_type
        for view_type in VIEW_TYPES
        if view_type not in existing | remembered and get_view_plugin(view_type)
    ]
    for view_type in missing:
        tk.get_action("resource_view_create")(
            site_context(),
            {
                "resource_id": resource_id,
                "view_type": view_type,
                "title": VIEW_TYPES[view_type],
            },
        )
    given = " ".join(sorted(remembered | existing.intersection(VIEW_TYPES) | set(missing)))
    if given != " ".join(sorted(remembered)):
        tk.get_action("resource_patch")(site_context(), {"id": resource_id, "given_views": given})
        return True
    return False


def _root_path() -> str:
    return (tk.config.get("ckan.root_path") or "").replace("/{{LANG}}", "").rstrip("/")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
