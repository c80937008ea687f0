"""The days of a gauge: what they held, and what is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from water_samples import NOW, YESTERDAY, stream

from ckanext.suedwest.store.query import DayRow
from ckanext.suedwest.water.day_table import DayLine, bare_text, day_lines

TODAY = date(2026, 9, 29)


def row(day: date, good: int, doubted: int = 0) -> DayRow:
    if not good:
        return DayRow(day, 0, None, None, None, doubted, 600, 700)
    return DayRow(day, good, 98, 101.4, 102, doubted, None, None)


def lines(*rows: DayRow, now: datetime = NOW, **changes: Any) -> list[DayLine]:
    return day_lines(rows, stream(**changes), now, "de")


def test_a_full_day_and_a_day_under_way() -> None:
    # 15:30 MESZ is half past two in MEZ, in which the days of a gauge are counted
    found = lines(row(TODAY - timedelta(days=1), 96), row(TODAY, 59))
    assert [(line.day, line.good, line.expected, line.missing) for line in found[:2]] == [
        ("Di 29.9.", 59, 59, 0),
        ("Mo 28.9.", 96, 96, 0),
    ]
    assert (found[0].smallest, found[0].mean, found[0].largest) == ("0,98", "1,01", "1,02")


def test_doubted_values_are_there_but_do_not_count() -> None:
    (line, *_older) = lines(row(TODAY - timedelta(days=1), 93, doubted=3))
    assert (line.good, line.expected, line.doubted, line.missing) == (93, 96, 3, 0)


def test_a_day_of_doubted_values_only_has_no_numbers() -> None:
    (line, *_older) = lines(row(TODAY, 0, doubted=5))
    assert (line.smallest, line.mean, line.largest, line.doubted) == ("–", "–", "–", 5)


def test_a_gap_stays_a_gap_also_over_whole_days() -> None:
    found = lines(row(TODAY - timedelta(days=2), 85), row(TODAY, 59))
    assert [(line.day, line.good, line.missing) for line in found[:3]] == [
        ("Di 29.9.", 59, 0),
        ("Mo 28.9.", 0, 96),
        ("So 27.9.", 85, 11),
    ]
    assert len(found) == 8


def test_what_may_still_be_on_its_way_is_not_missing() -> None:
    late = NOW - timedelta(minutes=55)
    (line, *_older) = lines(row(TODAY, 55), latest_time=late)
    assert line.missing == 0
    hours_ago = NOW - timedelta(hours=4)
    (line, *_older) = lines(row(TODAY, 43), latest_time=hours_ago)
    assert line.missing == 11


def test_a_silent_gauge_misses_the_rest_of_its_last_day() -> None:
    (line, *_older) = lines(row(TODAY - timedelta(days=1), 70), latest_time=YESTERDAY)
    assert (line.day, line.missing) == ("Mo 28.9.", 26)


def test_nothing_is_missing_before_the_first_value_of_all() -> None:
    noon = datetime(2026, 9, 28, 11, tzinfo=UTC)
    found = lines(row(TODAY - timedelta(days=1), 48), row(TODAY, 59), first_time=noon)
    assert [(line.expected, line.missing) for line in found] == [(59, 0), (48, 0)]


@pytest.mark.parametrize(
    "changes", [{"interval": None}, {"first_time": None}, {"latest_time": None}]
)
def test_without_an_interval_or_a_time_nothing_is_expected(changes: dict[str, Any]) -> None:
    assert all(line.missing == 0 for line in lines(row(TODAY, 3), **changes))


def test_without_values_there_is_no_table() -> None:
    assert lines() == []


def test_a_civil_day_of_the_clock_change_has_25_hours() -> None:
    sunday = date(2026, 10, 25)
    now = datetime(2026, 10, 26, 12, tzinfo=UTC)
    found = lines(
        row(sunday, 100), now=now, latest_time=now, day_rule="civil", first_time=YESTERDAY
    )
    (line,) = (each for each in found if each.day == "So 25.10.")
    assert (line.expected, line.missing) == (100, 0)
    gauge = lines(row(sunday, 90), now=now, latest_time=now, first_time=YESTERDAY)
    (line,) = (each for each in gauge if each.day == "So 25.10.")
    assert (line.expected, line.missing) == (96, 6)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(-1, "cm", "−0,01"), (166.534, "m", "166,53"), (1234, "m³/s", "1.234")],
)
def test_values_stand_without_their_unit(value: float, unit: str, text: str) -> None:
    assert bare_text(value, stream(unit=unit), "de") == text
