"""The sandbox's own gauges: real broker, session, connector and codec, into the store."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from ingest_processes import KEY
from mqtt_samples import ingesting, wait_until
from sqlalchemy import Engine
from store_samples import empty, rows

from ckanext.suedwest.ingest import secrets
from ckanext.suedwest.ingest.simulator import __main__ as simulator
from ckanext.suedwest.ingest.simulator import level
from ckanext.suedwest.ingest.simulator.gauges import GAUGES, Gauge


@pytest.fixture
def engine(store_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv(secrets.KEY_VARIABLE, KEY)
    monkeypatch.setattr(simulator, "HISTORY", timedelta(hours=2))
    empty(store_engine)
    return store_engine


def test_six_municipalities_get_gauges_that_say_they_are_simulated(
    engine: Engine, broker_url: str
) -> None:
    broker = urlsplit(broker_url)
    simulator.register(engine, broker)
    stop = threading.Event()
    playing = threading.Thread(target=simulator.play, args=(broker, stop))
    with ingesting(engine):
        playing.start()
        wait_until(
            lambda: (
                rows(
                    engine,
                    """
                SELECT count(*) >= 8 * 12 FROM suedwest.observation
                JOIN suedwest.datastream ON datastream.id = datastream_id
                WHERE observed_property = 'distance'
                """,
                )
                == [(True,)]
            )
        )
        stop.set()
        playing.join()
    stations = rows(
        engine,
        """
        SELECT name, municipality, properties->>'simulated' FROM suedwest.station
        JOIN suedwest.station_municipality ON station_id = station.id
        """,
    )
    expected = {(f"{gauge.place} (Simulation)", gauge.municipality, "true") for gauge in GAUGES}
    assert set(stations) == expected
    assert rows(engine, "SELECT count(*) FROM suedwest.quarantine") == [(0,)]
    gauge = GAUGES[0]
    distances, levels = (_values(engine, gauge, name) for name in ("distance", "W"))
    assert len(distances) >= 8
    assert [time for time, _, _ in levels] == [time for time, _, _ in distances]
    for (time, distance, hidden), (_, height, shown) in zip(distances, levels, strict=True):
        assert distance == level.distance_mm(gauge, level.time_of(level.step_of(time)))
        assert height == pytest.approx((gauge.sensor_mm - distance) / 10)
        assert (hidden, shown) == ("internal", "public")


def _values(engine: Engine, gauge: Gauge, name: str) -> list[tuple[Any, ...]]:
    return rows(
        engine,
        """
        SELECT phenomenon_time, result, visibility FROM suedwest.observation
        JOIN suedwest.datastream ON datastream.id = datastream_id
        JOIN suedwest.station ON station.id = station_id
        WHERE key = :key AND datastream.name = :name ORDER BY 1
        """,
        key=f"lorawan:{gauge.dev_eui.lower()}",
        name=name,
    )
