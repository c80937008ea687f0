"""What is read: stations as they may be seen, and series that lose no peak."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from store_samples import GAUGE, LEVEL, NOW, QUARTER, empty, gauge, level, rows, value, write

from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Visibility
from ckanext.suedwest.domain.time import DayRule
from ckanext.suedwest.store.query import (
    datastream_by_resource,
    days,
    good_points,
    observations,
    series_columns,
    station_by_id,
    station_by_slug,
    stations,
)

DAY = timedelta(days=1)


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    return store_engine


@contextmanager
def statements(engine: Engine) -> Generator[list[str], None, None]:
    seen: list[str] = []

    def listen(_conn, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def only_stream(engine: Engine) -> int:
    return rows(engine, "SELECT id FROM suedwest.datastream")[0][0]


def test_stations_with_all_there_is_to_know(engine: Engine) -> None:
    write(engine, [value(9.0, NOW, Quality.SUSPECT), value(8.0, NOW - QUARTER)])
    (station,) = stations(engine, kind="water")
    assert station == station_by_slug(engine, station.slug) == station_by_id(engine, station.id)
    assert (station.key, station.water, station.number) == ("test:1", "Rhein", "27100400")
    assert (station.longitude, station.latitude) == (7.4, 50.4)
    assert station.operator == {
        "name": "WSV", "url": "https://example.org", "contact": "pegel@example.org",
    }  # fmt: skip
    assert station.licence["id"] == "dl-de-zero-2.0"
    assert station.properties == {"river_km": "613.8"}
    (now,) = station.datastreams
    assert now == datastream_by_resource(engine, now.resource_id)
    assert (now.latest_time, now.latest_result, now.latest_quality) == (NOW, 9.0, 3)
    assert (now.good_time, now.good_result) == (NOW - QUARTER, 8.0)
    assert (now.first_time, now.total, now.interval) == (NOW - QUARTER, 2, QUARTER)
    assert now.latest_time is not None
    assert now.latest_time.utcoffset() == timedelta()


def test_a_datastream_without_values(engine: Engine) -> None:
    write(engine, streams=[replace(LEVEL, interval=None)])
    ((stream,),) = (station.datastreams for station in stations(engine))
    assert (stream.total, stream.interval) == (0, None)
    assert stream.latest_time is stream.latest_result is stream.first_time is None


def test_what_is_not_there_is_none(engine: Engine) -> None:
    assert stations(engine, kind="traffic") == []
    assert station_by_slug(engine, "nowhere") is None
    assert station_by_id(engine, 0) is None
    assert datastream_by_resource(engine, "3f0e6e0e-0000-4000-8000-000000000000") is None
    assert datastream_by_resource(engine, "no uuid'; --") is None


def test_internal_datastreams_only_come_when_asked_for(engine: Engine) -> None:
    secret = {"visibility": Visibility.INTERNAL}
    write(
        engine,
        stations=[gauge("test:open"), gauge("test:mixed"), gauge("test:secret"), gauge("test:new")],
        streams=[
            level("test:open"),
            level("test:mixed"),
            level("test:mixed", name="battery", **secret),
            level("test:secret", **secret),
        ],
    )
    seen = {row.key: [stream.name for stream in row.datastreams] for row in stations(engine)}
    assert seen == {"test:open": ["W"], "test:mixed": ["W"], "test:new": []}
    assert station_by_slug(engine, "pegel-rhein-test-secret") is None
    everything = stations(engine, include_internal=True)
    assert {row.key: len(row.datastreams) for row in everything} == {
        "test:open": 1, "test:mixed": 2, "test:secret": 1, "test:new": 0,
    }  # fmt: skip
    hidden = station_by_slug(engine, "pegel-rhein-test-secret", include_internal=True)
    assert hidden is not None
    (stream,) = hidden.datastreams
    found = datastream_by_resource(engine, stream.resource_id)
    assert found is not None
    assert found.visibility == "internal"


def test_more_stations_need_no_more_queries(engine: Engine) -> None:
    keys = [f"test:{number}" for number in range(30)]
    write(engine, stations=[gauge(keys[0])], streams=[level(keys[0])])
    with statements(engine) as few:
        assert len(stations(engine)) == 1
    write(engine, stations=[gauge(key) for key in keys], streams=[level(key) for key in keys])
    with statements(engine) as many:
        assert len(stations(engine)) == 30
    assert len(few) == len(many) == 1


def test_observations_of_a_span(engine: Engine) -> None:
    write(engine, [value(float(step), NOW + step * QUARTER) for step in range(5)])
    stream = only_stream(engine)
    span = {"start": NOW + QUARTER, "end": NOW + 4 * QUARTER}
    assert [row.result for row in observations(engine, stream, **span)] == [1.0, 2.0, 3.0]
    assert [row.result for row in observations(engine, stream, **span, limit=2)] == [1.0, 2.0]
    newest = observations(engine, stream, **span, limit=2, newest_first=True)
    assert [(row.result, row.time) for row in newest] == [
        (3.0, NOW + 3 * QUARTER), (2.0, NOW + 2 * QUARTER),
    ]  # fmt: skip
    assert newest[0].received_at == NOW
    with engine.connect() as conn:
        assert len(observations(conn, stream, **span)) == 3


def test_good_points_leave_out_what_is_doubted(engine: Engine) -> None:
    write(
        engine,
        [
            value(1.0, NOW - QUARTER),
            value(2.0, NOW),
            value(3.0, NOW + QUARTER, Quality.PASS),
            value(9.0, NOW + 2 * QUARTER, Quality.SUSPECT),
        ],
    )
    stream = only_stream(engine)
    assert good_points(engine, [stream, 0], start=NOW) == {
        stream: [(NOW, 2.0), (NOW + QUARTER, 3.0)],
        0: [],
    }
    assert good_points(engine, [], start=NOW) == {}


def test_days_are_those_of_the_datastream_with_both_ends(engine: Engine) -> None:
    midnight_mez = datetime(2026, 11, 19, 23, tzinfo=UTC)
    write(
        engine,
        [value(float(step), midnight_mez + step * timedelta(hours=12)) for step in range(-1, 4)],
    )
    found = days(engine, only_stream(engine), start=date(2026, 11, 20), end=date(2026, 11, 21))
    assert [(row.day.day, row.good_count, row.good_min, row.good_mean) for row in found] == [
        (20, 2, 0.0, 0.5),
        (21, 2, 2.0, 2.5),
    ]


@pytest.mark.parametrize("rule", list(DayRule))
@pytest.mark.parametrize("span", [DAY, 8 * DAY, 9 * DAY, 100 * DAY, 101 * DAY, 500 * DAY])
@pytest.mark.parametrize("columns", [1, 7, 300])
def test_no_peak_is_lost_and_gaps_stay_gaps(
    engine: Engine, span: timedelta, columns: int, rule: DayRule
) -> None:
    start = NOW - span + timedelta(minutes=17)
    step = span / 24
    times = [start + number * step for number in range(24) if not 8 <= number < 16]
    values = [value(float(number), time) for number, time in enumerate(times)]
    values.append(value(5000.0, times[3] + timedelta(seconds=1), Quality.SUSPECT))
    write(engine, values, streams=[replace(LEVEL, day_rule=rule)])
    found = series_columns(
        engine, only_stream(engine), start=start, end=start + span, columns=columns
    )
    assert 1 <= len(found) <= columns
    assert sum(column.count for column in found) == 16
    assert max(column.maximum or 0 for column in found) == 15.0
    assert min(column.minimum for column in found if column.minimum is not None) == 0.0
    assert [column.doubted_maximum for column in found if column.doubted_count] == [5000.0]
    assert all(column.count or column.doubted_count for column in found)
    assert all(first.end <= second.start for first, second in zip(found, found[1:], strict=False))
    for number, time in enumerate(times):
        (column,) = (column for column in found if column.start <= time < column.end)
        assert column.minimum is not None
        assert column.maximum is not None
        assert column.minimum <= number <= column.maximum
    if columns == 300:
        gap_start, gap_end = times[7] + step, times[8] - step
        assert not [column for column in found if gap_start < column.start and column.end < gap_end]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    start=st.integers(0, 400 * 24 * 60),
    minutes=st.integers(1, 400 * 24 * 60),
    columns=st.integers(1, 50),
)
def test_columns_of_any_span_cover_its_values(
    engine: Engine, start: int, minutes: int, columns: int
) -> None:
    first = NOW - 400 * DAY
    if not rows(engine, "SELECT 1 FROM suedwest.observation LIMIT 1"):
        write(
            engine,
            [value(hour % 900.0, first + hour * timedelta(hours=7)) for hour in range(1500)],
        )
    stream = only_stream(engine)
    begin = first + timedelta(minutes=start)
    end = begin + timedelta(minutes=minutes)
    inside = observations(engine, stream, start=begin, end=end)
    found = series_columns(engine, stream, start=begin, end=end, columns=columns)
    assert len(found) <= columns
    assert sum(column.count for column in found) >= len(inside)
    if inside:
        assert max(column.maximum or 0 for column in found) >= max(row.result for row in inside)
    if end - begin <= 8 * DAY:
        assert sum(column.count for column in found) == len(inside)


def test_a_mean_counts_every_value_once(engine: Engine) -> None:
    many = [value(1.0, NOW + step * timedelta(minutes=1)) for step in range(9)]
    write(engine, [*many, value(11.0, NOW + timedelta(hours=1))], stations=[GAUGE])
    stream = only_stream(engine)
    for span in (DAY, 20 * DAY, 200 * DAY):
        (column,) = series_columns(
            engine, stream, start=NOW - span + DAY / 2, end=NOW + DAY / 2, columns=1
        )
        assert column.mean == pytest.approx(2.0)


@pytest.mark.parametrize(("end", "columns"), [(NOW, 10), (NOW + DAY, 0)])
def test_a_series_needs_a_span_and_a_column(engine: Engine, end: datetime, columns: int) -> None:
    with pytest.raises(ValueError, match="a column and a span"):
        series_columns(engine, 1, start=NOW, end=end, columns=columns)


def test_a_long_series_of_no_datastream_is_empty(engine: Engine) -> None:
    assert series_columns(engine, 0, start=NOW - 300 * DAY, end=NOW, columns=10) == []
