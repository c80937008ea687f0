"""What a dataset may say of live resources: only the platform makes them.

The platform is the site user without authorization checks (`get_site_user`, `ignore_auth`), as
the catalogue's reconciler calls.
"""

from __future__ import annotations

from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.types import Context

from .live import URL_TYPE, find_all


def check_resources(context: Context, dataset: dict[str, Any]) -> None:
    """Keep hand-made live resources out of a dataset, and live ones what they are.

    A live resource that is already in the dataset keeps its `url_type` and stays active in the
    DataStore, whatever the caller left out; everything else of its metadata may be edited.

    Raises:
        ValidationError: for a resource with the id of a datastream, or with our `url_type`, that
            is not in this dataset already; and for a file uploaded onto a live resource.
    """
    resources = dataset.get("resources")
    if not isinstance(resources, list):
        return
    known = find_all(each.get("id") for each in resources if isinstance(each, dict))
    errors: list[Any] = []
    for resource in resources:
        problem = _check(context, dataset, resource, known) if isinstance(resource, dict) else {}
        errors.append(problem)
    if any(errors):
        raise tk.ValidationError({"resources": errors})


def names_live_resource(data_dict: dict[str, Any]) -> bool:
    """Whether a DataStore action is asked to work on a live resource."""
    # CKAN takes the id under either name.
    return bool(find_all(data_dict.get(key) for key in ("resource_id", "id")))


def live_ids(package_id: str) -> list[str]:
    """Ids of the live resources of a dataset, deleted ones included."""
    resources = model.Session.query(model.Resource.id).filter_by(package_id=package_id)
    return list(find_all(row.id for row in resources))


def _check(
    context: Context, dataset: dict[str, Any], resource: dict[str, Any], known: dict[str, Any]
) -> dict[str, list[str]]:
    is_live = str(resource.get("id")) in known
    if not is_live and resource.get("url_type") != URL_TYPE:
        return {}
    if not _is_reconciler(context):
        if not is_live:
            return {"url_type": [tk._("Live resources are made by the platform only.")]}
        if not _is_in(dataset, resource["id"]):
            return {"id": [tk._("This id belongs to a live resource.")]}
    if resource.get("upload") or resource.get("clear_upload"):
        return {"upload": [tk._("A live resource takes no file; its source writes its values.")]}
    resource["url_type"] = URL_TYPE
    resource["datastore_active"] = True
    return {}


def _is_reconciler(context: Context) -> bool:
    # The platform itself; nobody can log in as the site user and skip authorization.
    return bool(context.get("ignore_auth")) and context.get("user") == tk.config["ckan.site_id"]


def _is_in(dataset: dict[str, Any], resource_id: str) -> bool:
    resource = model.Resource.get(resource_id)
    if resource is None or resource.url_type != URL_TYPE:
        return False
    package = model.Package.get(dataset.get("id") or dataset.get("name"))
    return package is not None and resource.package_id == package.id
