"""Quarantined messages that are read again: nothing is lost, nothing doubled, nothing undone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mqtt_samples import CONNECTOR, LICENCE, OPERATOR, START, find_connector_of_tests, uplink
from sqlalchemy import Engine
from store_samples import empty, rows

from ckanext.suedwest.domain.message import Message
from ckanext.suedwest.ingest import intake, secrets
from ckanext.suedwest.ingest.intake import WHOLE_MESSAGE
from ckanext.suedwest.ingest.read_again import ReadAgain, read_again
from ckanext.suedwest.ingest.webhook import Webhook
from ckanext.suedwest.store.quarantine import kept_messages, quarantined
from ckanext.suedwest.store.sources import register_source

TOKEN, HASH = secrets.make_token()
NOT_REGISTERED = "the device is not registered with this source"
FIRST = datetime(2026, 11, 20, 12, tzinfo=UTC)
GAUGE = {"name": "Gauge"}


class Hook:
    """A source of type `webhook`, and a clock that each message moves on by a minute."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = FIRST
        self._webhook = Webhook(engine, lambda: self.now)

    def register(self, connector: str = CONNECTOR, **options: Any) -> None:
        described = {
            "connector": connector,
            "operator": OPERATOR,
            "licence": LICENCE,
            secrets.TOKEN_OPTION: HASH,
        }
        with self.engine.begin() as conn:
            register_source(
                conn,
                id="hook",
                type="webhook",
                municipality="landkreis-kusel",
                url="",
                options=described | options,
                interval=timedelta(minutes=15),
                managed_by="portal",
            )

    def post(self, payload: bytes) -> None:
        self.now += timedelta(minutes=1)
        self._webhook.receive("hook", TOKEN, "/webhook/hook", payload)

    def read_again(self, *ids: int) -> ReadAgain:
        waiting = ids or [row.id for row in quarantined(self.engine)]
        return read_again(self.engine, waiting, now=self.now)

    def waiting(self) -> list[tuple[str, str]]:
        return sorted((row.record, row.reason) for row in quarantined(self.engine))

    def values(self) -> list[tuple[str, datetime, float]]:
        return rows(
            self.engine,
            """SELECT station.key, phenomenon_time, result FROM suedwest.observation
               JOIN suedwest.datastream ON datastream.id = datastream_id
               JOIN suedwest.station ON station.id = station_id ORDER BY 1, 2""",
        )


@pytest.fixture
def hook(store_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Hook:
    monkeypatch.setattr(intake, "find_connector", find_connector_of_tests)
    empty(store_engine)
    return Hook(store_engine)


def gauge(number: int, device: str = "a", level: float | None = None) -> bytes:
    return uplink(device, number, level)[1]


def test_a_device_registered_late_gets_all_its_values(hook: Hook) -> None:
    hook.register(devices={})
    for number in range(3):
        hook.post(gauge(number))
    hook.post(gauge(3, "b"))
    assert hook.waiting() == [("test:a", NOT_REGISTERED)] * 3 + [("test:b", NOT_REGISTERED)]
    places = {row.id: row.last_received_at for row in quarantined(hook.engine)}

    hook.register(devices={"a": GAUGE})
    outcome = hook.read_again()
    assert (len(outcome.replayed), list(outcome.refused.values())) == (3, [NOT_REGISTERED])
    assert [receipt.stored for receipt in outcome.receipts] == [1, 1, 1]
    times = [START + timedelta(minutes=number) for number in range(3)]
    assert hook.values() == [("test:a", time, float(n)) for n, time in enumerate(times)]
    (left,) = quarantined(hook.engine)
    assert (left.record, left.times, left.last_received_at) == ("test:b", 1, places[left.id])
    settled = "SELECT count(*) FROM suedwest.quarantine WHERE settled = 'replayed'"
    assert rows(hook.engine, settled) == [(3,)]

    again = read_again(hook.engine, list(places), now=hook.now)
    assert (again.replayed, list(again.refused), again.receipts) == ([], [left.id], [])
    assert len(hook.values()) == 3


def test_what_breaks_off_in_the_middle_is_read_again_without_doubling(hook: Hook) -> None:
    hook.register(devices={})
    hook.post(gauge(0))
    hook.register(devices={"a": GAUGE})
    (row,) = quarantined(hook.engine)
    hook.read_again()
    with hook.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE suedwest.quarantine SET settled = NULL, settled_at = NULL")
    outcome = hook.read_again()
    assert outcome.replayed == [row.id]
    assert [(one.stored, one.unchanged) for one in outcome.receipts] == [(0, 1)]


def test_an_old_message_does_not_undo_a_newer_one(hook: Hook) -> None:
    hook.register(devices={})
    hook.post(gauge(0, level=100))
    hook.register(devices={"a": GAUGE})
    hook.post(gauge(0, level=200))
    outcome = hook.read_again()
    assert [(one.unchanged, one.corrected) for one in outcome.receipts] == [(1, 0)]
    assert hook.values() == [("test:a", START, 200.0)]
    assert hook.waiting() == []


def test_a_message_without_a_time_keeps_every_time_it_came(hook: Hook) -> None:
    """The very same bytes three times are one record, and three values."""
    level = {
        "path": "$.level",
        "datastream": "W",
        "observed_property": "water_level",
        "unit": "cm",
    }
    options = {"time": "received", "device": {"path": "$.device"}, "values": [level]}
    said = json.dumps({"device": "a", "level": 80}).encode()
    hook.register("json-paths", devices={}, **options)
    for _ in range(3):
        hook.post(said)
    (row,) = quarantined(hook.engine)
    assert row.times == 3
    hook.register("json-paths", devices={"a": GAUGE}, **options)
    assert hook.read_again().replayed == [row.id]
    assert [time for _, time, _ in hook.values()] == [
        FIRST + timedelta(minutes=number) for number in (1, 2, 3)
    ]


def test_one_that_fails_in_another_way_keeps_its_place_with_the_new_reason(hook: Hook) -> None:
    hook.register(devices={})
    hook.post(gauge(0))
    (before,) = quarantined(hook.engine)
    hook.register(devices={"a": {"name": ""}})
    reason = "name is missing in what is registered of the device"
    assert hook.read_again().refused == {before.id: reason}
    (after,) = quarantined(hook.engine)
    assert (after.id, after.times, after.last_received_at, after.reason) == (
        before.id,
        1,
        before.last_received_at,
        reason,
    )
    # Had it come again meanwhile, the two would be one record now.
    hook.post(gauge(0))
    assert [row.times for row in quarantined(hook.engine)] == [2]
    hook.register(connector="no-such-connector")
    (refused,) = hook.read_again().refused.values()
    assert refused.startswith("there is no connector 'no-such-connector'")


def test_two_records_that_become_the_same_are_joined(hook: Hook) -> None:
    hook.register(devices={})
    hook.post(gauge(0))
    hook.register(devices={"a": {"name": ""}})
    hook.post(gauge(0))
    assert len(hook.waiting()) == 2
    hook.read_again()
    (row,) = quarantined(hook.engine)
    assert row.times == 2


def test_a_message_that_was_not_kept_cannot_be_read_again(hook: Hook) -> None:
    hook.register(devices={})
    long = gauge(0)[:-1] + b" " * WHOLE_MESSAGE + b"}"
    hook.post(long)
    (row,) = quarantined(hook.engine)
    assert (row.replayable, len(row.payload) < 2000) == (False, True)
    hook.register(devices={"a": GAUGE})
    outcome = hook.read_again()
    assert (outcome.not_kept, outcome.replayed, hook.values()) == ([row.id], [], [])
    assert hook.waiting() == [("test:a", NOT_REGISTERED)]


def test_the_bytes_are_kept_as_they_came(hook: Hook) -> None:
    hook.register()
    hook.post(b"\xff\x00{")
    (row,) = quarantined(hook.engine)
    ((_, (kept,)),) = kept_messages(hook.engine, [row.id])
    assert kept == Message("/webhook/hook", b"\xff\x00{", hook.now)
    assert hook.read_again().refused == {row.id: row.reason}


def test_what_the_store_refuses_keeps_its_place(hook: Hook) -> None:
    hook.register(devices={})
    hook.post(gauge(0, level=1e30))
    hook.register(devices={"a": GAUGE})
    (row,) = quarantined(hook.engine)
    assert hook.read_again().refused == {row.id: "the store refused every value of it"}
    assert len(hook.waiting()) == 2
