"""What a poller is given, and what it gives back."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from ..store.batch import Batch, Receipt
from ..store.leases import Lease, LeaseLost, check_lease, renew
from ..store.sources import SourceRow
from ..store.writer import write_batch
from .http import Limits

LEASE_FOR = timedelta(seconds=20)
"""Another process takes over at most this long after one died."""


def utc_now() -> datetime:
    """The clock of this process, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Task:
    """One poll of one leased source, or one time of listening to it.

    `stop` is set when the process is to end: a poller then finishes what it is at and leaves
    the rest to the next poll. `lost` is set when the lease was found to be another's. `clock`
    gives the present instant in UTC, `limits` are those of each request.
    """

    engine: Engine
    source: SourceRow
    lease: Lease
    stop: threading.Event = field(default_factory=threading.Event)
    lost: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], datetime] = utc_now
    limits: Limits = Limits()  # noqa: RUF009 - frozen

    def write(self, batch: Batch) -> Receipt:
        """Write a batch under the lease; raises LeaseLost when another process has it."""
        return write_batch(self.engine, batch, lease=self.lease, now=self.clock())

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction of the store under the lease, for what is no batch; as `write`."""
        with self.engine.begin() as conn:
            check_lease(conn, self.source.id, self.lease, hold=True)
            yield conn

    def still_leased(self) -> None:
        """Ask the store whether the lease is still ours; raises LeaseLost when it is not."""
        renew(self.engine, self.lease, now=self.clock(), lease_for=LEASE_FOR)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A poll that went well.

    `state` is what the poller remembers, `summary` one line for the log, `again_after` asks to
    be called before the regular time because there is more to fetch.
    """

    state: Mapping[str, Any]
    summary: str
    again_after: timedelta | None = None


class Poller(Protocol):
    """Asks one type of source once, or listens to it until the end; writes what it says."""

    def __call__(self, task: Task) -> Outcome:
        """Poll, or listen until `task.stop`.

        Raises:
            SuedwestError: the source could not be read; nothing that was stored is lost.
            sqlalchemy.exc.DBAPIError: the store could not be written.
        """
        ...


class LeaseKeeper:
    """Prolongs a lease beside the work, so that a slow source is not taken over.

    When a renewal fails because of the database, the work goes on: the writing transaction
    checks the lease anyway. `lost` is set when another process has the source.
    """

    def __init__(
        self,
        engine: Engine,
        lease: Lease,
        lease_for: timedelta = LEASE_FOR,
        lost: threading.Event | None = None,
    ) -> None:
        self._engine = engine
        self._lease = lease
        self._lease_for = lease_for
        self._lost = lost
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease keeper", daemon=True)

    def __enter__(self) -> LeaseKeeper:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._done.wait(self._lease_for.total_seconds() / 3):
            # A database that is away ends the work by itself; the next renewal may find it back.
            with contextlib.suppress(DBAPIError):
                try:
                    renew(self._engine, self._lease, now=utc_now(), lease_for=self._lease_for)
                except LeaseLost:
                    if self._lost is not None:
                        self._lost.set()
                    return
