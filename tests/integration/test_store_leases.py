"""Several processes at once: leases, fencing, waiting for each other, and being killed."""

from __future__ import annotations

import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from store_samples import (
    GAUGE,
    LEVEL,
    NOW,
    QUARTER,
    counts,
    empty,
    gauge,
    level,
    register,
    rows,
    value,
    write,
)

from ckanext.suedwest.store.leases import (
    Lease,
    LeaseLost,
    claim_due_source,
    record_failure,
    record_success,
    renew,
)
from ckanext.suedwest.store.sources import (
    Selection,
    UnknownSource,
    register_source,
    selections,
    set_enabled,
    set_selections,
)
from ckanext.suedwest.store.status import ingest_status

MINUTE = timedelta(minutes=1)


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    return store_engine


def claim(engine: Engine, holder: str, *, now=NOW) -> Lease:
    claimed = claim_due_source(engine, holder=holder, now=now, lease_for=MINUTE)
    assert claimed is not None
    return claimed[1]


@contextmanager
def blocked(engine: Engine, statement: str) -> Generator[Connection, None, None]:
    """Hold the lock `statement` takes, for the length of the block."""
    with engine.connect() as conn:
        conn.execute(text(statement))
        yield conn
        conn.rollback()


def wait_until_blocked(engine: Engine) -> int:
    """The process id of the one session that waits for a lock."""
    waiting = """SELECT pid FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = rows(engine, waiting)
        if found:
            return found[0][0]
        time.sleep(0.02)
    raise AssertionError("nobody waits for a lock")


def test_a_source_has_one_holder_until_the_lease_ends(engine: Engine) -> None:
    lease = claim(engine, "a")
    assert lease == Lease("test", "a", 1, NOW + MINUTE)
    assert claim_due_source(engine, holder="b", now=NOW, lease_for=MINUTE) is None
    later = NOW + MINUTE
    claimed = claim_due_source(engine, holder="b", now=later, lease_for=MINUTE)
    assert claimed is not None
    source, second = claimed
    assert (source.generation, second.generation, second.holder) == (2, 2, "b")
    assert (source.interval, source.last_attempt_at) == (timedelta(minutes=5), later)


def test_the_source_due_longest_comes_first(engine: Engine) -> None:
    register(engine, "other")
    for source_id, due in (("test", NOW), ("other", NOW - MINUTE)):
        with engine.begin() as conn:
            conn.execute(
                text("UPDATE suedwest.source SET next_poll_at = :due WHERE id = :id"),
                {"due": due, "id": source_id},
            )
    assert [claim(engine, "a").source_id for _ in range(2)] == ["other", "test"]


def test_a_source_that_is_switched_off_is_not_polled(engine: Engine) -> None:
    with engine.begin() as conn:
        set_enabled(conn, "test", False)
    assert claim_due_source(engine, holder="a", now=NOW, lease_for=MINUTE) is None
    with engine.begin() as conn:
        set_enabled(conn, "test", True)
    claim(engine, "a")
    with engine.begin() as conn, pytest.raises(UnknownSource):
        set_enabled(conn, "nobody", True)


def test_success_and_failure_give_the_source_back(engine: Engine) -> None:
    record_failure(
        engine, claim(engine, "a"), now=NOW, next_poll_at=NOW + MINUTE, error="timeout\x00"
    )
    (status,) = ingest_status(engine, NOW)
    assert (status.failures, status.last_error) == (1, "timeout\N{REPLACEMENT CHARACTER}")
    assert claim_due_source(engine, holder="b", now=NOW, lease_for=MINUTE) is None
    later = NOW + MINUTE
    lease = claim(engine, "b", now=later)
    record_success(
        engine, lease, now=later, next_poll_at=later + 5 * MINUTE, state={"etag": 'W/"1"'}
    )
    (status,) = ingest_status(engine, later)
    assert (status.failures, status.last_error, status.last_success_at) == (0, None, later)
    claimed = claim_due_source(engine, holder="a", now=later + 5 * MINUTE, lease_for=MINUTE)
    assert claimed is not None
    assert claimed[0].state == {"etag": 'W/"1"'}


def test_whoever_lost_the_lease_can_do_nothing_more(engine: Engine) -> None:
    old = claim(engine, "a")
    later = NOW + 2 * MINUTE
    new = claim(engine, "b", now=later)
    with pytest.raises(LeaseLost):
        renew(engine, old, now=later, lease_for=MINUTE)
    with pytest.raises(LeaseLost):
        record_success(engine, old, now=later, next_poll_at=later, state={})
    with pytest.raises(LeaseLost):
        record_failure(engine, old, now=later, next_poll_at=later, error="late")
    with pytest.raises(LeaseLost):
        write(engine, [value(1.0)], lease=old)
    assert rows(engine, "SELECT * FROM suedwest.receipt") == []
    renewed = renew(engine, new, now=later, lease_for=5 * MINUTE)
    assert renewed == Lease("test", "b", 2, later + 5 * MINUTE)
    assert counts(write(engine, [value(1.0)], lease=renewed)) == (1, 0, 0, 0)


def test_a_lease_that_ran_out_still_writes_while_nobody_took_over(engine: Engine) -> None:
    lease = claim(engine, "a")
    assert counts(write(engine, [value(1.0)], lease=lease, now=NOW + 5 * MINUTE))[0] == 1


def test_a_lease_of_another_source_is_no_lease(engine: Engine) -> None:
    lease = claim(engine, "a")
    register(engine, "other")
    with pytest.raises(LeaseLost):
        write(engine, [value(1.0)], source="other", lease=lease)


def test_a_takeover_in_the_middle_of_a_write_undoes_it(engine: Engine) -> None:
    write(engine, [value(1.0)])
    old = claim(engine, "a")
    values = [value(2.0), value(3.0, NOW + QUARTER)]
    with ThreadPoolExecutor(1) as pool:
        with blocked(engine, "SELECT id FROM suedwest.datastream FOR UPDATE"):
            writing = pool.submit(write, engine, values, lease=old)
            wait_until_blocked(engine)
            claim(engine, "b", now=NOW + 2 * MINUTE)
        with pytest.raises(LeaseLost):
            writing.result(timeout=20)
    assert rows(engine, "SELECT result FROM suedwest.observation") == [(1.0,)]
    assert rows(engine, "SELECT result FROM suedwest.observation_revision") == []
    assert rows(engine, "SELECT total FROM suedwest.datastream_state") == [(1,)]


def test_a_source_cannot_be_taken_between_the_check_and_the_commit(engine: Engine) -> None:
    claim(engine, "a")
    with blocked(engine, "SELECT id FROM suedwest.source FOR SHARE"):
        assert claim_due_source(engine, holder="b", now=NOW + 2 * MINUTE, lease_for=MINUTE) is None


def test_a_killed_connection_leaves_nothing(engine: Engine) -> None:
    write(engine, [value(1.0)])
    tables = ("observation", "observation_hour", "observation_day", "observation_revision",
              "datastream_state", "receipt", "quarantine", "station", "outbox")  # fmt: skip
    everything = " UNION ALL ".join(f"SELECT count(*) FROM suedwest.{table}" for table in tables)
    before = rows(engine, everything)
    values = [value(float(step), NOW - step * QUARTER) for step in range(2000)]
    # The source is checked last: whoever waits for it has written all and committed nothing.
    source = "SELECT id FROM suedwest.source FOR UPDATE"
    with ThreadPoolExecutor(1) as pool, blocked(engine, source):
        writing = pool.submit(
            write,
            engine,
            values,
            stations=[GAUGE, gauge("test:2")],
            streams=[LEVEL, level("test:2")],
        )
        pid = wait_until_blocked(engine)
        assert rows(engine, "SELECT pg_terminate_backend(:pid)", pid=pid) == [(True,)]
        with pytest.raises(DBAPIError):
            writing.result(timeout=20)
    assert rows(engine, everything) == before
    assert counts(write(engine, values)) == (1999, 0, 1, 0)


def test_two_writers_of_the_same_datastreams_store_each_value_once(engine: Engine) -> None:
    keys = ["test:1", "test:2", "test:3"]
    rounds, size = 12, 40

    def work(order: int) -> tuple[int, int]:
        stored = received = 0
        for turn in range(rounds):
            start = NOW - turn * 20 * QUARTER
            values = [
                value(float(step), start - step * QUARTER, station=key)
                for key in keys[::order]
                for step in range(size)
            ]
            receipt = write(
                engine,
                values[::order],
                stations=[gauge(key) for key in keys[::order]],
                streams=[level(key) for key in keys[::-order]],
            )
            stored += receipt.stored
            received += receipt.received
        return stored, received

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(work, (1, -1)))
    times = 20 * (rounds - 1) + size
    assert sum(stored for stored, _ in results) == times * len(keys)
    assert rows(engine, "SELECT total FROM suedwest.datastream_state") == [(times,)] * len(keys)
    assert rows(engine, "SELECT count(*) FROM suedwest.station") == [(3,)]
    assert rows(
        engine,
        """SELECT datastream_id, sum(good_count) FROM suedwest.observation_hour GROUP BY 1
           EXCEPT SELECT datastream_id, count(*) FROM suedwest.observation GROUP BY 1""",
    ) == []  # fmt: skip


def test_a_loader_and_a_writer_do_not_wait_for_each_other(engine: Engine) -> None:
    register(engine, "other")
    with ThreadPoolExecutor(1) as pool, engine.begin() as loader:
        set_selections(loader, "test", "linz", [Selection("water", "Rhein")])
        writing = pool.submit(write, engine, [value(1.0)], source="other")
        wait_until_blocked(engine)
        register_source(
            loader,
            id="other",
            type="pegelonline",
            municipality=None,
            url="http://new/",
            options={},
            interval=MINUTE,
            managed_by="file",
        )
        loader.commit()
        assert counts(writing.result(timeout=20)) == (1, 0, 0, 0)


def test_registering_again_changes_nothing_and_changing_makes_due(engine: Engine) -> None:
    lease = claim(engine, "a")
    register(engine, "test")
    renew(engine, lease, now=NOW, lease_for=MINUTE)
    register(engine, "test", url="http://127.0.0.1:2/")
    with pytest.raises(LeaseLost):
        renew(engine, lease, now=NOW, lease_for=MINUTE)
    claimed = claim_due_source(engine, holder="b", now=NOW, lease_for=MINUTE)
    assert claimed is not None
    assert claimed[0].url == "http://127.0.0.1:2/"


def test_a_file_never_overwrites_what_the_portal_manages(engine: Engine) -> None:
    register(engine, "test", url="http://portal/", managed_by="portal")
    register(engine, "test", url="http://file/")
    assert rows(engine, "SELECT url, managed_by FROM suedwest.source") == [
        ("http://portal/", "portal")
    ]


def test_selections_replace_those_of_one_municipality(engine: Engine) -> None:
    with engine.begin() as conn:
        set_selections(conn, "test", "linz", [Selection("water", "Rhein"), Selection("id", "9")])
        set_selections(conn, "test", "kusel", [Selection("water", "Glan", "inside")])
        set_selections(conn, "test", "linz", [Selection("id", "1", "inside")] * 2)
        with pytest.raises(UnknownSource):
            set_selections(conn, "nobody", "linz", [])
    assert [
        (row.municipality, row.selects, row.value, row.relation)
        for row in selections(engine, "test")
    ] == [("kusel", "water", "Glan", "inside"), ("linz", "id", "1", "inside")]


def test_the_status_counts_the_last_day(engine: Engine) -> None:
    write(engine, [value(1.0, NOW - timedelta(days=2))], now=NOW - timedelta(days=2))
    write(engine, [value(1.0), value(2.0), value(3.0, datastream="Q")])
    (status,) = ingest_status(engine, NOW + MINUTE)
    assert (status.received, status.stored, status.corrected, status.quarantined) == (3, 1, 1, 1)
    assert (status.newest_time, status.lag, status.next_poll_at) == (NOW, MINUTE, None)
    register(engine, "silent")
    silent = ingest_status(engine, NOW)[0]
    assert (silent.source_id, silent.received, silent.newest_time, silent.lag) == (
        "silent", 0, None, None,
    )  # fmt: skip
