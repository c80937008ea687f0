"""Simulated traffic from its feeds through the real ingest and the privacy gate into the store,
and from there into datasets: every step says that it is simulated."""

from __future__ import annotations

import csv
import io
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
from ckanext.suedwest.portal import reconcile
from ckanext.suedwest.portal.open_dataset_package import publish
from ckanext.suedwest.store.query import stations
from ckanext.suedwest.store.status import ingest_status

LINZ = "linz-am-rhein"
POLICY = "Content-Security-Policy"
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


def test_its_lists_stand_in_frames_and_tiles_with_age_source_and_mark(
    sandbox: Engine, app: Any
) -> None:
    town = "kaiserslautern"
    for name, expected in (("parking", "Parken"), ("roads", "Was ist heute gesperrt?")):
        framed = app.get(f"/embed/list/{name}/{town}")
        assert f"<h1>Stadt Kaiserslautern: {expected}</h1>" in framed.body
        assert "frame-ancestors 'self' herzlich-digital.de" in framed.headers[POLICY]
        assert "Sandbox: nachgespielte Werte" in framed.body
        assert "Simulierte Werte, keine Messung" in framed.body
        assert "Set-Cookie" not in framed.headers
        assert f"/embed/list/{name}/{town}.csv" in framed.body
    parks = app.get(f"/embed/list/parking/{town}").body
    assert parks.count('class="reading"') == 8
    assert "geschlossen" in parks
    assert "Musterstraße" not in parks
    closures = app.get(f"/embed/list/roads/{town}").body
    assert "Musterstraße" in closures
    assert "Probeweg" not in closures
    assert ": Parking</h1>" in app.get(f"/en/embed/list/parking/{town}").body
    rows = app.get(f"/embed/list/parking/{town}.csv").body.splitlines()
    assert sum("parking_free" in row for row in rows) >= 7
    told = list(csv.DictReader(io.StringIO(app.get(f"/embed/list/roads/{town}.csv").body)))
    assert [row["effect"] for row in told] == ["closed", "restricted", "closed"]
    assert {row["simulated"] for row in told} == {"true"}
    everything = app.get(f"/embed/list/verkehr/{town}.csv").body
    assert "parking_free" in everything
    assert "Hier meldet niemand Sperrungen" in app.get(f"/embed/list/roads/{LINZ}").body
    assert app.get("/embed/list/parking/linz-am-rhein").status_code == 404
    assert app.get("/embed/list/parking/nowhere.csv").status_code == 404

    counter = next(iter(stations(sandbox, kind="counter", municipality=LINZ)))
    assert reconcile.full_pass().failed == {}
    act = {"municipality": LINZ, "title": "Verkehr", "template": "traffic"}
    made = call_action("suedwest_dashboard_create", **act)
    told = [tile.get("stations") or tile.get("station") for tile in made["draft"]["tiles"]]
    assert told == ["counter", counter.slug, None]
    call_action("suedwest_dashboard_publish", municipality=LINZ, name="verkehr", version=1)
    shown = app.get(f"/seiten/{LINZ}/verkehr").body
    assert "<h2>Zählstellen</h2>" in shown
    assert shown.count('class="reading"') == 2
    assert '<figure class="chart' in shown
    assert shown.count("Simulierte Werte, keine Messung") == 1


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
