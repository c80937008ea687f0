"""Stations, values and shortcuts the tests of the store share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Datastream, Datum, Licence, Operator, Station
from ckanext.suedwest.store.batch import Batch, Receipt
from ckanext.suedwest.store.leases import Lease
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)

GAUGE = Station(
    key="test:1",
    kind="water",
    name="Andernach",
    operator=Operator("WSV", "https://example.org", "pegel@example.org"),
    licence=Licence("dl-de-zero-2.0", "Zero", "https://example.org/zero", "WSV"),
    water="Rhein",
    number="27100400",
    longitude=7.4,
    latitude=50.4,
    properties={"river_km": "613.8"},
)
LEVEL = Datastream("test:1", "W", "water_level", "cm", QUARTER, Datum("NHN", 51.47))


def value(
    result: float,
    time: datetime = NOW,
    quality: Quality = Quality.NOT_EVALUATED,
    *,
    station: str = "test:1",
    datastream: str = "W",
) -> Observation:
    return Observation(station, datastream, time, result, quality)


def gauge(key: str, **changes: Any) -> Station:
    return replace(GAUGE, key=key, name=key.title(), **changes)


def level(key: str, **changes: Any) -> Datastream:
    return replace(LEVEL, station_key=key, **changes)


def empty(engine: Engine) -> None:
    """Empty the store and register the source `test`, due at once."""
    with engine.begin() as conn:
        conn.execute(
            text("""
                TRUNCATE suedwest.source, suedwest.observation, suedwest.observation_revision,
                    suedwest.observation_hour, suedwest.observation_day, suedwest.outbox
                CASCADE
            """)
        )
    register(engine, "test")


def register(engine: Engine, source_id: str, **changes: Any) -> None:
    described: dict[str, Any] = {
        "type": "pegelonline",
        "municipality": None,
        "url": "http://127.0.0.1:1/",
        "options": {},
        "interval": timedelta(minutes=5),
        "managed_by": "file",
    }
    with engine.begin() as conn:
        register_source(conn, id=source_id, **described | changes)


def write(
    engine: Engine,
    values: Iterable[Observation] = (),
    *,
    stations: Sequence[Station] = (GAUGE,),
    streams: Sequence[Datastream] = (LEVEL,),
    now: datetime = NOW,
    source: str = "test",
    lease: Lease | None = None,
    **more: Any,
) -> Receipt:
    batch = Batch(source, now, stations, streams, list(values), **more)
    return write_batch(engine, batch, lease=lease, now=now)


def rows(engine: Engine, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(statement), values)]


def counts(receipt: Receipt) -> tuple[int, int, int, int]:
    """Stored, unchanged, corrected, quarantined."""
    return receipt.stored, receipt.unchanged, receipt.corrected, receipt.quarantined
