"""Times without an offset, above all in the nights of the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ckanext.suedwest.connectors.local_time import TimeOptions, read_instant, read_instants
from ckanext.suedwest.domain.time import TimeRefused

BERLIN: dict[str, Any] = {"zone": "Europe/Berlin"}
# 25 October 2026: at 3 o'clock (UTC+2) the clock goes back to 2 (UTC+1).
FOLD_DAY = "2026-10-25"


@pytest.mark.parametrize(
    ("written", "options", "instant"),
    [
        ("2026-07-01T12:00:00Z", {}, "2026-07-01T12:00:00+00:00"),
        ("2026-07-01T12:00:00+02:00", BERLIN, "2026-07-01T10:00:00+00:00"),
        ("2026-07-01 12:00", BERLIN, "2026-07-01T10:00:00+00:00"),
        ("2026-07-01 12:00", {"zone": "+01:00"}, "2026-07-01T11:00:00+00:00"),
        ("01.07.2026 6:05", {**BERLIN, "format": "%d.%m.%Y %H:%M"}, "2026-07-01T04:05:00+00:00"),
        ("01.07.2026 12:00 MESZ", {"format": "%d.%m.%Y %H:%M %Z"}, "2026-07-01T10:00:00+00:00"),
        ("01.07.2026 12:00 MEZ", {"format": "%d.%m.%Y %H:%M %Z"}, "2026-07-01T11:00:00+00:00"),
        (f"{FOLD_DAY} 02:30 CEST", {"format": "%Y-%m-%d %H:%M %Z"}, "2026-10-25T00:30:00+00:00"),
        (f"{FOLD_DAY} 02:30 CET", {"format": "%Y-%m-%d %H:%M %Z"}, "2026-10-25T01:30:00+00:00"),
        (f"{FOLD_DAY} 02:30", {"zone": "+01:00"}, "2026-10-25T01:30:00+00:00"),
        (1782900000, {"format": "epoch"}, "2026-07-01T10:00:00+00:00"),
        ("1782900000000", {"format": "epoch_ms"}, "2026-07-01T10:00:00+00:00"),
        ("/Date(1782900000000)/", {"format": "dotnet"}, "2026-07-01T10:00:00+00:00"),
    ],
)
def test_a_time_is_read(written: object, options: dict[str, Any], instant: str) -> None:
    assert read_instant(written, TimeOptions(**options)).isoformat() == instant


@pytest.mark.parametrize(
    ("written", "options", "reason"),
    [
        ("2026-07-01 12:00", {}, "has no offset, and no zone is known"),
        ("yesterday", BERLIN, "is not ISO 8601"),
        ("31.02.2026 12:00", {**BERLIN, "format": "%d.%m.%Y %H:%M"}, "is not of the form"),
        ("01.07.2026 12:00 XYZ", {"format": "%d.%m.%Y %H:%M %Z"}, "is not of the form"),
        ("2026-03-29 02:30", BERLIN, "does not exist"),
        (f"{FOLD_DAY} 02:30", BERLIN, "happens twice"),
        (f"{FOLD_DAY} 02:30", {**BERLIN, "fold": "order"}, "happens twice"),
        ("0001-01-01 00:00", BERLIN, "outside the calendar"),
        (None, BERLIN, "the time is null, not a text"),
        (True, {"format": "epoch"}, "the time is true or false, not a number"),
        (float("nan"), {"format": "epoch"}, "is not of the form epoch"),
        (1e300, {"format": "epoch"}, "is not of the form epoch"),
        (10**400, {"format": "epoch"}, "is not of the form epoch"),
        ("/Date(now)/", {"format": "dotnet"}, "is not of the form dotnet"),
    ],
)
def test_what_is_no_instant_is_refused(
    written: object, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(TimeRefused, match=reason):
        read_instant(written, TimeOptions(**options))


def clocks(*times: str) -> list[str]:
    return [f"{FOLD_DAY} {time}" for time in times]


NIGHT = clocks("01:45", "02:00", "02:30", "02:00", "02:30", "03:00")
NIGHT_UTC = ["23:45", "00:00", "00:30", "01:00", "01:30", "02:00"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (NIGHT, NIGHT_UTC),
        (NIGHT[::-1], NIGHT_UTC[::-1]),
        (clocks("02:30", "02:45", "02:00", "03:00"), ["00:30", "00:45", "01:00", "02:00"]),
        # Shown once, the hour may be either; so may equal times beside each other.
        (clocks("01:45", "02:00", "02:30", "03:00"), ["23:45", None, None, "02:00"]),
        (clocks("01:00", "02:00", "02:00", "03:00"), ["23:00", None, None, "02:00"]),
        # Out of order: nothing can be told from it.
        (
            clocks("01:45", "02:30", "02:00", "02:30", "02:00", "03:00"),
            ["23:45", None, None, None, None, "02:00"],
        ),
        (clocks("02:30", "02:00"), [None, None]),
    ],
)
def test_the_order_of_the_rows_tells_the_two_passes_apart(
    rows: list[str], expected: list[str | None]
) -> None:
    times = read_instants(rows, TimeOptions(zone="Europe/Berlin", fold="order"))
    told = [None if isinstance(time, TimeRefused) else f"{time:%H:%M}" for time in times]
    assert told == expected


def test_without_trust_in_the_order_the_doubled_hour_is_refused() -> None:
    times = read_instants(NIGHT, TimeOptions(zone="Europe/Berlin"))
    assert [isinstance(time, TimeRefused) for time in times] == [False, *[True] * 4, False]
    assert times[-1] == datetime(2026, 10, 25, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"zone": "Europe/Kusel"}, "zone 'Europe/Kusel' is neither"),
        ({"zone": "../etc/passwd"}, "is neither a known zone"),
        ({"zone": "+25:00"}, "is neither a known zone"),
        ({"format": "german"}, "format 'german' is neither"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        TimeOptions(**options)  # type: ignore[arg-type]
