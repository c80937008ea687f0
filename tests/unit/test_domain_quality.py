"""What the tests find about a series, and which flag follows from it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.domain.frames import missed_frames
from ckanext.suedwest.domain.quality import Finding, Quality, overall, reasons
from ckanext.suedwest.domain.quality_tests import (
    Limits,
    LimitsRefused,
    default_limits,
    evaluate,
)

MINUTE = 60_000_000
QUARTER = timedelta(minutes=15)
LIMITS = Limits(
    gap_hours=1.0,
    lowest=-200.0,
    highest=1300.0,
    possible_lowest=-2_000.0,
    possible_highest=20_000.0,
    spike=50.0,
    rate_per_hour=800.0,
    flat_line_hours=2.0,
)


def found(results: list[float], minutes: list[int] | None = None, limits: Limits = LIMITS):
    times = [15 * place for place in range(len(results))] if minutes is None else minutes
    bits = evaluate(
        np.array(times, dtype=np.int64) * MINUTE, np.array(results, dtype=np.float64), limits
    )
    # The first of all has nothing before it.
    return [
        Finding(int(each)) & ~Finding.GAP if not place else Finding(int(each))
        for place, each in enumerate(bits)
    ]


NONE = Finding(0)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], []),
        ([-2.0], [NONE]),
        ([-40.0, -41.0, -40.0], [NONE] * 3),
        ([100.0, 1300.5, 101.0], [NONE, Finding.RANGE, NONE]),
        ([100.0, 9e4, 101.0], [NONE, Finding.RANGE | Finding.IMPOSSIBLE, NONE]),
        ([100.0, 151.0, 100.0], [NONE, Finding.SPIKE, NONE]),
        ([100.0, 150.0, 100.0], [NONE] * 3),
        ([100.0, 20.0, 100.0], [NONE, Finding.SPIKE, NONE]),
        # A flood wave rises and falls over several values.
        ([100.0, 180.0, 290.0, 350.0, 320.0], [NONE] * 5),
        # Without the value after it a jump can only be too fast.
        ([100.0, 500.0], [NONE, Finding.RATE]),
        ([100.0, 500.0, 501.0], [NONE, Finding.RATE, NONE]),
        ([100.0, 500.0, 101.0], [NONE, Finding.SPIKE, NONE]),
    ],
)
def test_single_values(results: list[float], expected: list[Finding]) -> None:
    assert found(results) == expected


def test_a_flat_line_condemns_all_of_it_and_nothing_else() -> None:
    results = [214.0] + [215.0] * 9 + [216.0]
    assert found(results) == [NONE] + [Finding.FLAT_LINE] * 9 + [NONE]
    assert found([214.0] + [215.0] * 8 + [216.0]) == [NONE] * 10


def test_values_with_a_gap_between_them_are_no_neighbours() -> None:
    assert found([100.0, 500.0, 100.0], [0, 61, 122]) == [NONE, Finding.GAP, Finding.GAP]
    assert found([100.0, 500.0, 100.0], [0, 60, 120])[1] == Finding.SPIKE


@pytest.mark.parametrize(
    ("station", "water", "still"),
    [
        ("ANDERNACH", "RHEIN", False),
        ("PERL", "MOSEL", False),
        ("TRIER UP", "MOSEL", True),
        ("LISDORF OW", "SAAR", True),
        ("HENRICHENBURG", "DORTMUND-EMS-KANAL", True),
        ("RUHRWEHR", "RUHR", True),
        ("SEEBACH", "SEEBACH", False),
    ],
)
def test_impounded_gauges_may_stand_still(station: str, water: str, still: bool) -> None:
    limits = default_limits("water_level", QUARTER, station=station, water=water)
    assert limits is not None
    assert (limits.flat_line_hours is None) is still


@pytest.mark.parametrize(
    ("interval", "hours"),
    [(None, 3.0), (timedelta(minutes=1), 1.0), (QUARTER, 1.0), (timedelta(hours=1), 3.0)],
)
def test_a_gap_is_three_intervals_and_never_less_than_an_hour(interval, hours) -> None:
    limits = default_limits("water_level", interval, station="A", water=None)
    assert limits is not None
    assert limits.gap_hours == hours


def test_what_a_sensor_measures_by_itself_is_not_tested() -> None:
    assert default_limits("distance", QUARTER, station="A", water=None) is None


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"top": 1.0}, "no limit 'top'"),
        ({"highest": float("nan")}, "finite"),
        ({"highest": True}, "finite"),
        ({"gap_hours": None}, "finite"),
        ({"spike": 0}, "positive"),
        ({"flat_line_hours": 400}, "longer"),
        ({"lowest": 1300}, "not below"),
    ],
)
def test_limits_that_cannot_be_are_refused(overrides, reason: str) -> None:
    with pytest.raises(LimitsRefused, match=reason):
        LIMITS.with_overrides(overrides)


def test_overrides_replace_and_switch_off() -> None:
    limits = LIMITS.with_overrides({"highest": 600, "flat_line_hours": None})
    assert (limits.highest, limits.flat_line_hours, limits.lowest) == (600.0, None, -200.0)


@pytest.mark.parametrize(
    ("told", "findings", "expected", "named"),
    [
        (Quality.NOT_EVALUATED, NONE, Quality.NOT_EVALUATED, ()),
        (Quality.PASS, Finding.GAP | Finding.CORRECTED, Quality.PASS, ()),
        (Quality.PASS, Finding.SPIKE | Finding.GAP, Quality.SUSPECT, ("spike",)),
        (Quality.SUSPECT, NONE, Quality.SUSPECT, ("source",)),
        (Quality.FAIL, Finding.RATE, Quality.FAIL, ("rate",)),
        (
            Quality.SUSPECT,
            Finding.IMPOSSIBLE | Finding.RANGE,
            Quality.FAIL,
            ("range", "impossible"),
        ),
        (Quality.NOT_EVALUATED, Finding.MAINTENANCE, Quality.FAIL, ("maintenance",)),
        (Quality.MISSING, Finding.DOUBTED, Quality.MISSING, ("doubted",)),
        (Quality.FAIL, Finding.CONFIRMED | Finding.SPIKE, Quality.PASS, ()),
        (Quality.PASS, Finding.CONFIRMED | Finding.NOT_MOUNTED, Quality.FAIL, ("not_mounted",)),
    ],
)
def test_the_worst_counts_unless_staff_know_better(told, findings, expected, named) -> None:
    assert overall(told, findings) is expected
    assert reasons(expected, findings) == named


SERIES = st.dictionaries(
    st.integers(0, 1500),
    st.sampled_from([-3.0, 100.0, 100.0, 101.0, 160.0, 700.0, 5000.0]),
    min_size=2,
    max_size=60,
)


@given(SERIES, st.integers(0, 1500))
def test_nothing_beyond_the_reach_changes_what_is_found(series, minute: int) -> None:
    """An excerpt that goes one reach beyond a value judges it as the whole series does."""
    times = sorted(series)
    whole = dict(zip(times, found([series[time] for time in times], times), strict=True))
    at = min(times, key=lambda time: abs(time - minute))
    reach = LIMITS.reach // timedelta(minutes=1)
    part = [time for time in times if abs(time - at) <= reach]
    excerpt = dict(zip(part, found([series[time] for time in part], part), strict=True))
    assert excerpt[at] & ~Finding.GAP == whole[at] & ~Finding.GAP


@pytest.mark.parametrize(
    ("before", "counter", "missed"),
    [
        (None, 7, 0),
        (7, None, 0),
        (7, 7, 0),
        (7, 8, 0),
        (7, 11, 3),
        (65_535, 0, 0),
        (65_530, 2, 7),
        (4_000, 0, 0),
        (4_000, 2, 2),
        (70_000, 1, 1),
    ],
)
def test_missed_frames(before, counter, missed: int) -> None:
    assert missed_frames(before, counter) == missed
