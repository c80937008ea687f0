"""Nobody writes to a live resource, and nobody makes one by hand."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from ckanext.datastore.backend import DatastoreBackend
from observations_samples import platform_context, views

from ckanext.suedwest.observations.live import URL_TYPE

RECORD = {"phenomenon_time": "2026-11-01T00:00:00Z", "result": 99.0, "quality": 1}
WRITES: list[tuple[str, dict[str, Any]]] = [
    ("datastore_create", {"records": [RECORD]}),
    ("datastore_create", {"fields": [{"id": "extra", "type": "text"}], "delete_fields": True}),
    ("datastore_create", {"aliases": ["a_name"]}),
    ("datastore_upsert", {"records": [RECORD], "method": "insert"}),
    ("datastore_upsert", {"records": [RECORD], "method": "upsert", "dry_run": True}),
    ("datastore_delete", {"filters": {"quality": 2}}),
    ("datastore_delete", {}),
    ("datastore_records_delete", {"filters": {}}),
]


@pytest.mark.parametrize(("action", "parameters"), WRITES)
@pytest.mark.parametrize("role", ["admin", "editor", "sysadmin"])
def test_forced_writes_are_refused(app, gauge, store, action, parameters, role):
    headers = _headers(gauge.organization, role)
    for key in ("resource_id", "id"):
        answer = app.post(
            f"/api/action/{action}",
            json={key: gauge.resource_id, "force": True, **parameters},
            headers=headers,
            status=403,
        )
        assert "live" in answer.json["error"]["message"].lower()  # German or English
    assert views(store) == [gauge.resource_id]
    found = call_action("datastore_search", resource_id=gauge.resource_id, limit=1)
    assert found["total"] == 500
    assert found["records"][0]["result"] == 0.5


def test_triggers_cannot_be_run(gauge):
    with pytest.raises(tk.NotAuthorized):
        call_action("datastore_run_triggers", resource_id=gauge.resource_id)


def test_the_backend_refuses_plugins_that_skip_the_actions(gauge, store):
    backend = DatastoreBackend.get_active_backend()
    with pytest.raises(tk.NotAuthorized):
        backend.create({}, {"resource_id": gauge.resource_id, "records": [RECORD]}, {})
    with pytest.raises(tk.NotAuthorized):
        backend.upsert({}, {"resource_id": gauge.resource_id, "records": [RECORD]})
    with pytest.raises(tk.NotAuthorized):
        backend.delete({}, {"resource_id": gauge.resource_id})
    assert views(store) == [gauge.resource_id]


@pytest.mark.parametrize("which", ["resource_id", "internal_resource_id"])
def test_an_alias_cannot_take_a_live_name(gauge, store, which):
    with pytest.raises(tk.ValidationError) as refused:
        call_action(
            "datastore_create",
            resource={"package_id": gauge.package["id"]},
            aliases=["harmless", getattr(gauge, which)],
            fields=[{"id": "a", "type": "text"}],
        )
    assert "alias" in refused.value.error_dict
    assert views(store) == [gauge.resource_id]


@pytest.mark.parametrize("action", ["package_create", "resource_create", "package_update"])
@pytest.mark.parametrize("what", ["public id", "internal id", "url_type"])
def test_a_live_resource_cannot_be_made_by_hand(gauge, action, what):
    user = factories.Sysadmin()
    mine = factories.Dataset(user=user, owner_org=gauge.organization["id"])
    resource = {
        "public id": {"id": gauge.resource_id},
        "internal id": {"id": gauge.internal_resource_id.upper()},
        "url_type": {"id": str(uuid4()), "url_type": URL_TYPE},
    }[what] | {"url": "https://example.org/x.csv", "name": "x"}
    dataset = {"title": "T", "notes": "N", "owner_org": gauge.organization["id"]}
    parameters = {
        "package_create": dataset | {"name": "mine", "resources": [resource]},
        "resource_create": resource | {"package_id": mine["id"]},
        "package_update": mine | {"resources": [resource]},
    }[action]
    with pytest.raises(tk.ValidationError):
        call_action(action, {"user": user["name"]}, **parameters)


def test_an_ordinary_resource_cannot_become_live(gauge):
    own = factories.Resource(
        package_id=factories.Dataset(owner_org=gauge.organization["id"])["id"],
        url="https://example.org/x.csv",
    )
    with pytest.raises(tk.ValidationError):
        call_action("resource_patch", id=own["id"], url_type=URL_TYPE)


def test_the_metadata_of_a_live_resource_can_be_edited(gauge):
    call_action("resource_patch", id=gauge.resource_id, description="Am Marktplatz")
    shown = call_action(
        "resource_update", id=gauge.resource_id, name="Wasserstand", url="https://other.example/"
    )
    assert shown["name"] == "Wasserstand"
    shown = call_action("resource_show", id=gauge.resource_id)
    assert shown["url_type"] == URL_TYPE
    assert shown["datastore_active"] is True
    assert shown["url"].endswith(f"/datastore/dump/{gauge.resource_id}")
    call_action("package_patch", id=gauge.package["id"], title="Anders")
    assert call_action("datastore_search", resource_id=gauge.resource_id)["total"] == 500


def test_a_live_resource_takes_no_file(gauge):
    with pytest.raises(tk.ValidationError) as refused:
        call_action("resource_patch", id=gauge.resource_id, upload="x", url="x.csv")
    assert "upload" in refused.value.error_dict


def test_a_live_resource_stays_in_its_dataset(gauge):
    other = call_action(
        "package_create",
        platform_context(),
        name="other",
        title="Other",
        notes="N",
        owner_org=gauge.organization["id"],
    )
    with pytest.raises(tk.ValidationError):
        call_action(
            "resource_create", id=gauge.resource_id, package_id=other["id"], url="https://e.org/"
        )


def _headers(organization: dict[str, Any], role: str) -> dict[str, str]:
    if role == "sysadmin":
        user = factories.SysadminWithToken()
    else:
        user = factories.UserWithToken()
        call_action(
            "organization_member_create", id=organization["id"], username=user["name"], role=role
        )
    return {"Authorization": user["token"]}
