"""Keeps the files in step with the store while it runs."""

from __future__ import annotations

import json
import logging
import select
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ckan.plugins.toolkit as tk
import psycopg2
from ckan import model
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from ...observations.store_access import read_engine, write_engine
from ...store.changes import OBSERVATIONS_CHANNEL
from ...store.query import StationRow, stations
from ..frame_ancestors import WrongHost, write_frame_ancestors
from ..interfaces import Snapshot
from ..organizations import profiles
from .contents import all_snapshots
from .files import SnapshotFolder
from .making import Made, SnapshotMaker, concerned, first_end, variants
from .metrics import FAILURES

FULL_PASS_EVERY = timedelta(minutes=10)
# Charts end at a full five minutes, and many stations report within seconds of each other.
_GATHERED = timedelta(seconds=3)
_WAITED = timedelta(seconds=20)
_PAUSE = timedelta(seconds=15)

log = logging.getLogger(__name__)


def folder_path() -> Path:
    """Where the files lie: as configured, else beside CKAN's storage."""
    told = tk.config.get("suedwest.snapshots_path")
    return Path(told) if told else Path(tk.config["ckan.storage_path"]).parent / "snapshots"


class Follower:
    """One process of these writes one folder."""

    def __init__(self, app: Flask, folder: SnapshotFolder) -> None:
        self._folder = folder
        self._maker = SnapshotMaker(app, folder)
        self._snapshots: dict[str, Snapshot] = {}
        self._ends: dict[int, datetime] = {}
        self._again: set[str] = set()

    def full_pass(self) -> Made:
        """Make everything, and remove what is no longer kept."""
        found = self._look()
        files = {file for each in self._snapshots.values() for _, file in variants(each)}
        done = self._make(list(self._snapshots.values()), found)
        self._folder.remove_all_but(files | self._maker.assets)
        try:
            write_frame_ancestors(self._folder.frame_ancestors, profiles(), found.values())
        except WrongHost:
            log.exception("Who may frame the files could not be written")
            FAILURES.inc()
        return done

    def changed(self, datastreams: set[int]) -> Made:
        """Make what shows one of these datastreams, what has ended being live, what failed."""
        found = self._look()
        now = datetime.now(UTC)
        touched = {
            station.id
            for station in found.values()
            if any(each.datastream_id in datastreams for each in station.datastreams)
        }
        touched |= {station for station, end in self._ends.items() if end <= now}
        wanted = {each.file: each for each in concerned(self._snapshots.values(), touched)}
        wanted |= {file: self._snapshots[file] for file in self._again if file in self._snapshots}
        return self._make(list(wanted.values()), found)

    def _look(self) -> dict[int, StationRow]:
        """The public stations by id; afterwards it is known what there is to keep."""
        shown = [each for each in stations(read_engine()) if each.municipalities]
        found = {each.id: each for each in shown}
        before = self._snapshots
        self._snapshots = all_snapshots(shown, [town.name for town in profiles()])
        self._again |= renewed(before, self._snapshots)
        for file in before.keys() - self._snapshots.keys():
            self._folder.remove(file)
            self._folder.remove(f"/en{file}")
        model.Session.remove()
        return found

    def _make(self, wanted: list[Snapshot], found: dict[int, StationRow]) -> Made:
        done = Made()
        for each in wanted:
            failures = len(done.failed)
            self._maker.make(each, found, done)
            self._again.discard(each.file)
            if len(done.failed) > failures:
                self._again.add(each.file)
            for station in each.stations & found.keys():
                end = first_end([found[station]])
                if end is None:
                    self._ends.pop(station, None)
                else:
                    self._ends[station] = end
        # What failed was set aside; what lies there is the newest, since the store was asked.
        self._folder.confirm(datetime.now(UTC))
        return done


def follow(app: Flask, folder: SnapshotFolder, *, stop: Callable[[], bool] = lambda: False) -> None:
    """Follow the store until `stop` says so; survives a database that goes away for a while."""
    follower = Follower(app, folder)
    next_full_pass = 0.0
    while not stop():
        try:
            with _listener() as changes:
                while not stop():
                    if time.monotonic() >= next_full_pass:
                        _tell(follower.full_pass())
                        next_full_pass = time.monotonic() + FULL_PASS_EVERY.total_seconds()
                    _tell(follower.changed(changes()))
        except (SQLAlchemyError, psycopg2.Error, OSError) as error:
            log.warning("The files could not be brought up to date: %s", str(error).split("\n")[0])
            next_full_pass = 0.0
            model.Session.remove()
            time.sleep(_PAUSE.total_seconds())


def renewed(before: Mapping[str, Snapshot], after: Mapping[str, Snapshot]) -> set[str]:
    """Files that are new, and those whose page was changed by more than a measured value."""
    return {
        file
        for file, each in after.items()
        if file not in before or before[file].version != each.version
    }


class _listener:
    """LISTEN on a connection of its own; the block gets a function that waits for news."""

    def __enter__(self) -> Callable[[], set[int]]:
        url = write_engine().url.render_as_string(hide_password=False)
        self._connection = psycopg2.connect(url, application_name="suedwest snapshots")
        self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute(f"LISTEN {OBSERVATIONS_CHANNEL}")
        return self._wait

    def __exit__(self, *_details: object) -> None:
        self._connection.close()

    def _wait(self) -> set[int]:
        """Ids of the datastreams that changed; empty after a while without news."""
        self._connection.poll()
        if not self._connection.notifies:
            select.select([self._connection], [], [], _WAITED.total_seconds())
            self._connection.poll()
        if self._connection.notifies:
            time.sleep(_GATHERED.total_seconds())
            self._connection.poll()
        told = [json.loads(each.payload)["datastreams"] for each in self._connection.notifies]
        self._connection.notifies.clear()
        return {each for ids in told for each in ids}


def _tell(done: Made) -> None:
    if done.failed:
        log.warning("Files: %s", done)
    elif done.changed:
        log.info("Files: %s", done)
