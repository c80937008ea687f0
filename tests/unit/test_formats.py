"""How numbers, times and states read, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ckanext.suedwest.domain.freshness import Freshness
from ckanext.suedwest.domain.trend import Direction, Trend
from ckanext.suedwest.portal import formats

NB = "\u00a0"
NOW = datetime(2026, 9, 29, 13, 39, tzinfo=UTC)  # 15:39 MESZ, a Tuesday


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("value", "decimals", "german", "english"),
    [
        (219001, 0, "219.001", "219,001"),
        (817.66, 2, "817,66", "817.66"),
        (-0.01, 2, "\u22120,01", "\u22120.01"),
        (-0.001, 2, "0,00", "0.00"),
        (0, 0, "0", "0"),
        (-1234567.5, 1, "\u22121.234.567,5", "\u22121,234,567.5"),
    ],
)
def test_numbers(value: float, decimals: int, german: str, english: str) -> None:
    assert formats.number(value, "de", decimals) == german
    assert formats.number(value, "en", decimals) == english


@pytest.mark.parametrize(
    ("centimetres", "german", "english"),
    [
        (124, f"1,24{NB}m", f"1.24{NB}m"),
        (-1, f"\u22120,01{NB}m", f"\u22120.01{NB}m"),
        (0, f"0,00{NB}m", f"0.00{NB}m"),
        (1063.4, f"10,63{NB}m", f"10.63{NB}m"),
    ],
)
def test_levels_in_metres(centimetres: float, german: str, english: str) -> None:
    assert formats.level_metres(centimetres, "de") == german
    assert formats.level_metres(centimetres, "en") == english


@pytest.mark.parametrize(
    ("centimetres", "german"),
    [
        (86, f"86{NB}cm"),
        (-72, f"72{NB}cm"),
        (99.4, f"99{NB}cm"),
        (99.6, f"1,00{NB}m"),
        (125, f"1,25{NB}m"),
    ],
)
def test_differences_below_a_metre_are_in_centimetres(centimetres: float, german: str) -> None:
    assert formats.difference(centimetres, "de") == german


@pytest.mark.parametrize(
    ("value", "unit", "german", "english"),
    [
        (124.0, "cm", f"1,24{NB}m", f"1.24{NB}m"),
        (166.53, "m", f"166,53{NB}m", f"166.53{NB}m"),
        (0.38, "m³/s", f"0,38{NB}m³/s", f"0.38{NB}m³/s"),
        (68.24, "m³/s", f"68,2{NB}m³/s", f"68.2{NB}m³/s"),
        (1234.5, "m³/s", f"1.234{NB}m³/s", f"1,234{NB}m³/s"),
        (5.4, "°C", f"5,40{NB}°C", f"5.40{NB}°C"),
        (2.0, "class", f"Klasse{NB}2", f"class{NB}2"),
    ],
)
def test_quantities_in_their_unit(value: float, unit: str, german: str, english: str) -> None:
    assert formats.quantity(value, unit, "de") == german
    assert formats.quantity(value, unit, "en") == english


def test_rates_have_no_sign() -> None:
    assert formats.rate(-13.6, "de") == f"14{NB}cm/h"


@pytest.mark.parametrize(
    ("instant", "zone", "german", "english"),
    [
        ("2026-09-29T13:30Z", False, f"15:30{NB}Uhr", "15:30"),
        ("2026-09-29T13:30Z", True, f"15:30{NB}Uhr{NB}MESZ", f"15:30{NB}CEST"),
        ("2026-12-24T08:05Z", True, f"9:05{NB}Uhr{NB}MEZ", f"9:05{NB}CET"),
        # The hour that happens twice always names its zone.
        ("2026-10-25T00:30Z", False, f"2:30{NB}Uhr{NB}MESZ", f"2:30{NB}CEST"),
        ("2026-10-25T01:30Z", False, f"2:30{NB}Uhr{NB}MEZ", f"2:30{NB}CET"),
        ("2026-10-24T23:59Z", False, f"1:59{NB}Uhr", "1:59"),
        ("2026-10-25T02:00Z", False, f"3:00{NB}Uhr", "3:00"),
        # The hour that is skipped in March leaves no trace.
        ("2026-03-29T00:59Z", False, f"1:59{NB}Uhr", "1:59"),
        ("2026-03-29T01:00Z", False, f"3:00{NB}Uhr", "3:00"),
    ],
)
def test_clock_times(instant: str, zone: bool, german: str, english: str) -> None:
    assert formats.clock(at(instant), "de", zone=zone) == german
    assert formats.clock(at(instant), "en", zone=zone) == english


@pytest.mark.parametrize(
    ("instant", "german", "english"),
    [
        ("2026-09-29T13:38:01Z", "gerade eben", "just now"),
        ("2026-09-29T13:40Z", "gerade eben", "just now"),
        ("2026-09-29T13:38Z", "vor 1 Minute", "1 minute ago"),
        ("2026-09-29T13:30Z", "vor 9 Minuten", "9 minutes ago"),
        ("2026-09-29T12:39:01Z", "vor 59 Minuten", "59 minutes ago"),
        ("2026-09-29T12:39Z", "vor 1 Stunde", "1 hour ago"),
        ("2026-09-29T10:00Z", "vor 3 Stunden", "3 hours ago"),
        ("2026-09-28T16:15Z", f"gestern, 18:15{NB}Uhr", "yesterday, 18:15"),
        ("2026-09-12T16:15Z", f"am 12.{NB}September", f"on 12{NB}September"),
        ("2025-12-31T12:00Z", f"am 31.{NB}Dezember 2025", f"on 31{NB}December 2025"),
    ],
)
def test_ages(instant: str, german: str, english: str) -> None:
    assert formats.age_words(at(instant), NOW, "de") == german
    assert formats.age_words(at(instant), NOW, "en") == english


def test_a_value_of_before_midnight_is_minutes_old_not_of_yesterday() -> None:
    just_after_midnight = at("2026-09-29T22:05Z")
    assert formats.age_words(at("2026-09-29T21:50Z"), just_after_midnight, "de") == "vor 15 Minuten"


def test_ages_count_real_time_over_a_clock_change() -> None:
    now = at("2026-10-25T01:45Z")  # 2:45 MEZ, one hour after 2:45 MESZ
    assert formats.age_words(at("2026-10-25T00:45Z"), now, "de") == "vor 1 Stunde"


@pytest.mark.parametrize(
    ("instant", "german", "english"),
    [
        ("2026-09-29T13:30Z", f"15:30{NB}Uhr", "15:30"),
        ("2026-09-28T16:15Z", f"gestern, 18:15{NB}Uhr", "yesterday, 18:15"),
        ("2026-09-12T16:15Z", f"12.{NB}September", f"12{NB}September"),
    ],
)
def test_since(instant: str, german: str, english: str) -> None:
    assert formats.since(at(instant), NOW, "de") == german
    assert formats.since(at(instant), NOW, "en") == english


@pytest.mark.parametrize(
    ("state", "instant", "reason", "german", "english"),
    [
        (Freshness.LIVE, "2026-09-29T13:30Z", None, "vor 9 Minuten", "9 minutes ago"),
        (
            Freshness.LATE,
            "2026-09-29T12:41Z",
            None,
            "verspätet, vor 58 Minuten",
            "late, 58 minutes ago",
        ),
        (
            Freshness.SILENT,
            "2026-09-28T16:15Z",
            None,
            f"stumm seit gestern, 18:15{NB}Uhr",
            "silent since yesterday, 18:15",
        ),
        (Freshness.SILENT, None, None, "noch kein Wert", "no value yet"),
        (
            Freshness.IMPLAUSIBLE,
            "2026-09-29T13:30Z",
            None,
            "angezweifelt, vor 9 Minuten",
            "doubted, 9 minutes ago",
        ),
        (
            Freshness.IMPLAUSIBLE,
            "2026-09-29T13:30Z",
            "Sprung um 6,3 m",
            "angezweifelt: Sprung um 6,3 m, vor 9 Minuten",
            "doubted: Sprung um 6,3 m, 9 minutes ago",
        ),
        (
            Freshness.OUT_OF_SERVICE,
            "2026-09-12T08:00Z",
            None,
            f"außer Betrieb seit 12.{NB}September",
            f"out of service since 12{NB}September",
        ),
        (Freshness.OUT_OF_SERVICE, None, None, "außer Betrieb", "out of service"),
    ],
)
def test_freshness_in_words(
    state: Freshness, instant: str | None, reason: str | None, german: str, english: str
) -> None:
    time = at(instant) if instant else None
    assert formats.freshness_words(state, time, NOW, "de", reason) == german
    assert formats.freshness_words(state, time, NOW, "en", reason) == english


def test_days() -> None:
    assert formats.day_label(date(2026, 9, 23), "de") == "Mi 23.9."
    assert formats.day_label(date(2026, 9, 23), "en") == "Wed 23 Sep"
    assert formats.weekday_date(NOW, "de") == f"Dienstag, 29.{NB}September 2026"
    assert formats.weekday_date(NOW, "en") == f"Tuesday, 29{NB}September 2026"


@pytest.mark.parametrize(
    ("minutes", "german", "english"),
    [
        (45, "45 Minuten", "45 minutes"),
        (330, "5½ Stunden", "5½ hours"),
        (120, "2 Stunden", "2 hours"),
        (60 * 24 * 3, "3 Tage", "3 days"),
    ],
)
def test_lengths_of_gaps(minutes: int, german: str, english: str) -> None:
    length = timedelta(minutes=minutes)
    assert formats.hours_words(length, "de") == german
    assert formats.hours_words(length, "en") == english


def test_every_state_and_direction_has_a_sign_of_its_own() -> None:
    fresh = {formats.freshness_sign(state) for state in Freshness}
    trends = {formats.trend_sign(Trend(direction, 0.0)) for direction in Direction}
    classes = {formats.class_sign(severity) for severity in (None, 1, 2, 3, 4)}
    assert (len(fresh), len(trends), len(classes)) == (5, 5, 5)
    assert all('aria-hidden="true"' in sign for sign in fresh | trends | classes)


def test_a_class_beyond_the_four_is_drawn_as_none() -> None:
    assert formats.class_sign(7) == formats.class_sign(None)


def test_instants_for_machines_are_utc() -> None:
    assert formats.iso(at("2026-09-29T15:30+02:00")) == "2026-09-29T13:30:00Z"
