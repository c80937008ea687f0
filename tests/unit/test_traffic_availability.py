"""What a car park, a charging site, a sharing station and a counter say at an instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ckanext.suedwest.domain.freshness import Freshness
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.store.query import DatastreamNow, StationRow
from ckanext.suedwest.traffic.availability import (
    Filling,
    Mode,
    availability_of,
    filling,
    in_order,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def stream(property_: str, value: float | None, age: timedelta = MINUTE, **more: Any) -> Any:
    """A datastream whose newest value is this old; None: it never had one."""
    good = more.get("quality", Quality.NOT_EVALUATED) is not Quality.SUSPECT
    return DatastreamNow(
        datastream_id=hash(property_) % 1000,
        resource_id="r",
        station_slug="s",
        station_key="k",
        station_name="City",
        kind=more.get("kind", "parking"),
        water=None,
        name=property_,
        observed_property=property_,
        unit="vehicles",
        interval=timedelta(minutes=5),
        day_rule="local",
        visibility="public",
        latest_time=None if value is None else NOW - age,
        latest_result=value,
        latest_quality=None if value is None else more.get("quality", Quality.NOT_EVALUATED).value,
        good_time=NOW - age if good and value is not None else None,
        good_result=value if good else None,
        first_time=None,
        total=1,
        gone=False,
        remark=None,
    )


def station(*streams: DatastreamNow, kind: str = "parking", name: str = "City") -> StationRow:
    return StationRow(
        id=1,
        key="k",
        kind=kind,
        slug="s",
        name=name,
        water=None,
        number=None,
        longitude=7.7,
        latitude=49.4,
        operator={"name": "Stadt"},
        licence={},
        remark=None,
        properties={},
        gone_at=None,
        municipalities=(("kaiserslautern", "inside"),),
        datastreams=streams,
    )


def test_a_car_park_tells_free_of_how_many():
    one = availability_of(
        station(stream("parking_free", 46), stream("parking_capacity", 120, timedelta(days=3))),
        (),
        now=NOW,
    )
    assert (one.value, one.of, one.state) == (46, 120, Freshness.LIVE)
    assert one.share == pytest.approx(46 / 120)
    assert (one.open, one.closed) == (None, False)


@pytest.mark.parametrize(
    ("age", "state", "value"),
    [
        (timedelta(minutes=14), Freshness.LIVE, 46),
        (timedelta(minutes=20), Freshness.LATE, 46),
        (timedelta(hours=2), Freshness.SILENT, None),
    ],
)
def test_an_old_number_is_never_told_as_that_of_now(
    age: timedelta, state: Freshness, value: float | None
):
    one = availability_of(station(stream("parking_free", 46, age)), (), now=NOW)
    assert (one.state, one.value, one.last_value) == (state, value, 46)


def test_a_doubted_number_is_not_told():
    doubted = stream("parking_free", -7, quality=Quality.SUSPECT)
    one = availability_of(station(doubted, stream("parking_capacity", 100)), (), now=NOW)
    assert (one.state, one.value, one.share) == (Freshness.IMPLAUSIBLE, None, None)


def test_a_closed_car_park_offers_nothing_whatever_it_last_counted():
    streams = (stream("parking_free", 46), stream("opening_state", 0))
    one = availability_of(station(*streams), (), now=NOW)
    assert (one.closed, one.value, one.state) == (True, None, Freshness.LIVE)
    # What was closed hours ago is not known to be closed now.
    old = (stream("parking_free", 46), stream("opening_state", 0, timedelta(hours=2)))
    assert availability_of(station(*old), (), now=NOW).value == 46
    assert availability_of(station(stream("opening_state", 1), *streams[:1]), (), now=NOW).open


def test_more_free_than_there_are_draws_no_share():
    streams = (stream("parking_free", 130), stream("parking_capacity", 120))
    assert availability_of(station(*streams), (), now=NOW).share is None


def test_a_charging_site_of_which_only_the_number_is_known_has_no_value():
    only = stream("charging_points", 1, kind="charging")
    one = availability_of(station(only, kind="charging"), (), now=NOW)
    assert (one.mode, one.value, one.last_value, one.of) == (Mode.CHARGING, None, None, 1)


def test_a_station_without_any_series_is_silent_and_a_gone_one_out_of_service():
    empty = station(kind="sharing")
    assert availability_of(empty, (), now=NOW).state is Freshness.SILENT
    gone = replace(empty, gone_at=NOW)
    assert availability_of(gone, (), now=NOW).state is Freshness.OUT_OF_SERVICE


@pytest.mark.parametrize(
    ("values", "capacity", "expected"),
    [
        ([100, 90], 120, Filling.FULLER),
        ([90, 100], 120, Filling.EMPTIER),
        ([90, 92], 120, Filling.STEADY),
        ([400, 410], 1000, Filling.STEADY),
        ([400, 421], 1000, Filling.EMPTIER),
        ([90, 100], None, Filling.EMPTIER),
        ([90], 120, None),
        ([], 120, None),
    ],
)
def test_where_a_car_park_goes(values: list[float], capacity: float | None, expected: Any):
    points = [(NOW - (len(values) - at) * 15 * MINUTE, value) for at, value in enumerate(values)]
    assert filling(points, capacity, now=NOW) is expected


def test_no_direction_is_told_of_a_few_minutes_or_of_yesterday():
    close = [(NOW - 5 * MINUTE, 10.0), (NOW, 60.0)]
    old = [(NOW - timedelta(days=1), 10.0), (NOW - timedelta(hours=23), 60.0)]
    assert filling(close, 100, now=NOW) is None
    assert filling(old, 100, now=NOW) is None


def test_open_ones_come_first_then_closed_ones_then_silent_ones():
    silent = availability_of(
        station(stream("parking_free", 9, timedelta(days=1)), name="A"), (), now=NOW
    )
    closed = availability_of(
        station(stream("opening_state", 0), stream("parking_free", 1), name="B"), (), now=NOW
    )
    telling = availability_of(station(stream("parking_free", 9), name="C"), (), now=NOW)
    assert [each.station.name for each in in_order([silent, closed, telling])] == ["C", "B", "A"]
