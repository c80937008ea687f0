"""The quarantine by API: looked through in pages, each municipality its own, and read again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from sqlalchemy import Engine, text

from ckanext.suedwest.domain.message import Message
from ckanext.suedwest.ingest.intake import Intake, refused
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.sources import read_source, register_source
from ckanext.suedwest.store.writer import write_batch

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")
OWN, OTHER = "landkreis-kusel", "linz-am-rhein"
NOW = datetime.now(UTC).replace(microsecond=0)
DEVICE = {"name": "Ulmet", "water": "Glan"}


def make_source(store: Engine, id_: str, municipality: str | None, devices: Any = None) -> None:
    with store.begin() as connection:
        register_source(
            connection,
            id=id_,
            type="mqtt",
            municipality=municipality,
            url="mqtt://127.0.0.1:1",
            options={
                "connector": "json-paths",
                "time": {"path": "$.at"},
                "device": {"path": "$.device"},
                "values": [
                    {
                        "path": "$.level",
                        "datastream": "W",
                        "observed_property": "water_level",
                        "unit": "cm",
                    }
                ],
                "operator": {"name": "Landkreis Kusel"},
                "licence": {"id": "cc-zero", "title": "CC0", "attribution": "Landkreis Kusel"},
                "devices": devices or {},
            },
            interval=timedelta(minutes=15),
            managed_by="portal",
        )


def receive(store: Engine, source_id: str, minutes: int, payload: bytes | None = None) -> None:
    """One message, as it is received so many minutes ago."""
    received_at = NOW - timedelta(minutes=minutes)
    if payload is None:
        payload = b'{"device": "a", "level": 80, "at": "%s"}' % received_at.isoformat().encode()
    intake = Intake(read_source(store, source_id))
    decoded = intake.read_or_refuse(Message("gauges/a", payload, received_at))
    write_batch(store, intake.batch([decoded], received_at), lease=None, now=received_at)


@pytest.fixture
def waiting(store: Engine) -> Engine:
    """Three messages of an own device that is not registered, and one of each other source."""
    for name in (OWN, OTHER):
        factories.Organization(name=name)
    for id_, municipality in (("own", OWN), ("other", OTHER), ("platform", None)):
        make_source(store, id_, municipality)
    for minutes in (30, 20, 10):
        receive(store, "own", minutes)
    receive(store, "own", 5, b"no JSON")
    receive(store, "other", 4)
    receive(store, "platform", 3)
    return store


def ask(action: str, user: dict[str, Any], **data: Any) -> Any:
    return call_action(action, {"user": user["name"], "ignore_auth": False}, **data)


def staff(organization: str = OWN) -> dict[str, Any]:
    user = factories.User()
    call_action("organization_member_create", id=organization, username=user["name"], role="editor")
    return user


def test_staff_look_through_their_own_and_the_platforms(waiting):
    editor = staff()
    first = ask("suedwest_quarantine_list", editor, municipality=OWN, limit=2)
    assert [one["source_id"] for one in first["records"]] == ["platform", "own"]
    assert (first["total"], first["records"][1]["payload"]) == (5, "no JSON")
    pages, before = [], first["next"]
    while before:
        page = ask("suedwest_quarantine_list", editor, municipality=OWN, limit=2, before=before)
        pages += page["records"]
        before = page["next"]
    assert [one["source_id"] for one in pages] == ["own"] * 3
    assert pages == sorted(pages, key=lambda one: one["last_received_at"], reverse=True)
    assert ask("suedwest_quarantine_list", editor)["total"] == 5
    sysadmin = factories.Sysadmin()
    assert ask("suedwest_quarantine_list", sysadmin)["total"] == 6
    assert ask("suedwest_quarantine_list", sysadmin, municipality="suedwest-cluster")["total"] == 1


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({"source_id": "own"}, 4),
        ({"source_id": "other"}, 0),
        ({"reason": "the device is not registered with this source"}, 4),
        ({"reason": "never"}, 0),
        ({"since": (NOW - timedelta(minutes=20)).isoformat()}, 4),
        ({"until": (NOW - timedelta(minutes=20)).isoformat()}, 1),
    ],
)
def test_the_list_is_filtered(waiting, chosen, count):
    found = ask("suedwest_quarantine_list", staff(), municipality=OWN, **chosen)
    assert (found["total"], len(found["records"])) == (count, count)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"before": "9" * 30}, "before"),
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-11-01T00:00"}, "until"),
    ],
)
def test_what_cannot_be_asked_is_said_by_field(waiting, data, field):
    with pytest.raises(tk.ValidationError) as refused_:
        ask("suedwest_quarantine_list", staff(), municipality=OWN, **data)
    assert list(refused_.value.error_dict) == [field]


def test_what_waits_is_read_again_once_its_device_is_registered(waiting):
    editor = staff()
    ids = [one["id"] for one in ask("suedwest_quarantine_list", editor, source_id="own")["records"]]
    make_source(waiting, "own", OWN, {"a": DEVICE})
    outcome = ask("suedwest_quarantine_replay", editor, ids=ids)
    (refused_,) = outcome["refused"]
    assert (len(outcome["replayed"]), outcome["stored"], outcome["not_kept"]) == (3, 3, [])
    assert refused_["reason"].startswith("the reply is not valid JSON")
    left = ask("suedwest_quarantine_list", editor, source_id="own")
    assert [one["id"] for one in left["records"]] == [refused_["id"]]
    with waiting.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM suedwest.observation")).scalar() == 3
    again = ask("suedwest_quarantine_replay", editor, ids=outcome["replayed"])
    assert (again["replayed"], again["refused"], again["stored"]) == ([], [], 0)
    with pytest.raises(tk.ObjectNotFound):
        ask("suedwest_quarantine_show", editor, id=outcome["replayed"][0])


def test_records_of_others_are_neither_seen_nor_read_again(waiting):
    editor, sysadmin = staff(), factories.Sysadmin()
    ids = {
        one["source_id"]: one["id"] for one in ask("suedwest_quarantine_list", sysadmin)["records"]
    }
    assert ask("suedwest_quarantine_show", editor, id=ids["platform"])["source_id"] == "platform"
    for record in (ids["other"], 10**9):
        with pytest.raises(tk.NotAuthorized):
            ask("suedwest_quarantine_show", editor, id=record)
    for records in (
        [ids["other"]],
        [ids["own"], ids["other"]],
        [ids["platform"]],
        [10**9],
        [],
        "x",
    ):
        with pytest.raises(tk.NotAuthorized):
            ask("suedwest_quarantine_replay", editor, ids=records)
    for records in ([], "x", [True], list(range(501))):
        with pytest.raises(tk.ValidationError):
            ask("suedwest_quarantine_replay", sysadmin, ids=records)


def test_the_status_says_why_records_were_refused_and_what_waits(waiting):
    editor = staff()
    old = NOW - timedelta(days=2)
    refusal = refused(Message("gauges/b", b"old", old), "some reason")
    write_batch(waiting, Batch("own", old, refusals=[refusal]), lease=None, now=old)
    own, platform = ask("suedwest_ingest_status", editor, municipality=OWN)
    assert (own["source_id"], platform["source_id"]) == ("own", "platform")
    assert [(one["reason"], one["records"]) for one in own["reasons"]] == [
        ("the device is not registered with this source", 3),
        ("the reply is not valid JSON: Expecting value at line 1 column 1", 1),
    ]
    assert (own["quarantined"], own["waiting"], own["state"]) == (4, 5, "waiting")
    assert "other" not in str(ask("suedwest_ingest_status", editor))


def test_the_status_tells_silent_stations_and_the_health_of_devices(waiting):
    editor = staff()
    make_source(waiting, "own", OWN, {"a": DEVICE, "b": {"name": "Odenbach", "water": "Glan"}})
    receive(waiting, "own", 600)
    said = b'{"device": "b", "level": 80, "at": "%s"}' % NOW.isoformat().encode()
    receive(waiting, "own", 0, said)
    (own, _) = ask("suedwest_ingest_status", editor, municipality=OWN)
    assert own["stations"] == 2
    (quiet,) = own["quiet"]
    assert (quiet["name"], quiet["freshness"], quiet["all"]) == ("Ulmet", "silent", True)
    assert quiet["latest_time"] == (NOW - timedelta(minutes=600)).isoformat()
    assert own["devices"] == []
