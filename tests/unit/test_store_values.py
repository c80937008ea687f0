"""Which of a batch's values are stored, when it names a time more than once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.store.catalogue import Catalogue
from ckanext.suedwest.store.columns import microseconds
from ckanext.suedwest.store.definitions import Definitions
from ckanext.suedwest.store.values import sort_values

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CATALOGUE = Catalogue(
    {("test:1", "W"): 7},
    Definitions(refused={"test:2": "not ours", ("test:1", "Q"): "another unit"}),
)


def value(
    result: float,
    quality: Quality = Quality.NOT_EVALUATED,
    time: datetime = NOW,
    station: str = "test:1",
    datastream: str = "W",
) -> Observation:
    return Observation(station, datastream, time, result, quality)


@pytest.mark.parametrize(
    ("results", "winner", "superseded", "repeated"),
    [
        ([1.0], 1.0, [], 0),
        ([1.0, 1.0], 1.0, [], 1),
        ([1.0, 2.0], 2.0, [1.0], 0),
        ([1.0, 2.0, 2.0, 1.0], 1.0, [1.0, 2.0], 1),
        ([0.0, -0.0], 0.0, [], 1),
    ],
)
def test_the_last_value_for_a_time_wins(results, winner, superseded, repeated) -> None:
    found = sort_values([value(result) for result in results], CATALOGUE, NOW)
    assert {key: kept.result for key, kept in found.winners.items()} == {(7, NOW): winner}
    assert [kept.result for _, kept in found.superseded] == superseded
    assert found.repeated == repeated


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (Quality.SUSPECT, Quality.NOT_EVALUATED, Quality.SUSPECT),
        (Quality.NOT_EVALUATED, Quality.SUSPECT, Quality.SUSPECT),
        (Quality.SUSPECT, Quality.PASS, Quality.PASS),
    ],
)
def test_only_an_evaluation_takes_back_a_flag(first, second, kept) -> None:
    found = sort_values([value(1.0, first), value(1.0, second)], CATALOGUE, NOW)
    assert found.winners[7, NOW].quality is kept


def test_the_same_instant_in_another_zone_is_the_same_time() -> None:
    elsewhere = NOW.astimezone(datetime.strptime("+0100", "%z").tzinfo)
    found = sort_values([value(1.0), value(1.0, time=elsewhere)], CATALOGUE, NOW)
    assert found.repeated == 1


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (value(1.0, station="test:2"), "not ours"),
        (value(1.0, datastream="Q"), "another unit"),
        (value(1.0, datastream="LT"), "no such datastream"),
        (value(1.0, time=datetime(1989, 12, 31, 23, 59, tzinfo=UTC)), "before 1990"),
        (value(1.0, time=NOW + timedelta(days=366)), "more than a year ahead"),
        (value(1.0, time=datetime.min.replace(tzinfo=UTC)), "before 1990"),
        (value(-1.1e15), "larger than anything"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_reason(refused, reason) -> None:
    found = sort_values([refused, value(2.0)], CATALOGUE, NOW)
    assert [kept.result for kept in found.winners.values()] == [2.0]
    assert [reason in refusal.reason for refusal in found.refusals] == [True]
    assert f'"result": {refused.result}' in found.refusals[0].payload


@given(st.lists(st.integers(-(10**9) * 1_000_000 // 4, 33 * 10**14)))
def test_a_time_is_sent_to_the_microsecond(since_2000: list[int]) -> None:
    times = [datetime(2000, 1, 1, tzinfo=UTC) + number * MICROSECOND for number in since_2000]
    assert microseconds(times, len(times)).tolist() == since_2000
