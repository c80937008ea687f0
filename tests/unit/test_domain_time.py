"""Instants and days, above all in the nights of the clock change."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ckanext.suedwest.domain.time import (
    DayRule,
    TimeRefused,
    day_of,
    day_span,
    parse_instant,
    require_utc,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-09-29T15:30:00+02:00", datetime(2026, 9, 29, 13, 30, tzinfo=UTC)),
        ("2026-09-29T13:30:00Z", datetime(2026, 9, 29, 13, 30, tzinfo=UTC)),
        # the hour that happens twice: the offset tells which
        ("2026-10-25T02:30:00+02:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("2026-01-01T00:00:00.123456+00:00", datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_an_instant_with_offset_is_read(text: str, expected: datetime) -> None:
    assert parse_instant(text) == expected
    assert parse_instant(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-09-23 21:15", "has no offset"),
        ("gestern", "is not ISO 8601"),
        ("", "is not ISO 8601"),
        (None, "not a text"),
        (1700000000, "not a text"),
        ("0001-01-01T00:00:00+14:00", "outside the calendar"),
        ("2026-13-01T00:00:00Z", "is not ISO 8601"),
    ],
)
def test_what_is_no_instant_is_refused_with_the_reason(text: object, reason: str) -> None:
    with pytest.raises(TimeRefused, match=reason):
        parse_instant(text)


@pytest.mark.parametrize(
    ("instant", "mez", "civil"),
    [
        # 23:30 UTC in summer: past midnight in MEZ and in civil time
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), date(2026, 7, 2), date(2026, 7, 2)),
        # 22:30 UTC in summer: 23:30 MEZ, but 00:30 civil time of the next day
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), date(2026, 7, 1), date(2026, 7, 2)),
        (datetime(2026, 1, 1, 22, 59, tzinfo=UTC), date(2026, 1, 1), date(2026, 1, 1)),
        (datetime(2026, 1, 1, 23, 0, tzinfo=UTC), date(2026, 1, 2), date(2026, 1, 2)),
    ],
)
def test_the_day_follows_the_rule(instant: datetime, mez: date, civil: date) -> None:
    assert day_of(instant, DayRule.MEZ) == mez
    assert day_of(instant, DayRule.CIVIL) == civil


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)],
)
def test_a_civil_day_has_the_hours_of_its_clock_change(day: date, hours: int) -> None:
    start, end = day_span(day, DayRule.CIVIL)
    assert end - start == timedelta(hours=hours)
    start, end = day_span(day, DayRule.MEZ)
    assert end - start == timedelta(hours=24)
    assert day_of(start, DayRule.MEZ) == day
    assert day_of(end, DayRule.MEZ) == day + timedelta(days=1)


def test_a_naive_datetime_is_an_error() -> None:
    with pytest.raises(ValueError, match="naive"):
        require_utc(datetime(2026, 1, 1))  # noqa: DTZ001
