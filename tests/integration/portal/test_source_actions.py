"""Sources by API: who registers what, what is refused, and what nobody gets to see again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from sqlalchemy import Engine, text

from ckanext.suedwest.ingest.secrets import KEY_VARIABLE, open_secret
from ckanext.suedwest.ingest.task import LEASE_FOR
from ckanext.suedwest.store.leases import LeaseLost, claim_due_source, renew
from ckanext.suedwest.store.sources import read_source, register_source

OWN = "landkreis-kusel"
OTHER = "kaiserslautern"
SECRET = "a-secret-nobody-shall-see"
EUI = "70B3D57ED0000A01"
DEVICE = {
    "name": "Brücke",
    "water": "Mühlbach",
    "codec": "dragino-ldds75",
    "longitude": 7.4,
    "latitude": 49.5,
    "mounting": [{"valid_from": "2020-01-01T00:00:00Z", "height_mm": 3500}],
}
OPTIONS: dict[str, Any] = {
    "connector": "tts",
    "operator": {"name": "Landkreis Kusel"},
    "licence": {"id": "cc-zero", "title": "CC0", "attribution": "Landkreis Kusel"},
    "devices": {EUI: DEVICE},
}
WEBHOOK = {"municipality": OWN, "title": "Pegel Mühlbach", "type": "webhook", "options": OPTIONS}
MQTT = {
    "municipality": OWN,
    "title": "Kreisbroker",
    "type": "mqtt",
    "url": "mqtts://192.0.2.1:8883",
    "options": {**OPTIONS, "topic": "v3/+/devices/+/up", "username": "kreis", "password": SECRET},
}
TABLES = (
    "station",
    "datastream",
    "observation",
    "receipt",
    "quarantine",
    "device_report",
    "source",
)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "k" * 40)


@pytest.fixture(autouse=True)
def public_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses of documentation stand for public ones."""
    from ckanext.suedwest.ingest import http

    real = http.is_public
    monkeypatch.setattr(http, "is_public", lambda one: one == "192.0.2.1" or real(one))


def editor(organization: str = OWN) -> str:
    user = factories.User()
    call_action("organization_member_create", id=organization, username=user["name"], role="editor")
    return user["name"]


def act(name: str, data: dict[str, Any], user: str) -> Any:
    return tk.get_action(f"suedwest_source_{name}")({"user": user}, data)


def uplink(millimetres: int = 1500, eui: str = EUI) -> str:
    """An uplink of The Things Stack with bytes of a Dragino LDDS75."""
    from base64 import b64encode

    frame = (3300).to_bytes(2, "big") + millimetres.to_bytes(2, "big") + b"\x00\x00\x00\x01"
    now = datetime.now(UTC).isoformat()
    return json.dumps(
        {
            "end_device_ids": {"device_id": "gauge", "dev_eui": eui},
            "received_at": now,
            "uplink_message": {
                "f_port": 2,
                "f_cnt": 7,
                "frm_payload": b64encode(frame).decode(),
                "received_at": now,
            },
        }
    )


def counted(engine: Engine) -> dict[str, int]:
    with engine.connect() as conn:
        return {
            name: conn.execute(text(f"SELECT count(*) FROM suedwest.{name}")).scalar_one()
            for name in TABLES
        }


def refused(name: str, data: dict[str, Any], user: str) -> dict[str, list[str]]:
    with pytest.raises(tk.ValidationError) as caught:
        act(name, data, user)
    return caught.value.error_dict


def test_a_webhook_is_registered_and_its_token_shown_once(platform):
    user = editor()
    made = act("create", WEBHOOK, user)
    assert made["id"] == "landkreis-kusel-pegel-muehlbach"
    assert made["webhook_url"].endswith("/webhook/landkreis-kusel-pegel-muehlbach")
    assert len(made["token"]) > 40
    shown = act("show", {"id": made["id"]}, user)
    assert "token" not in shown
    assert made["token"] not in json.dumps([shown, act("list", {"municipality": OWN}, user)])
    renewed = act("update", {"id": made["id"], "renew_token": True}, user)
    assert renewed["token"] != made["token"]
    assert "token" not in act("update", {"id": made["id"], "interval": 30}, user)


def test_a_message_posted_with_the_token_is_stored(platform, make_app):
    made = act("create", WEBHOOK, editor())
    headers = {"X-Webhook-Token": made["token"], "Content-Type": "application/json"}
    answer = make_app().post(f"/webhook/{made['id']}", headers=headers, data=uplink())
    assert answer.json["stored"] == 1
    with platform.connect() as conn:
        level = conn.execute(
            text("""
                SELECT observation.result FROM suedwest.observation
                JOIN suedwest.datastream ON datastream.id = datastream_id WHERE name = 'W'
            """)
        ).scalar_one()
    assert level == 200.0


def test_a_secret_is_sealed_kept_and_never_given_back(platform, caplog):
    user = editor()
    made = act("create", MQTT, user)
    wanted = {**MQTT["options"], "topic": "v3/other/devices/+/up", "password": ""}
    answers = [
        made,
        act("show", {"id": made["id"]}, user),
        act("list", {"municipality": OWN}, user),
        act("update", {"id": made["id"], "options": wanted}, user),
        refused("update", {"id": made["id"], "options": {**wanted, "topic": "a+b"}}, user),
        refused("update", {"id": made["id"], "url": "mqtts://192.0.2.1:1"}, user),
        refused("create", {**MQTT, "title": "x", "url": f"mqtts://u:{SECRET}@192.0.2.1"}, user),
        act("trial", {"id": made["id"], "payload": uplink()}, user),
        act("pause", {"id": made["id"]}, user),
    ]
    kept = read_source(platform, made["id"])
    assert kept.options["topic"] == "v3/other/devices/+/up"
    assert open_secret(kept.options, "password") == SECRET
    everything = json.dumps(answers) + json.dumps(kept.options) + caplog.text
    assert SECRET not in everything
    assert "sealed:" not in json.dumps(answers)
    assert made["secrets"] == ["password"]
    cleared = {**wanted, "password": None, "username": None}
    assert act("update", {"id": made["id"], "options": cleared}, user)["secrets"] == []


def test_a_secret_is_not_sent_to_another_address(platform):
    user = editor()
    made = act("create", MQTT, user)
    moved = {"id": made["id"], "url": "mqtts://192.0.2.1:8884"}
    assert set(refused("update", moved, user)) == {"password"}
    assert set(refused("trial", moved, user)) == {"password"}
    again = {**MQTT["options"], "password": "anew"}
    act("update", {**moved, "options": again}, user)
    assert open_secret(read_source(platform, made["id"]).options, "password") == "anew"


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"title": ""}, {"title"}),
        ({"type": "ftp"}, {"type"}),
        ({"type": "pegelonline", "url": "https://192.0.2.1"}, {"type"}),
        ({"interval": 0}, {"interval"}),
        ({"interval": "often"}, {"interval"}),
        ({"url": ""}, {"url"}),
        ({"url": "https://192.0.2.1"}, {"url"}),
        ({"url": "mqtt://127.0.0.1"}, {"url"}),
        ({"url": "mqtt://169.254.169.254"}, {"url"}),
        ({"options": {**MQTT["options"], "topic": ""}}, {"topic"}),
        ({"options": {**MQTT["options"], "connector": "pegelonline"}}, {"connector"}),
        ({"options": {**MQTT["options"], "connector": "json-paths"}}, {"options"}),
        ({"options": {**MQTT["options"], "username": ""}}, {"username"}),
        ({"options": {**MQTT["options"], "client_key": "x"}}, {"client_certificate"}),
        ({"options": {**MQTT["options"], "protocol": "4"}}, {"protocol"}),
        ({"options": {**MQTT["options"], "password": "sealed:x"}}, {"password"}),
        ({"options": {**MQTT["options"], "trusted_address": True}}, {"trusted_address"}),
        ({"options": {**MQTT["options"], "simulated": True}}, {"simulated"}),
        ({"options": "x"}, {"options"}),
        (
            {"options": {**MQTT["options"], "devices": {EUI: {**DEVICE, "codec": "none"}}}},
            {f"devices.{EUI}.codec"},
        ),
        (
            {"options": {**MQTT["options"], "devices": {EUI: {**DEVICE, "latitude": 149}}}},
            {f"devices.{EUI}.latitude"},
        ),
        (
            {"options": {**MQTT["options"], "devices": {EUI: {**DEVICE, "mounting": [{}]}}}},
            {f"devices.{EUI}"},
        ),
        ({"options": {**MQTT["options"], "operator": None}}, {"operator"}),
    ],
)
def test_what_is_wrong_is_said_of_its_field(platform, data, named):
    user = editor()
    before = counted(platform)
    assert set(refused("create", {**MQTT, **data}, user)) == named
    assert counted(platform) == before


def test_a_name_is_taken_once(platform):
    user = editor()
    act("create", WEBHOOK, user)
    assert set(refused("create", WEBHOOK, user)) == {"title"}


def test_a_trial_tells_what_would_be_stored_and_stores_nothing(platform):
    user = editor()
    made = act("create", {**WEBHOOK, "paused": True}, user)
    before = counted(platform)
    tried = act("trial", {"id": made["id"], "payload": uplink()}, user)
    unknown = act("trial", {**WEBHOOK, "payload": uplink(eui="A" * 16)}, user)
    nothing = act("trial", {"id": made["id"], "payload": "{"}, user)
    assert set(refused("trial", {"id": made["id"]}, user)) == {"payload"}
    assert counted(platform) == before
    assert [
        (each["datastream"], each["result"], each["public"]) for each in tried["observations"]
    ] == [("W", 200.0, True), ("distance", 1500.0, False)]
    assert tried["stations"][0]["name"] == "Brücke"
    assert tried["refusals"] == []
    assert unknown["unregistered"] == ["a" * 16]
    assert unknown["counts"]["observations"] == 0
    assert "JSON" in nothing["refusals"][0]["reason"]


def test_a_trial_polls_by_the_guard(platform, monkeypatch):
    options = {
        **OPTIONS,
        "connector": "csv-columns",
        "device": {"name": EUI},
        "time": {"column": "t"},
        "values": [
            {"column": "w", "datastream": "W", "observed_property": "water_level", "unit": "cm"}
        ],
    }
    data = {**WEBHOOK, "type": "http", "url": "http://192.0.2.1:9/x", "options": options}
    monkeypatch.setattr("ckanext.suedwest.ingest.source_check.check_address", lambda *_, **__: None)
    data["url"] = "http://127.0.0.1:9/x"
    before = counted(platform)
    tried = act("trial", data, editor())
    assert "internal network" in tried["fault"]["sentence"]
    assert counted(platform) == before


def test_a_pause_takes_the_lease_away(platform):
    user = editor()
    made = act("create", MQTT, user)
    others = [row for row in ("pegelonline",) if row]
    claimed = claim_due_source(
        platform, holder="one", now=datetime.now(UTC), lease_for=LEASE_FOR, besides=others
    )
    assert claimed is not None
    lease = claimed[1]
    assert lease.source_id == made["id"]
    assert act("pause", {"id": made["id"]}, user)["paused"] is True
    with pytest.raises(LeaseLost):
        renew(platform, lease, now=datetime.now(UTC), lease_for=LEASE_FOR)
    claim = {"now": datetime.now(UTC), "lease_for": LEASE_FOR, "besides": others}
    assert claim_due_source(platform, holder="two", **claim) is None
    assert act("resume", {"id": made["id"]}, user)["paused"] is False
    assert claim_due_source(platform, holder="two", **claim) is not None


def test_a_deleted_source_leaves_its_values_and_forgets_its_secrets(platform, make_app):
    user = editor()
    made = act("create", WEBHOOK, user)
    headers = {"X-Webhook-Token": made["token"]}
    web = make_app()
    web.post(f"/webhook/{made['id']}", headers=headers, data=uplink())
    before = counted(platform)
    act("delete", {"id": made["id"]}, user)
    assert counted(platform) == before
    assert act("list", {"municipality": OWN}, user) == []
    with pytest.raises(tk.NotAuthorized):
        act("show", {"id": made["id"]}, user)
    web.post(f"/webhook/{made['id']}", headers=headers, data=uplink(), status=401)
    with platform.connect() as conn:
        row = conn.execute(
            text("SELECT gone_at IS NOT NULL FROM suedwest.station WHERE name = 'Brücke'")
        ).scalar_one()
    assert row is True
    # The same gauge may go on under a new source.
    again = act("create", {**WEBHOOK, "title": "Neu"}, user)
    headers = {"X-Webhook-Token": again["token"]}
    assert web.post(f"/webhook/{again['id']}", headers=headers, data=uplink(1400)).json["stored"]


def test_what_a_file_manages_is_taken_over_by_a_change(platform):
    def load(minutes: int) -> None:
        with platform.begin() as conn:
            register_source(
                conn,
                id="kusel-own",
                type="webhook",
                municipality=OWN,
                url="",
                options=OPTIONS,
                interval=timedelta(minutes=minutes),
                managed_by="file",
            )

    user = editor()
    load(15)
    assert act("show", {"id": "kusel-own"}, user)["managed_by"] == "file"
    changed = act("update", {"id": "kusel-own", "interval": 60}, user)
    assert changed["managed_by"] == "portal"
    load(10)
    assert act("show", {"id": "kusel-own"}, user)["interval"] == 60
    act("delete", {"id": "kusel-own"}, user)
    load(10)
    assert act("list", {"municipality": OWN}, user) == []


def test_staff_see_the_platforms_sources_and_change_none(platform):
    user = editor()
    listed = act("list", {"municipality": "suedwest-cluster"}, user)
    assert [(each["id"], each["editable"]) for each in listed] == [("pegelonline", False)]
    for name in ("update", "pause", "resume", "delete", "trial"):
        with pytest.raises(tk.NotAuthorized):
            act(name, {"id": "pegelonline"}, user)


def test_an_address_an_operator_trusts_is_not_moved_by_others(platform):
    root = factories.Sysadmin()["name"]
    options = {**MQTT["options"], "trusted_address": True}
    made = act("create", {**MQTT, "url": "mqtt://127.0.0.1:1", "options": options}, root)
    user = editor()
    act("update", {"id": made["id"], "title": "Neuer Name"}, user)
    moved = {"id": made["id"], "url": "mqtt://127.0.0.1:2"}
    moved["options"] = {**options, "password": "anew"}
    assert set(refused("update", moved, user)) == {"url"}
