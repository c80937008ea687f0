"""Scales, marks and labels of the axes, above all in the nights of the clock change."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.charts.ranges import DEFAULT_RANGE, RANGES, find_range, floor_to, step_of
from ckanext.suedwest.charts.scale import TimeScale, value_scale
from ckanext.suedwest.charts.text_size import text_width
from ckanext.suedwest.charts.time_axis import time_axis

LEVELS = {
    "smallest_span": 0.2,
    "reach": 1.0,
    "bottom": 300.0,
    "top": 30.0,
    "most_steps": 7,
}


@pytest.mark.parametrize(
    ("values", "levels", "low", "high", "step"),
    [
        # the next threshold above the data is the end, with room for its name
        ([0.98, 1.87], [2.10, 4.39], 0.8, 2.2, 0.2),
        # a threshold far above would make a flat line of a quiet week
        ([1.00, 1.10], [4.39], 0.9, 1.2, 0.05),
        # negative levels are real
        ([-0.35, -0.01], [0.71], -0.4, 0.8, 0.2),
        # one value, many equal ones and none need a span too
        ([1.24], [], 1.1, 1.4, 0.05),
        ([1.24, 1.24], [], 1.1, 1.4, 0.05),
        ([], [], 0.0, 0.25, 0.05),
    ],
)
def test_the_axis_has_round_steps_around_the_data(
    values: list[float], levels: list[float], low: float, high: float, step: float
) -> None:
    scale = value_scale(values, levels=levels, **LEVELS)
    assert (scale.low, scale.high, scale.step) == pytest.approx((low, high, step))


@given(
    values=st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=20),
    levels=st.lists(st.floats(-1e4, 1e4), max_size=5),
)
def test_every_value_lies_within_the_axis(values: list[float], levels: list[float]) -> None:
    scale = value_scale(values, levels=levels, **LEVELS)
    assert scale.low <= min(values) + 1e-6
    assert scale.high >= max(values) - 1e-6
    assert 1 <= len(scale.ticks()) <= 12
    assert all(scale.top - 1e-6 <= scale.y(value) <= scale.bottom + 1e-6 for value in values)
    assert math.isclose(scale.ticks()[-1], scale.high, rel_tol=1e-9, abs_tol=1e-9)


def test_values_beyond_the_axis_lie_on_its_ends() -> None:
    scale = value_scale([0.0, 1.0], levels=[], **LEVELS)
    assert scale.y(99.0) == scale.top
    assert scale.y(-99.0) == scale.bottom


def labels(start: datetime, end: datetime, width: float, lang: str = "de") -> list[str]:
    return [label.text for label in time_axis(start, end, width, lang).labels]


SEPTEMBER = datetime(2026, 9, 29, 13, 30, tzinfo=UTC)


def test_a_week_names_its_days_in_their_middle() -> None:
    start = SEPTEMBER - timedelta(days=7)
    axis = time_axis(start, SEPTEMBER, 924, "de")
    assert [label.text for label in axis.labels] == [
        "Mi 23.9.",
        "Do 24.9.",
        "Fr 25.9.",
        "Sa 26.9.",
        "So 27.9.",
        "Mo 28.9.",
        "Di 29.9.",
    ]
    friday = next(label for label in axis.labels if label.text == "Fr 25.9.")
    assert friday.at == datetime(2026, 9, 25, 10, tzinfo=UTC)
    assert labels(start, SEPTEMBER, 290)[1:3] == ["Mi", "Do"]
    assert "Fri 25 Sep" in labels(start, SEPTEMBER, 924, "en")


def test_a_day_names_hours_and_midnight_its_day() -> None:
    found = labels(SEPTEMBER - timedelta(hours=24), SEPTEMBER, 924)
    assert "Di 29.9." in found
    assert "16 Uhr" in found
    assert labels(SEPTEMBER - timedelta(hours=24), SEPTEMBER, 290) == [
        "18 Uhr",
        "Di 29.9.",
        "6 Uhr",
        "12 Uhr",
    ]


@pytest.mark.parametrize(
    ("end", "gaps"),
    [
        # the night with 25 hours: from 0 to 6 o'clock seven hours pass
        (datetime(2026, 10, 25, 20, tzinfo=UTC), {timedelta(hours=6), timedelta(hours=7)}),
        # the night with 23 hours
        (datetime(2026, 3, 29, 20, tzinfo=UTC), {timedelta(hours=6), timedelta(hours=5)}),
        (datetime(2026, 7, 1, 20, tzinfo=UTC), {timedelta(hours=6)}),
    ],
)
def test_the_night_of_the_clock_change_has_its_true_length(
    end: datetime, gaps: set[timedelta]
) -> None:
    marks = time_axis(end - timedelta(hours=30), end, 420, "de").marks
    assert {later - earlier for earlier, later in zip(marks, marks[1:], strict=False)} == gaps


def test_weeks_have_mondays_and_years_have_months() -> None:
    month = labels(SEPTEMBER - timedelta(days=30), SEPTEMBER, 924)
    assert month[-1] == "Mo 28.9."
    assert {text.split()[0] for text in month} == {"Mo"}
    year = labels(SEPTEMBER - timedelta(days=365), SEPTEMBER, 924)
    assert "Jan 2026" in year
    assert "Aug" in year
    assert len(year) >= 11


def test_a_year_on_a_phone_has_quarters_and_decades_have_years() -> None:
    year = labels(SEPTEMBER - timedelta(days=365), SEPTEMBER, 290)
    assert year == ["Okt", "Jan 2026", "Apr", "Juli"]
    assert labels(SEPTEMBER - timedelta(days=800), SEPTEMBER, 290)[0] == "Jan 2025"
    decades = labels(SEPTEMBER - timedelta(days=8000), SEPTEMBER, 924)
    assert (decades[0], decades[-1], len(decades)) == ("2005", "2026", 22)
    assert labels(SEPTEMBER - timedelta(days=8000), SEPTEMBER, 290) == [
        *("2005", "2010", "2015", "2020", "2025")
    ]


@given(
    span=st.timedeltas(timedelta(minutes=30), timedelta(days=90_000)),
    end=st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    width=st.floats(150, 1200),
)
def test_labels_never_touch(span: timedelta, end: datetime, width: float) -> None:
    start = end - span
    axis = time_axis(start, end, width, "de")
    scale = TimeScale(start, end, 0.0, width)
    edges = [
        (scale.x(label.at) - half, scale.x(label.at) + half)
        for label in axis.labels
        for half in [text_width(label.text) / 2]
    ]
    assert all(right < left for (_, right), (left, _) in zip(edges, edges[1:], strict=False))
    assert all(start <= mark <= end for mark in axis.marks)


@pytest.mark.parametrize("name", ["7 d", "", None, 7, ["7d"], {"range": "7d"}, "<script>"])
def test_an_unknown_range_is_the_usual_one(name: object) -> None:
    assert find_range(name) is DEFAULT_RANGE


def test_ranges_are_known_by_name() -> None:
    assert [find_range(name).span.days for name in ("24h", "7d", "30d", "1y")] == [1, 7, 30, 365]


def test_columns_are_as_wide_as_a_legend_can_say() -> None:
    assert step_of(RANGES["7d"].span) == timedelta(hours=1)
    assert step_of(RANGES["30d"].span) == timedelta(hours=3)
    assert step_of(RANGES["1y"].span) == timedelta(days=1)
    assert floor_to(SEPTEMBER, timedelta(hours=3)) == SEPTEMBER.replace(hour=12, minute=0)
