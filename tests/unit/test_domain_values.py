"""Units, freshness, trend and the observation itself."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from ckanext.suedwest.domain.freshness import Freshness, freshness, live_until
from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Datum
from ckanext.suedwest.domain.trend import Direction, trend_of
from ckanext.suedwest.domain.units import UnknownUnit, conversion, water_conversion

NOW = datetime(2026, 9, 29, 13, 39, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("quantity", "unit", "value", "stored", "stored_unit"),
    [
        ("W", "cm", -28.0, -28.0, "cm"),
        ("W", "m+PNP", 1.24, 124.0, "cm"),
        ("W", "m+NN", 25.0, 25.0, "m"),
        ("Q", "m³/s", 367.0, 367.0, "m³/s"),
    ],
)
def test_a_known_unit_is_converted(
    quantity: str, unit: str, value: float, stored: float, stored_unit: str
) -> None:
    conversion = water_conversion(quantity, unit)
    assert conversion.apply(value) == pytest.approx(stored)
    assert conversion.observed_property.unit == stored_unit


@pytest.mark.parametrize(("quantity", "unit"), [("W", "m"), ("W", ""), ("Q", "l/s"), ("LT", "cm")])
def test_an_unknown_unit_is_never_guessed(quantity: str, unit: str) -> None:
    with pytest.raises(UnknownUnit, match="is not known"):
        water_conversion(quantity, unit)


@pytest.mark.parametrize(
    ("age", "interval", "quality", "out_of_service", "expected"),
    [
        (timedelta(minutes=9), QUARTER, Quality.PASS, False, Freshness.LIVE),
        (timedelta(minutes=59), QUARTER, Quality.NOT_EVALUATED, False, Freshness.LIVE),
        (timedelta(minutes=60), QUARTER, Quality.PASS, False, Freshness.LATE),
        (timedelta(minutes=28), timedelta(minutes=1), Quality.PASS, False, Freshness.LIVE),
        (timedelta(hours=2), timedelta(hours=1), Quality.PASS, False, Freshness.LIVE),
        (timedelta(hours=3), timedelta(hours=1), Quality.PASS, False, Freshness.LATE),
        (timedelta(hours=3), QUARTER, Quality.PASS, False, Freshness.SILENT),
        (timedelta(hours=11), timedelta(hours=1), Quality.PASS, False, Freshness.LATE),
        (timedelta(hours=12), timedelta(hours=1), Quality.PASS, False, Freshness.SILENT),
        (timedelta(minutes=59), None, Quality.PASS, False, Freshness.LIVE),
        (timedelta(minutes=1), QUARTER, Quality.FAIL, False, Freshness.IMPLAUSIBLE),
        (timedelta(minutes=1), QUARTER, Quality.SUSPECT, False, Freshness.IMPLAUSIBLE),
        (timedelta(days=4), QUARTER, Quality.SUSPECT, False, Freshness.SILENT),
        (timedelta(minutes=1), QUARTER, Quality.PASS, True, Freshness.OUT_OF_SERVICE),
    ],
)
def test_freshness_by_age_and_flag(
    age: timedelta,
    interval: timedelta | None,
    quality: Quality,
    out_of_service: bool,
    expected: Freshness,
) -> None:
    assert (
        freshness("water", interval, NOW - age, quality, out_of_service=out_of_service, now=NOW)
        is expected
    )


def test_a_station_that_never_spoke_is_silent() -> None:
    assert (
        freshness("water", QUARTER, None, None, out_of_service=False, now=NOW) is Freshness.SILENT
    )


def test_live_until_is_the_moment_it_becomes_late() -> None:
    measured = NOW - QUARTER
    until = live_until("water", QUARTER, measured)
    for now, expected in (
        (until - timedelta(seconds=1), Freshness.LIVE),
        (until, Freshness.LATE),
    ):
        assert (
            freshness("water", QUARTER, measured, Quality.PASS, out_of_service=False, now=now)
            is expected
        )


def _series(levels: list[float], step: timedelta = QUARTER) -> list[tuple[datetime, float]]:
    return [(NOW - step * (len(levels) - 1 - i), level) for i, level in enumerate(levels)]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([100.0 + 0.5 * i for i in range(13)], Direction.RISING),
        ([100.0 + 2 * i for i in range(13)], Direction.RISING_FAST),
        ([100.0 - 0.5 * i for i in range(13)], Direction.FALLING),
        ([100.0 - 2 * i for i in range(13)], Direction.FALLING_FAST),
        ([204.0, 201, 207, 203, 205, 202, 206, 204, 203, 205, 202, 206, 204], Direction.STEADY),
        ([215.0] * 13, Direction.STEADY),
        # one wild value among steady ones does not make a trend
        ([100.0] * 12 + [730.0], Direction.STEADY),
        ([-30.0 - i for i in range(13)], Direction.FALLING),
    ],
)
def test_trend_in_words(levels: list[float], expected: Direction) -> None:
    trend = trend_of(_series(levels), now=NOW)
    assert trend is not None
    assert trend.direction is expected


@pytest.mark.parametrize(
    "points",
    [
        [],
        _series([100.0, 101.0]),
        _series([100.0, 105.0, 110.0]),  # half an hour only
        [(NOW - timedelta(hours=5, minutes=15 * i), 100.0) for i in range(12)],  # too old
        [(NOW + timedelta(minutes=15 * i), 100.0) for i in range(1, 12)],  # not yet
    ],
)
def test_no_trend_is_told_from_too_little(points: list[tuple[datetime, float]]) -> None:
    assert trend_of(points, now=NOW) is None


def test_a_minute_series_gives_the_rate_of_its_slope() -> None:
    minute = timedelta(minutes=1)
    trend = trend_of(_series([i * 0.1 for i in range(181)], minute)[::-1], now=NOW)
    assert trend is not None
    assert trend.cm_per_hour == pytest.approx(6.0)


@pytest.mark.parametrize("result", [math.nan, math.inf, -math.inf])
def test_an_observation_is_a_finite_number(result: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Observation("pegelonline:x", "W", NOW, result)


def test_an_observation_has_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Observation("pegelonline:x", "W", datetime(2026, 1, 1), 1.0)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("reference", "german"),
    [("m. ü. NHN", True), ("NN", True), ("m ü. A.", False), ("mü.M.", False), ("NAP", False)],
)
def test_only_german_heights_count_as_such(reference: str, german: bool) -> None:
    assert Datum(reference, 50.0).is_german_height is german


@pytest.mark.parametrize(
    ("observed_property", "unit", "written", "kept"),
    [
        ("water_level", "m", 1.1, 110.0),
        ("water_level", "mm", -305, -30.5),
        ("water_elevation", "m+NHN", 483.54, 483.54),
        ("distance", "cm", 16.754, 167.54),
        ("depth", "MTR", 2.4, 2400.0),
        ("discharge", "l/s", 250, 0.25),
        ("temperature", "Cel", 5.3, 5.3),
        ("flood_class", "class", 3, 3.0),
    ],
)
def test_a_unit_is_turned_into_the_one_the_store_keeps(
    observed_property: str, unit: str, written: float, kept: float
) -> None:
    assert conversion(observed_property, unit).apply(written) == kept


@pytest.mark.parametrize(
    ("observed_property", "unit", "reason"),
    [
        ("water_level", "%RH", "the unit '%RH' of water_level is not known"),
        ("water_elevation", "cm", "the unit 'cm' of water_elevation is not known"),
        ("temperature", "", "the unit '' of temperature is not known"),
        ("height", "m", "the observed property 'height' is not one of water_level"),
    ],
)
def test_a_unit_that_was_never_described_is_refused(
    observed_property: str, unit: str, reason: str
) -> None:
    with pytest.raises(UnknownUnit, match=reason):
        conversion(observed_property, unit)
