"""From the replay server, or one that misbehaves, through the poller into the store."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from ingest_servers import Server, endless, plain, replay, truncated
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from store_samples import empty, rows

from ckanext.suedwest.ingest import catch_up, pegelonline
from ckanext.suedwest.ingest.runner import Runner
from ckanext.suedwest.ingest.task import Outcome, Task
from ckanext.suedwest.store.leases import LeaseLost, claim_due_source
from ckanext.suedwest.store.query import StationRow, stations
from ckanext.suedwest.store.sources import Selection, register_source, set_selections
from ckanext.suedwest.store.status import SourceStatus, ingest_status

ANDERNACH = "5735892a-ec65-4b29-97c5-50939aa9584e"
KOBLENZ = "4c7d796a-39f2-4f26-97a9-3aad01713e29"
TRIER_OP = "9d2b4126-6ac3-4693-ae6a-e4dc88e150f3"
QUARTER = timedelta(minutes=15)


@pytest.fixture
def engine(store_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(catch_up, "PAUSE_SECONDS", 0)
    empty(store_engine)
    with store_engine.begin() as conn:
        conn.execute(text("DELETE FROM suedwest.source"))
    return store_engine


def register(engine: Engine, url: str, chosen: list[Selection] | None = None) -> None:
    chosen = chosen or [Selection("id", ANDERNACH, "inside"), Selection("id", KOBLENZ)]
    with engine.begin() as conn:
        register_source(
            conn,
            id="pegelonline",
            type="pegelonline",
            municipality=None,
            url=url,
            options={"simulated": True},
            interval=QUARTER,
            managed_by="file",
        )
        set_selections(conn, "pegelonline", "landkreis-mayen-koblenz", chosen)


def make_due(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text("UPDATE suedwest.source SET next_poll_at = '-infinity'"))


def poll(engine: Engine, **options: Any) -> SourceStatus:
    """One poll, due at once; the status of the source after it."""
    make_due(engine)
    assert Runner(engine, stop=threading.Event(), **options).work_once()
    return status(engine)


def status(engine: Engine) -> SourceStatus:
    return ingest_status(engine, datetime.now(UTC))[0]


def gauges(engine: Engine) -> dict[str, StationRow]:
    return {station.key.partition(":")[2]: station for station in stations(engine)}


@pytest.fixture
def replay_url() -> Iterator[str]:
    with replay() as url:
        yield url


@pytest.fixture
def server() -> Iterator[Server]:
    with Server().serving() as serving:
        yield serving


class Gauges:
    """A service with recorded stations whose newest values are dated now."""

    def __init__(self, server: Server, data: Path) -> None:
        name = "pegelonline_2026_rhein_mosel_current.json"
        recorded = json.loads((data / "pegelonline" / name).read_text("utf-8"))
        self.stations = [one for one in recorded if one["uuid"] in (ANDERNACH, KOBLENZ)]
        self.newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self.measurements: Callable[[Any], None] | None = None
        server.answer = self.answer

    def answer(self, handler: Any) -> None:
        if "measurements.json" in handler.path:
            (self.measurements or plain(b"[]"))(handler)
            return
        listed = copy.deepcopy(self.stations)
        for station in listed:
            for series in station["timeseries"]:
                if "currentMeasurement" in series:
                    series["currentMeasurement"]["timestamp"] = self.newest.isoformat()
        plain(json.dumps(listed).encode())(handler)


@pytest.fixture
def service(server: Server, data: Path, engine: Engine) -> Gauges:
    register(engine, server.url)
    return Gauges(server, data)


def test_a_first_poll_brings_the_stations_and_their_last_31_days(
    engine: Engine, replay_url: str
) -> None:
    register(engine, replay_url)
    after = poll(engine)
    assert after.last_error is None
    assert after.last_success_at is not None
    found = gauges(engine)
    assert set(found) == {ANDERNACH, KOBLENZ}
    andernach = found[ANDERNACH]
    assert andernach.municipalities == (("landkreis-mayen-koblenz", "inside"),)
    assert andernach.properties["simulated"] == "true"
    for stream in andernach.datastreams:
        assert stream.total >= 31 * 96 - 4
        assert stream.latest_time is not None
        assert stream.first_time is not None
        assert stream.latest_time - stream.first_time > timedelta(days=30, hours=22)


def test_what_the_poll_says_is_what_the_past_says(engine: Engine, replay_url: str) -> None:
    register(engine, replay_url)
    poll(engine)
    assert status(engine).corrected == 0
    assert rows(engine, "SELECT count(*) FROM suedwest.observation_revision") == [(0,)]


def test_a_second_poll_asks_conditionally_and_changes_nothing(
    engine: Engine, replay_url: str
) -> None:
    register(engine, replay_url)
    poll(engine)
    before = rows(engine, "SELECT * FROM suedwest.datastream_state ORDER BY 1")
    receipts = rows(engine, "SELECT count(*) FROM suedwest.receipt")
    after = poll(engine)
    assert after.last_error is None
    # Between both a new step may have come; then there is one more value and receipt.
    if rows(engine, "SELECT count(*) FROM suedwest.receipt") == receipts:
        assert rows(engine, "SELECT * FROM suedwest.datastream_state ORDER BY 1") == before


def test_a_late_station_is_read_with_the_time_it_gives(engine: Engine, replay_url: str) -> None:
    register(engine, replay_url, [Selection("water", "MOSEL")])
    poll(engine)
    found = gauges(engine)
    others = max(
        stream.latest_time
        for station in found.values()
        for stream in station.datastreams
        if stream.latest_time is not None
    )
    late = found[TRIER_OP].datastreams[0].latest_time
    assert late is not None
    assert others - late >= timedelta(minutes=30)
    assert all(station.water == "Mosel" for station in found.values())


def test_all_series_of_a_long_list_are_filled_over_several_polls(
    engine: Engine, replay_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "FILLS_PER_POLL", 2)
    register(engine, replay_url)
    due_soon = poll(engine).next_poll_at
    assert due_soon is not None
    assert due_soon < datetime.now(UTC) + timedelta(minutes=1)
    poll(engine)
    totals = [stream.total for station in gauges(engine).values() for stream in station.datastreams]
    assert len(totals) == 3
    assert min(totals) > 2900


def test_after_a_pause_the_values_between_are_fetched(
    engine: Engine, server: Server, service: Gauges
) -> None:
    service.stations = [one for one in service.stations if one["uuid"] == KOBLENZ]
    first = service.newest - timedelta(hours=6)
    service.newest, wanted = first, service.newest
    poll(engine)
    service.newest = wanted
    between = [
        {"timestamp": (first + step * QUARTER).isoformat(), "value": step} for step in range(25)
    ]
    between[-1]["value"] = -2.0
    service.measurements = plain(json.dumps(between).encode())
    server.asked.clear()
    assert poll(engine).last_error is None
    asked = [path for path, _ in server.asked]
    assert len(asked) == 2
    assert f"start={first.isoformat().replace('+', '%2B')}" in asked[1]
    assert gauges(engine)[KOBLENZ].datastreams[0].total == 25
    server.asked.clear()
    poll(engine)
    assert len(server.asked) == 1


def test_a_gap_that_cannot_be_filled_does_not_fail_the_poll(
    engine: Engine, server: Server, service: Gauges
) -> None:
    service.measurements = plain(b"oops", status=500)
    after = poll(engine)
    assert after.last_error is None
    assert after.stored == 3
    assert rows(
        engine, "SELECT DISTINCT reason FROM suedwest.quarantine WHERE record LIKE '%measurements'"
    ) == [("the source answered HTTP 500",)]
    service.measurements = plain(b"[]")
    server.asked.clear()
    poll(engine)
    assert len([path for path, _ in server.asked if "measurements" in path]) == 3


def test_a_station_that_vanishes_keeps_its_values_and_comes_back(
    engine: Engine, service: Gauges
) -> None:
    poll(engine)
    everything = service.stations
    service.stations = [one for one in everything if one["uuid"] == ANDERNACH]
    assert poll(engine).last_error is None
    gone = gauges(engine)[KOBLENZ]
    assert gone.gone_at is not None
    assert gone.datastreams[0].total == 1
    service.stations = everything
    poll(engine)
    assert gauges(engine)[KOBLENZ].gone_at is None


def test_a_changed_datum_is_added_and_the_old_one_kept(engine: Engine, service: Gauges) -> None:
    poll(engine)
    koblenz = next(one for one in service.stations if one["uuid"] == KOBLENZ)
    koblenz["timeseries"][0]["gaugeZero"] = {
        "unit": "m. ü. NHN",
        "value": 57.7,
        "validFrom": "2026-11-01",
    }
    assert poll(engine).last_error is None
    assert rows(
        engine,
        """SELECT d.metres FROM suedwest.datum d JOIN suedwest.datastream s
           ON s.id = d.datastream_id JOIN suedwest.station t ON t.id = s.station_id
           WHERE t.key LIKE '%%4c7d796a%%' ORDER BY d.valid_from""",
    ) == [(57.692,), (57.7,)]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (plain(b"<html>Wartung</html>", kind="text/html"), "HTML"),
        (plain(b"<html>Wartung</html>"), "HTML"),
        (truncated, "connection failed"),
        (plain(b'[{"uuid": "5735'), "not valid JSON"),
        (plain(b""), "empty"),
        (plain(b"gone", status=404), "HTTP 404"),
        (plain(b"oops", status=500), "HTTP 500"),
        (endless, "larger than"),
        (plain(b"[]"), "none of the stations wanted"),
        (plain(b'[{"uuid": null}]'), "1 records were refused"),
        (plain(b'{"status":404,"message":"station not found"}'), "station not found"),
    ],
)
def test_a_bad_reply_fails_the_poll_and_loses_nothing(
    engine: Engine, server: Server, service: Gauges, answer: Any, message: str
) -> None:
    poll(engine)
    before = rows(engine, "SELECT * FROM suedwest.observation ORDER BY 1, 2")
    server.answer = answer
    failed = poll(engine)
    assert failed.last_error is not None
    assert message in failed.last_error
    assert failed.failures == 1
    assert failed.next_poll_at is not None
    assert failed.next_poll_at <= datetime.now(UTC) + QUARTER
    assert rows(engine, "SELECT * FROM suedwest.observation ORDER BY 1, 2") == before
    assert all(station.gone_at is None for station in gauges(engine).values())
    server.answer = service.answer
    recovered = poll(engine)
    assert (recovered.last_error, recovered.failures) == (None, 0)


def test_values_that_cannot_be_are_kept_apart_and_the_others_stored(
    engine: Engine, service: Gauges
) -> None:
    koblenz = next(one for one in service.stations if one["uuid"] == KOBLENZ)
    koblenz["timeseries"][0]["currentMeasurement"]["value"] = None
    after = poll(engine)
    assert (after.last_error, after.stored, after.quarantined) == (None, 2, 1)
    assert rows(engine, "SELECT record, reason FROM suedwest.quarantine")[0][1] == (
        "value is null, not a number"
    )


def test_a_source_of_an_unknown_type_says_so(engine: Engine, server: Server) -> None:
    register(engine, server.url)
    assert "no poller" in str(poll(engine, pollers={}).last_error)


def test_an_unexpected_fault_fails_one_source_and_not_the_process(
    engine: Engine, server: Server
) -> None:
    def faulty(task: Task) -> Outcome:
        raise KeyError("currentMeasurement")

    register(engine, server.url)
    assert poll(engine, pollers={"pegelonline": faulty}).last_error == (
        "KeyError: 'currentMeasurement'"
    )


def test_a_full_disk_is_a_failure_that_is_recorded(engine: Engine, server: Server) -> None:
    def full(task: Task) -> Outcome:
        with task.engine.begin() as conn:
            conn.execute(
                text("DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$")
            )
        raise AssertionError("the statement fails")

    register(engine, server.url)
    failed = poll(engine, pollers={"pegelonline": full})
    assert "the disk of the database is full, nothing was stored" in str(failed.last_error)
    assert failed.last_success_at is None


def test_a_database_that_goes_away_is_waited_for(
    engine: Engine, server: Server, service: Gauges, caplog: pytest.LogCaptureFixture
) -> None:
    """The poller's connection is killed under its hands; the source is given back afterwards."""
    polled: list[float] = []
    stop = threading.Event()

    def killed_once(task: Task) -> Outcome:
        polled.append(time.monotonic())
        if len(polled) == 1:
            with task.engine.begin() as conn:
                own = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
                with task.engine.begin() as other:
                    other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
                conn.execute(text("SELECT 1"))
        stop.set()
        return Outcome({}, "done")

    process = Runner(engine, stop=stop, pollers={"pegelonline": killed_once})
    working = threading.Thread(target=process.run, daemon=True)
    working.start()
    for _ in range(600):
        failed = status(engine)
        if failed.failures:
            break
        time.sleep(0.05)
    assert "the database failed" in str(failed.last_error)
    make_due(engine)
    working.join(30)
    assert not working.is_alive()
    assert len(polled) == 2
    waiting = [one for one in caplog.records if "waiting" in one.getMessage()]
    assert len(waiting) == 1
    assert status(engine).failures == 0


def test_a_database_that_refuses_connections_is_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    tries: list[int] = []

    def refuse(*_: Any, **__: Any) -> None:
        tries.append(1)
        if len(tries) == 3:
            stop.set()
        raise OperationalError("SELECT", {}, psycopg2.OperationalError("connection refused"))

    monkeypatch.setattr("ckanext.suedwest.ingest.runner.claim_due_source", refuse)
    monkeypatch.setattr(stop, "wait", lambda seconds: None)
    Runner(None, stop=stop).run()  # type: ignore[arg-type]
    assert len(tries) == 3
    assert [one.getMessage() for one in caplog.records] == [
        "the database cannot be used, waiting: the database failed: connection refused"
    ]


def test_a_second_process_takes_over_and_the_first_writes_nothing_more(
    engine: Engine, server: Server, service: Gauges
) -> None:
    make_due(engine)
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    claimed = claim_due_source(
        engine, holder="cut off", now=long_ago, lease_for=timedelta(minutes=2)
    )
    assert claimed is not None
    assert Runner(engine, stop=threading.Event()).work_once()
    after = rows(engine, "SELECT * FROM suedwest.observation ORDER BY 1, 2")
    assert len(after) == 3
    cut_off = Task(engine, *claimed)
    with pytest.raises(LeaseLost):
        pegelonline.poll(cut_off)
    assert rows(engine, "SELECT * FROM suedwest.observation ORDER BY 1, 2") == after


def test_a_lease_is_kept_while_the_work_goes_on(engine: Engine, server: Server) -> None:
    def slow(task: Task) -> Outcome:
        time.sleep(1.2)
        other = claim_due_source(
            task.engine, holder="other", now=datetime.now(UTC), lease_for=QUARTER
        )
        return Outcome({}, "taken over" if other else "kept")

    register(engine, server.url)
    runner = Runner(
        engine,
        stop=threading.Event(),
        pollers={"pegelonline": slow},
        lease_for=timedelta(seconds=0.6),
    )
    make_due(engine)
    assert runner.work_once()
    assert status(engine).last_success_at is not None


def test_stopping_leaves_the_rest_of_the_gaps_to_the_next_poll(
    engine: Engine, replay_url: str
) -> None:
    register(engine, replay_url)
    stop = threading.Event()
    stop.set()
    make_due(engine)
    assert Runner(engine, stop=stop).work_once()
    totals = [stream.total for station in gauges(engine).values() for stream in station.datastreams]
    assert totals == [1, 1, 1]
    poll(engine)
    assert (
        min(stream.total for station in gauges(engine).values() for stream in station.datastreams)
        > 2900
    )
