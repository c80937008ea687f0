"""Actions and pages of stations for the matrix of rights, and the station they speak of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from portal_samples import LICENCE, OPERATOR
from sqlalchemy import Engine

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.station import Datastream, Station, Visibility
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.marks import Says, mark_span
from ckanext.suedwest.store.query import stations
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch

TIME = datetime(2026, 11, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
STATION = Station("own:1", "water", "Ulmet", OPERATOR, LICENCE, water="Glan")
_LEVEL = {"resource_id": "{level}"}
_SENSOR = {"resource_id": "{sensor}"}
_TOWN = {"municipality": "{municipality}"}
_THRESHOLD = {"level": "580,5", "direction": "above", "label": "Radweg"}
_MARK = {"says": "doubted", "start": "2026-11-01T00:00", "note": "Gras"}
_CORRECTION = {"time": TIME.isoformat(), "result": "1", "note": "abgelesen"}
_MOUNTING = {"valid_from": "2026-10-01T00:00Z", "height_cm": "350"}
_MOUNTED = {"id": "2026-10-01T00:00:00+00:00"}

STATION_ACTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("suedwest_station_list", _TOWN),
    ("suedwest_threshold_create", _TOWN | _LEVEL | _THRESHOLD),
    ("suedwest_threshold_list", _TOWN | _LEVEL),
    ("suedwest_threshold_update", _TOWN | _LEVEL | _THRESHOLD | {"code": "radweg"}),
    ("suedwest_threshold_delete", _TOWN | _LEVEL | {"code": "radweg"}),
    ("suedwest_mark_create", _LEVEL | _MARK),
    ("suedwest_mark_list", _LEVEL),
    ("suedwest_mark_delete", _LEVEL | {"id": "{mark}"}),
    ("suedwest_correction_create", _LEVEL | _CORRECTION),
    ("suedwest_correction_list", _LEVEL),
    ("suedwest_limits_show", _LEVEL),
    ("suedwest_limits_update", _LEVEL),
    ("suedwest_mounting_create", _SENSOR | _MOUNTING),
    ("suedwest_mounting_list", _SENSOR),
    ("suedwest_mounting_update", _SENSOR | _MOUNTING | _MOUNTED),
    ("suedwest_mounting_delete", _SENSOR | _MOUNTED),
)

_PAGES = "/verwaltung/{municipality}/stationen"
_PAGE = f"{_PAGES}/{{station}}"
_OF_LEVEL = {"stream": "{level}"}
_OF_SENSOR = {"stream": "{sensor}"}

STATION_PAGES: tuple[tuple[Any, ...], ...] = (
    ("stations", _PAGES),
    ("station", _PAGE),
    ("threshold", f"{_PAGE}/handlungsstufe"),
    ("threshold", f"{_PAGE}/handlungsstufe", "POST", _OF_LEVEL | _THRESHOLD),
    (
        "threshold_delete",
        f"{_PAGE}/handlungsstufe/loeschen",
        "POST",
        _OF_LEVEL | {"code": "radweg"},
    ),
    ("mark", f"{_PAGE}/zeitraum"),
    ("mark", f"{_PAGE}/zeitraum", "POST", _OF_LEVEL | _MARK),
    ("mark_delete", f"{_PAGE}/zeitraum/aufheben", "POST", _OF_LEVEL | {"id": "{second_mark}"}),
    ("correction", f"{_PAGE}/korrektur"),
    ("correction", f"{_PAGE}/korrektur", "POST", _OF_LEVEL | _CORRECTION),
    ("mounting", f"{_PAGE}/einbau?stream={{sensor}}"),
    ("mounting", f"{_PAGE}/einbau", "POST", _OF_SENSOR | _MOUNTING),
    ("mounting_delete", f"{_PAGE}/einbau/loeschen", "POST", _OF_SENSOR | _MOUNTED),
    ("limits", f"{_PAGE}/grenzen?stream={{level}}"),
    ("limits", f"{_PAGE}/grenzen", "POST", _OF_LEVEL),
)


def make_station(engine: Engine, municipality: str) -> dict[str, Any]:
    """A station of a source of the municipality: a level with two marks, a sensor."""
    with engine.begin() as conn:
        register_source(
            conn,
            id="own",
            type="pegelonline",
            municipality=municipality,
            url="http://127.0.0.1:9/",
            options={},
            interval=QUARTER,
            managed_by="file",
        )
    level = Datastream("own:1", "level", "water_level", "cm", interval=QUARTER)
    sensor = Datastream(
        "own:1", "distance", "distance", "mm", QUARTER, visibility=Visibility.INTERNAL
    )
    values = [
        Observation("own:1", "level", TIME, 124.0),
        Observation("own:1", "distance", TIME, 3000.0),
    ]
    batch = Batch("own", TIME, [STATION], [level, sensor], values)
    write_batch(engine, batch, lease=None, now=TIME)
    (row,) = (each for each in stations(engine, include_internal=True) if each.key == "own:1")
    streams = {each.name: each for each in row.datastreams}
    marks = [
        mark_span(
            engine,
            streams["level"].datastream_id,
            start=TIME,
            until=None,
            says=Says.DOUBTED,
            note="Gras",
            author="anna",
            now=TIME,
        )
        for _ in range(2)
    ]
    return {
        "station": row.slug,
        "level": streams["level"].resource_id,
        "sensor": streams["distance"].resource_id,
        "mark": marks[0],
        "second_mark": marks[1],
    }
