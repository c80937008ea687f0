"""Flags in the store: the same whatever the order and the batches values came in."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from store_samples import NOW, QUARTER, counts, empty, gauge, level, rows, value, write

from ckanext.suedwest.domain.quality import Finding, Quality
from ckanext.suedwest.domain.quality_tests import LimitsRefused
from ckanext.suedwest.store.changes import UnknownDatastream
from ckanext.suedwest.store.limits import limits_of, set_limits
from ckanext.suedwest.store.query import days, observations, stations

HOUR = timedelta(hours=1)
_example = count()


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    return store_engine


def stream_of(engine: Engine) -> int:
    return stations(engine)[0].datastreams[0].datastream_id


def found(engine: Engine) -> list[tuple[float, int, tuple[str, ...]]]:
    """Result, flag and reasons of all values by time."""
    stored = observations(engine, stream_of(engine), start=NOW - 40 * HOUR, end=NOW + 40 * HOUR)
    return [(row.result, row.quality, row.reasons) for row in stored]


def test_a_spike_is_known_with_the_value_after_it(engine: Engine) -> None:
    write(engine, [value(100.0, NOW), value(400.0, NOW + QUARTER)])
    assert found(engine)[1] == (400.0, Quality.SUSPECT, ("rate",))
    write(engine, [value(100.0, NOW + 2 * QUARTER)])
    assert found(engine) == [
        (100.0, Quality.NOT_EVALUATED, ()),
        (400.0, Quality.SUSPECT, ("spike",)),
        (100.0, Quality.NOT_EVALUATED, ()),
    ]
    assert rows(engine, "SELECT good_max, doubted_count FROM suedwest.observation_hour") == [
        (100.0, 1)
    ]


def test_a_late_value_breaks_a_flat_line_and_its_hours_follow(engine: Engine) -> None:
    flat = [value(215.0, NOW + step * HOUR / 2) for step in range(27)]
    write(engine, flat[:24])
    assert {quality for _, quality, _ in found(engine)} == {Quality.NOT_EVALUATED}
    write(engine, flat[24:])
    assert {row[1:] for row in found(engine)} == {(Quality.SUSPECT, ("flat_line",))}
    good = "SELECT sum(good_count), sum(doubted_count) FROM suedwest.observation_{}"
    assert rows(engine, good.format("hour")) == [(0, 27)]
    write(engine, [value(216.0, NOW + 7 * HOUR + QUARTER)])
    assert {row[1:] for row in found(engine)} == {(Quality.NOT_EVALUATED, ())}
    assert rows(engine, good.format("hour")) == rows(engine, good.format("day")) == [(28, 0)]
    state = "SELECT latest_quality, good_time, total FROM suedwest.datastream_state"
    assert rows(engine, state) == [(Quality.NOT_EVALUATED, NOW + 13 * HOUR, 28)]


def test_canal_gauges_may_stand_still(engine: Engine) -> None:
    write(
        engine,
        [value(215.0, NOW + step * HOUR / 2) for step in range(27)],
        stations=[gauge("test:1", water="Rhein-Herne-Kanal")],
    )
    assert {quality for _, quality, _ in found(engine)} == {Quality.NOT_EVALUATED}


def test_old_values_are_judged_by_the_limits_that_follow_from_a_new_interval(
    engine: Engine,
) -> None:
    def flags() -> set[tuple[int, tuple[str, ...]]]:
        return {row[1:] for row in found(engine)}

    good, flat = (Quality.NOT_EVALUATED, ()), (Quality.SUSPECT, ("flat_line",))
    write(engine, [value(215.0, NOW + step * 2 * HOUR) for step in range(8)])
    assert flags() == {good}, "values two hours apart are no neighbours at a quarter of an hour"
    write(engine, streams=[level("test:1", interval=HOUR)])
    assert flags() == {flat}
    assert rows(engine, "SELECT sum(good_count) FROM suedwest.observation_day") == [(0,)]
    before = rows(engine, "SELECT xmin::text FROM suedwest.observation")
    write(engine, streams=[level("test:1", interval=HOUR, remark="Gras")])
    assert rows(engine, "SELECT xmin::text FROM suedwest.observation") == before
    write(
        engine,
        stations=[gauge("test:1", water="Rhein-Herne-Kanal")],
        streams=[level("test:1", interval=HOUR)],
    )
    assert flags() == {good}, "a canal may stand still"


def test_the_flag_of_the_source_comes_back_when_a_doubt_goes(engine: Engine) -> None:
    told = [
        value(100.0, NOW, Quality.PASS),
        value(100.0, NOW + QUARTER, Quality.PASS),
        value(1400.0, NOW + 2 * QUARTER, Quality.PASS),
        value(100.0, NOW + 3 * QUARTER, Quality.FAIL),
    ]
    write(engine, told)
    doubted = [
        (100.0, Quality.PASS, ()),
        (100.0, Quality.PASS, ()),
        (1400.0, Quality.SUSPECT, ("range",)),
        (100.0, Quality.FAIL, ("source",)),
    ]
    assert found(engine) == doubted
    assert counts(write(engine, told)) == (0, 4, 0, 0)
    assert found(engine) == doubted
    set_limits(engine, stream_of(engine), {"highest": 1500.0, "rate_per_hour": None}, now=NOW)
    assert found(engine)[2] == (1400.0, Quality.SUSPECT, ("spike",))
    set_limits(
        engine,
        stream_of(engine),
        {"highest": 1500.0, "rate_per_hour": None, "spike": None},
        now=NOW,
    )
    assert found(engine)[2] == (1400.0, Quality.PASS, ())
    assert rows(engine, "SELECT good_max FROM suedwest.observation_day") == [(1400.0,)]
    set_limits(engine, stream_of(engine), {}, now=NOW)
    assert found(engine) == doubted
    assert rows(engine, "SELECT count(*) FROM suedwest.observation_revision") == [(0,)]


def test_limits_that_cannot_be_are_refused_and_change_nothing(engine: Engine) -> None:
    write(engine, [value(1.0)])
    with pytest.raises(LimitsRefused, match="not below"):
        set_limits(engine, stream_of(engine), {"lowest": 2000.0}, now=NOW)
    assert limits_of(engine, stream_of(engine))[1] == {}
    with pytest.raises(UnknownDatastream):
        set_limits(engine, 0, {}, now=NOW)


def test_days_say_how_many_values_they_should_have(engine: Engine) -> None:
    write(engine, [value(1.0)])
    (day,) = days(engine, stream_of(engine), start=NOW.date(), end=NOW.date())
    assert (day.good_count, day.expected_count) == (1, 96)


STORED = """
    SELECT phenomenon_time, result, quality, told_quality, findings FROM suedwest.observation
    JOIN suedwest.datastream stream ON stream.id = datastream_id
    JOIN suedwest.station ON station.id = stream.station_id WHERE station.key = :key ORDER BY 1
"""
ROLLED = """
    SELECT start, good_count, good_min, round(good_mean::numeric, 6), good_max, doubted_count,
           doubted_min, doubted_max
    FROM suedwest.observation_hour JOIN suedwest.datastream stream ON stream.id = datastream_id
    JOIN suedwest.station ON station.id = stream.station_id WHERE station.key = :key ORDER BY 1
"""
STATE = """
    SELECT latest_time, latest_result, latest_quality, good_time, good_result, first_time, total
    FROM suedwest.datastream_state JOIN suedwest.datastream stream ON stream.id = datastream_id
    JOIN suedwest.station ON station.id = stream.station_id WHERE station.key = :key
"""


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    series=st.dictionaries(
        # Two days in steps of twenty minutes: gaps, and runs long enough to be flat.
        st.integers(0, 140),
        st.sampled_from([-3.0, 100.0, 100.0, 100.0, 160.0, 700.0, 5000.0]),
        min_size=1,
        max_size=120,
    ),
    data=st.data(),
)
def test_flags_do_not_depend_on_order_or_batches(engine: Engine, series, data) -> None:
    at_once, piecemeal = (f"test:{name}-{next(_example)}" for name in ("once", "pieces"))
    order = data.draw(st.permutations(sorted(series)))
    size = data.draw(st.integers(1, len(order)))

    def put(key: str, steps: list[int]) -> None:
        values = [value(series[step], _time(step), station=key) for step in steps]
        write(engine, values, stations=[gauge(key)], streams=[level(key)])

    put(at_once, sorted(series))
    for start in range(0, len(order), max(size, len(order) // 6 + 1)):
        put(piecemeal, order[start : start + max(size, len(order) // 6 + 1)])
    for statement in (STORED, ROLLED, STATE):
        assert rows(engine, statement, key=piecemeal) == rows(engine, statement, key=at_once)


def _time(step: int) -> datetime:
    return NOW - 48 * HOUR + step * timedelta(minutes=20)


def test_findings_fit_their_column() -> None:
    assert max(Finding) < 1 << 15
