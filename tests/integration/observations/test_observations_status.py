"""`suedwest_ingest_status`: each municipality sees its own sources and the platform's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ckan.tests import factories
from ckan.tests.helpers import call_action

from ckanext.suedwest.store.sources import register_source

pytestmark = pytest.mark.usefixtures("gauge")
PATH = "/api/action/suedwest_ingest_status"


@pytest.fixture
def sources(store) -> None:
    """Beside the sample gauge's: one of another municipality and one of the platform."""
    with store.begin() as connection:
        for id_, municipality in (("linz", "linz-am-rhein"), ("platform", None)):
            register_source(
                connection,
                id=id_,
                type="pegelonline",
                municipality=municipality,
                url="https://source.example/",
                options={},
                interval=timedelta(minutes=5),
                managed_by="file",
            )


def headers(role: str, organization_id: str | None = None) -> dict[str, str]:
    user = factories.SysadminWithToken() if role == "sysadmin" else factories.UserWithToken()
    if organization_id:
        call_action(
            "organization_member_create", id=organization_id, username=user["name"], role=role
        )
    return {"Authorization": user["token"]}


@pytest.mark.parametrize("role", ["editor", "admin"])
def test_editors_see_their_own_and_the_platforms(app, gauge, sources, role):
    own = headers(role, gauge.organization["id"])
    for path in (PATH, f"{PATH}?municipality=landkreis-kusel"):
        answer = app.get(path, headers=own, status=200).json["result"]
        assert [status["source_id"] for status in answer] == ["glan", "platform"]


def test_sysadmins_see_all(app, sources):
    everything = headers("sysadmin")
    answer = app.get(PATH, headers=everything, status=200).json["result"]
    assert [status["source_id"] for status in answer] == ["glan", "linz", "platform"]
    assert answer[0]["interval_s"] == 900
    assert answer[0]["stored"] >= 0
    narrowed = app.get(f"{PATH}?municipality=linz-am-rhein", headers=everything).json["result"]
    assert [status["source_id"] for status in narrowed] == ["linz", "platform"]


def test_the_editor_of_another_municipality_is_refused(app, gauge, sources):
    other = factories.Organization(name="linz-am-rhein")
    stranger = headers("editor", other["id"])
    app.get(f"{PATH}?municipality=landkreis-kusel", headers=stranger, status=403)
    answer = app.get(PATH, headers=stranger, status=200).json["result"]
    assert [status["source_id"] for status in answer] == ["linz", "platform"]


@pytest.mark.parametrize("who", ["anonymous", "member", "user"])
def test_everybody_else_is_refused(app, gauge, sources, who):
    own = {}
    if who != "anonymous":
        own = headers(who, gauge.organization["id"] if who == "member" else None)
    app.get(PATH, headers=own, status=403)
    app.get(f"{PATH}?municipality=landkreis-kusel", headers=own, status=403)
