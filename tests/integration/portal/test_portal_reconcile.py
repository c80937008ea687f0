"""The catalogue follows the store: new, changed, gone and back, and never against an editor."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from portal_samples import ALKEN, ANDERNACH, FAR_AWAY, NOW, poll
from sqlalchemy import Engine, text

from ckanext.suedwest.portal import reconcile, station_package
from ckanext.suedwest.portal.reconcile import Retries, full_pass, work_outbox
from ckanext.suedwest.portal.stations import package_id

SLUG = "pegel-rhein-andernach"


def package() -> dict[str, Any]:
    return call_action("package_show", id=package_id(ANDERNACH.key))


def test_a_new_station_becomes_a_package_with_a_live_resource(platform: Engine) -> None:
    poll(platform)
    done = work_outbox(Retries())
    assert (done.seen, done.changed, done.failed) == (3, 2, {})
    shown = package()
    assert shown["name"] == SLUG
    assert shown["title"] == "Rhein bei Andernach"
    assert shown["type"] == "station"
    assert shown["organization"]["name"] == "suedwest-cluster"
    assert shown["private"] is False
    assert shown["license_title"] == "Datenlizenz Deutschland – Zero – Version 2.0"
    assert shown["isopen"] is True
    assert shown["municipalities"] == ["landkreis-mayen-koblenz", "linz-am-rhein"]
    assert json.loads(shown["spatial"]) == {"type": "Point", "coordinates": [7.39, 50.44]}
    assert shown["operator_name"] == "WSA Rhein"
    (resource,) = shown["resources"]
    assert resource["url_type"] == "suedwest_live"
    assert (resource["name"], resource["format"]) == ("Wasserstand (W)", "CSV")
    assert (resource["unit"], resource["interval"]) == ("cm", "PT15M")
    assert (resource["datum_reference"], resource["datum_metres"]) == ("NHN", "51.504")
    views = call_action("resource_view_list", id=resource["id"])
    assert "datatables_view" in {view["view_type"] for view in views}
    found = call_action("datastore_search", resource_id=resource["id"])
    assert found["total"] == 1
    assert found["records"][0]["result"] == 124


def test_a_station_nobody_shows_stays_out(stations: Engine) -> None:
    assert model.Package.get(package_id(FAR_AWAY.key)) is None


def test_repeating_changes_nothing(stations: Engine) -> None:
    before = package()
    assert full_pass().changed == 0
    poll(stations, now=NOW + timedelta(minutes=15))
    done = work_outbox(Retries())
    assert done.changed == 0
    assert package() == before


def test_what_the_source_changed_arrives(stations: Engine) -> None:
    poll(stations, [replace(ANDERNACH, remark="Wird umgebaut", number="1"), ALKEN], metres=52.0)
    assert work_outbox(Retries()).failed == {}
    shown = package()
    assert (shown["remark"], shown["station_number"]) == ("Wird umgebaut", "1")
    assert shown["resources"][0]["datum_metres"] == "52.000"


def test_a_station_that_is_gone_stays_and_says_so_until_it_is_back(stations: Engine) -> None:
    poll(stations, [ALKEN], now=NOW + timedelta(hours=1))
    work_outbox(Retries())
    assert "liefert keine Werte mehr" in package()["service_note"]
    assert package()["state"] == "active"
    assert call_action("datastore_search", resource_id=package()["resources"][0]["id"])["total"]
    poll(stations, [ANDERNACH, ALKEN], now=NOW + timedelta(hours=2))
    work_outbox(Retries())
    assert package()["service_note"] == ""


def test_what_an_editor_wrote_stays(stations: Engine) -> None:
    editor = factories.User()
    call_action(
        "organization_member_create",
        id="suedwest-cluster",
        username=editor["name"],
        role="editor",
    )
    context = {"user": editor["name"]}
    resource_id = package()["resources"][0]["id"]
    tk.get_action("package_patch")(
        dict(context), {"id": SLUG, "title": "Andernach am Rhein", "tags": [{"name": "Schiffe"}]}
    )
    tk.get_action("resource_patch")(dict(context), {"id": resource_id, "name": "Pegelstand"})
    poll(stations, [replace(ANDERNACH, name="Andernach Hafen"), ALKEN])
    assert work_outbox(Retries()).failed == {}
    shown = package()
    assert shown["title"] == "Andernach am Rhein"
    assert [tag["name"] for tag in shown["tags"]] == ["Schiffe"]
    assert shown["resources"][0]["name"] == "Pegelstand"
    assert "Andernach Hafen" in shown["notes"]


def test_facts_of_the_operator_are_put_back(stations: Engine) -> None:
    call_action("package_patch", id=SLUG, operator_name="Somebody else")
    full_pass()
    assert package()["operator_name"] == "WSA Rhein"


def test_what_an_editor_deleted_stays_deleted(stations: Engine) -> None:
    resource_id = package()["resources"][0]["id"]
    view = call_action("resource_view_list", id=resource_id)[0]
    call_action("resource_view_delete", id=view["id"])
    full_pass()
    remaining = call_action("resource_view_list", id=resource_id)
    assert view["view_type"] not in {each["view_type"] for each in remaining}
    call_action("resource_delete", id=resource_id)
    full_pass()
    assert package()["resources"] == []
    call_action("package_delete", id=SLUG)
    full_pass()
    assert package()["state"] == "deleted"


def test_a_purged_package_is_made_again(stations: Engine) -> None:
    call_action("dataset_purge", id=SLUG)
    assert full_pass().changed == 1
    shown = package()
    assert call_action("datastore_search", resource_id=shown["resources"][0]["id"])["total"] == 1


def test_a_series_that_becomes_internal_disappears_and_returns(stations: Engine) -> None:
    resource_id = package()["resources"][0]["id"]
    _set_visibility(stations, "internal")
    full_pass()
    assert package()["resources"] == []
    with pytest.raises(tk.ObjectNotFound):
        call_action("datastore_search", resource_id=resource_id)
    _set_visibility(stations, "public")
    full_pass()
    assert [each["id"] for each in package()["resources"]] == [resource_id]
    assert call_action("datastore_search", resource_id=resource_id)["total"] == 1


def test_one_failing_station_does_not_stop_the_others(
    platform: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    organization = call_action("organization_show", id="kaiserslautern")
    squatter = factories.Dataset(name=SLUG, owner_org=organization["id"])
    poll(platform)
    retries = Retries()
    done = work_outbox(retries)
    assert set(done.failed) == {SLUG}
    assert "pegel-mosel-alken" in call_action("package_list")
    assert len(retries) == 1
    call_action("dataset_purge", id=squatter["id"])
    monkeypatch.setattr(Retries, "due", lambda self, _now: list(self._due))
    done = work_outbox(retries)
    assert (done.changed, done.failed, len(retries)) == (1, {}, 0)


def test_following_wakes_up_when_the_store_speaks(
    platform: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "FALLBACK_POLL", timedelta(seconds=20))
    written = threading.Event()
    first_pass = threading.Event()
    original = station_package.write_station

    def watched(*arguments: Any) -> bool:
        changed = original(*arguments)
        written.set()
        return changed

    def passed(*_arguments: Any) -> reconcile.Pass:
        first_pass.set()
        return reconcile.Pass()

    monkeypatch.setattr(reconcile, "write_station", watched)
    monkeypatch.setattr(reconcile, "full_pass", passed)
    follower = threading.Thread(target=reconcile.follow, kwargs={"stop": written.is_set})
    follower.start()
    assert first_pass.wait(10)
    poll(platform)
    assert written.wait(15)
    with platform.begin() as connection:
        connection.execute(text("NOTIFY suedwest_outbox"))
    follower.join(30)
    assert not follower.is_alive()
    assert package()["title"] == "Rhein bei Andernach"


def _set_visibility(engine: Engine, visibility: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE suedwest.datastream SET visibility = :visibility WHERE station_id ="
                " (SELECT id FROM suedwest.station WHERE key = :key)"
            ),
            {"visibility": visibility, "key": ANDERNACH.key},
        )
