"""The privacy gate: nothing that tells of single persons comes out, whatever goes in."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.domain.bins import PartialBin, bin_start, merge
from ckanext.suedwest.domain.identifiers import identifier_in, only_allowed
from ckanext.suedwest.domain.privacy import (
    DEFAULT_RULE,
    RESIDENTIAL_RULE,
    SPEED_RULE,
    PrivacyRule,
    group_occupancy,
    require_disjoint_groups,
    rule_of,
)
from ckanext.suedwest.domain.suppression import PublishedDay, close_day, sum_of_days
from ckanext.suedwest.domain.time import BERLIN, DayRule, day_span

MIDNIGHT = datetime(2026, 11, 19, 23, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
TWO_QUARTERS = PrivacyRule(step=QUARTER, split_step=2 * QUARTER)

Table = tuple[tuple[int, ...], ...]


def day(table: Table, rule: PrivacyRule) -> PublishedDay:
    """A day whose first bins counted the rows of a table, one column for each cell."""
    bins = [
        PartialBin(
            "c",
            MIDNIGHT + at * rule.step,
            rule.step,
            {"f": {f"{number}": count for number, count in enumerate(row)}},
        )
        for at, row in enumerate(table)
    ]
    return close_day(bins, frozenset(map(str, range(len(table[0])))), rule)


def rows_of(total: int, width: int) -> list[tuple[int, ...]]:
    """All ways to count `total` in `width` cells."""
    return [row for row in itertools.product(range(total + 1), repeat=width) if sum(row) == total]


def seen(published: PublishedDay) -> str:
    return repr(published)


@pytest.mark.parametrize(
    ("rule", "bins", "width", "most"),
    [
        # One bin a span; two; a finer total within a span; two spans of two bins each.
        (replace(TWO_QUARTERS, split_step=QUARTER), 1, 2, 9),
        (replace(TWO_QUARTERS, split_step=QUARTER), 1, 4, 6),
        (replace(TWO_QUARTERS, split_step=QUARTER), 2, 2, 5),
        (TWO_QUARTERS, 2, 2, 7),
        (TWO_QUARTERS, 2, 3, 4),
        (TWO_QUARTERS, 3, 2, 4),
        (TWO_QUARTERS, 4, 2, 2),
        (replace(TWO_QUARTERS, smallest_cell=5), 2, 2, 8),
    ],
)
def test_who_sees_all_that_is_published_can_tell_no_small_cell(
    rule: PrivacyRule, bins: int, width: int, most: int
) -> None:
    """Everything that could have been counted and is published alike keeps two possible numbers.

    This is the strongest attack there is: it knows the rule, the program and every published
    number, totals of neighbouring bins and spans included.
    """
    for totals in itertools.product(range(most + 1), repeat=bins):
        alike: dict[str, list[Table]] = defaultdict(list)
        for table in itertools.product(*(rows_of(total, width) for total in totals)):
            alike[seen(day(table, rule))].append(table)
        for tables in alike.values():
            for row, column in itertools.product(range(bins), range(width)):
                possible = {table[row][column] for table in tables}
                assert len(possible) > 1 or not 0 < min(possible) < rule.smallest_cell, tables
            width_of_span = rule.split_step // rule.step
            for first, column in itertools.product(range(0, bins, width_of_span), range(width)):
                of_span = [table[first : first + width_of_span] for table in tables]
                sums = {sum(row[column] for row in rows) for rows in of_span}
                assert len(sums) > 1 or not 0 < min(sums) < rule.smallest_cell, tables


tables = st.integers(2, 4).flatmap(
    lambda width: st.lists(
        st.tuples(*[st.integers(0, 12)] * width).map(tuple), min_size=1, max_size=96
    )
)


@given(tables)
def test_no_published_cell_is_small_and_totals_are_whole(table: list[tuple[int, ...]]) -> None:
    published = day(tuple(table), DEFAULT_RULE)
    assert published.total == sum(map(sum, table))
    for span in published.splits:
        assert span.end - span.start <= HOUR
        cells = span.cells or {}
        assert all(count == 0 or count >= 3 for count in cells.values())
    # Coarser numbers hold nothing that finer ones do not.
    summed = sum_of_days([published])
    assert summed.spans_with_cells == sum(one.cells is not None for one in published.splits)
    assert sum(summed.cells.values()) == sum(
        sum(one.cells.values()) for one in published.splits if one.cells is not None
    )


@given(tables, st.integers(0, 95))
def test_held_back_cells_change_nothing_but_totals(table: list[tuple[int, ...]], at: int) -> None:
    """Moving the counts of a span that stays held back between its cells is not to be seen."""
    before = day(tuple(table), DEFAULT_RULE)
    row = at % len(table)
    turned = [*table]
    turned[row] = tuple(reversed(table[row]))
    after = day(tuple(turned), DEFAULT_RULE)
    if before.splits[row // 4].cells is None and after.splits[row // 4].cells is None:
        assert seen(after) == seen(before)


def test_one_direction_alone_at_night_is_not_told() -> None:
    # All of the hour went one way, so the single one of its first quarter did too.
    published = day(((1, 0), (9, 0), (0, 0), (0, 0)), DEFAULT_RULE)
    assert published.splits[0].cells is None
    busy = day(((7, 3), (9, 4), (5, 6), (4, 4)), DEFAULT_RULE)
    assert busy.splits[0].cells == {"0": 25, "1": 17}
    assert (busy.withheld, published.withheld) == (0, 1)


def test_a_cell_that_is_not_registered_is_counted_and_not_split() -> None:
    bins = [PartialBin("c", MIDNIGHT, QUARTER, {"f": {"in": 9, "out": 9, "x": 1}})]
    published = close_day(bins, frozenset({"in", "out"}), DEFAULT_RULE)
    assert published.totals[0].number == 19
    assert published.splits[0].cells is None
    assert close_day(bins, frozenset(), DEFAULT_RULE).splits == ()


@pytest.mark.parametrize(
    ("bins", "problem"),
    [
        ([], "without a bin"),
        ([PartialBin("c", MIDNIGHT, QUARTER)] * 2, "twice"),
        ([PartialBin("c", MIDNIGHT, HOUR)], "step"),
        ([PartialBin("c", MIDNIGHT + i * QUARTER, QUARTER) for i in (0, 96)], "several days"),
    ],
)
def test_what_is_no_day_is_not_closed(bins: list[PartialBin], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        close_day(bins, frozenset(), DEFAULT_RULE)


@pytest.mark.parametrize(
    ("date", "bins", "hours"),
    [((2026, 3, 29), 92, 23), ((2026, 10, 25), 100, 25), ((2026, 11, 20), 96, 24)],
)
def test_a_civil_day_has_its_own_number_of_bins(
    date: tuple[int, int, int], bins: int, hours: int
) -> None:
    start, end = day_span(datetime(*date, 12, tzinfo=BERLIN).date(), DayRule.CIVIL)
    minutes = range(int((end - start) / timedelta(minutes=1)))
    starts = sorted({bin_start(start + timedelta(minutes=one), QUARTER) for one in minutes})
    assert (len(starts), starts[0]) == (bins, start)
    counted = [PartialBin("c", one, QUARTER, {"f": {"in": 5, "out": 5}}) for one in starts]
    cells = frozenset({"in", "out"})
    published = close_day(counted, cells, DEFAULT_RULE)
    assert (len(published.totals), len(published.splits)) == (bins, hours)
    whole = close_day(counted, cells, replace(DEFAULT_RULE, split_step=timedelta(days=1)))
    assert [dict(one.cells or {}) for one in whole.splits] == [{"in": 5 * bins, "out": 5 * bins}]
    by_six = close_day(counted, cells, replace(DEFAULT_RULE, split_step=timedelta(hours=6)))
    assert all(one.end - one.start >= timedelta(hours=6) for one in by_six.splits)


cells = st.dictionaries(st.sampled_from(["in", "out"]), st.integers(0, 9), max_size=2)
frames = st.dictionaries(st.sampled_from("abcd"), cells, max_size=4)
partial_bins = frames.map(lambda one: PartialBin("c", MIDNIGHT, QUARTER, one))


@given(partial_bins, partial_bins, partial_bins)
def test_merging_is_in_any_order_and_again(
    one: PartialBin, two: PartialBin, three: PartialBin
) -> None:
    def same(left: PartialBin, right: PartialBin) -> bool:
        return left.cells() == right.cells() and left.frames.keys() == right.frames.keys()

    assert same(merge(one, two), merge(two, one))
    assert same(merge(merge(one, two), three), merge(one, merge(two, three)))
    assert same(merge(one, one), one)
    assert same(merge(merge(one, two), two), merge(one, two))


def test_only_the_same_bin_is_merged() -> None:
    one = PartialBin("c", MIDNIGHT, QUARTER)
    for other in (replace(one, counter="d"), replace(one, start=MIDNIGHT + QUARTER)):
        with pytest.raises(ValueError, match="one counter"):
            merge(one, other)
    with pytest.raises(ValueError, match="negative"):
        PartialBin("c", MIDNIGHT, QUARTER, {"f": {"in": -1}})


def test_a_rule_is_looser_only_with_a_reason() -> None:
    assert rule_of(DEFAULT_RULE, None) is DEFAULT_RULE
    stricter = replace(DEFAULT_RULE, step=HOUR, smallest_group=10)
    assert rule_of(DEFAULT_RULE, stricter) is stricter
    looser = replace(DEFAULT_RULE, raw_hours=24)
    with pytest.raises(ValueError, match="reason"):
        rule_of(DEFAULT_RULE, looser)
    with pytest.raises(ValueError, match="reason"):
        rule_of(SPEED_RULE, DEFAULT_RULE)
    reasoned = replace(looser, reason="Fehlersuche bis 30.11.")
    assert rule_of(DEFAULT_RULE, reasoned).describe()["reason"] == "Fehlersuche bis 30.11."
    assert RESIDENTIAL_RULE.describe()["step_seconds"] == 3600


@pytest.mark.parametrize(
    "fields",
    [
        {"smallest_cell": 2},
        {"step": timedelta(minutes=7)},
        {"step": timedelta(0)},
        {"split_step": timedelta(minutes=10)},
        {"raw_hours": 25},
        {"smallest_group": 0},
    ],
)
def test_a_rule_that_protects_nobody_cannot_be_written(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        replace(DEFAULT_RULE, **fields)


def test_groups_of_bays() -> None:
    bays = frozenset("abcde")
    require_disjoint_groups({"A": bays, "B": frozenset("fghij")}, DEFAULT_RULE)
    with pytest.raises(ValueError, match="fewer than 5"):
        require_disjoint_groups({"A": frozenset("abcd")}, DEFAULT_RULE)
    with pytest.raises(ValueError, match="share"):
        require_disjoint_groups({"A": bays, "B": bays | {"f"}}, DEFAULT_RULE)
    taken = dict.fromkeys(bays, True)
    assert group_occupancy(bays, {**taken, "z": True}, DEFAULT_RULE) == 5
    # A sum over four of five would tell of a smaller group.
    assert group_occupancy(bays, dict.fromkeys("abcd", True), DEFAULT_RULE) is None
    with pytest.raises(ValueError, match="fewer"):
        group_occupancy(frozenset("a"), taken, DEFAULT_RULE)


@pytest.mark.parametrize(
    "text",
    [
        "24:0A:C4:9B:1F:00", "24-0a-c4-9b-1f-00", "240ac49b1f00", "eui-70b3d57ed0050a01",
        "70b3d57ed0050a01", "5d41402abc4b2a76b9719d911017c592", "a.b@example.org",
        "WVWZZZ1JZXW000001", "KL-AB 123", "ZW-X 1E",
    ],
)  # fmt: skip
def test_identifiers_are_recognised(text: str) -> None:
    assert identifier_in(f"x {text} y")


@pytest.mark.parametrize(
    "text",
    [
        "100031300", "Hohenzollernbrücke", "L 395", "A 61 AS Wattenheim", "B 270", "9000011165",
        "Channel 1 IN", "2026V0051", "Promenade Radfahrer FR Salzstraße", "J_52.1_1_I", "K 5-7",
    ],
)  # fmt: skip
def test_names_of_places_and_counters_are_none(text: str) -> None:
    assert identifier_in(text) is None


values = st.recursive(
    st.one_of(st.integers(), st.text(max_size=3), st.just("SECRET")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "mac", "user_id", "count"]), inner, max_size=4),
    ),
    max_leaves=20,
)


@given(values)
def test_only_allowed_fields_are_left(record: object) -> None:
    kept = only_allowed(record, frozenset({"id", "count"}))
    written = json.dumps(kept)
    assert '"mac"' not in written
    assert '"user_id"' not in written
    assert only_allowed(kept, frozenset({"id", "count"})) == kept
