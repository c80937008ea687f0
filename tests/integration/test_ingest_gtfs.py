"""A timetable and its reports, from a server to the board of a stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import Engine, text
from store_samples import empty, rows
from timetable_samples import feed

from ckanext.suedwest.domain.station import Licence, Operator
from ckanext.suedwest.domain.timetable import Alert, StopUpdate, TripUpdate
from ckanext.suedwest.ingest.replay.__main__ import make_server
from ckanext.suedwest.ingest.runner import Runner
from ckanext.suedwest.ingest.simulator import transit
from ckanext.suedwest.store import timetable_reports, timetables
from ckanext.suedwest.store.sources import read_source, register_source

NOW = datetime.now(UTC).replace(microsecond=0)
TOWN = transit.MUNICIPALITY
BY = Operator("Verkehrsbund"), Licence("cc-zero", "CC0", "", "Verkehrsbund, CC0")


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    with store_engine.begin() as conn:
        conn.execute(text("DELETE FROM suedwest.source"))
    register(store_engine, "plan", "gtfs", "")
    return store_engine


@pytest.fixture
def served() -> Iterator[str]:
    server: ThreadingHTTPServer = make_server("127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def register(engine: Engine, source: str, kind: str, url: str, **options: Any) -> None:
    with engine.begin() as conn:
        register_source(
            conn,
            id=source,
            type=kind,
            municipality=TOWN,
            url=url,
            options={"simulated": True, **options},
            interval=timedelta(minutes=1),
            managed_by="file",
        )


def write(engine: Engine, table: Any, now: datetime = NOW) -> timetables.WrittenTimetable:
    with engine.begin() as conn:
        return timetables.write_timetable(
            conn, "plan", table, operator=BY[0], licence=BY[1], refused=0, now=now
        )


def in_force(engine: Engine) -> list[tuple[bool, int]]:
    return [(one.in_force, one.trips) for one in timetables.timetables(engine, TOWN)]


def test_a_timetable_is_polled_and_its_reports_change_the_board(
    engine: Engine, served: str
) -> None:
    register(engine, "plan", "gtfs", f"{served}{transit.TIMETABLE_PATH}")
    register(
        engine, "reports", "gtfs-realtime", f"{served}{transit.REALTIME_PATH}", timetable="plan"
    )
    for _source in range(2):
        assert Runner(engine, stop=threading.Event()).work_once()
    for source in ("plan", "reports"):
        assert read_source(engine, source).last_error is None
    stops = timetables.stops(engine, TOWN)
    assert [stop.slug for stop in stops][:2] == ["beispieldorf-kirche", "musterstadt-bahnhof"]
    assert stops[0].lines == ("600",)
    noon = NOW.replace(hour=11, minute=0)
    board = timetables.board(engine, TOWN, "beispieldorf-kirche", now=noon)
    assert board is not None
    assert len(board.departures) == 8
    assert {board.lines[one.call.line_id].name for one in board.departures} == {"600"}
    # The reports are of now.
    board = timetables.board(engine, TOWN, "beispieldorf-kirche", now=datetime.now(UTC))
    assert board is not None
    assert board.reported_at is not None
    # Asked again, nothing is new.
    with engine.begin() as conn:
        conn.execute(text("UPDATE suedwest.source SET next_poll_at = '-infinity'"))
    before = rows(engine, "SELECT id FROM suedwest.timetable")
    for _source in range(2):
        assert Runner(engine, stop=threading.Event()).work_once()
    assert rows(engine, "SELECT id FROM suedwest.timetable") == before


def test_a_timetable_that_shrank_waits_and_is_believed_after_a_week(engine: Engine) -> None:
    whole, half = feed(trips=10), feed(trips=4)
    assert write(engine, whole).in_force
    assert not write(engine, half).in_force
    assert in_force(engine) == [(True, 10), (False, 4)]
    # It goes on waiting from when it first shrank.
    write(engine, half, NOW + timedelta(days=6))
    assert in_force(engine) == [(True, 10), (False, 4)]
    assert write(engine, half, NOW + timedelta(days=8)).in_force
    assert in_force(engine) == [(True, 4)]
    # What comes back whole is believed at once, and what waited is gone.
    assert not write(engine, feed(trips=1)).in_force
    assert write(engine, whole).in_force
    assert in_force(engine) == [(True, 10)]
    parts = "SELECT count(DISTINCT timetable_id) FROM suedwest.timetable_call"
    assert rows(engine, parts) == [(1,)]


def test_reports_count_as_long_as_they_speak_of_now(engine: Engine) -> None:
    write(engine, feed(trips=2))
    morning = NOW.replace(hour=5, minute=0, second=0)
    updates = [
        TripUpdate(trip_id="t0", by_sequence={1: StopUpdate(delay=300)}),
        TripUpdate(trip_id="t1", cancelled=True),
    ]
    alerts = [
        Alert(header="Alle", description=""),
        Alert(header="Andere", description="", lines=("x",)),
        Alert(header="Diese", description="", stops=("a",)),
        Alert(header="Vorbei", description="", end=morning),
    ]
    register(engine, "reports", "gtfs-realtime", "", timetable="plan")
    with engine.begin() as conn:
        timetable_reports.write_report(conn, "reports", "plan", morning, updates, alerts)
    board = timetables.board(engine, TOWN, "a", now=morning)
    assert board is not None
    assert board.reported_at == morning
    assert [(one.expected is not None, one.cancelled) for one in board.departures] == [
        (True, False),
        (False, True),
    ]
    assert [one.header for one in board.alerts] == ["Alle", "Diese"]
    late = timetables.board(engine, TOWN, "a", now=morning + timedelta(minutes=6))
    assert late is not None
    assert late.reported_at is None
    assert not any(one.cancelled or one.expected for one in late.departures)
    assert timetables.board(engine, TOWN, "nowhere", now=morning) is None
    assert timetables.board(engine, "kaiserslautern", "a", now=morning) is None


def test_a_smaller_timetable_does_not_inherit_the_wait_of_another(engine: Engine) -> None:
    write(engine, feed(trips=10))
    write(engine, feed(trips=4))
    assert not write(engine, feed(trips=1), NOW + timedelta(days=8)).in_force
    assert in_force(engine) == [(True, 10), (False, 1)]
    assert write(engine, feed(trips=1), NOW + timedelta(days=16)).in_force


def test_delays_and_alerts_of_two_feeds_count_and_strangers_do_not(engine: Engine) -> None:
    write(engine, feed(trips=1))
    morning = NOW.replace(hour=5, minute=0, second=0)
    for source in ("delays", "alerts", "stranger"):
        register(engine, source, "gtfs-realtime", "", timetable="plan")
    late = [TripUpdate(trip_id="t0", by_sequence={1: StopUpdate(delay=300)})]
    gone = [TripUpdate(trip_id="t0", cancelled=True)]
    minute = timedelta(minutes=1)
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE suedwest.source SET municipality = 'other' WHERE id = 'stranger'")
        )
        for source, at, updates, alerts in (
            ("delays", morning - minute, late, []),
            ("alerts", morning, [], [Alert(header="Alle", description="")]),
            ("stranger", morning, gone, [Alert(header="Falsch", description="")]),
        ):
            timetable_reports.write_report(conn, source, "plan", at, updates, alerts)
    board = timetables.board(engine, TOWN, "a", now=morning)
    assert board is not None
    assert [(one.expected is not None, one.cancelled) for one in board.departures] == [
        (True, False)
    ]
    assert [one.header for one in board.alerts] == ["Alle"]
    assert board.reported_at == morning - minute


def test_names_from_outside_are_stored_as_they_are(engine: Engine) -> None:
    hostile = 'Platz "der, Einheit"\\{}\n<script>'
    write(engine, feed(trips=1, name=hostile, line='1"\\,}'))
    (stop,) = [one for one in timetables.stops(engine, TOWN) if "Einheit" in one.name]
    assert stop.name == hostile
    assert stop.lines == ('1"\\,}',)
