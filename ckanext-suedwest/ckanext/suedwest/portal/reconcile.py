"""Keeps the catalogue's stations in step with the store, which knows nothing of CKAN.

The store says through its outbox which stations changed. The work is repeatable, so a row that
is worked on twice does no harm; a full pass at the start and every hour mends whatever was
missed while nobody listened.
"""

from __future__ import annotations

import logging
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg2
from ckan import model
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ..observations.store_access import write_engine
from ..store import outbox
from ..store.events import Publisher, read_publishers
from ..store.query import StationRow, station_by_id, stations
from .open_dataset_package import Published, publish
from .station_package import write_station
from .stations import KINDS_WITH_PACKAGE

CHANNEL = "suedwest_outbox"
FALLBACK_POLL = timedelta(seconds=30)
FULL_PASS_EVERY = timedelta(hours=1)
_ROWS_AT_ONCE = 50
_FIRST_RETRY = timedelta(seconds=15)
_LONGEST_RETRY = timedelta(minutes=10)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Pass:
    """What one round did; `failed` maps a station's slug to the reason."""

    seen: int = 0
    changed: int = 0
    failed: dict[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        said = f"{self.seen} stations looked at, {self.changed} changed, {len(self.failed)} failed"
        return "\n".join([said, *(f"  {slug}: {why}" for slug, why in self.failed.items())])


@dataclass(slots=True)
class Retries:
    """Stations that failed, each with its next attempt; later and later."""

    _due: dict[int, tuple[datetime, timedelta]] = field(
        default_factory=dict[int, tuple[datetime, timedelta]]
    )

    def failed(self, station_id: int, now: datetime) -> None:
        """Try this station again after a pause, twice as long as the last one."""
        last = self._due.get(station_id)
        pause = min(last[1] * 2, _LONGEST_RETRY) if last else _FIRST_RETRY
        self._due[station_id] = (now + pause, pause)

    def succeeded(self, station_id: int) -> None:
        """Forget this station."""
        self._due.pop(station_id, None)

    def due(self, now: datetime) -> list[int]:
        """Stations to try again now."""
        return [station_id for station_id, (at, _pause) in self._due.items() if at <= now]

    def __len__(self) -> int:
        return len(self._due)


def full_pass(retries: Retries | None = None) -> Pass:
    """Look at every station of the store. What fails is logged, counted and stays to be done."""
    engine = write_engine()
    done = Pass()
    for station in stations(engine, include_internal=True):
        _work_on(engine, station, done, retries or Retries())
    return done


def work_outbox(retries: Retries) -> Pass:
    """Work off the outbox, and the stations whose next attempt is due."""
    engine = write_engine()
    done = Pass()
    for station_id in retries.due(datetime.now(UTC)):
        _work_on_id(engine, station_id, done, retries)
    while True:
        with engine.begin() as connection:
            rows = outbox.take(connection, _ROWS_AT_ONCE)
            for station_id in dict.fromkeys(row.station_id for row in rows):
                _work_on_id(engine, station_id, done, retries)
            outbox.done(connection, [row.id for row in rows])
        if len(rows) < _ROWS_AT_ONCE:
            return done


def follow(*, stop: Callable[[], bool] = lambda: False) -> None:
    """Follow the store until `stop` says so; survives a database that goes away for a while."""
    retries = Retries()
    next_full_pass = 0.0
    publishers: list[Publisher] = []
    while not stop():
        try:
            with _listener() as wait:
                while not stop():
                    if time.monotonic() >= next_full_pass:
                        _tell(full_pass(retries))
                        _tell(publish(write_engine()))
                        next_full_pass = time.monotonic() + FULL_PASS_EVERY.total_seconds()
                    done = work_outbox(retries)
                    _tell(done)
                    # Events are no stations: the outbox does not tell of the first ones.
                    known, publishers = publishers, read_publishers(write_engine())
                    if done.seen or publishers != known:
                        _tell(publish(write_engine()))
                    wait()
        except (SQLAlchemyError, psycopg2.Error, OSError) as error:
            log.warning("The observation store is not reachable: %s", _first_line(error))
            model.Session.remove()
            time.sleep(_FIRST_RETRY.total_seconds())


class _listener:
    """LISTEN on a connection of its own; the block gets a function that waits for news."""

    def __enter__(self) -> Callable[[], None]:
        url = write_engine().url.render_as_string(hide_password=False)
        self._connection = psycopg2.connect(url, application_name="suedwest reconciler")
        self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        return self._wait

    def __exit__(self, *_details: object) -> None:
        self._connection.close()

    def _wait(self) -> None:
        select.select([self._connection], [], [], FALLBACK_POLL.total_seconds())
        self._connection.poll()
        self._connection.notifies.clear()


def _work_on_id(engine: Engine, station_id: int, done: Pass, retries: Retries) -> None:
    station = station_by_id(engine, station_id, include_internal=True)
    if station is None:
        retries.succeeded(station_id)
        return
    _work_on(engine, station, done, retries)


def _work_on(engine: Engine, station: StationRow, done: Pass, retries: Retries) -> None:
    done.seen += 1
    if station.kind not in KINDS_WITH_PACKAGE:
        retries.succeeded(station.id)
        return
    now = datetime.now(UTC)
    try:
        done.changed += write_station(engine, station)
    except Exception as error:  # one station's fault, whatever it is, must not stop the others
        log.exception("The station %s could not be brought into the catalogue", station.slug)
        done.failed[station.slug] = _first_line(error)
        retries.failed(station.id, now)
        model.Session.rollback()
    else:
        retries.succeeded(station.id)
    finally:
        model.Session.remove()


def _tell(done: Pass | Published) -> None:
    if done.changed or done.failed:
        log.info("Catalogue: %s", done)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
