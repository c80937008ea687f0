"""What people write into forms: read when it is plain, asked about when it is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ckanext.suedwest.domain.german_input import (
    NumberAmbiguous,
    NumberRefused,
    TimeDoesNotExist,
    TimeHappensTwice,
    read_number,
    read_time,
)
from ckanext.suedwest.domain.time import TimeRefused


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("580", 580.0),
        (" 580,5 ", 580.5),
        ("580.5", 580.5),
        ("-3", -3.0),
        ("\u22123,25", -3.25),
        ("1.234,5", 1234.5),
        ("1.234.567", 1234567.0),
        ("12\u00a0345", 12345.0),
        ("0.125", 0.125),
        ("1234.125", 1234.125),
        (580, 580.0),
        (580.125, 580.125),
    ],
)
def test_a_number_is_read_with_comma_and_with_point(written: object, number: float) -> None:
    assert read_number(written) == number


@pytest.mark.parametrize(
    "written",
    ["", "fünf", "5,8 m", "1,2,3", "1.23,4", "NaN", "inf", "1e3", "٣", True, None, [], "9" * 41]
    + [float("nan"), float("inf")],
)
def test_what_is_no_number_is_refused(written: object) -> None:
    with pytest.raises(NumberRefused) as refused:
        read_number(written)
    assert not isinstance(refused.value, NumberAmbiguous)


@pytest.mark.parametrize("written", ["1.234", "-51.504", "580.125"])
def test_a_point_that_may_part_thousands_is_asked_about(written: str) -> None:
    with pytest.raises(NumberAmbiguous):
        read_number(written)


@pytest.mark.parametrize(
    ("written", "zone", "hour", "minute"),
    [
        ("2026-07-01T12:30", None, 10, 30),
        ("2026-01-15T12:30", None, 11, 30),
        ("2026-01-15T12:30", "MESZ", 11, 30),
        ("15.01.2026 12:30", None, 11, 30),
        ("2026-01-15T12:30:00Z", None, 12, 30),
        ("2026-10-25T02:30", "MESZ", 0, 30),
        ("2026-10-25T02:30", "MEZ", 1, 30),
        ("2026-10-25T02:30+01:00", None, 1, 30),
        ("2026-10-25T03:00", None, 2, 0),
    ],
)
def test_a_local_time_is_that_of_germany(
    written: str, zone: str | None, hour: int, minute: int
) -> None:
    instant = read_time(written, zone)
    assert instant.tzinfo is UTC
    assert (instant.hour, instant.minute) == (hour, minute)


@pytest.mark.parametrize(
    ("written", "zone", "refusal"),
    [
        ("2026-10-25T02:00", None, TimeHappensTwice),
        ("2026-10-25T02:59", "CET", TimeHappensTwice),
        ("2026-03-29T02:30", None, TimeDoesNotExist),
        ("2026-03-29T02:30", "MEZ", TimeDoesNotExist),
        ("", None, TimeRefused),
        ("gestern", None, TimeRefused),
        ("2026-02-30T12:00", None, TimeRefused),
        ("0001-01-01T00:00", None, TimeRefused),
        (20260101, None, TimeRefused),
        (datetime(2026, 1, 1, tzinfo=UTC), None, TimeRefused),
    ],
)
def test_a_time_that_is_none_or_two_is_refused(
    written: object, zone: str | None, refusal: type[TimeRefused]
) -> None:
    with pytest.raises(TimeRefused) as refused:
        read_time(written, zone)
    assert type(refused.value) is refusal
