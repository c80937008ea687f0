"""Batches of values: stored once, corrected with a trace, refused with a reason."""

from __future__ import annotations

import json
import select
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from sqlalchemy import Engine
from store_samples import (
    GAUGE,
    LEVEL,
    NOW,
    QUARTER,
    counts,
    empty,
    gauge,
    level,
    rows,
    value,
    write,
)

from ckanext.suedwest.domain.errors import Refusal
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.store.quarantine import quarantined
from ckanext.suedwest.store.sources import UnknownSource

STORED = "SELECT phenomenon_time, result, quality FROM suedwest.observation ORDER BY 1"
REVISED = "SELECT phenomenon_time, result, quality FROM suedwest.observation_revision ORDER BY 1, 2"


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    return store_engine


def test_the_same_batch_twice_changes_nothing(engine: Engine) -> None:
    values = [value(float(step), NOW - step * QUARTER) for step in range(10)]
    assert counts(write(engine, values)) == (10, 0, 0, 0)
    before = rows(engine, "SELECT * FROM suedwest.observation ORDER BY 2")
    assert counts(write(engine, values, now=NOW + QUARTER)) == (0, 10, 0, 0)
    assert rows(engine, "SELECT * FROM suedwest.observation ORDER BY 2") == before
    assert rows(engine, "SELECT total FROM suedwest.datastream_state") == [(10,)]
    assert rows(engine, REVISED) == []


def test_another_value_for_a_time_replaces_it_and_leaves_a_revision(engine: Engine) -> None:
    write(engine, [value(124.0)])
    later = NOW + timedelta(minutes=1)
    assert counts(write(engine, [value(125.0)], now=later)) == (0, 0, 1, 0)
    assert rows(engine, STORED) == [(NOW, 125.0, 2)]
    assert rows(
        engine, "SELECT result, received_at, replaced_at FROM suedwest.observation_revision"
    ) == [(124.0, NOW, later)]
    assert rows(engine, "SELECT latest_result, total FROM suedwest.datastream_state") == [
        (125.0, 1)
    ]


def test_values_a_batch_corrects_itself_are_kept_as_revisions(engine: Engine) -> None:
    receipt = write(engine, [value(1.0), value(2.0), value(2.0), value(3.0)])
    assert counts(receipt) == (1, 1, 2, 0)
    assert rows(engine, STORED) == [(NOW, 3.0, 2)]
    assert rows(engine, REVISED) == [(NOW, 1.0, 2), (NOW, 2.0, 2)]


@pytest.mark.parametrize(
    ("second", "stored_quality", "expected"),
    [
        (Quality.NOT_EVALUATED, Quality.SUSPECT, (0, 1, 0, 0)),
        (Quality.PASS, Quality.PASS, (0, 0, 1, 0)),
    ],
)
def test_a_flag_is_only_taken_back_by_an_evaluation(
    engine: Engine, second: Quality, stored_quality: Quality, expected: tuple[int, ...]
) -> None:
    write(engine, [value(1.0, quality=Quality.SUSPECT)])
    assert counts(write(engine, [value(1.0, quality=second)])) == expected
    assert rows(engine, STORED) == [(NOW, 1.0, stored_quality)]


def test_values_out_of_order_leave_the_newest_as_the_latest(engine: Engine) -> None:
    write(engine, [value(3.0, NOW)])
    write(engine, [value(1.0, NOW - 2 * QUARTER), value(2.0, NOW - QUARTER)])
    assert rows(
        engine,
        "SELECT latest_time, latest_result, first_time, total FROM suedwest.datastream_state",
    ) == [(NOW, 3.0, NOW - 2 * QUARTER, 3)]


def test_a_doubted_value_is_the_latest_but_not_the_latest_good_one(engine: Engine) -> None:
    write(engine, [value(1.0, NOW - QUARTER), value(9999.0, NOW, Quality.FAIL)])
    state = "SELECT latest_result, latest_quality, good_time, good_result FROM suedwest.{}"
    state = state.format("datastream_state")
    assert rows(engine, state) == [(9999.0, 4, NOW - QUARTER, 1.0)]
    write(engine, [value(1.0, NOW - QUARTER, Quality.FAIL)])
    assert rows(engine, state) == [(9999.0, 4, None, None)]


def test_every_record_is_accounted_for(engine: Engine) -> None:
    write(engine, [value(1.0)])
    refusal = Refusal("test:1 W", "the value is null", '{"value": null}')
    receipt = write(
        engine,
        [
            value(1.0),
            value(2.0, NOW + QUARTER),
            value(3.0, NOW + QUARTER),
            value(4.0, datetime(1970, 1, 1, tzinfo=UTC)),
            value(5.0, NOW + timedelta(days=400)),
            value(6.0, datastream="Q"),
        ],
        refusals=[refusal],
    )
    assert receipt.received == 7
    assert counts(receipt) == (1, 1, 1, 4)
    assert rows(
        engine,
        """SELECT received, stored, unchanged, corrected, suppressed, quarantined
           FROM suedwest.receipt ORDER BY id DESC LIMIT 1""",
    ) == [(7, 1, 1, 1, 0, 4)]
    reasons = {row.record: row.reason for row in quarantined(engine)}
    assert reasons["test:1 W"] == "the value is null"
    assert "before 1990" in reasons["test:1 W 1970-01-01T00:00:00+00:00"]
    assert "no such datastream" in reasons["test:1 Q 2026-11-20T12:00:00+00:00"]


def test_absurd_values_spoil_no_mean(engine: Engine) -> None:
    absurd = [value(1.7e308, NOW + timedelta(minutes=minute)) for minute in range(3)]
    largest = [value(1e15, NOW + timedelta(minutes=minute)) for minute in range(10, 20)]
    flow = [level("test:1", observed_property="discharge", unit="m³/s")]
    assert counts(write(engine, absurd + largest, streams=flow)) == (10, 0, 0, 3)
    assert rows(engine, "SELECT good_mean FROM suedwest.observation_day") == [(1e15,)]


def test_a_refusal_that_comes_again_counts_up(engine: Engine) -> None:
    refusal = Refusal("test:1 W", "the value is null", "{}")
    write(engine, refusals=[refusal, refusal])
    write(engine, refusals=[refusal], now=NOW + QUARTER)
    (row,) = quarantined(engine, source_id="test")
    assert (row.times, row.first_received_at, row.last_received_at) == (3, NOW, NOW + QUARTER)
    assert quarantined(engine, source_id="other") == []


def test_text_that_cannot_be_stored_breaks_no_batch(engine: Engine) -> None:
    bad = "\x00\ud800" + "x" * 10_000
    receipt = write(
        engine,
        [value(1.0), value(2.0, station=f"bad{bad}"), value(3.0, datastream=bad)],
        stations=[
            replace(GAUGE, name=bad, remark=bad, properties={bad: bad}, operator=replace(
                GAUGE.operator, name=bad, url=bad), licence=replace(GAUGE.licence, title=bad)),
            gauge(f"bad{bad}"),
        ],
        streams=[replace(LEVEL, remark=bad), level(f"bad{bad}"), replace(LEVEL, name=bad)],
        refusals=[Refusal(bad, bad, bad)],
    )  # fmt: skip
    assert counts(receipt) == (1, 0, 0, 3)
    ((name, remark),) = rows(engine, "SELECT name, remark FROM suedwest.station")
    assert name.startswith("\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}xx")
    assert (len(name), len(remark)) == (200, 2000)


def test_an_empty_batch_leaves_a_receipt(engine: Engine) -> None:
    receipt = write(engine, stations=(), streams=())
    assert receipt.received == 0
    assert rows(engine, "SELECT received FROM suedwest.receipt") == [(0,)]


def test_an_unknown_source_is_refused(engine: Engine) -> None:
    with pytest.raises(UnknownSource, match="nobody"):
        write(engine, [value(1.0)], source="nobody")
    assert rows(engine, STORED) == []


def test_a_bare_series_needs_no_definitions(engine: Engine) -> None:
    write(engine)
    assert counts(write(engine, [value(1.0)], stations=(), streams=())) == (1, 0, 0, 0)


def test_listeners_are_told_which_datastreams_changed(engine: Engine, store_url: str) -> None:
    many = 1200
    keys = [f"test:{number}" for number in range(many)]
    stations, streams = [gauge(key) for key in keys], [level(key) for key in keys]
    write(engine, stations=stations, streams=streams)
    listener = psycopg2.connect(store_url)
    try:
        listener.autocommit = True
        listener.cursor().execute("LISTEN suedwest_observations; LISTEN suedwest_outbox")
        values = [value(1.0, station=key) for key in keys]
        write(engine, values, stations=stations, streams=streams)
        write(engine, values, stations=stations, streams=streams)
        select.select([listener], [], [], 10)
        listener.poll()
        notices = [(notice.channel, notice.payload) for notice in listener.notifies]
    finally:
        listener.close()
    assert {channel for channel, _ in notices} == {"suedwest_observations"}
    assert all(len(payload.encode()) < 8000 for _, payload in notices)
    told = [id_ for _, payload in notices for id_ in json.loads(payload)["datastreams"]]
    assert told == [row[0] for row in rows(engine, "SELECT id FROM suedwest.datastream ORDER BY 1")]
