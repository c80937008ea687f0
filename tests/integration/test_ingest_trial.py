"""A trial asks and listens as ingest does, stores nothing, and takes nothing from anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ingest_servers import Server, plain
from mqtt_samples import (
    LICENCE,
    OPERATOR,
    SECONDS,
    connected,
    find_connector_of_tests,
    ingesting,
    open_session,
    publish,
    register_mqtt,
    uplink,
    wait_until,
)
from sqlalchemy import Engine
from store_samples import empty, rows

from ckanext.suedwest.ingest import intake, secrets
from ckanext.suedwest.ingest.http import AddressRefused
from ckanext.suedwest.ingest.mqtt_connection import BrokerAway
from ckanext.suedwest.ingest.source_check import Wanted
from ckanext.suedwest.ingest.trial import try_listening, try_poll
from ckanext.suedwest.store.sources import SourceRow, read_source

TABLES = ("station", "datastream", "observation", "receipt", "quarantine", "device_report")
DEVICE = {
    "name": "Brücke",
    "mounting": [{"valid_from": "2020-01-01T00:00:00Z", "height_mm": 3500}],
}
TABLE: dict[str, Any] = {
    "connector": "csv-columns",
    "operator": OPERATOR,
    "licence": LICENCE,
    "devices": {"7": DEVICE},
    "device": {"column": "nr"},
    "time": {"column": "time"},
    "values": [
        {"column": "gap", "datastream": "gap", "observed_property": "distance", "unit": "mm"}
    ],
}


@pytest.fixture
def engine(store_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv(secrets.KEY_VARIABLE, "a key of forty characters, only for tests")
    monkeypatch.setattr(intake, "find_connector", find_connector_of_tests)
    empty(store_engine)
    return store_engine


def counted(engine: Engine) -> list[int]:
    return [rows(engine, f"SELECT count(*) FROM suedwest.{name}")[0][0] for name in TABLES]


def row(url: str, **options: Any) -> SourceRow:
    described = secrets.seal_options({**TABLE, **options})
    return Wanted("trial", "http", url, described, timedelta(minutes=15)).row("landkreis-kusel")


def test_what_a_broker_sends_is_shown_and_still_comes_to_who_listens(
    engine: Engine, broker_url: str
) -> None:
    register_mqtt(engine, broker_url, ["a"], root="trial")
    open_session(broker_url, root="trial")
    topic, payload = uplink("a", 1, root="trial")
    with connected(broker_url, "test-retainer") as client:
        client.publish(topic, payload, qos=1, retain=True).wait_for_publish(SECONDS)
        publish(broker_url, [uplink("stranger", 2, root="trial")])
        before = counted(engine)
        trial = try_listening(read_source(engine, "own-gauges"), SECONDS)
        client.publish(topic, b"", qos=1, retain=True).wait_for_publish(SECONDS)
    assert trial.fault is None
    assert [each.result for each in trial.observations] == [1.0]
    assert [each.name for each in trial.stations] == ["Gauge a"]
    assert counted(engine) == before
    # The session of the source was not touched: what waits in it is all there.
    with ingesting(engine):
        wait_until(lambda: rows(engine, "SELECT 1 FROM suedwest.observation"))


def test_a_broker_that_is_silent_or_away_is_told_plainly(engine: Engine, broker_url: str) -> None:
    register_mqtt(engine, broker_url, ["a"], root="silence")
    source = read_source(engine, "own-gauges")
    silent = try_listening(source, 0.5)
    assert (silent.messages, silent.fault, silent.observations) == (0, None, ())
    register_mqtt(engine, "mqtt://u:p@127.0.0.1:9", ["a"])
    assert isinstance(try_listening(read_source(engine, "own-gauges"), 5).fault, BrokerAway)
    register_mqtt(engine, broker_url, ["a"], trusted_address=False)
    refused = try_listening(read_source(engine, "own-gauges"), 5)
    assert isinstance(refused.fault, AddressRefused)


def test_a_poll_shows_values_levels_and_refusals_and_stores_none(engine: Engine) -> None:
    now = datetime.now(UTC).isoformat()
    with Server().serving() as server:
        server.answer = plain(f"nr;time;gap\n7;{now};1500\n8;{now};1\n".encode(), kind="text/csv")
        before = counted(engine)
        trial = try_poll(
            engine,
            row(
                server.url,
                trusted_address=True,
                header_name="X-Api-Key",
                header_value="a-secret",
            ),
        )
        assert server.asked[0][1]["X-Api-Key"] == "a-secret"
    assert trial.fault is None
    assert [(each.datastream, each.result) for each in trial.observations] == [("gap", 1500.0)]
    assert [(each.datastream, each.result) for each in trial.levels] == [("W", 200.0)]
    assert trial.unregistered == ("csv-columns:8",)
    assert counted(engine) == before


def test_a_poll_does_not_reach_into_the_own_network(engine: Engine) -> None:
    with Server().serving() as server:
        assert isinstance(try_poll(engine, row(server.url)).fault, AddressRefused)
        assert server.asked == []
