"""From distance or depth to a level above gauge zero, by the mounting of the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ckanext.suedwest.domain.mounting import (
    Derivation,
    Measured,
    Mounting,
    MountingRefused,
    elevation_m,
    level_cm,
    level_quality,
    mounting_at,
)
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Datum
from ckanext.suedwest.domain.units import UnknownUnit

THEN = datetime(2026, 3, 1, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("mounting", "value", "unit", "level"),
    [
        (Mounting(THEN, 3500.0), 2894.0, "mm", 60.6),
        (Mounting(THEN, 3500.0), 289.4, "cm", 60.6),
        (Mounting(THEN, 3500.0), 2.894, "m", 60.6),
        (Mounting(THEN, 3500.0, offset_cm=-1.5), 2894.0, "mm", 59.1),
        (Mounting(THEN, 3500.0), 3600.0, "mm", -10.0),
        (Mounting(THEN, -200.0, Measured.DEPTH), 1304.0, "mm", 110.4),
        (Mounting(THEN, -200.0, Measured.DEPTH, offset_cm=2.0), 130.4, "cm", 112.4),
    ],
)
def test_levels(mounting: Mounting, value: float, unit: str, level: float) -> None:
    assert level_cm(mounting, value, unit) == level


def test_a_unit_that_is_no_length_is_refused() -> None:
    with pytest.raises(UnknownUnit, match="'V'"):
        level_cm(Mounting(THEN, 3500.0), 1.2, "V")


def test_each_time_has_its_own_mounting() -> None:
    first, second = Mounting(THEN, 3500.0, valid_until=LATER), Mounting(LATER, 3480.0)
    moment = timedelta(microseconds=1)
    assert mounting_at([second, first], THEN) is first
    assert mounting_at([second, first], LATER - moment) is first
    assert mounting_at([second, first], LATER) is second
    with pytest.raises(MountingRefused, match="no mounting is valid at 2026-02-28"):
        mounting_at([first, second], THEN - moment)


@pytest.mark.parametrize(
    ("distance", "told", "expected"),
    [
        (301.0, Quality.NOT_EVALUATED, Quality.NOT_EVALUATED),
        (300.0, Quality.NOT_EVALUATED, Quality.SUSPECT),
        (280.0, Quality.FAIL, Quality.FAIL),
        (900.0, Quality.FAIL, Quality.FAIL),
    ],
)
def test_within_the_blanking_distance_a_level_is_doubted(distance, told, expected) -> None:
    mounting = Mounting(THEN, 3500.0, blanking_mm=300.0)
    assert level_quality(mounting, distance, "mm", told) is expected


def test_an_elevation_needs_a_german_height() -> None:
    assert elevation_m(Mounting(THEN, 0.0, gauge_zero=Datum("NHN", 51.47)), 124.0) == 52.71
    for zero in (None, Datum("NAP", 51.47)):
        with pytest.raises(MountingRefused):
            elevation_m(Mounting(THEN, 0.0, gauge_zero=zero), 124.0)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Mounting(THEN, float("nan")), "not finite"),
        (lambda: Mounting(THEN, 1.0, gauge_zero=Datum("NHN", float("inf"))), "not finite"),
        (lambda: Mounting(THEN.replace(tzinfo=None), 1.0), "time zone"),
        (lambda: Mounting(THEN, 1.0, valid_until=THEN), "ends before it begins"),
        (
            lambda: Derivation("s", "distance", "W", (Mounting(THEN, 1.0), Mounting(LATER, 2.0))),
            "end the earlier one first",
        ),
        (lambda: Derivation("s", "W", "W", ()), "from itself"),
    ],
)
def test_a_mounting_that_cannot_be_is_refused(make, reason: str) -> None:
    with pytest.raises(MountingRefused, match=reason):
        make()
