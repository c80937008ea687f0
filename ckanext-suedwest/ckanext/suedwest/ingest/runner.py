"""The loop of an ingest process: claim a due source, poll it, write, say how it went.

A source that is listened to (MQTT) gets a thread of its own, which holds it until the process
ends, the lease is lost, or the source fails; the others are polled one after the other.

Any number of these processes run beside each other. The database decides who polls what (leases)
and when (`next_poll_at`); nothing here keeps a schedule of its own.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ..domain.errors import SuedwestError
from ..domain.gated import Gated
from ..store.batch import Batch
from ..store.gate import sources_to_close
from ..store.leases import Lease, LeaseLost, claim_due_source, record_failure, record_success
from ..store.sources import SourceRow
from ..store.writer import write_batch
from .database_errors import describe_database_error, is_disk_full
from .http import SourceUnavailable
from .schedule import next_regular_poll, next_retry
from .source_types import LISTENERS, POLLERS, PUSHED
from .task import LEASE_FOR, LeaseKeeper, Outcome, Poller, Task, utc_now

log = logging.getLogger(__name__)

IDLE = timedelta(seconds=2)
"""How often a process with nothing to do looks whether a source is due."""
CLOSING_EVERY = timedelta(minutes=1)
"""How often a process looks for bins of the privacy gate that are over."""
LONGEST_WAIT_FOR_DATABASE = timedelta(seconds=30)
MOST_LISTENERS = 20
"""Sources one process listens to at a time; each has a thread and a connection to the store."""
SPREAD = timedelta(seconds=0.2)
"""After taking a source to listen to, so that processes started together share them."""


class UnknownSourceType(SuedwestError):
    """No poller is installed for this type of source."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed poll that is to be recorded; `database` when the store was what failed."""

    source: SourceRow
    lease: Lease
    error: str
    retry_after: timedelta | None = None
    database: DBAPIError | None = None


class Runner:
    """One ingest process. `stop` ends it after the poll it is at."""

    def __init__(
        self,
        engine: Engine,
        *,
        stop: threading.Event,
        pollers: Mapping[str, Poller] = POLLERS,
        listeners: Mapping[str, Poller] = LISTENERS,
        lease_for: timedelta = LEASE_FOR,
        idle: timedelta = IDLE,
    ) -> None:
        self._engine = engine
        self._stop = stop
        self._pollers = pollers
        self._listeners = listeners
        self._listening: list[threading.Thread] = []
        self._lease_for = lease_for
        self._idle = idle
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._random = random.Random()  # noqa: S311 - spreads requests, guards nothing
        self._unrecorded: Failure | None = None
        self._database_failures = 0
        self._next_closing = utc_now()

    def run(self) -> None:
        """Work until `stop` is set. A database that is away is waited for, however long."""
        while not self._stop.is_set():
            try:
                self._record_what_is_left()
                worked = self.work_once()
                self._close_bins()
            except DBAPIError as error:
                self._wait_for_database(error)
                continue
            if self._database_failures:
                log.warning("the database is back")
                self._database_failures = 0
            if not worked:
                self._stop.wait(self._idle.total_seconds())
        for thread in self._listening:
            thread.join()

    def work_once(self) -> bool:
        """Poll one due source, or begin to listen to it; False when none is due.

        Raises:
            DBAPIError: the database is away or refuses; a failure that could not be recorded
                is recorded at the next call of `run`.
        """
        self._listening = [thread for thread in self._listening if thread.is_alive()]
        full = len(self._listening) >= MOST_LISTENERS
        claimed = claim_due_source(
            self._engine,
            holder=self._holder,
            now=utc_now(),
            lease_for=self._lease_for,
            besides=PUSHED | self._listeners.keys() if full else PUSHED,
        )
        if claimed is None:
            return False
        source, lease = claimed
        if source.type in self._listeners:
            self._listen(source, lease)
            return True
        self._unrecorded = self._attempt(source, lease)
        failed = self._unrecorded
        if failed and failed.database and not is_disk_full(failed.database):
            raise failed.database
        self._record_what_is_left()
        return True

    def _close_bins(self) -> None:
        """Publish what has waited at the privacy gate until its time was over."""
        now = utc_now()
        if now < self._next_closing:
            return
        self._next_closing = now + CLOSING_EVERY
        for source_id in sources_to_close(self._engine, now):
            batch = Batch(source_id=source_id, received_at=now, gated=Gated())
            receipt = write_batch(self._engine, batch, lease=None, now=now)
            log.info("%s: published %s", source_id, receipt.summary)

    def _listen(self, source: SourceRow, lease: Lease) -> None:
        thread = threading.Thread(
            target=self._listen_to_the_end, args=(source, lease), name=f"source {source.id}"
        )
        self._listening.append(thread)
        thread.start()
        self._stop.wait(SPREAD.total_seconds())

    def _listen_to_the_end(self, source: SourceRow, lease: Lease) -> None:
        failure = self._attempt(source, lease)
        if failure is None:
            return
        try:
            self._record(failure)
        except DBAPIError as error:
            # The lease runs out by itself; whoever finds the database first takes the source.
            log.warning("%s: %s; %s", source.id, failure.error, describe_database_error(error))

    def _attempt(self, source: SourceRow, lease: Lease) -> Failure | None:
        """Do a source's work and record that it went well; else what there is to record."""
        task = Task(self._engine, source, lease, self._stop)
        try:
            work = self._pollers.get(source.type) or self._listeners.get(source.type)
            if work is None:
                raise UnknownSourceType(f"there is no poller for sources of type {source.type!r}")
            with LeaseKeeper(self._engine, lease, self._lease_for, task.lost):
                outcome = work(task)
            self._record_success(source, lease, outcome)
        except LeaseLost as error:
            log.warning("%s: %s; the other process goes on", source.id, error)
        except DBAPIError as error:
            return Failure(source, lease, describe_database_error(error), database=error)
        except SourceUnavailable as error:
            return Failure(source, lease, str(error), error.retry_after)
        except SuedwestError as error:
            return Failure(source, lease, str(error))
        except Exception as error:
            # A fault of ours: this source fails, with its trace in the log, and the others go on.
            log.exception("%s: unexpected error", source.id)
            return Failure(source, lease, f"{type(error).__name__}: {error}")
        return None

    def _record_success(self, source: SourceRow, lease: Lease, outcome: Outcome) -> None:
        now = utc_now()
        due = next_regular_poll(now, source.interval, self._random)
        if outcome.again_after is not None:
            due = min(due, now + outcome.again_after)
        record_success(self._engine, lease, now=now, next_poll_at=due, state=outcome.state)
        log.info("%s: %s", source.id, outcome.summary)

    def _record_what_is_left(self) -> None:
        """Record a failed poll; kept when the database is away."""
        if self._unrecorded is not None:
            self._record(self._unrecorded)
            self._unrecorded = None

    def _record(self, failure: Failure) -> None:
        """Record a failure and give its source back."""
        now = utc_now()
        failures = failure.source.failures + 1
        due = next_retry(now, failures, self._random, failure.retry_after)
        try:
            record_failure(
                self._engine, failure.lease, now=now, next_poll_at=due, error=failure.error
            )
        except LeaseLost:
            log.warning("%s: failed, and was taken over: %s", failure.source.id, failure.error)
        else:
            log.error(
                "%s: failed (%d in a row), next try %s: %s",
                failure.source.id,
                failures,
                f"{due:%H:%M:%S} UTC",
                failure.error,
            )

    def _wait_for_database(self, error: DBAPIError) -> None:
        """Wait longer from time to time, and say so once."""
        if self._database_failures == 0:
            log.error("the database cannot be used, waiting: %s", describe_database_error(error))
        seconds = min(2**self._database_failures, LONGEST_WAIT_FOR_DATABASE.total_seconds())
        self._database_failures = min(self._database_failures + 1, 10)
        self._stop.wait(seconds)
