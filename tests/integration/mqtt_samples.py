"""Gauges that speak MQTT, and shortcuts the tests of listening share."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from sqlalchemy import Engine, text

from ckanext.suedwest.connectors.base import Connector, Context, Decoded, find_connector
from ckanext.suedwest.connectors.json_payload import load_json
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.station import Datastream
from ckanext.suedwest.domain.time import parse_instant
from ckanext.suedwest.ingest.runner import Runner
from ckanext.suedwest.ingest.secrets import seal_options
from ckanext.suedwest.store.sources import register_source

SECONDS = 30
START = datetime(2026, 11, 1, tzinfo=UTC)
OPERATOR = {"name": "Kreis Testland"}
LICENCE = {"id": "cc-zero", "title": "CC0", "url": "", "attribution": "Kreis Testland"}
CONNECTOR = "test-gauges"
Sent = tuple[str, bytes]


def connector(payload: bytes, context: Context) -> Decoded:
    """Reads what `uplink` writes; fails as no connector should when the level is "fault"."""
    said = load_json(payload)
    if not isinstance(said, dict) or "device" not in said:
        raise PayloadRefused("the message names no device")
    if said["level"] == "fault":
        raise ZeroDivisionError("a fault of the connector")
    key = f"test:{context.options.get('prefix', '')}{said['device']}"
    value = Observation(key, "W", parse_instant(said["time"]), float(said["level"]))
    return Decoded(datastreams=[Datastream(key, "W", "water_level", "cm")], observations=[value])


def find_connector_of_tests(name: str) -> Connector:
    """In place of `find_connector`: the one above beside those that are installed."""
    return connector if name == CONNECTOR else find_connector(name)


def uplink(device: str, number: int, level: float | None = None, *, root: str = "test") -> Sent:
    """Topic and payload of a device's value number `number`, a minute after the one before."""
    said = {
        "device": device,
        "time": (START + timedelta(minutes=number)).isoformat(),
        "level": number % 500 if level is None else level,
    }
    return f"{root}/{device}/up", json.dumps(said).encode()


def register_mqtt(
    engine: Engine,
    broker_url: str,
    devices: Iterable[str] | Mapping[str, Any],
    *,
    source_id: str = "own-gauges",
    root: str = "test",
    **options: Any,
) -> None:
    """Register a source at the broker; its session there is found by the source's id."""
    address = urlsplit(broker_url)
    if not isinstance(devices, Mapping):
        devices = {device: {"name": f"Gauge {device}"} for device in devices}
    described = {
        "topic": f"{root}/+/up",
        "connector": CONNECTOR,
        "client_id": f"test-{source_id}",
        "username": address.username,
        "password": address.password,
        "operator": OPERATOR,
        "licence": LICENCE,
        "trusted_address": True,
        "devices": devices,
    }
    with engine.begin() as conn:
        register_source(
            conn,
            id=source_id,
            type="mqtt",
            municipality="landkreis-kusel",
            url=f"mqtt://{address.hostname}:{address.port}",
            options=seal_options(described | options),
            interval=timedelta(minutes=15),
            managed_by="file",
        )


@contextmanager
def connected(broker_url: str, client_id: str, **options: Any) -> Iterator[mqtt.Client]:
    """A connected client with its own thread."""
    address = urlsplit(broker_url)
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, **options)
    client.username_pw_set(address.username or "", address.password)
    client.max_queued_messages_set(0)
    client.max_inflight_messages_set(200)
    ready = threading.Event()
    client.on_connect = lambda *_: ready.set()
    client.connect(str(address.hostname), address.port or 1883)
    client.loop_start()
    assert ready.wait(SECONDS)
    yield client
    client.disconnect()
    client.loop_stop()


def publish(broker_url: str, messages: Iterable[Sent]) -> None:
    """Send messages; the broker has all of them when this returns."""
    with connected(broker_url, "test-sender") as client:
        sent = [client.publish(topic, payload, qos=1) for topic, payload in messages]
        for one in sent:
            one.wait_for_publish(SECONDS)


def open_session(broker_url: str, source_id: str = "own-gauges", *, root: str = "test") -> None:
    """Make an empty session for a source, as if it had been listened to before."""
    with connected(broker_url, f"test-{source_id}", clean_session=True):
        pass
    with connected(broker_url, f"test-{source_id}", clean_session=False) as client:
        subscribed = threading.Event()
        client.on_subscribe = lambda *_: subscribed.set()
        client.subscribe(f"{root}/+/up", qos=1)
        assert subscribed.wait(SECONDS)


@contextmanager
def ingesting(engine: Engine, **options: Any) -> Iterator[threading.Event]:
    """An ingest process as a thread; ended in order at the end of the block."""
    stop = threading.Event()
    with engine.begin() as conn:
        conn.execute(text("UPDATE suedwest.source SET next_poll_at = '-infinity'"))
    runner = Runner(engine, stop=stop, idle=timedelta(seconds=0.1), **options)
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(SECONDS)
        assert not thread.is_alive()


def wait_until(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Look often until something holds; fails when it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)
