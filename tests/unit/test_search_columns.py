"""Columns in memory: filtering, counting, ordering, and following the changes of a table."""

from __future__ import annotations

import struct
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.search import outlines
from ckanext.suedwest.search.column import Column, Vocabulary
from ckanext.suedwest.search.facets import Facet, counts, facets_of
from ckanext.suedwest.search.held import NEVER, Held
from ckanext.suedwest.search.ordering import Order, first
from ckanext.suedwest.search.query import QueryRefused
from ckanext.suedwest.search.question import View

TAGS = [["wasser", "rhein"], ["wasser"], [], ["wald", "wasser"], ["Ähre"]]


def column_of(rows: list[list[str]]) -> Column:
    none = numpy.empty(0, numpy.int32)
    return Column(Vocabulary(), none, none).extended(enumerate(rows))


def packed(*ordinals: int) -> bytes:
    """As `int4send` gives them."""
    return struct.pack(f">{len(ordinals)}i", *ordinals)


def held_of(count: int, **columns: Column) -> Held:
    ordinals = numpy.arange(100, 100 + count, dtype=numpy.int32)
    return Held(
        table_oid=1,
        snapshot="1:1:",
        read_at=0.0,
        lowest=90,
        positions=numpy.concatenate(
            [numpy.full(10, -1, numpy.int32), numpy.arange(count, dtype=numpy.int32)]
        ),
        ordinals=ordinals,
        alive=numpy.ones(count, numpy.bool_),
        modified=numpy.arange(count, dtype=numpy.int64),
        created=numpy.full(count, NEVER),
        title_words=numpy.ones(count, numpy.int16),
        columns=columns,
    )


def answer(**changes: Any) -> dict[str, Any]:
    return {
        "table_oid": 1,
        "snapshot": "9:9:",
        "changed": None,
        "gone": None,
        "own": False,
    } | changes


def test_which_documents_have_a_value() -> None:
    column = column_of(TAGS)
    assert column.with_value("wasser", 5).tolist() == [True, True, False, True, False]
    assert column.with_value("Wasser", 5).tolist() == [False] * 5
    assert column.with_some(5).tolist() == [True, True, False, True, True]
    begins_with_w = column.vocabulary.where(lambda value: value.startswith("wa"))
    assert column.with_any(begins_with_w, 5).tolist() == [True, True, False, True, False]


@given(
    st.lists(st.text(alphabet="abäß.\n", max_size=6), max_size=8),
    st.text(alphabet="abäß.\n", min_size=1, max_size=2),
)
def test_a_part_of_a_value_is_found_in_one_scan(values: list[str], part: str) -> None:
    vocabulary = Vocabulary()
    for value in values:
        vocabulary.number(value)
    expected = [part in value for value in vocabulary.values]
    assert vocabulary.containing(part).tolist() == expected


def test_an_older_column_stays_right_when_its_vocabulary_grows() -> None:
    before = column_of([["a"], ["b"]])
    chosen = before.vocabulary.where(lambda value: value == "a")
    after = before.extended([(2, ["c", "a"])])
    assert before.with_value("c", 2).tolist() == [False, False]
    assert after.with_value("a", 3).tolist() == [True, False, True]
    # made before the newest value was known
    assert after.with_any(chosen, 3).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["wasser", 3, "rhein", 1, "wald", 1, "Ähre", 1]),
        ({"facet.limit": 2}, ["wasser", 3, "rhein", 1]),
        ({"f.tags.facet.limit": "1", "facet.limit": 50}, ["wasser", 3]),
        ({"facet.limit": 0}, []),
        ({"facet.limit": -1, "facet.mincount": 2}, ["wasser", 3]),
    ],
)
def test_the_most_frequent_values_come_first(params: dict[str, Any], expected: list[Any]) -> None:
    column = column_of([sorted(tags) for tags in TAGS])
    (facet,) = facets_of({"facet.field": "tags", **params})
    assert counts(column, numpy.ones(5, numpy.bool_), facet) == expected


def test_only_hits_are_counted() -> None:
    hits = numpy.array([True, False, True, False, False])
    assert counts(column_of(TAGS), hits, Facet("tags")) == ["rhein", 1, "wasser", 1]
    assert counts(column_of([]), numpy.zeros(0, numpy.bool_), Facet("tags")) == []


@pytest.mark.parametrize(
    "params",
    [
        {"facet.field": ["notes"]},
        {"facet.field": ["text"]},
        {"facet.field": ["a\x00"]},
        {"facet.field": [f"field{number}" for number in range(101)]},
        {"facet.field": "tags", "facet.limit": "many"},
        {"facet.field": "tags", "facet.mincount": "few"},
    ],
)
def test_what_cannot_be_counted_is_refused(params: dict[str, Any]) -> None:
    with pytest.raises(QueryRefused):
        facets_of(params)


@given(
    st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), max_size=12),
    st.integers(0, 13),
    st.tuples(st.booleans(), st.booleans()),
)
def test_the_first_hits_are_those_of_a_full_sort(
    keys: list[tuple[int, int]], count: int, descending: tuple[bool, bool]
) -> None:
    view = View(held_of(len(keys)), [])

    def order(number: int) -> Order:
        numbers = numpy.array([key[number] for key in keys], numpy.int64)
        return Order(lambda _view: numbers, descending[number], missing=-1)

    def key_of(position: int) -> tuple[tuple[bool, int], ...]:
        # what has no key comes last, whatever the direction
        return tuple(
            (key == -1, -key if descending[n] else key) for n, key in enumerate(keys[position])
        )

    expected = sorted(range(len(keys)), key=lambda position: (key_of(position), position))
    found = first([order(0), order(1)], view, numpy.ones(len(keys), numpy.bool_), count)
    assert found.tolist() == expected[:count]


def test_changes_are_followed() -> None:
    before = held_of(2, tags=column_of([["a"], ["b"]]))
    rows = [[105, 7, NEVER, 3, {"tags": ["b", "c"], "name": ["new"]}]]
    after = before.followed(answer(changed=rows, gone=packed(100)))
    assert after is not None
    assert after.ordinals.tolist() == [100, 101, 105]
    assert after.alive.tolist() == [False, True, True]
    assert after.modified.tolist() == [0, 1, 7]
    assert after.columns["tags"].with_value("b", 3).tolist() == [False, True, True]
    assert after.mask(packed(105, 100, 999, 3)).tolist() == [True, False, True]
    assert after.snapshot == "9:9:"
    # and what was held is as it was
    assert before.alive.tolist() == [True, True]
    assert len(before) == 2


def test_a_change_that_is_told_twice_is_followed_once() -> None:
    rows = [[105, 7, NEVER, 1, {}]]
    after = held_of(1).followed(answer(changed=rows))
    assert after is not None
    again = after.followed(answer(changed=rows))
    assert again is not None
    assert again.ordinals.tolist() == [100, 105]


def test_a_row_that_came_and_went_unseen_is_not_alive() -> None:
    # its transaction committed between two searches, and so did the one that replaced it
    after = held_of(1).followed(answer(changed=[[106, 8, NEVER, 1, {}]], gone=packed(105)))
    assert after is not None
    assert after.ordinals[after.alive].tolist() == [100, 106]


@pytest.mark.parametrize(
    "changes",
    [
        {"table_oid": 2},  # made anew
        {"changed": [[7, 0, 0, 1, {}]]},  # a number from long ago, committed late
    ],
)
def test_what_cannot_be_followed_is_read_anew(changes: dict[str, Any]) -> None:
    assert held_of(1).followed(answer(**changes)) is None


@pytest.mark.parametrize(
    ("outline", "box", "expected"),
    [
        ("ENVELOPE(7, 8, 50, 49)", (7.5, 49.5, 9, 51), True),
        ("ENVELOPE(7, 8, 50, 49)", (8, 50, 9, 51), True),
        ("ENVELOPE(7, 8, 50, 49)", (8.1, 49, 9, 50), False),
        # the box of the triangle meets, the triangle does not
        ("POLYGON ((0 0, 10 0, 0 10, 0 0))", (8, 8, 9, 9), False),
        ("POLYGON ((0 0, 10 0, 0 10, 0 0))", (4, 4, 9, 9), True),
        ("MULTIPOLYGON (((0 0, 1 0, 0 1, 0 0)), ((5 5, 6 5, 5 6, 5 5)))", (2, 2, 4, 4), False),
        ("POINT (179.5 0)", (170, -10, -170, 10), True),
        ("POINT (0 0)", (170, -10, -170, 10), False),
        ("no outline", (-180, -90, 180, 90), False),
        ("POLYGON EMPTY", (-180, -90, 180, 90), False),
    ],
)
def test_an_outline_meets_a_box(
    outline: str, box: tuple[float, float, float, float], expected: bool
) -> None:
    assert outlines.meeting(outlines.parsed([outline]), box).tolist() == [expected]
