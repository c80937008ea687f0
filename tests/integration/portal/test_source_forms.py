"""The staff pages of sources: connecting a gauge, trying it out, changing and ending it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from source_rows import EUI
from sqlalchemy import text
from test_source_actions import MQTT, SECRET, uplink

from ckanext.suedwest.ingest import http
from ckanext.suedwest.ingest.secrets import KEY_VARIABLE
from ckanext.suedwest.store.managed_sources import managed_sources
from ckanext.suedwest.store.query import stations

OWN = "landkreis-kusel"
BASE = f"/verwaltung/{OWN}/quellen"
GAUGE = {
    "weg": "tts-webhook",
    "device": "70-B3-D5-7E-D0-00-0A-01",
    "codec": "dragino-ldds75",
    "name": "Brücke",
    "water": "Mühlbach",
    "place": "49,4321 7,1234",
    "height_cm": "350,5",
    "operator": "Landkreis Kusel",
    "licence": "cc-zero",
    "interval": "15",
}


@pytest.fixture
def staff(platform: Any, make_app: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The web application as an editor of `OWN` asks it."""
    monkeypatch.setenv(KEY_VARIABLE, "k" * 40)
    real = http.is_public
    monkeypatch.setattr(http, "is_public", lambda one: one == "192.0.2.1" or real(one))
    user = factories.UserWithToken()
    call_action("organization_member_create", id=OWN, username=user["name"], role="editor")
    web = make_app()
    headers = {"Authorization": user["token"]}

    class Staff:
        name = user["name"]

        def get(self, path: str, status: int = 200) -> str:
            return web.get(path, headers=headers, status=status).body

        def post(self, path: str, **data: str) -> Any:
            return web.post(path, headers=headers, data=data, follow_redirects=False)

        def post_message(self, source: str, token: str, payload: str) -> Any:
            return web.post(f"/webhook/{source}", headers={"X-Webhook-Token": token}, data=payload)

    return Staff()


def source_of(engine: Any) -> Any:
    [found] = managed_sources(engine, OWN)
    return found


def test_a_gauge_is_connected_tried_and_started(platform, staff):
    assert "weg=tts-webhook" in staff.get(f"{BASE}/pegel")
    assert "Dragino LDDS75" in staff.get(f"{BASE}/pegel?weg=tts-webhook")
    answer = staff.post(f"{BASE}/pegel", **GAUGE)
    assert answer.status_code == 302, answer.body
    made = source_of(platform)
    assert (made.enabled, made.options["title"]) == (False, "Brücke (Mühlbach)")
    device = made.options["devices"][EUI]
    assert (device["latitude"], device["longitude"]) == (49.4321, 7.1234)
    assert device["mounting"][0]["height_mm"] == 3505
    page = f"{BASE}/{made.id}"
    tried = staff.post(f"{page}/probelauf", payload=uplink()).body
    assert "200,5" in tried
    assert stations(platform, include_internal=True) == []
    staff.post(f"{page}/freigeben")
    assert source_of(platform).enabled
    staff.post(f"{page}/anhalten")
    assert not source_of(platform).enabled
    staff.post(f"{page}/loeschen")
    assert managed_sources(platform, OWN) == []


def test_a_token_is_shown_by_one_page_only(platform, staff):
    staff.post(f"{BASE}/pegel", **GAUGE)
    page = f"{BASE}/{source_of(platform).id}"
    staff.post(f"{page}/freigeben")
    staff.post(f"{page}/schluessel")
    found = re.search(r'id="token">([^<]+)<', staff.get(page))
    assert found is not None
    assert found[1] not in staff.get(page)
    answer = staff.post_message(source_of(platform).id, found[1], uplink())
    assert answer.json["stored"] == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"device": "123"}, "device"),
        ({"name": ""}, "name"),
        ({"place": "irgendwo"}, "place"),
        ({"place": "149,5 7,5"}, "place"),
        ({"height_cm": "hoch"}, "height_cm"),
        ({"height_cm": "", "zero_metres": "123,4"}, "height_cm"),
        ({"operator": ""}, "operator"),
        ({"licence": "mine"}, "licence"),
        ({"interval": "0"}, "interval"),
        ({"codec": "none"}, "codec"),
        ({"weg": "tts-mqtt", "url": "mqtt://127.0.0.1", "topic": "a/+/up"}, "url"),
        ({"weg": "tts-mqtt", "url": "mqtts://192.0.2.1", "topic": "a+/up"}, "topic"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(platform, staff, wrong, field):
    body = staff.post(f"{BASE}/pegel", **{**GAUGE, **wrong}).body
    assert f'href="#field-{field}"' in body
    assert f'id="error-{field}"' in body
    assert managed_sources(platform, OWN) == []


def test_no_page_shows_a_secret_and_saving_keeps_it(platform, staff):
    made = tk.get_action("suedwest_source_create")({"user": staff.name}, MQTT)
    page = f"{BASE}/{made['id']}"
    sealed = source_of(platform).options["password"]
    bodies = [staff.get(path) for path in (BASE, page, f"{page}/aendern", f"{page}/geraet")]
    form = {
        "title": "Anders",
        "url": MQTT["url"],
        "interval": "15",
        "connector": "tts",
        "topic": "v3/+/devices/+/up",
        "username": "kreis",
        "password": "",
        "operator": "Landkreis Kusel",
        "licence": "cc-zero",
        "options": "",
    }
    bodies.append(staff.post(f"{page}/aendern", **form, protocol="4").body)
    bodies.append(staff.post(f"{page}/aendern", **{**form, "password": SECRET, "url": "x"}).body)
    saved = staff.post(f"{page}/aendern", **form)
    assert saved.status_code == 302, saved.body
    kept = source_of(platform).options
    assert (kept["title"], kept["password"]) == ("Anders", sealed)
    assert EUI in kept["devices"]
    assert kept["licence"] == MQTT["options"]["licence"]
    everything = "".join(bodies)
    assert SECRET not in everything
    assert sealed not in everything


def test_a_device_is_added_changed_and_removed(platform, staff):
    staff.post(f"{BASE}/pegel", **GAUGE)
    page = f"{BASE}/{source_of(platform).id}"
    other = {key: GAUGE[key] for key in ("codec", "place", "height_cm")}
    new = {**other, "device": "A" * 16, "name": "Wehr"}
    assert staff.post(f"{page}/geraet", **new).status_code == 302
    assert 'id="error-device"' in staff.post(f"{page}/geraet", **new).body
    assert 'value="350,5"' in staff.get(f"{page}/geraet?geraet={'A' * 16}")
    staff.post(f"{page}/geraet", **{**new, "geraet": "A" * 16, "name": "Wehr unten"})
    assert source_of(platform).options["devices"]["A" * 16]["name"] == "Wehr unten"
    staff.post(f"{page}/geraet/entfernen", geraet=EUI)
    assert list(source_of(platform).options["devices"]) == ["A" * 16]


def test_any_other_source_is_described_by_its_options(platform, staff):
    assert "art=http" in staff.get(f"{BASE}/neu")
    options = {
        "device": {"name": "1"},
        "time": {"column": "t"},
        "values": [
            {"column": "w", "datastream": "W", "observed_property": "water_level", "unit": "cm"}
        ],
    }
    form = {
        "art": "http",
        "title": "Tabelle",
        "url": "https://192.0.2.1/x.csv",
        "interval": "60",
        "connector": "csv-columns",
        "header_name": "X-Api-Key",
        "header_value": SECRET,
        "operator": "Landkreis Kusel",
        "licence": "cc-zero",
        "options": json.dumps(options),
    }
    for wrong, field in (({"options": "{"}, "options"), ({"header_name": "Host"}, "header_name")):
        body = staff.post(f"{BASE}/neu", **{**form, **wrong}).body
        assert f'id="error-{field}"' in body
        assert SECRET not in body
    answer = staff.post(f"{BASE}/neu", **form)
    assert answer.status_code == 302, answer.body
    made = source_of(platform)
    assert made.options["values"] == options["values"]
    assert made.options["header_value"].startswith("sealed:")
    assert SECRET not in staff.get(f"{BASE}/{made.id}/aendern")


def test_a_source_of_another_municipality_is_not_found_under_this_one(platform, staff):
    with platform.begin() as conn:
        conn.execute(text("UPDATE suedwest.source SET municipality = 'kaiserslautern'"))
    staff.get(f"{BASE}/pegelonline", status=403)
