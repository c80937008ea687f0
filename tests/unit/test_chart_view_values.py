"""Values folded for a drawing, and those of the past put beside those of now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from series_samples import single

from ckanext.suedwest.charts.chart_view import alignment, bins
from ckanext.suedwest.domain.time import DayRule, day_span

QUARTER = timedelta(minutes=15)
MEZ, CIVIL = DayRule.MEZ, DayRule.CIVIL


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def quarters(day: date, rule: DayRule) -> list[bins.Value]:
    start, end = day_span(day, rule)
    return [(start + index * QUARTER, 1.0) for index in range((end - start) // QUARTER)]


@pytest.mark.parametrize(
    ("day", "rule", "count"),
    [
        (date(2026, 3, 29), CIVIL, 92),
        (date(2026, 10, 25), CIVIL, 100),
        (date(2026, 3, 29), MEZ, 96),
        (date(2026, 10, 25), MEZ, 96),
    ],
)
def test_a_day_holds_all_its_quarter_hours(day: date, rule: DayRule, count: int) -> None:
    around = [
        value
        for each in (day - timedelta(days=1), day, day + timedelta(days=1))
        for value in quarters(each, rule)
    ]
    before, found, after = bins.days(around, rule)
    assert (found.start, found.end) == day_span(day, rule)
    assert found.count == count
    assert before.count == after.count == 96
    assert [column.count for column in bins.hours(quarters(day, rule))] == [4] * (count // 4)


def test_folding_keeps_every_peak_and_every_gap() -> None:
    start = at("2026-01-01T00:00+01:00")
    values = [
        (start + index * QUARTER, 999.0 if index == 20_000 else float(index % 50))
        for index in range(35_040)
        if not 10_000 <= index < 12_000
    ]
    end = values[-1][0]
    columns = bins.fold(values, start, end)
    assert len(columns) <= bins.MOST_SINGLE_VALUES
    assert sum(column.count for column in columns) == len(values)
    assert max(column.maximum or 0 for column in columns) == 999.0
    steps = [later.start - column.end for column, later in zip(columns, columns[1:], strict=False)]
    assert max(steps) > timedelta(days=20)


def test_few_values_stay_what_they_are() -> None:
    values = quarters(date(2026, 5, 1), CIVIL)
    columns = bins.fold(values, values[0][0], values[-1][0])
    assert [(column.start, column.end) for column in columns] == [(t, t) for t, _ in values]


def test_months_begin_by_the_day_rule() -> None:
    values = [(at("2026-03-31T23:30+02:00"), 1.0), (at("2026-04-01T00:30+02:00"), 2.0)]
    assert [column.count for column in bins.months(values, CIVIL)] == [1, 1]
    # Half past midnight in summer is half past eleven by the clock of the gauges.
    assert [column.count for column in bins.months(values, MEZ)] == [2]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], None),
        ([0, 15], None),
        ([0, 15, 30, 500, 515], QUARTER),
        ([0, 0, 0, 0], None),
    ],
)
def test_the_usual_interval(times: list[int], expected: timedelta | None) -> None:
    start = at("2026-05-01T00:00+02:00")
    found = bins.usual_interval([start + timedelta(minutes=each) for each in times])
    assert found == expected


@pytest.mark.parametrize(
    ("past", "rule", "now"),
    [
        ("2025-07-01T12:00+02:00", CIVIL, "2026-07-01T12:00+02:00"),
        # Summer time begins on 30 March 2025 and on 29 March 2026: the clock counts.
        ("2025-03-29T12:00+01:00", CIVIL, "2026-03-29T12:00+02:00"),
        ("2025-03-29T12:00+01:00", MEZ, "2026-03-29T12:00+01:00"),
        # Half past two does not exist that night: the moment of the change.
        ("2025-03-29T02:30+01:00", CIVIL, "2026-03-29T03:00+02:00"),
        # Both passes of the hour of 2025 lie at the only one of 2026.
        ("2025-10-26T02:30+02:00", CIVIL, "2026-10-26T02:30+01:00"),
        ("2025-10-26T02:30+01:00", CIVIL, "2026-10-26T02:30+01:00"),
        # Of the hour that is to happen twice, the first pass.
        ("2025-10-25T02:30+02:00", CIVIL, "2026-10-25T02:30+02:00"),
        ("2024-02-29T12:00+01:00", MEZ, None),
        ("2024-03-01T00:00+01:00", MEZ, "2025-03-01T00:00+01:00"),
        ("2027-02-28T23:45+01:00", CIVIL, "2028-02-28T23:45+01:00"),
    ],
)
def test_the_same_day_and_clock_time_a_year_later(
    past: str, rule: DayRule, now: str | None
) -> None:
    assert alignment.year_later(at(past), rule) == (at(now) if now else None)


@pytest.mark.parametrize(
    ("now", "past"),
    [
        ("2024-02-29T12:00+01:00", "2023-02-28T12:00+01:00"),
        ("2025-03-01T12:00+01:00", "2024-03-01T12:00+01:00"),
        ("2026-03-29T12:00+02:00", "2025-03-29T12:00+01:00"),
    ],
)
def test_where_the_span_of_a_year_ago_lies(now: str, past: str) -> None:
    assert alignment.year_earlier(at(now), CIVIL) == at(past)


def test_a_leap_day_is_left_out_and_the_days_around_it_stay_in_place() -> None:
    past = [single(at(f"2024-{day}T12:00+01:00"), 1.0) for day in ("02-28", "02-29", "03-01")]
    moved = alignment.aligned(
        past,
        lambda instant: alignment.year_later(instant, MEZ),
        start=at("2025-02-25T00:00+01:00"),
        end=at("2025-03-04T00:00+01:00"),
    )
    assert [column.start for column in moved] == [
        at("2025-02-28T12:00+01:00"),
        at("2025-03-01T12:00+01:00"),
    ]


def test_no_value_of_a_clock_change_falls_out_of_a_comparison() -> None:
    night = quarters(date(2025, 3, 29), CIVIL)
    moved = alignment.aligned(
        [single(time, float(index)) for index, (time, _) in enumerate(night)],
        lambda instant: alignment.year_later(instant, CIVIL),
        start=day_span(date(2026, 3, 29), CIVIL)[0],
        end=day_span(date(2026, 3, 29), CIVIL)[1],
    )
    assert len(moved) == 96
    assert [column.start for column in moved] == sorted(column.start for column in moved)
    assert moved[-1].start == at("2026-03-29T23:45+02:00")


def test_a_past_span_is_moved_hour_by_hour_and_cut_at_its_ends() -> None:
    start = at("2026-10-25T00:00+02:00")
    shift = start - at("2021-07-14T00:00+02:00")
    past = [single(at("2021-07-13T12:00+02:00") + timedelta(hours=n), n) for n in range(60)]
    moved = alignment.aligned(
        past, alignment.by(shift), start=start, end=start + timedelta(hours=24)
    )
    assert [column.mean for column in moved] == list(range(12, 37))
