"""From a broker through the listener into the store, in one process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from mqtt_samples import (
    find_connector_of_tests,
    ingesting,
    open_session,
    publish,
    register_mqtt,
    uplink,
    wait_until,
)
from prometheus_client import REGISTRY
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, OperationalError
from store_samples import empty, rows

from ckanext.suedwest.ingest import intake, mqtt, secrets
from ckanext.suedwest.ingest.runner import Runner
from ckanext.suedwest.ingest.task import Task
from ckanext.suedwest.store.sources import set_enabled


@pytest.fixture
def engine(store_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv(secrets.KEY_VARIABLE, "a key of forty characters, only for tests")
    monkeypatch.setattr(intake, "find_connector", find_connector_of_tests)
    empty(store_engine)
    with store_engine.begin() as conn:
        conn.execute(text("DELETE FROM suedwest.source"))
    return store_engine


def stored(engine: Engine) -> int:
    return rows(engine, "SELECT count(*) FROM suedwest.observation")[0][0]


def reasons(engine: Engine) -> list[tuple[str, str, int]]:
    return rows(engine, "SELECT record, reason, times FROM suedwest.quarantine ORDER BY 1, 2")


def test_what_was_sent_while_nobody_listened_is_stored(engine: Engine, broker_url: str) -> None:
    register_mqtt(engine, broker_url, ["a", "b"])
    open_session(broker_url)
    publish(broker_url, [uplink(device, number) for number in range(40) for device in "ab"])
    with ingesting(engine):
        wait_until(lambda: stored(engine) == 80)
        publish(broker_url, [uplink("a", 100)])
        wait_until(lambda: stored(engine) == 81)
    assert rows(engine, "SELECT name, operator->>'name' FROM suedwest.station ORDER BY 1") == [
        ("Gauge a", "Kreis Testland"),
        ("Gauge b", "Kreis Testland"),
    ]
    [(holder, error, success)] = rows(
        engine, "SELECT lease_holder, last_error, last_success_at FROM suedwest.source"
    )
    assert (holder, error) == (None, None)
    assert success is not None
    with ingesting(engine):
        publish(broker_url, [uplink("a", 101)])
        wait_until(lambda: stored(engine) == 82)
    # nothing came a second time: all was acknowledged
    assert rows(engine, "SELECT sum(received), sum(unchanged) FROM suedwest.receipt") == [(82, 0)]


def test_a_message_that_cannot_be_used_is_kept_with_its_reason_and_stops_nobody(
    engine: Engine, broker_url: str
) -> None:
    register_mqtt(engine, broker_url, ["a", "faulty"])
    open_session(broker_url)
    messages = [
        uplink("stranger", 1),
        ("test/a/up", b"\xff{"),
        ("test/b/up", b"{}"),
        uplink("faulty", 1, level="fault"),  # type: ignore[arg-type]
        ("test/large/up", b"x" * 300_000),
        uplink("a", 1),
    ]
    publish(broker_url, messages)
    with ingesting(engine):
        wait_until(lambda: stored(engine) == 1)
    assert [(record, reason) for record, reason, _ in reasons(engine)] == [
        ("test/a/up", "the reply is not UTF-8 (byte 0)"),
        ("test/b/up", "the message names no device"),
        ("test/faulty/up", "the connector failed: ZeroDivisionError: a fault of the connector"),
        ("test/large/up", "the message has 300,000 bytes, more than the 262,144 allowed"),
        ("test:stranger", "the device is not registered with this source"),
    ]
    publish(broker_url, [uplink("a", 2)])
    with ingesting(engine):
        wait_until(lambda: stored(engine) == 2)
    assert all(times == 1 for _, _, times in reasons(engine))


def test_a_registration_that_lacks_something_refuses_its_device_only(
    engine: Engine, broker_url: str
) -> None:
    devices = {"a": {"name": "A"}, "b": {"name": 7}, "c": "C", "d": {"name": "D", "licence": 1}}
    register_mqtt(engine, broker_url, devices)
    open_session(broker_url)
    publish(broker_url, [uplink(device, 1) for device in "dcba"])
    with ingesting(engine):
        wait_until(lambda: stored(engine) == 1)
    assert [reason for _, reason, _ in reasons(engine)] == [
        "name of the device is not a text",
        "the entry of the device is not an object",
        "neither the device nor its source names a licence",
    ]


def test_nothing_is_acknowledged_while_the_store_is_away(
    engine: Engine, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_mqtt(engine, broker_url, ["a"])
    open_session(broker_url)
    publish(broker_url, [uplink("a", number) for number in range(700)])
    write, failures = Task.write, iter(range(1))

    def fail_at_first(task: Task, batch: Any) -> Any:
        if next(failures, None) is not None:
            raise OperationalError("COMMIT", {}, Exception("server closed the connection"))
        return write(task, batch)

    monkeypatch.setattr(Task, "write", fail_at_first)
    monkeypatch.setattr(mqtt, "LONGEST_PAUSE", 0.1)
    with ingesting(engine):
        wait_until(lambda: stored(engine) == 700)
    assert reasons(engine) == []


def test_one_value_the_store_refuses_does_not_take_others_along(
    engine: Engine, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_mqtt(engine, broker_url, ["a", "b"])
    open_session(broker_url)
    publish(broker_url, [uplink("b" if number == 7 else "a", number) for number in range(20)])
    write = Task.write

    def refuse_b(task: Task, batch: Any) -> Any:
        if any(value.station_key == "test:b" for value in batch.observations):
            raise DataError("COPY", {}, Exception("out of range"))
        return write(task, batch)

    monkeypatch.setattr(Task, "write", refuse_b)
    with ingesting(engine):
        wait_until(lambda: stored(engine) == 19)
    [(record, reason, times)] = reasons(engine)
    assert (record, times) == ("test/b/up", 1)
    assert reason.startswith("the store refused it: DataError: ")


@pytest.mark.parametrize(
    ("limit", "value"),
    [("MOST_IN_BATCH", 50), ("MOST_BYTES_IN_BATCH", 50 * len(uplink("a", 0, 7.0)[1]))],
)
def test_a_second_batch_is_read_while_the_first_is_written_and_no_third(
    engine: Engine, broker_url: str, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    register_mqtt(engine, broker_url, ["a"])
    open_session(broker_url)
    publish(broker_url, [uplink("a", number, 7.0) for number in range(1000)])
    monkeypatch.setattr(mqtt, limit, value)
    sizes: list[int] = []
    in_flight: list[float] = []
    write = Task.write

    def slow(task: Task, batch: Any) -> Any:
        if not sizes:
            wait_until(lambda: messages_in_flight() >= 100)
        sizes.append(len(batch.observations))
        in_flight.append(messages_in_flight())
        return write(task, batch)

    monkeypatch.setattr(Task, "write", slow)
    with ingesting(engine):
        wait_until(lambda: stored(engine) == 1000)
    assert max(sizes) == 50
    assert sum(sizes) == 1000
    assert max(in_flight) == 100


def messages_in_flight() -> float:
    found = REGISTRY.get_sample_value(
        "suedwest_ingest_in_flight_messages", {"source": "own-gauges"}
    )
    return found or 0.0


def test_who_lost_the_lease_writes_and_acknowledges_nothing(
    engine: Engine, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_mqtt(engine, broker_url, ["a"])
    open_session(broker_url)
    write, came, go_on = Task.write, threading.Event(), threading.Event()

    def taken_over(task: Task, batch: Any) -> Any:
        came.set()
        assert go_on.wait(30)
        return write(task, batch)

    monkeypatch.setattr(Task, "write", taken_over)
    with ingesting(engine):
        publish(broker_url, [uplink("a", number) for number in range(5)])
        assert came.wait(30)
        with engine.begin() as conn:
            conn.execute(
                text("""
                    UPDATE suedwest.source SET lease_holder = 'another', enabled = false,
                        generation = generation + 1, lease_until = now() + interval '1 hour'
                """)
            )
        go_on.set()
    assert stored(engine) == 0
    assert rows(engine, "SELECT count(*) FROM suedwest.receipt") == [(0,)]
    assert rows(engine, "SELECT lease_holder FROM suedwest.source") == [("another",)]
    monkeypatch.setattr(Task, "write", write)
    with engine.begin() as conn:
        set_enabled(conn, "own-gauges", False)
        set_enabled(conn, "own-gauges", True)
    with ingesting(engine):
        wait_until(lambda: stored(engine) == 5)


def test_a_source_that_is_switched_off_is_let_go(
    engine: Engine, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_mqtt(engine, broker_url, ["a"])
    open_session(broker_url)
    with ingesting(engine):
        publish(broker_url, [uplink("a", 1)])
        wait_until(lambda: stored(engine) == 1)
        with engine.begin() as conn:
            set_enabled(conn, "own-gauges", False)
        publish(broker_url, [uplink("a", 2)])
        wait_until(lambda: all(not one.name.startswith("source ") for one in threading.enumerate()))
    assert stored(engine) == 1
    with engine.begin() as conn:
        set_enabled(conn, "own-gauges", True)
    with ingesting(engine):
        wait_until(lambda: stored(engine) == 2)


def test_a_device_that_floods_its_topic_does_not_starve_the_others(
    engine: Engine, broker_url: str
) -> None:
    register_mqtt(engine, broker_url, ["loud", "quiet"], most_at_once=50)
    open_session(broker_url)
    flood = [uplink("loud", number) for number in range(4000)]
    publish(broker_url, [*flood, *(uplink("quiet", number) for number in range(20))])
    with ingesting(engine):
        wait_until(lambda: _of(engine, "test:quiet") == 20)
    [(record, reason, times)] = reasons(engine)
    assert (record, reason) == (
        "test/loud/up",
        "its topic carries more messages than one device may send",
    )
    assert times + _of(engine, "test:loud") == 4000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"password": "wrong"}, "the broker refuses the connection: "),
        ({"topic": "a/#/b"}, "is not a topic filter: + and # stand alone"),
        ({"topic": []}, "the option topic names no topic"),
        ({"connector": "nonsense"}, "there is no connector 'nonsense'"),
        ({"connector": None}, "the option connector does not name a connector"),
        ({"protocol": "4"}, 'neither "3.1.1" nor "5"'),
        ({"trusted_address": False}, "is at 127.0.0.1, which is not a public address"),
    ],
)
def test_what_is_wrong_with_a_source_is_said_in_a_sentence(
    engine: Engine, broker_url: str, options: dict[str, Any], said: str
) -> None:
    register_mqtt(engine, broker_url, ["a"], **options)
    runner = Runner(engine, stop=threading.Event())
    assert runner.work_once()
    wait_until(
        lambda: (
            said
            in (
                rows(engine, "SELECT last_error FROM suedwest.source WHERE failures = 1") or [("",)]
            )[0][0]
        )
    )


def test_a_password_is_only_stored_sealed(engine: Engine, broker_url: str) -> None:
    register_mqtt(engine, broker_url, ["a"], password="Geheim4711")
    [(options,)] = rows(engine, "SELECT options::text FROM suedwest.source")
    assert "Geheim4711" not in options
    assert '"password": "sealed:' in options


def _of(engine: Engine, key: str) -> int:
    return rows(
        engine,
        f"""
        SELECT count(*) FROM suedwest.observation
        JOIN suedwest.datastream ON datastream.id = datastream_id
        JOIN suedwest.station ON station.id = station_id WHERE key = '{key}'
        """,
    )[0][0]
