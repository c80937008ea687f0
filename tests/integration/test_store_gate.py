"""The privacy gate in the store: what waits, what is published, and what can be told from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from store_samples import GAUGE, empty, rows

from ckanext.suedwest.domain.gated import BayGroup, BaySeen, CellReading, Counter, Frame, Gated
from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.privacy import DEFAULT_RULE, PrivacyRule
from ckanext.suedwest.domain.station import Datastream
from ckanext.suedwest.domain.time import DayRule, day_span
from ckanext.suedwest.store.batch import Batch, Receipt
from ckanext.suedwest.store.gate import sources_to_close
from ckanext.suedwest.store.writer import write_batch

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 19, 23, tzinfo=UTC)
NEXT_DAY = MIDNIGHT + DAY + HOUR
COUNTER = Counter("test:1", "total", frozenset({"in", "out"}), DEFAULT_RULE)
STREAMS = [
    Datastream("test:1", "total", "bicycle_count", "count", QUARTER, day_rule=DayRule.CIVIL),
    *(
        Datastream("test:1", name, "bicycle_count", "count", HOUR, day_rule=DayRule.CIVIL)
        for name in ("in", "out", "free", "occupied", "capacity")
    ),
]
OBSERVED = """
    SELECT datastream.name, phenomenon_time, result FROM suedwest.observation
    JOIN suedwest.datastream ON datastream.id = datastream_id ORDER BY 1, 2
"""


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    clean(store_engine)
    return store_engine


def clean(engine: Engine) -> None:
    empty(engine)
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "TRUNCATE suedwest.closed_day, suedwest.counter_reading, suedwest.bay_state"
        )


def write(
    engine: Engine,
    gated: Gated,
    *,
    now: datetime,
    observations: Sequence[Observation] = (),
) -> Receipt:
    batch = Batch(
        source_id="test",
        received_at=now,
        stations=[replace(GAUGE, kind="counter")],
        datastreams=STREAMS,
        observations=observations,
        gated=gated,
    )
    return write_batch(engine, batch, lease=None, now=now)


def frames(
    *counted: tuple[int, dict[str, float]], rule: PrivacyRule = DEFAULT_RULE, **more: Any
) -> Gated:
    """Frames of a quarter of an hour each, by its number from midnight."""
    counter = replace(COUNTER, rule=rule)
    return Gated(
        counters=[counter],
        frames=[
            Frame(counter.id, f"frame {quarter}", MIDNIGHT + quarter * QUARTER, cells)
            for quarter, cells in counted
        ],
        **more,
    )


def observed(engine: Engine) -> dict[str, dict[float, float]]:
    """Values by datastream and hour of the day."""
    found: dict[str, dict[float, float]] = {}
    for name, time, result in rows(engine, OBSERVED):
        found.setdefault(name, {})[(time - MIDNIGHT) / HOUR] = result
    return found


def test_totals_come_when_their_bin_is_over_and_splits_when_the_day_is(engine: Engine) -> None:
    busy = [(quarter, {"in": 20.0, "out": 30.0}) for quarter in range(4)]
    receipt = write(engine, frames(*busy), now=MIDNIGHT + 2 * QUARTER)
    assert (receipt.stored, receipt.suppressed) == (4 + 2, 0)
    assert observed(engine) == {"total": {0.0: 50.0, 0.25: 50.0}}
    receipt = write(engine, frames(*busy), now=MIDNIGHT + HOUR)
    assert (receipt.unchanged, receipt.stored) == (4, 2), "each frame counts once"
    assert set(observed(engine)) == {"total"}
    assert sources_to_close(engine, NEXT_DAY - QUARTER) == []
    assert sources_to_close(engine, NEXT_DAY) == ["test"]
    write(engine, Gated(), now=NEXT_DAY)
    assert observed(engine)["in"] == {0.0: 80.0}
    assert observed(engine)["out"] == {0.0: 120.0}
    assert rows(engine, "SELECT * FROM suedwest.partial_bin") == []
    assert rows(engine, "SELECT spans, withheld FROM suedwest.closed_day") == [(1, 0)]
    assert sources_to_close(engine, NEXT_DAY) == []


def test_a_closed_day_is_never_published_again(engine: Engine) -> None:
    write(engine, frames((0, {"in": 20.0, "out": 30.0})), now=NEXT_DAY)
    before = observed(engine)
    own = Observation("test:1", "total", MIDNIGHT + QUARTER, 7.0)
    late = frames((0, {"in": 21.0, "out": 30.0}), (5, {"in": 1.0}))
    receipt = write(engine, late, now=NEXT_DAY + DAY, observations=[own])
    assert (receipt.received, receipt.suppressed) == (3, 3)
    assert observed(engine) == before
    assert rows(engine, "SELECT * FROM suedwest.partial_bin") == []


@pytest.mark.parametrize(
    ("cells", "own", "public"),
    [
        ({"in": 20.0, "out": 2.0}, None, False),
        ({"in": 20.0, "out": 0.0}, None, True),
        ({"in": 20.0, "out": 30.0}, 50.0, True),
        ({"in": 20.0, "out": 30.0}, 51.0, False),
        ({"in": 20.0, "out": 30.0, "third": 30.0}, None, False),
    ],
    ids=["small", "zero", "whole", "a part is hidden", "a part nobody registered"],
)
def test_a_split_is_published_as_a_whole_or_not_at_all(
    engine: Engine, cells: dict[str, float], own: float | None, public: bool
) -> None:
    totals = [] if own is None else [Observation("test:1", "total", MIDNIGHT, own)]
    write(engine, frames((0, cells)), now=NEXT_DAY, observations=totals)
    found = observed(engine)
    assert found["total"] == {0.0: own or sum(cells.values())}
    assert set(found) == ({"total", "in", "out"} if public else {"total"})
    assert rows(engine, "SELECT withheld FROM suedwest.closed_day") == [(int(not public),)]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.integers(0, 11), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12
    )
)
def test_no_small_cell_can_be_told_from_all_that_is_public(
    engine: Engine, counted: list[tuple[int, int, int]]
) -> None:
    """Of every quarter and hour: the cells that fit what is public do not agree on a small one."""
    clean(engine)
    table = {quarter: {"in": float(a), "out": float(b)} for quarter, a, b in counted}
    for quarter, cells in table.items():
        write(engine, frames((quarter, cells)), now=MIDNIGHT + (quarter + 1) * QUARTER)
    write(engine, Gated(), now=NEXT_DAY)
    found = observed(engine)
    for hour in {quarter // 4 for quarter in table}:
        inside = [quarter for quarter in table if quarter // 4 == hour]
        totals = [found["total"][quarter / 4] for quarter in inside]
        for name in ("in", "out"):
            public = found.get(name, {}).get(float(hour))
            if public is None:
                assert hour not in found.get("out" if name == "in" else "in", {})
                continue
            assert public == sum(table[quarter][name] for quarter in inside)
            assert public == 0 or public >= DEFAULT_RULE.smallest_cell
            for total in totals:
                least, most = max(0, total + public - sum(totals)), min(total, public)
                assert not (least == most and 0 < least < DEFAULT_RULE.smallest_cell)
    hidden = "SELECT good_count FROM suedwest.observation_day d JOIN suedwest.datastream s"
    counts = rows(engine, f"{hidden} ON s.id = d.datastream_id WHERE name IN ('in', 'out')")
    assert all(count == len(found["in"]) for (count,) in counts)


def test_readings_become_differences_with_wraps_and_resets(engine: Engine) -> None:
    def read(quarter: float, number: int, capacity: int | None = 65_536) -> Receipt:
        time = MIDNIGHT + quarter * QUARTER
        readings = [CellReading(COUNTER.id, "in", time, number, capacity)]
        gated = Gated(counters=[COUNTER], readings=readings)
        return write(engine, gated, now=MIDNIGHT + 10 * QUARTER)

    read(0, 65_500)
    read(1, 65_530)
    assert observed(engine) == {"total": {0.0: 30.0}}
    read(2, 10)
    assert observed(engine)["total"][0.25] == 16.0, "it wrapped"
    assert read(2, 10).unchanged == 1
    assert read(1.5, 65_535).suppressed == 1, "late: part of a difference already made"
    read(3, 3, None)
    assert observed(engine)["total"][0.5] == 3.0, "it began again"
    assert read(8, 500).suppressed == 1, "silent for more than an hour"
    assert set(observed(engine)["total"]) == {0.0, 0.25, 0.5}
    assert read(9, 70_000).suppressed == 1, "beyond its capacity"


def test_another_rule_ends_the_open_day_without_its_splits(engine: Engine) -> None:
    write(engine, frames((0, {"in": 20.0, "out": 30.0})), now=MIDNIGHT + QUARTER)
    stricter = replace(DEFAULT_RULE, smallest_cell=5)
    again = frames((1, {"in": 20.0, "out": 30.0}), rule=stricter)
    assert write(engine, again, now=MIDNIGHT + 2 * QUARTER).suppressed == 1
    assert observed(engine) == {"total": {0.0: 50.0}}
    longer = replace(stricter, step=HOUR)
    write(engine, frames(rule=longer), now=MIDNIGHT)
    kept = frames((100, {"in": 20.0, "out": 30.0}), rule=stricter)
    write(engine, kept, now=NEXT_DAY + 3 * HOUR)
    assert rows(engine, "SELECT rule ->> 'step_seconds' FROM suedwest.counter_rule") == [
        ("3600.0",)
    ]


@pytest.mark.parametrize(("day", "quarters"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100)])
def test_the_days_of_the_clock_changes_have_all_their_quarters(
    engine: Engine, day: date, quarters: int
) -> None:
    start, end = day_span(day, DayRule.CIVIL)
    times = [start + number * QUARTER for number in range(quarters)]
    assert times[-1] + QUARTER == end
    gated = Gated(
        counters=[COUNTER],
        frames=[Frame(COUNTER.id, f"{one}", one, {"in": 5.0, "out": 6.0}) for one in times],
    )
    write(engine, gated, now=end + HOUR)
    days = """
        SELECT name, day::text, good_count, good_mean * good_count FROM suedwest.observation_day
        JOIN suedwest.datastream ON datastream.id = datastream_id ORDER BY name
    """
    assert [tuple(row) for row in rows(engine, days)] == [
        ("in", str(day), quarters // 4, 5.0 * quarters),
        ("out", str(day), quarters // 4, 6.0 * quarters),
        ("total", str(day), quarters, 11.0 * quarters),
    ]


def test_bays_are_told_in_their_group_once_all_are_known(engine: Engine) -> None:
    group = BayGroup("test:1", "hash", 5, DEFAULT_RULE)

    def see(position: int, occupied: bool, minute: int) -> Receipt:
        seen = BaySeen(group.id, position, occupied, MIDNIGHT + timedelta(minutes=minute))
        return write(engine, Gated(groups=[group], bays=[seen]), now=MIDNIGHT + HOUR)

    for position in range(4):
        see(position, True, position)
    assert observed(engine) == {}
    see(4, False, 30)
    assert observed(engine) == {"capacity": {0.5: 5.0}, "free": {0.5: 1.0}, "occupied": {0.5: 4.0}}
    assert see(4, True, 20).unchanged == 1, "an older state is no news"
    see(0, False, 45)
    assert observed(engine)["occupied"] == {0.5: 4.0, 0.75: 3.0}
    see(0, True, 60 * 26 + 20)
    assert len(observed(engine)["occupied"]) == 2, "of the others nobody has heard for a day"
