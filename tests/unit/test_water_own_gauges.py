"""How a link names gauges, and what becomes of names that are none."""

from __future__ import annotations

import pytest
from water_samples import station

from ckanext.suedwest.store.query import StationRow
from ckanext.suedwest.water.own_gauges import LIMIT, choose, matching, parse


def gauge(number: int) -> StationRow:
    return station(id=number, slug=f"pegel-{number}", name=f"Ort {number}", number=str(number))


@pytest.mark.parametrize(
    ("values", "slugs"),
    [
        ([], []),
        ([""], []),
        (["a,b"], ["a", "b"]),
        (["b,a"], ["b", "a"]),
        (["a,b", "c"], ["a", "b", "c"]),
        (["a,a,b,a"], ["a", "b"]),
        ([" A , b,,\n"], ["a", "b"]),
        (["<b>"], ["<b>"]),
    ],
)
def test_a_link_names_every_gauge_once_in_its_order(values: list[str], slugs: list[str]) -> None:
    assert parse(values) == slugs


def test_at_most_a_hundred_names_are_read() -> None:
    assert len(parse([",".join(str(number) for number in range(5000))])) == 100


def test_nothing_a_link_names_is_dropped_in_silence() -> None:
    known = [gauge(number) for number in range(LIMIT + 2)]
    slugs = ["nix", *(each.slug for each in reversed(known))]
    choice = choose(slugs, known)
    assert choice.unknown == ("nix",)
    assert [each.slug for each in choice.shown] == slugs[1 : LIMIT + 1]
    assert [each.slug for each in choice.beyond] == ["pegel-1", "pegel-0"]
    assert sorted(choice.slugs) == sorted(slugs)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Odenbach", "Prüm"]),
        ("glan oden", ["Odenbach"]),
        ("PRUEM", ["Prüm"]),
        ("prü", ["Prüm"]),
        ("25600500", ["Odenbach", "Prüm"]),
        ("odenbach prüm", []),
    ],
)
def test_a_gauge_is_found_by_every_word_of_its_name_or_its_number(
    query: str, found: list[str]
) -> None:
    known = [station(), station(name="Prüm", water="Prüm")]
    assert [each.name for each in matching(known, query)] == found
