"""Datasets of live data: made once, following the store, never against an editor, told honestly."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from live_samples import KUSEL, MILL, NAMES, SECRET, ULMET, fill, send
from portal_samples import ALKEN, poll
from sqlalchemy import Engine

from ckanext.suedwest.domain.event import Effect, Event, Place, Span
from ckanext.suedwest.domain.station import Licence, Operator
from ckanext.suedwest.portal import formats
from ckanext.suedwest.portal.open_dataset_package import publish
from ckanext.suedwest.portal.open_datasets import package_id
from ckanext.suedwest.store.events import write_events
from ckanext.suedwest.store.sources import register_source


@pytest.fixture
def published(platform: Engine) -> Engine:
    """The store of gauges whose datasets were published once."""
    fill(platform)
    done = publish(platform)
    assert (done.seen, done.changed, done.failed) == (4, 4, {})
    return platform


def show(name: str) -> dict[str, Any]:
    return call_action("package_show", id=name)


def everything() -> dict[str, dict[str, Any]]:
    return {name: show(name) for name in call_action("package_list")}


def _simulated_name() -> str:
    (name,) = set(call_action("package_list")) - set(NAMES.values())
    return name


def test_there_is_one_for_each_operator_and_municipality_and_repeating_changes_nothing(
    published: Engine,
) -> None:
    before = everything()
    assert set(NAMES.values()) < set(before)
    assert len(before) == 4
    assert [name for name in before if len(name) > 100 or not name.isascii()] == []
    own = before[NAMES["own"]]
    assert own["title"] == "Pegelstände im Landkreis Kusel, eigene Messstellen"
    assert (own["organization"]["name"], own["license_id"]) == (KUSEL, "dl-de-by-2.0")
    assert [tag["name"] for tag in own["tags"]] == ["Hochwasser", "Pegel", "Wasserstand"]
    assert (own["creator_name"], own["attribution"]) == ("Landkreis Kusel", "Landkreis Kusel")
    other = before[NAMES["mayen"]]
    assert other["organization"]["name"] == "suedwest-cluster"
    assert "Die Daten veröffentlicht WSA Rhein" in other["notes"]
    invented = before[_simulated_name()]
    assert invented["title"].endswith("(simuliert)")
    assert invented["notes"].startswith("Simuliert: ")
    assert "Geheim" not in str(before)
    assert "geheim" not in str(before)
    send(published, ULMET, MILL, SECRET)
    assert publish(published).changed == 0
    assert everything() == before


def test_what_an_editor_wrote_stays_and_the_rest_follows(published: Engine) -> None:
    own = show(NAMES["own"])
    shown = [each["name"] for each in own["resources"]]
    call_action(
        "package_patch",
        id=own["id"],
        title="Unsere Pegel",
        contact_email="pegel@example.org",
        license_id="cc-by-4.0",
    )
    call_action("package_patch", id=own["id"], tags=[{"name": "Glan"}])
    call_action("resource_delete", id=own["resources"][1]["id"])
    added = call_action("resource_create", package_id=own["id"], url="https://x.example/", name="X")
    send(published, ULMET, replace(MILL, key="own:third", operator=ULMET.operator, properties={}))
    assert publish(published).failed == {}
    now = show(NAMES["own"])
    assert (now["title"], now["contact_email"]) == ("Unsere Pegel", "pegel@example.org")
    assert [tag["name"] for tag in now["tags"]] == ["Glan"]
    assert "von 2 Messstellen" in now["notes"]
    assert now["license_id"] == "dl-de-by-2.0"
    assert [each["name"] for each in now["resources"]] == [shown[0], *shown[2:], "X"]
    assert now["resources"][-1]["id"] == added["id"]
    assert publish(published).changed == 0
    call_action("package_delete", id=now["id"])
    assert publish(published).changed == 0
    assert show(now["id"])["state"] == "deleted"


def test_one_whose_stations_are_shown_no_longer_says_so_until_they_are_back(
    published: Engine,
) -> None:
    with published.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE suedwest.datastream SET visibility = 'internal' WHERE station_id ="
            f" (SELECT id FROM suedwest.station WHERE key = '{ULMET.key}')"
        )
    assert publish(published).changed == 1
    assert "zeigt die Kommune keine" in show(NAMES["own"])["service_note"]
    assert publish(published).changed == 0
    with published.begin() as connection:
        connection.exec_driver_sql("UPDATE suedwest.datastream SET visibility = 'public'")
        connection.exec_driver_sql(f"DELETE FROM suedwest.station WHERE key = '{SECRET.key}'")
    publish(published)
    assert show(NAMES["own"])["service_note"] == ""
    poll(published, [ALKEN])
    publish(published)
    assert "liefert noch Werte" in show(NAMES["linz"])["service_note"]
    assert show(NAMES["mayen"])["service_note"] == ""


def test_a_forged_key_gives_an_editor_nothing(published: Engine) -> None:
    kusel = {NAMES["own"], _simulated_name()}
    kaiserslautern = call_action("organization_show", id="kaiserslautern")
    key = show(NAMES["own"])["live_key"]
    for name, forged in (("known", key), ("unknown", f"{KUSEL}:water:nobody")):
        factories.Dataset(name=name, owner_org=kaiserslautern["id"], live_key=forged)
    before = everything()
    assert publish(published).changed == 0
    assert {name: show(name) for name in before} == before
    found = call_action("package_search", fq=f"vocab_suedwest_municipality:{KUSEL}")
    assert {each["name"] for each in found["results"]} == kusel
    with pytest.raises(tk.ValidationError):
        factories.Dataset(id=package_id(key), owner_org=kaiserslautern["id"], live_key=key)


def test_visitors_and_harvesters_get_what_is_true(
    water: Any, published: Engine, make_app: Any
) -> None:
    app = make_app()
    client = app.test_client()
    packages = everything()
    for name, package in packages.items():
        assert client.get(f"/dataset/{name}").status_code == 200, name
        for resource in package["resources"]:
            address = urlsplit(resource["url"])
            answer = client.get(f"{address.path}?{address.query}")
            assert answer.status_code == 200, resource["url"]
    own = packages[NAMES["own"]]
    latest = urlsplit(own["resources"][1]["url"])
    values = client.get(f"{latest.path}?{latest.query}").json["values"]
    assert [each["name"] for each in values] == ["Ulmet"]

    turtle = client.get("/catalog.ttl").text
    by_action = client.get("/api/3/action/dcat_catalog_show").json["result"]
    assert f"/dataset/{own['id']}>" in turtle
    for name, package in packages.items():
        assert (name == NAMES["own"]) == (package["id"] in turtle), name
        assert (name == NAMES["own"]) == (package["id"] in by_action), name
    for wanted in (
        "http://dcat-ap.de/def/licenses/dl-by-de/2.0",
        "authority/frequency/UPDATE_CONT",
        "authority/data-theme/ENVI",
        "dcat:startDate",
        "Landkreis Kusel",
        "/api/live/v1/latest.csv?municipality=landkreis-kusel&kind=water&operator=landkreis-kusel",
        "/api/live/v1/openapi.json",
    ):
        assert wanted in turtle, wanted
    assert turtle.count("a dcat:Distribution") == len(own["resources"]) == 6

    shown = re.findall(r'class="api" href="([^"]+)"', client.get("/schnittstellen").text)
    assert len(shown) == 9
    for link in shown:
        address = urlsplit(unescape(link))
        assert client.get(f"{address.path}?{address.query}").status_code == 200, link

    call_action("package_patch", id=own["id"], service_note="Zurzeit keine Werte.")
    page = client.get(f"/dataset/{own['name']}").text
    assert "Zurzeit keine Werte." in page
    begun = date.fromisoformat(own["temporal_start"])
    assert formats.long_date(begun, "de", year=True) in page

    home = client.get("/").text
    assert "4 Datensätze" in home
    page = client.get(f"/organization/{KUSEL}").text
    assert own["title"] in page
    assert "4 Datensätze" not in page


def test_roadworks_have_a_dataset_of_their_operator(published: Engine) -> None:
    now = datetime.now(UTC)
    works = Event(
        key="works:1",
        place=Place(points=((7.4, 49.5),)),
        spans=(Span(now),),
        effect=Effect.CLOSED,
        operator=Operator("Landkreis Kusel"),
        licence=Licence("dl-de-by-2.0", "Namensnennung", "", "Landkreis Kusel"),
    )
    with published.begin() as conn:
        register_source(
            conn,
            id="works",
            type="http",
            municipality=KUSEL,
            url="https://example.org",
            options={},
            interval=timedelta(hours=1),
            managed_by="file",
        )
        write_events(conn, "works", [works], now)
    done = publish(published)
    assert (done.changed, done.failed) == (1, {})
    told = show("live-landkreis-kusel-events-landkreis-kusel")
    assert told["title"] == "Baustellen und Sperrungen im Landkreis Kusel"
    assert (told["organization"]["name"], told["license_id"]) == (KUSEL, "dl-de-by-2.0")
    assert [each["format"] for each in told["resources"]] == ["GeoJSON", "JSON"]
    assert publish(published).changed == 0
