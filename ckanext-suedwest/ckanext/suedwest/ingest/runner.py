"""The loop of an ingest process: claim a due source, poll it, write, say how it went.

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
from ..store.sources import (
    Lease,
    LeaseLost,
    SourceRow,
    claim_due_source,
    record_failure,
    record_success,
)
from .http import SourceUnavailable
from .schedule import next_regular_poll, next_retry
from .source_types import POLLERS
from .task import LEASE_FOR, LeaseKeeper, Outcome, Poller, Task, utc_now

log = logging.getLogger(__name__)

IDLE = timedelta(seconds=2)
"""How often a process with nothing to do looks whether a source is due."""
LONGEST_WAIT_FOR_DATABASE = timedelta(seconds=30)
DISK_FULL = "53100"


class UnknownSourceType(SuedwestError):
    """No poller is installed for this type of source."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed poll that is to be recorded."""

    source: SourceRow
    lease: Lease
    error: str
    retry_after: timedelta | None = None


class Runner:
    """One ingest process. `stop` ends it after the poll it is at."""

    def __init__(
        self,
        engine: Engine,
        *,
        stop: threading.Event,
        pollers: Mapping[str, Poller] = POLLERS,
        lease_for: timedelta = LEASE_FOR,
        idle: timedelta = IDLE,
    ) -> None:
        self._engine = engine
        self._stop = stop
        self._pollers = pollers
        self._lease_for = lease_for
        self._idle = idle
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._random = random.Random()  # noqa: S311 - spreads requests, guards nothing
        self._unrecorded: Failure | None = None
        self._database_failures = 0

    def run(self) -> None:
        """Work until `stop` is set. A database that is away is waited for, however long."""
        while not self._stop.is_set():
            try:
                self._record_what_is_left()
                worked = self.work_once()
            except DBAPIError as error:
                self._wait_for_database(error)
                continue
            if self._database_failures:
                log.warning("the database is back")
                self._database_failures = 0
            if not worked:
                self._stop.wait(self._idle.total_seconds())

    def work_once(self) -> bool:
        """Poll one due source; False when none is due.

        Raises:
            DBAPIError: the database is away or refuses; a failure that could not be recorded
                is recorded at the next call of `run`.
        """
        claimed = claim_due_source(
            self._engine, holder=self._holder, now=utc_now(), lease_for=self._lease_for
        )
        if claimed is None:
            return False
        source, lease = claimed
        task = Task(self._engine, source, lease, self._stop)
        try:
            poller = self._pollers.get(source.type)
            if poller is None:
                raise UnknownSourceType(f"there is no poller for sources of type {source.type!r}")
            with LeaseKeeper(self._engine, lease, self._lease_for):
                outcome = poller(task)
            self._record_success(source, lease, outcome)
        except LeaseLost as error:
            log.warning("%s: %s; the other process goes on", source.id, error)
        except DBAPIError as error:
            self._unrecorded = Failure(source, lease, describe_database_error(error))
            if is_disk_full(error):
                self._record_what_is_left()
            else:
                raise
        except SourceUnavailable as error:
            self._unrecorded = Failure(source, lease, str(error), error.retry_after)
            self._record_what_is_left()
        except SuedwestError as error:
            self._unrecorded = Failure(source, lease, str(error))
            self._record_what_is_left()
        except Exception as error:
            # A fault of ours: this source fails, with its trace in the log, and the others go on.
            log.exception("%s: unexpected error", source.id)
            self._unrecorded = Failure(source, lease, f"{type(error).__name__}: {error}")
            self._record_what_is_left()
        return True

    def _record_success(self, source: SourceRow, lease: Lease, outcome: Outcome) -> None:
        now = utc_now()
        due = next_regular_poll(now, source.interval, self._random)
        if outcome.again_after is not None:
            due = min(due, now + outcome.again_after)
        record_success(self._engine, lease, now=now, next_poll_at=due, state=outcome.state)
        log.info("%s: %s", source.id, outcome.summary)

    def _record_what_is_left(self) -> None:
        """Record a failed poll and give its source back; kept when the database is away."""
        failure = self._unrecorded
        if failure is None:
            return
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
        self._unrecorded = None

    def _wait_for_database(self, error: DBAPIError) -> None:
        """Wait longer from time to time, and say so once."""
        if self._database_failures == 0:
            log.error("the database cannot be used, waiting: %s", describe_database_error(error))
        seconds = min(2**self._database_failures, LONGEST_WAIT_FOR_DATABASE.total_seconds())
        self._database_failures = min(self._database_failures + 1, 10)
        self._stop.wait(seconds)


def is_disk_full(error: DBAPIError) -> bool:
    """Whether PostgreSQL had no space left (error 53100)."""
    return getattr(error.orig, "pgcode", None) == DISK_FULL


def describe_database_error(error: DBAPIError) -> str:
    """One line about an error of the database, without the statement and its values."""
    first_line = str(error.orig).strip().partition("\n")[0]
    if is_disk_full(error):
        return f"the disk of the database is full, nothing was stored: {first_line}"
    return f"the database failed: {first_line}"
