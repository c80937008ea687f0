"""What the store does to foreign text, names and definitions before they reach the database."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.domain.station import Datastream, Datum, Licence, Operator, Station
from ckanext.suedwest.domain.threshold import Direction, Threshold, ThresholdKind
from ckanext.suedwest.store.batch import Batch, Receipt
from ckanext.suedwest.store.definitions import read_definitions
from ckanext.suedwest.store.selection import SelectionRow, municipalities_of
from ckanext.suedwest.store.slug import station_slug
from ckanext.suedwest.store.text import clean, identifies

GAUGE = Station(
    key="test:1",
    kind="water",
    name="Andernach",
    operator=Operator("WSV"),
    licence=Licence("dl-de-zero-2.0", "Zero", "https://example.org", "WSV"),
    water="Rhein",
    longitude=7.4,
    latitude=50.4,
)
LEVEL = Datastream("test:1", "W", "water_level", "cm")


@pytest.mark.parametrize(
    ("given_text", "length", "expected"),
    [
        ("Köln", 10, "Köln"),
        ("a\x00b", 10, "a\N{REPLACEMENT CHARACTER}b"),
        ("half \ud83d pair", 20, "half \N{REPLACEMENT CHARACTER} pair"),
        ("whole \N{WATER WAVE} pair", 20, "whole \N{WATER WAVE} pair"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
    ],
)
def test_text_is_cleaned_and_cut(given_text: str, length: int, expected: str) -> None:
    assert clean(given_text, length) == expected


@given(st.text(st.characters(), max_size=50))
def test_cleaned_text_can_be_stored_and_stays_as_it_is(given_text: str) -> None:
    cleaned = clean(given_text, 40)
    assert "\x00" not in cleaned
    assert len(cleaned) <= 40
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned, 40) == cleaned


@pytest.mark.parametrize("key", ["", "a\x00", "\udc00", "x" * 201])
def test_what_cleaning_would_change_is_no_key(key: str) -> None:
    assert not identifies(key)


@pytest.mark.parametrize(
    ("kind", "water", "name", "number", "taken", "expected"),
    [
        ("water", "Rhein", "Andernach", "1", (), "pegel-rhein-andernach"),
        ("water", "Nahe", "Bad Münster/Stein", None, (), "pegel-nahe-bad-muenster-stein"),
        ("water", "Mosel", "Trier UP", None, (), "pegel-mosel-trier-up"),
        ("water", "Prüm", "Weißenseifen", None, (), "pegel-pruem-weissenseifen"),
        ("water", None, "Maar", None, (), "pegel-maar"),
        ("traffic", None, "B 256", None, (), "traffic-b-256"),
        ("water", "Rhein", "Linz", "27", {"pegel-rhein-linz"}, "pegel-rhein-linz-27"),
        ("water", "Rhein", "Linz", None, {"pegel-rhein-linz"}, "pegel-rhein-linz-2"),
        (
            "water",
            "Rhein",
            "Linz",
            "27",
            {"pegel-rhein-linz", "pegel-rhein-linz-27"},
            "pegel-rhein-linz-27-2",
        ),
        ("water", "♒", "♒", None, (), "pegel"),
    ],
)
def test_addresses(kind, water, name, number, taken, expected) -> None:
    assert station_slug(kind, water, name, number, taken) == expected


@given(st.text(max_size=300), st.none() | st.text(max_size=300), st.none() | st.text())
def test_every_address_is_a_package_name(name, water, number) -> None:
    first = station_slug("water", water, name, number, ())
    second = station_slug("water", water, name, number, {first})
    assert first != second
    for slug in (first, second):
        assert 2 <= len(slug) <= 100
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_station_is_shown_where_it_was_picked() -> None:
    selections = [
        SelectionRow("linz", "id", "4711", "inside"),
        SelectionRow("linz", "water", "Rhein", "near"),
        SelectionRow("kusel", "water", "RHEIN", "near"),
        SelectionRow("mayen", "id", "other", "near"),
        SelectionRow("prüm", "water", "Prüm", "near"),
    ]
    shown = municipalities_of(
        key="test:abc", number="4711", water="Rhein", owner="wendel", selections=selections
    )
    assert shown == {"linz": "inside", "kusel": "near", "wendel": "inside"}


@pytest.mark.parametrize("value", ["test:abc", "abc", "4711"])
def test_an_id_is_the_key_its_end_or_the_number(value: str) -> None:
    selection = SelectionRow("linz", "id", value, "near")
    shown = municipalities_of(
        key="test:abc", number="4711", water=None, owner=None, selections=[selection]
    )
    assert shown == {"linz": "near"}


def test_a_water_that_is_not_told_matches_nothing() -> None:
    selection = SelectionRow("linz", "id", "", "near")
    shown = municipalities_of(key="abc", number="", water=None, owner=None, selections=[selection])
    assert shown == {}


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(math.nan, 50.0), (7.0, None), (None, 50.0), (181.0, 0.0)]
)
def test_an_impossible_position_is_left_out_and_told(longitude, latitude) -> None:
    found = read_definitions([replace(GAUGE, longitude=longitude, latitude=latitude)], [])
    assert found.stations["test:1"]["longitude"] is None
    assert found.stations["test:1"]["latitude"] is None
    assert [note.record for note in found.notes] == ["test:1"]
    assert not found.refused


def test_unusable_thresholds_and_datums_are_left_out_and_told() -> None:
    good = Threshold(
        600.0, Direction.ABOVE, "HSW", "Höchster Schifffahrtswasserstand",
        ThresholdKind.OFFICIAL, "WSV",
    )  # fmt: skip
    stream = replace(
        LEVEL,
        thresholds=(good, replace(good, code="bad", level=math.nan)),
        datum=Datum("NHN", math.inf),
    )
    definition = read_definitions([], [stream])
    assert {threshold[1] for threshold in definition.streams["test:1", "W"].thresholds} == {"HSW"}
    assert definition.streams["test:1", "W"].datum is None
    assert len(definition.notes) == 2


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [
        (timedelta(minutes=15), 900),
        (None, None),
        (timedelta(0), None),
        (timedelta(minutes=-1), None),
        (timedelta.max, None),
    ],
)
def test_an_interval_that_makes_no_sense_is_none(interval, seconds) -> None:
    definition = read_definitions([], [replace(LEVEL, interval=interval)])
    assert definition.streams["test:1", "W"].columns["interval_s"] == seconds


def test_a_datastream_in_two_units_is_refused() -> None:
    found = read_definitions([GAUGE], [LEVEL, replace(LEVEL, unit="m")])
    assert "two units" in found.refused["test:1", "W"]


def test_a_receipt_has_to_add_up() -> None:
    with pytest.raises(ValueError, match="3 records came, 2 are accounted for"):
        Receipt("s", 3, 1, 1, 0, 0, 0)


def test_a_batch_needs_a_time_zone() -> None:
    naive = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        Batch("s", naive)
