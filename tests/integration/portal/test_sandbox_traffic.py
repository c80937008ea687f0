"""Simulated traffic from its feeds through the real ingest and the privacy gate into the store,
and from there into datasets: every step says that it is simulated."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from ckan.tests.helpers import call_action
from ingest_servers import replay
from sqlalchemy import Engine
from store_samples import rows

from ckanext.suedwest.ingest.runner import Runner
from ckanext.suedwest.ingest.simulator.__main__ import register_traffic
from ckanext.suedwest.ingest.simulator.traffic_feeds import FEEDS
from ckanext.suedwest.portal.open_dataset_package import publish
from ckanext.suedwest.store.status import ingest_status

_SIMULATED = [feed for feed in FEEDS if feed.kind]
_ROADS = [feed for feed in FEEDS if feed.kind is None]


@pytest.fixture
def sandbox(platform: Engine) -> Engine:
    """The store after each simulated feed was asked once."""
    with replay() as url:
        register_traffic(platform, urlsplit(url))
        runner = Runner(platform, stop=threading.Event())
        while runner.work_once():
            pass
    return platform


def test_each_feed_ends_in_the_store_and_in_a_dataset_and_says_it_is_simulated(
    sandbox: Engine,
) -> None:
    told = {each.source_id: each for each in ingest_status(sandbox, datetime.now(UTC))}
    assert {f"simulator-{feed.id}" for feed in FEEDS} <= set(told)
    assert rows(sandbox, "SELECT source_id, reason FROM suedwest.quarantine") == []
    assert set(_stations(sandbox)) == {
        (f"{place.name} (Simulation)", feed.kind, feed.municipality, "true")
        for feed in _SIMULATED
        for place in feed.places
    }
    assert set(_streams(sandbox)) == {
        ("parking", "parking_free"),
        ("parking", "parking_occupied"),
        ("parking", "parking_capacity"),
        ("parking", "opening_state"),
        ("counter", "bicycle_count"),
        ("sharing", "shared_vehicles"),
        ("sharing", "free_docks"),
        ("sharing", "sharing_capacity"),
        ("charging", "charging_available"),
        ("charging", "charging_occupied"),
        ("charging", "charging_out_of_service"),
        ("charging", "charging_points"),
    }
    roads = rows(
        sandbox,
        """
        SELECT unnest(municipalities), count(*), bool_and(simulated) FROM suedwest.event
        GROUP BY 1
        """,
    )
    assert sorted(roads) == [(feed.municipality, 4, True) for feed in _ROADS]

    publish(sandbox)
    datasets = [call_action("package_show", id=name) for name in call_action("package_list")]
    by_kind: dict[tuple[str, str], dict[str, Any]] = {}
    for each in datasets:
        town, kind, _operator = each["live_key"].split(":")
        by_kind[town, kind] = each
    assert set(by_kind) == {(feed.municipality, feed.kind or "events") for feed in FEEDS}
    for each in datasets:
        assert each["title"].endswith("(simuliert)"), each["title"]
        assert each["notes"].startswith("Simuliert: ")
        assert each["license_id"] == "cc-zero"
        assert each["not_exported"] == "true"


def _stations(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(
        engine,
        """
        SELECT name, kind, municipality, properties->>'simulated' FROM suedwest.station
        JOIN suedwest.station_municipality ON station_id = station.id
        WHERE EXISTS (
            SELECT FROM suedwest.datastream JOIN suedwest.observation
            ON datastream_id = datastream.id WHERE datastream.station_id = station.id)
        """,
    )


def _streams(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(
        engine,
        """
        SELECT DISTINCT station.kind, observed_property FROM suedwest.observation
        JOIN suedwest.datastream ON datastream_id = datastream.id
        JOIN suedwest.station ON station_id = station.id
        """,
    )
