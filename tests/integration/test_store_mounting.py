"""Levels made of distances: both kept, and a change of mounting changes what it must."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from store_samples import GAUGE, LEVEL, NOW, QUARTER, counts, empty, rows, value, write

from ckanext.suedwest.domain.mounting import Derivation, Mounting, MountingRefused
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Datum, Visibility
from ckanext.suedwest.store.levels import NOT_MOUNTED
from ckanext.suedwest.store.mountings import (
    mounted_sensors,
    mountings_of,
    set_mountings,
    start_level,
)
from ckanext.suedwest.store.quarantine import quarantined
from ckanext.suedwest.store.query import datums, stations

HOUR = timedelta(hours=1)
START = NOW - 40 * HOUR
DISTANCE = replace(
    LEVEL,
    name="distance",
    observed_property="distance",
    unit="mm",
    datum=None,
    visibility=Visibility.INTERNAL,
)
STREAMS = [DISTANCE, LEVEL]
FIRST = Mounting(START, 3500.0, gauge_zero=Datum("NHN", 51.47))
LEVELS = """
    SELECT phenomenon_time, result, quality FROM suedwest.observation
    JOIN suedwest.datastream stream ON stream.id = datastream_id
    WHERE stream.name = 'W' ORDER BY 1
"""
VERSIONS = """
    SELECT stream.name, phenomenon_time, observation.xmin::text
    FROM suedwest.observation JOIN suedwest.datastream stream ON stream.id = datastream_id
    UNION ALL
    SELECT 'hour', start, xmin::text FROM suedwest.observation_hour
    UNION ALL
    SELECT 'day', day, xmin::text FROM suedwest.observation_day
"""


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    return store_engine


def derived(*mountings: Mounting) -> list[Derivation]:
    return [Derivation("test:1", "distance", "W", mountings)]


def distance(millimetres: float, time=NOW, quality: Quality = Quality.NOT_EVALUATED):
    return value(millimetres, time, quality, datastream="distance")


def ids(engine: Engine) -> dict[str, int]:
    (station,) = stations(engine, include_internal=True)
    return {stream.name: stream.datastream_id for stream in station.datastreams}


def test_a_level_is_stored_beside_its_distance(engine: Engine) -> None:
    receipt = write(
        engine,
        [distance(2894.0), distance(2890.0, NOW + QUARTER, Quality.SUSPECT)],
        streams=STREAMS,
        derivations=derived(FIRST),
    )
    assert counts(receipt) == (2, 0, 0, 0)
    assert rows(engine, LEVELS) == [
        (NOW, 60.6, Quality.NOT_EVALUATED),
        (NOW + QUARTER, 61.0, Quality.SUSPECT),
    ]
    assert mountings_of(engine, ids(engine)["W"]) == (FIRST,)
    # Another batch needs not say again how the sensor is mounted.
    assert counts(write(engine, [distance(2884.0)], streams=STREAMS)) == (0, 0, 1, 0)
    assert rows(engine, LEVELS)[0] == (NOW, 61.6, Quality.NOT_EVALUATED)
    revised = "SELECT result FROM suedwest.observation_revision ORDER BY 1"
    assert rows(engine, revised) == [(60.6,), (2894.0,)]


def test_the_level_is_public_and_the_distance_is_not(engine: Engine) -> None:
    write(engine, [distance(2894.0)], streams=STREAMS, derivations=derived(FIRST))
    (station,) = stations(engine)
    assert [stream.name for stream in station.datastreams] == ["W"]
    assert station.datastreams[0].latest_result == 60.6


def test_a_change_of_mounting_changes_what_it_must_and_nothing_else(engine: Engine) -> None:
    values = [distance(3000.0 - step, START + step * HOUR) for step in range(41)]
    write(engine, values, streams=STREAMS, derivations=derived(FIRST))
    before = set(rows(engine, VERSIONS))
    remounted = START + 37 * HOUR
    changed = derived(replace(FIRST, valid_until=remounted), replace(FIRST, valid_from=remounted))
    write(engine, streams=STREAMS, derivations=changed)
    assert set(rows(engine, VERSIONS)) == before, "the same numbers under two mountings"

    ended, began = changed[0].mountings
    changed = derived(ended, replace(began, height_mm=3480.0))
    write(engine, streams=STREAMS, derivations=changed)
    hours = {START + step * HOUR for step in range(37, 41)}
    differing = set(rows(engine, VERSIONS)) - before
    assert {time for name, time, _ in differing if name == "W"} == hours
    assert {time for name, time, _ in differing if name == "hour"} == hours
    assert {name for name, _, _ in differing} == {"W", "hour", "day"}
    assert [day.date() for name, day, _ in differing if name == "day"] == [NOW.date()]
    assert rows(engine, "SELECT count(*) FROM suedwest.observation_revision") == [(4,)]
    assert rows(engine, LEVELS)[-1] == (NOW, 52.0, Quality.NOT_EVALUATED)
    latest = "SELECT latest_result, total FROM suedwest.datastream_state WHERE datastream_id = :id"
    assert rows(engine, latest, id=ids(engine)["W"]) == [(52.0, 41)]
    after = set(rows(engine, VERSIONS))
    write(engine, streams=STREAMS, derivations=changed)
    assert set(rows(engine, VERSIONS)) == after


def test_without_a_mounting_there_is_no_level_but_a_note(engine: Engine) -> None:
    early = START - HOUR
    receipt = write(
        engine,
        [distance(2894.0, early), distance(2894.0)],
        streams=STREAMS,
        derivations=derived(FIRST),
    )
    assert counts(receipt) == (2, 0, 0, 0)
    assert [row[0] for row in rows(engine, LEVELS)] == [NOW]
    assert [(row.record, row.reason) for row in quarantined(engine)] == [("test:1 W", NOT_MOUNTED)]
    # The day somebody finds out how it was mounted then, the level is there.
    known = ids(engine)
    earlier = Mounting(START - 2 * HOUR, 3400.0, valid_until=START)
    notes = set_mountings(
        engine,
        level_id=known["W"],
        raw_id=known["distance"],
        mountings=[FIRST, earlier],
        now=NOW,
    )
    assert notes == []
    assert rows(engine, LEVELS)[0] == (early, 50.6, Quality.NOT_EVALUATED)


def test_a_level_that_loses_its_mounting_is_kept_and_condemned(engine: Engine) -> None:
    write(engine, [distance(2894.0)], streams=STREAMS, derivations=derived(FIRST))
    known = ids(engine)

    def mount(*mountings: Mounting) -> None:
        set_mountings(
            engine,
            level_id=known["W"],
            raw_id=known["distance"],
            mountings=mountings,
            now=NOW,
        )

    mount(replace(FIRST, valid_until=NOW))
    assert rows(engine, LEVELS) == [(NOW, 60.6, Quality.FAIL)]
    mount(FIRST)
    assert rows(engine, LEVELS) == [(NOW, 60.6, Quality.NOT_EVALUATED)]
    with pytest.raises(MountingRefused, match="two mountings"):
        mount(FIRST, replace(FIRST, valid_from=NOW))


def test_a_derivation_that_makes_no_level_is_noted(engine: Engine) -> None:
    temperature = replace(DISTANCE, name="T", observed_property="temperature", unit="°C")
    receipt = write(
        engine,
        [value(4.0, datastream="T")],
        streams=[temperature, *STREAMS],
        derivations=[Derivation("test:1", "T", "W", (FIRST,))],
    )
    assert counts(receipt) == (1, 0, 0, 0)
    assert [row.reason for row in quarantined(engine)] == ["no level can be made of a temperature"]
    assert rows(engine, LEVELS) == []


def test_levels_are_tested_and_their_distances_are_not(engine: Engine) -> None:
    values = [distance(3000.0, NOW), distance(500.0, NOW + QUARTER), distance(3000.0, NOW + HOUR)]
    write(engine, values, streams=STREAMS, stations=[GAUGE], derivations=derived(FIRST))
    assert [row[2] for row in rows(engine, LEVELS)] == [2, Quality.SUSPECT, 2]
    raw = "SELECT DISTINCT quality FROM suedwest.observation WHERE datastream_id = :id"
    assert rows(engine, raw, id=ids(engine)["distance"]) == [(2,)]


def test_what_staff_said_of_a_mounting_outlives_the_registration(engine: Engine) -> None:
    def told(metres: float) -> list[Derivation]:
        return derived(replace(FIRST, gauge_zero=Datum("NHN", metres)))

    write(engine, [distance(2894.0)], streams=STREAMS, derivations=told(51.47))
    known = ids(engine)
    assert [row.metres for row in datums(engine, known["W"])] == [51.47]
    set_mountings(
        engine,
        level_id=known["W"],
        raw_id=known["distance"],
        mountings=[
            replace(FIRST, valid_until=NOW - HOUR),
            replace(FIRST, valid_from=NOW - HOUR, height_mm=3600.0, gauge_zero=None),
        ],
        now=NOW,
    )
    assert rows(engine, LEVELS) == [(NOW, 70.6, Quality.NOT_EVALUATED)]
    write(engine, [distance(2890.0, NOW + QUARTER)], streams=STREAMS, derivations=told(60.0))
    assert rows(engine, LEVELS)[-1] == (NOW + QUARTER, 71.0, Quality.NOT_EVALUATED)
    assert datums(engine, known["W"]) == [], "nobody surveyed the zero of the mounting of now"


def test_staff_give_a_sensor_its_first_level(engine: Engine) -> None:
    write(engine, [distance(2894.0)], streams=[DISTANCE])
    (station,) = stations(engine, include_internal=True)
    (sensor,) = mounted_sensors(engine, station.id)
    assert (sensor.level_id, sensor.mountings, sensor.edited) == (None, (), False)
    level_id = start_level(engine, sensor.raw_id, [FIRST], Visibility.PUBLIC, now=NOW)
    assert rows(engine, LEVELS) == [(NOW, 60.6, Quality.NOT_EVALUATED)]
    (sensor,) = mounted_sensors(engine, station.id)
    assert (sensor.level_id, sensor.mountings, sensor.edited) == (level_id, (FIRST,), True)
    write(engine, [distance(2890.0, NOW + QUARTER)], streams=[DISTANCE])
    assert len(rows(engine, LEVELS)) == 2
    with pytest.raises(MountingRefused, match="a level already"):
        start_level(engine, sensor.raw_id, [FIRST], Visibility.PUBLIC, now=NOW)
    assert [row.reference for row in datums(engine, level_id)] == ["NHN"]
