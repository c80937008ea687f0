"""The sandbox's own gauges: plausible, always the same, and clearly no measurement."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shapely.geometry import Point, shape

from ckanext.suedwest.ingest.simulator import level, uplink
from ckanext.suedwest.ingest.simulator.gauges import GAUGES, Gauge

BOUNDARIES = Path(__file__).parents[2] / "config" / "municipalities" / "boundaries"
YEAR = [level.EPOCH + timedelta(hours=hours) for hours in range(0, 365 * 24, 3)]
# What the sensor can measure: Dragino's manual of the LDDS75.
NEAREST_MM, FARTHEST_MM = 280, 7500


@pytest.mark.parametrize("gauge", GAUGES, ids=lambda gauge: gauge.device_id)
def test_a_gauge_stands_in_its_municipality_and_says_that_it_does_not_exist(gauge: Gauge) -> None:
    content = json.loads((BOUNDARIES / f"{gauge.municipality}.geojson").read_text("utf-8"))
    outline = content["features"][0] if "features" in content else content
    assert shape(outline.get("geometry", outline)).contains(Point(gauge.longitude, gauge.latitude))
    registered = gauge.registered()
    assert registered["name"].endswith("(Simulation)")
    assert "Diese Messstelle gibt es nicht" in registered["remark"]


def test_all_six_municipalities_have_two_gauges_of_different_identity() -> None:
    assert len({gauge.municipality for gauge in GAUGES}) == 6
    assert len(GAUGES) == 12
    assert len({gauge.dev_eui for gauge in GAUGES}) == 12
    assert len({gauge.device_id for gauge in GAUGES}) == 12


@pytest.mark.parametrize("gauge", GAUGES, ids=lambda gauge: gauge.device_id)
def test_a_year_holds_dry_weather_and_waves_within_reach_of_the_sensor(gauge: Gauge) -> None:
    levels = [level.level_cm(gauge, instant) for instant in YEAR]
    assert min(levels) > 0
    assert max(levels) > gauge.usual_cm + 0.3 * gauge.flood_cm
    assert sum(one < gauge.usual_cm + 5 for one in levels) > 0.8 * len(levels)
    distances = [level.distance_mm(gauge, instant) for instant in YEAR]
    assert min(distances) > NEAREST_MM
    assert max(distances) < FARTHEST_MM


def test_a_brook_rises_by_little_within_a_quarter_of_an_hour() -> None:
    for gauge in GAUGES:
        steps = [level.level_cm(gauge, level.time_of(step)) for step in range(30 * 96)]
        changes = [abs(after - before) for before, after in zip(steps, steps[1:], strict=False)]
        assert max(changes) < 10


def test_a_step_is_a_quarter_of_an_hour() -> None:
    instant = datetime(2026, 11, 23, 5, 44, 59, tzinfo=UTC)
    assert level.time_of(level.step_of(instant)) == datetime(2026, 11, 23, 5, 30, tzinfo=UTC)


def test_an_uplink_is_always_the_same_and_carries_the_sensors_bytes() -> None:
    gauge = GAUGES[2]
    assert uplink.payload(gauge, 31_318) == uplink.payload(gauge, 31_318)
    said = json.loads(uplink.payload(gauge, 31_318))
    assert uplink.topic(gauge) == (
        "v3/pegel-landkreis-kusel@sandbox/devices/simulator-altenglan/up"
    )
    assert said["uplink_message"]["f_cnt"] == 31_318
    assert said["uplink_message"]["received_at"] == "2026-11-23T05:30:00.640000000Z"
    sent = base64.b64decode(said["uplink_message"]["frm_payload"])
    instant = level.time_of(31_318)
    assert len(sent) == 8
    assert int.from_bytes(sent[2:4], "big") == level.distance_mm(gauge, instant)
    assert int.from_bytes(sent[5:7], "big", signed=True) == 10 * level.temperature_celsius(instant)
