"""Uplinks that come again, or that somebody forged: what is stored, what is kept, what is counted.

A network server checks the frame counter of its devices, and hands on what it believes. Whoever
may publish to the broker can still send anything: so a counter decides nothing about a value, it
only tells what is missing; the time of reception does, and what a value replaces is kept.
"""

from __future__ import annotations

import base64
import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from store_samples import counts, empty, rows

from ckanext.suedwest.domain.message import Message
from ckanext.suedwest.ingest.intake import Intake
from ckanext.suedwest.store.batch import Receipt
from ckanext.suedwest.store.health import device_health, device_reports
from ckanext.suedwest.store.sources import read_source, register_source
from ckanext.suedwest.store.writer import write_batch

FILE = Path(__file__).parents[1] / "data" / "lorawan" / "tts_up.json"
DEVICE = "lorawan:70b3d57ed0000a01"
TIME = datetime(2026, 11, 20, 6, 15, tzinfo=UTC)
NOW = TIME + timedelta(hours=6)
TOPIC = "v3/muehlbach@ttn/devices/gauge/up"


def uplink(counter: int, millimetres: int, *, minutes: int = 0) -> bytes:
    """A frame of a distance sensor, received so long after `TIME`."""
    message: dict[str, Any] = copy.deepcopy(json.loads(FILE.read_text("utf-8")))
    told = message["uplink_message"]
    frame = b"\x0c\xe4" + millimetres.to_bytes(2, "big") + b"\x00\x00\x50\x01"
    told["f_cnt"] = counter
    told["frm_payload"] = base64.b64encode(frame).decode()
    del told["decoded_payload"]
    told["rx_metadata"] = told["rx_metadata"][1:]
    time = TIME + timedelta(minutes=minutes)
    told["rx_metadata"][0]["time"] = told["received_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps(message).encode()


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    with store_engine.begin() as conn:
        register_source(
            conn,
            id="lora",
            type="mqtt",
            municipality="landkreis-kusel",
            url="mqtt://127.0.0.1:1",
            options={
                "connector": "tts",
                "operator": {"name": "Kreis Testland"},
                "licence": {"id": "cc-zero", "title": "CC0", "url": "", "attribution": "Kreis"},
                "devices": {DEVICE.split(":")[1]: {"name": "Mühlbach"}},
            },
            interval=timedelta(minutes=15),
            managed_by="file",
        )
    return store_engine


def receive(engine: Engine, *payloads: bytes) -> Receipt:
    """Each message by itself through the intake, all in one batch of the store."""
    intake = Intake(read_source(engine, "lora"))
    read = [intake.read_or_refuse(Message(TOPIC, payload, NOW)) for payload in payloads]
    return write_batch(engine, intake.batch(read, NOW), lease=None, now=NOW)


def distances(engine: Engine) -> list[float]:
    return [
        result
        for (result,) in rows(
            engine,
            """
            SELECT result FROM suedwest.observation
            JOIN suedwest.datastream ON id = datastream_id AND name = 'distance'
            ORDER BY phenomenon_time
            """,
        )
    ]


def test_what_a_message_says_of_its_device_reaches_the_store(engine: Engine) -> None:
    receive(engine, uplink(7, 1625), uplink(8, 1626, minutes=15))
    (report, _) = device_reports(engine, "lora", DEVICE, start=TIME)
    assert (report.frame_counter, report.battery_volts) == (7, 3.3)
    assert (report.rssi_dbm, report.snr_db) == (-97, 7.25)
    (health,) = device_health(engine, now=NOW)
    assert (health.device, health.station_name) == (DEVICE, "Mühlbach")
    assert (health.received, health.missed, health.frame_counter) == (2, 0, 8)


def test_a_frame_that_comes_again_changes_nothing(engine: Engine) -> None:
    receive(engine, uplink(7, 1625))
    again = receive(engine, uplink(7, 1625), uplink(7, 1625))
    assert counts(again) == (0, 4, 0, 0)
    assert distances(engine) == [1625.0]
    assert device_health(engine, now=NOW)[0].received == 1


def test_a_counter_twice_with_another_payload_replaces_nothing_unseen(engine: Engine) -> None:
    receive(engine, uplink(7, 1625))
    forged = receive(engine, uplink(7, 900))
    assert counts(forged) == (0, 1, 1, 0)
    assert distances(engine) == [900.0]
    assert rows(engine, "SELECT result FROM suedwest.observation_revision") == [(1625.0,)]


def test_an_old_counter_at_a_later_time_is_a_value_of_its_own(engine: Engine) -> None:
    """A device that lost its power counts anew, so nothing tells it from a forged frame."""
    receive(engine, uplink(700, 1625), uplink(701, 1626, minutes=15))
    assert counts(receive(engine, uplink(3, 1627, minutes=30))) == (2, 0, 0, 0)
    assert distances(engine) == [1625.0, 1626.0, 1627.0]
    # It began at zero again: three did not arrive.
    (health,) = device_health(engine, now=NOW)
    assert (health.received, health.missed, health.frame_counter) == (3, 3, 3)


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [(7 * 60, "lies in the future"), (-60 * 24 * 365 * 40, "is before 1990")],
)
def test_a_forged_time_is_refused_and_counts_nothing(
    engine: Engine, minutes: int, reason: str
) -> None:
    receipt = receive(engine, uplink(7, 1625, minutes=minutes), uplink(8, 1626))
    assert counts(receipt) == (2, 0, 0, 1)
    ((kept, topic),) = rows(engine, "SELECT reason, topic FROM suedwest.quarantine")
    assert reason in kept
    assert topic == TOPIC
    assert device_health(engine, now=NOW)[0].received == 1


def test_a_device_nobody_registered_leaves_no_value_and_no_health(engine: Engine) -> None:
    stranger = uplink(7, 1625).replace(b"70B3D57ED0000A01", b"70B3D57ED0000FFF")
    assert counts(receive(engine, stranger))[0] == 0
    assert distances(engine) == []
    assert device_health(engine, now=NOW) == []
