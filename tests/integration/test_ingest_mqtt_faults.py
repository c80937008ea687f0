"""Nothing lost, nothing doubled: while everything is killed, the store gets what was acknowledged.

By the broker, or by the portal's web server, whose answer 200 says the same.

Beside the embedded broker this needs Debian's mosquitto, which speaks MQTT 5.

The ordinary suite sends a few thousand messages. SUEDWEST_TEST_MESSAGES names another number:
`SUEDWEST_TEST_MESSAGES=200000 ./suedwest test integration -- \
tests/integration/test_ingest_mqtt_faults.py`.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import requests
from ingest_processes import (
    KEY,
    IngestProcess,
    Mosquitto,
    ingest_processes,
    kill_service,
    web_processes,
)
from mqtt_samples import (
    CONNECTOR,
    LICENCE,
    OPERATOR,
    START,
    connected,
    open_session,
    publish,
    register_mqtt,
    uplink,
    wait_until,
)
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from store_samples import rows

from ckanext.suedwest.ingest import secrets
from ckanext.suedwest.launcher import databases
from ckanext.suedwest.launcher.temporary import TemporaryServices, temporary_services
from ckanext.suedwest.store.engine import create_store_engine
from ckanext.suedwest.store.migrate import upgrade
from ckanext.suedwest.store.sources import register_source

MESSAGES = int(os.environ.get("SUEDWEST_TEST_MESSAGES", "4000"))
SOURCES = 4
DEVICES = 25
POSTED = max(100, MESSAGES // 40)
"""Messages that come by webhook as well: each is a request and a transaction of its own."""
POSTERS = 4
FAULTS = max(6, min(40, MESSAGES // 5_000))
UNACKNOWLEDGED = 200
TAKEOVER_SECONDS = 30
PATIENCE_SECONDS = 120 + MESSAGES // 200

pytestmark = pytest.mark.timeout(300 + 2 * PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def services() -> Iterator[TemporaryServices]:
    with temporary_services() as running:
        at = running.services.addresses
        databases.create(at.admin_url, at.databases)
        databases.set_permissions(at.databases)
        upgrade(at.databases.datastore_write, read_role=at.databases.reader)
        yield running


@pytest.fixture
def store(services: TemporaryServices) -> str:
    return services.services.addresses.databases.datastore_write


@pytest.fixture
def engine(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv(secrets.KEY_VARIABLE, KEY)
    made = create_store_engine(store)
    with made.begin() as conn:
        conn.execute(text("TRUNCATE suedwest.source, suedwest.observation CASCADE"))
    yield made
    made.dispose()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.end()


class Senders:
    """One client for each source; counts what the broker acknowledged."""

    def __init__(self, broker_url: str) -> None:
        self._broker_url = broker_url
        self._counting = threading.Lock()
        self.acknowledged = 0

    def send(self, source: int) -> None:
        """Send a source's share; returns when the broker has acknowledged all of it."""
        free = threading.Semaphore(UNACKNOWLEDGED)

        def note(*_: object) -> None:
            with self._counting:
                self.acknowledged += 1
            free.release()

        client_id = f"sender-{source}"
        with connected(self._broker_url, client_id, clean_session=False) as client:
            client.on_publish = note
            client.reconnect_delay_set(1, 1)
            for number in range(MESSAGES // SOURCES):
                assert free.acquire(timeout=PATIENCE_SECONDS)
                device = f"g{number % DEVICES}"
                client.publish(*uplink(device, number // DEVICES, root=f"s{source}"), qos=1)
            for _ in range(UNACKNOWLEDGED):
                assert free.acquire(timeout=PATIENCE_SECONDS)


def register_webhook(engine: Engine) -> str:
    """Register the source `posted`; its token."""
    token, fingerprint = secrets.make_token()
    devices = {f"posted-g{number}": {"name": f"posted/{number}"} for number in range(DEVICES)}
    with engine.begin() as conn:
        register_source(
            conn,
            id="posted",
            type="webhook",
            municipality="landkreis-kusel",
            url="",
            options={
                "connector": CONNECTOR,
                "operator": OPERATOR,
                "licence": LICENCE,
                "devices": devices,
                "prefix": "posted-",
                "most_at_once": 10 * MESSAGES,
                secrets.TOKEN_OPTION: fingerprint,
            },
            interval=timedelta(minutes=15),
            managed_by="file",
        )
    return token


def post(address: str, token: str, poster: int) -> None:
    """Post a share of the messages, each again until the answer says that it is kept."""
    end = time.monotonic() + PATIENCE_SECONDS
    for number in range(poster, POSTED, POSTERS):
        _, payload = uplink(f"g{number % DEVICES}", number // DEVICES)
        while not _kept(address, token, payload):
            assert time.monotonic() < end
            time.sleep(0.2)


def _kept(address: str, token: str, payload: bytes) -> bool:
    try:
        answer = requests.post(
            f"{address}/webhook/posted",
            payload,
            headers={"X-Webhook-Token": token},
            timeout=PATIENCE_SECONDS,
        )
    except requests.RequestException:
        return False  # nobody listens, or the worker died before it answered
    assert answer.status_code in (200, 500, 502, 503), answer.text
    return answer.status_code == 200


def register_sources(engine: Engine, broker_url: str, **options: str) -> None:
    for source in range(SOURCES):
        # A key of a station is the platform's, so each source has devices of its own.
        devices = {
            f"s{source}-g{number}": {"name": f"{source}/{number}"} for number in range(DEVICES)
        }
        name = f"source-{source}"
        register_mqtt(
            engine,
            broker_url,
            devices,
            source_id=name,
            root=f"s{source}",
            prefix=f"s{source}-",
            **options,
        )
        open_session(broker_url, name, root=f"s{source}")


def stored(engine: Engine) -> int:
    """How many values the store holds; −1 while it is away."""
    try:
        return rows(engine, "SELECT count(*) FROM suedwest.observation")[0][0]
    except DBAPIError:
        return -1


def assert_exactly_what_was_acknowledged(engine: Engine, posted: int) -> None:
    found = rows(
        engine,
        """
        SELECT key, phenomenon_time, result FROM suedwest.observation
        JOIN suedwest.datastream ON datastream.id = datastream_id
        JOIN suedwest.station ON station.id = station_id
        """,
    )
    expected = {
        (f"test:s{source}-g{number % DEVICES}", START + timedelta(minutes=number // DEVICES))
        for source in range(SOURCES)
        for number in range(MESSAGES // SOURCES)
    } | {
        (f"test:posted-g{number % DEVICES}", START + timedelta(minutes=number // DEVICES))
        for number in range(posted)
    }
    assert {(key, time) for key, time, _ in found} == expected
    assert len(found) == len(expected)
    assert all(result == (time - START) // timedelta(minutes=1) % 500 for _, time, result in found)
    # Each value was stored by one batch; one that came again changed nothing.
    accounts = "SELECT sum(stored), sum(corrected), sum(quarantined) FROM suedwest.receipt"
    assert rows(engine, accounts) == [(len(expected), 0, 0)]


def run_with_faults(
    engine: Engine,
    broker_url: str,
    ingest: list[IngestProcess],
    strike: Callable[[random.Random], None],
    *,
    more: Sequence[Callable[[], None]] = (),
    posted: int = 0,
) -> None:
    """Send everything while `strike` is called at equal shares of what was acknowledged.

    `more` are further senders, which send `posted` messages together.
    """
    senders = Senders(broker_url)
    chance = random.Random(20261123)  # noqa: S311 - the same faults each time

    def progressed(sending: list[Future[None]], share: int) -> bool:
        for one in sending:
            if one.done():
                one.result()
        return senders.acknowledged >= share

    with ThreadPoolExecutor(SOURCES + len(more)) as pool:
        sending = [pool.submit(senders.send, source) for source in range(SOURCES)]
        sending += [pool.submit(one) for one in more]
        for number in range(1, FAULTS + 1):
            share = MESSAGES * number // (FAULTS + 1)
            wait_until(lambda share=share: progressed(sending, share), PATIENCE_SECONDS)
            strike(chance)
        for one in sending:
            one.result()
    assert senders.acknowledged == MESSAGES
    wait_until(lambda: stored(engine) == MESSAGES + posted, PATIENCE_SECONDS)
    assert_exactly_what_was_acknowledged(engine, posted)
    assert [process.end() for process in ingest] == [0] * len(ingest)


def test_the_store_holds_what_the_broker_acknowledged_while_everything_is_killed(
    services: TemporaryServices, engine: Engine, store: str, tmp_path: Path
) -> None:
    broker_url = services.services.addresses.broker_url
    register_sources(engine, broker_url)
    token = register_webhook(engine)
    with ingest_processes(store, tmp_path, 2) as ingest, web_processes(services, tmp_path) as web:
        struck: list[str] = []

        def strike(chance: random.Random) -> None:
            # Everyone gets a turn, in another order each time.
            if not struck:
                victims = ["first", "second", "broker", "postgres", "web", "a worker of it"]
                struck.extend(chance.sample(victims, len(victims)))
            victim = struck.pop()
            if victim in ("broker", "postgres"):
                kill_service(services, victim)
            elif victim == "a worker of it":
                web.kill_a_worker(chance)
            else:
                process = web if victim == "web" else ingest[victim == "second"]
                process.kill()
                process.start()

        run_with_faults(
            engine,
            broker_url,
            ingest,
            strike,
            more=[partial(post, web.address, token, poster) for poster in range(POSTERS)],
            posted=POSTED,
        )


def test_mosquitto_may_be_restarted_in_order(
    engine: Engine, store: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    register_sources(engine, mosquitto.url, protocol="5")
    with ingest_processes(store, tmp_path, 2) as ingest:

        def strike(chance: random.Random) -> None:
            victim = chance.randrange(3)
            if victim == 2:
                mosquitto.restart()
            else:
                ingest[victim].kill()
                ingest[victim].start()

        run_with_faults(engine, mosquitto.url, ingest, strike)


def test_another_process_takes_over_and_one_that_wakes_up_late_writes_nothing(
    services: TemporaryServices, engine: Engine, store: str, tmp_path: Path
) -> None:
    broker_url = services.services.addresses.broker_url
    register_mqtt(engine, broker_url, ["a"])
    open_session(broker_url)
    with ingest_processes(store, tmp_path, 1) as [first]:
        publish(broker_url, [uplink("a", 0)])
        wait_until(lambda: stored(engine) == 1)
        first.send(signal.SIGSTOP)
        other = tmp_path / "other"
        other.mkdir()
        with ingest_processes(store, other, 1) as [second]:
            # These go to the process that does not move; the other gets them from the broker.
            publish(broker_url, [uplink("a", number) for number in range(1, 51)])
            wait_until(lambda: stored(engine) == 51, TAKEOVER_SECONDS)
            first.send(signal.SIGCONT)
            wait_until(lambda: "the other process goes on" in first.said(), TAKEOVER_SECONDS)
            publish(broker_url, [uplink("a", 51)])
            wait_until(lambda: stored(engine) == 52)
            assert second.said().count("connected (MQTT") == 1
            assert second.end() == 0
        # The process that woke up left no receipt, not even of values the store had.
        account = "SELECT sum(received), sum(unchanged) FROM suedwest.receipt"
        assert rows(engine, account) == [(52, 0)]
        publish(broker_url, [uplink("a", 52)])
        wait_until(lambda: stored(engine) == 53, TAKEOVER_SECONDS)
        assert first.end() == 0
