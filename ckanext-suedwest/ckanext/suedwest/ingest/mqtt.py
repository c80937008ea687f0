"""Sources of type `mqtt`: listened to by whoever holds the lease.

The holder connects with the source's client id, so the broker ends the connection of an earlier
holder and hands over what that one did not acknowledge. A message is acknowledged after the
commit of what it says, so it is never lost; one that comes again writes nothing new. Messages
are stored many at a time. While one thread writes a batch, the other one reads and decodes the
next; it acknowledges, too. When that one is full and the store is still at the first, nothing is
read, and the broker keeps what is sent meanwhile: memory holds two batches.

Options: those of `mqtt_connection`, `intake` and `registered`, and
    most_at_once: messages of one topic before `allowance` refuses more (default 10,000).
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta

from paho.mqtt.client import MQTTMessage
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from ..connectors.base import Decoded
from ..domain.errors import SuedwestError
from ..store.batch import Receipt
from ..store.leases import LeaseLost, record_contact, record_delivery
from . import metrics
from .allowance import MOST_AT_ONCE, Allowance
from .database_errors import describe_database_error
from .intake import Intake, Message, refused
from .mqtt_connection import BrokerAway, Connection, Settings
from .task import Outcome, Task

log = logging.getLogger(__name__)

MOST_IN_BATCH = 1000
"""A broker that sends 2,000 messages ahead can fill a second batch while the first is written."""
MOST_BYTES_IN_BATCH = 32 * 1024 * 1024
LONGEST_IN_BATCH = 0.5
"""Seconds a message waits for others."""
DELIVERY_NOTED_EVERY = 15.0
"""Seconds between two notes in the source's row that it delivers."""
LONGEST_PAUSE = 30.0
_FIRST_PAUSE = 0.5
_LOOK_EVERY = 0.5
_LOOK_WHILE_WRITING = 0.01


@dataclass(slots=True)
class _Pile:
    """Messages that are stored together, with what was read of each; none is acknowledged."""

    received: list[MQTTMessage] = field(default_factory=list[MQTTMessage])
    messages: list[Message] = field(default_factory=list[Message])
    decoded: list[Decoded] = field(default_factory=list[Decoded])
    size: int = 0
    since: float = 0.0

    def add(self, received: MQTTMessage, message: Message, decoded: Decoded) -> None:
        if not self.received:
            self.since = time.monotonic()
        self.received.append(received)
        self.messages.append(message)
        self.decoded.append(decoded)
        self.size += len(message.payload)

    @property
    def full(self) -> bool:
        return len(self.received) >= MOST_IN_BATCH or self.size >= MOST_BYTES_IN_BATCH

    @property
    def waits(self) -> float:
        """Seconds until it has to be stored."""
        if not self.received:
            return _LOOK_EVERY
        return 0.0 if self.full else max(0.0, self.since + LONGEST_IN_BATCH - time.monotonic())


@dataclass(frozen=True, slots=True)
class _Writing:
    """A pile on its way into the store."""

    pile: _Pile
    receipts: Future[list[Receipt]]


def listen(task: Task) -> Outcome:
    """Listen until `task.stop`; then another process may go on at once.

    Raises:
        LeaseLost: another process has the source.
        SourceUnavailable: the broker refuses us.
        SuedwestError: the source's address or options cannot be used.
    """
    return _Listener(task).run()


class _Listener:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._source_id = task.source.id
        self._intake = Intake(task.source)
        settings = Settings.of(task.source)
        self._connection = Connection(settings, self._take)
        self._allowance = _allowance(task, settings)
        self._pile = _Pile()
        self._writing: _Writing | None = None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix=f"writer {task.source.id}")
        self._delivery_noted_at = float("-inf")
        self._connected_at = float("inf")
        self._stored = 0
        self._pauses = 0

    def run(self) -> Outcome:
        task = self._task
        metrics.IN_FLIGHT.labels(self._source_id).set_function(self._in_flight)
        try:
            while not task.stop.is_set():
                try:
                    self._connect()
                    self._receive()
                except (BrokerAway, DBAPIError) as error:
                    self._wait_after(error)
        finally:
            self._drop_connection()
            self._writer.shutdown()
            metrics.IN_FLIGHT.remove(self._source_id)
        return Outcome({}, f"stopped listening; {self._stored} new values", timedelta(0))

    def _connect(self) -> None:
        # Who woke up after a long stop must not end the connection of the one that goes on.
        self._task.still_leased()
        protocol = self._connection.open()
        self._connected_at = time.monotonic()
        self._note_contact(None)
        known = self._connection.session_present
        metrics.CONNECTED.labels(self._source_id).inc()
        log.info(
            "%s: connected (MQTT %s, %s)",
            self._source_id,
            protocol,
            "the broker kept the session" if known else "a new session",
        )

    def _receive(self) -> None:
        """Read and decode, while what came before is stored; acknowledge what is."""
        task = self._task
        while not task.stop.is_set():
            if task.lost.is_set():
                raise LeaseLost(f"the lease on {self._source_id} is no longer valid")
            self._settle(0.0)
            if self._writing is None and self._pile.received and not self._pile.waits:
                self._begin_writing()
            if self._pile.full:
                self._settle(_LOOK_EVERY)
            else:
                self._connection.read(
                    self._pile.waits if self._writing is None else _LOOK_WHILE_WRITING
                )
        self._settle(None)
        if self._pile.received:
            self._begin_writing()
            self._settle(None)

    def _take(self, received: MQTTMessage) -> None:
        message = Message(_topic(received), bytes(received.payload), self._task.clock())
        self._pile.add(received, message, self._read(message))

    def _begin_writing(self) -> None:
        pile, self._pile = self._pile, _Pile()
        receipts = self._writer.submit(self._store, pile.messages, pile.decoded)
        self._writing = _Writing(pile, receipts)

    def _settle(self, seconds: float | None) -> None:
        """Acknowledge what is being written when it is committed within so many seconds.

        Raises:
            LeaseLost, DBAPIError: as `_store`; nothing is acknowledged.
        """
        writing = self._writing
        if writing is None or not wait([writing.receipts], seconds).done:
            return
        self._writing = None
        receipts = writing.receipts.result()
        self._connection.acknowledge(writing.pile.received)
        self._count(len(writing.pile.received), receipts)
        self._pauses = 0
        self._note_delivery()

    def _read(self, message: Message) -> Decoded:
        if self._allowance and not self._allowance.take(message.topic, time.monotonic()):
            reason = "its topic carries more messages than one device may send"
            return Decoded(
                refusals=[refused(Message(message.topic, b"", message.received_at), reason)]
            )
        return self._intake.read_or_refuse(message)

    def _store(self, messages: Sequence[Message], decoded: Sequence[Decoded]) -> list[Receipt]:
        """Write all messages in one transaction; when one of them cannot be, find it.

        Raises:
            LeaseLost: another process has the source; nothing was written.
            DBAPIError: the store is away.
        """
        newest = max(message.received_at for message in messages)
        try:
            return [self._task.write(self._intake.batch(decoded, newest))]
        except (SuedwestError, DBAPIError) as error:
            if not isinstance(error, DataError | IntegrityError):
                raise
            cause: Exception = error
        except Exception as error:
            cause = error
        if len(messages) > 1:
            middle = len(messages) // 2
            return [
                *self._store(messages[:middle], decoded[:middle]),
                *self._store(messages[middle:], decoded[middle:]),
            ]
        log.error("%s: a message on %s", self._source_id, messages[0].topic, exc_info=cause)
        said = str(cause).partition("\n")[0]
        reason = f"the store refused it: {type(cause).__name__}: {said}"
        only = Decoded(refusals=[refused(messages[0], reason)])
        return [self._task.write(self._intake.batch([only], newest))]

    def _wait_after(self, error: BrokerAway | DBAPIError) -> None:
        """Wait, longer from time to time, before connecting again; say so once."""
        self._drop_connection()
        if time.monotonic() - self._connected_at > LONGEST_PAUSE:
            self._pauses = 0
        self._connected_at = float("inf")
        of_broker = isinstance(error, BrokerAway)
        what = str(error) if of_broker else describe_database_error(error)
        if self._pauses == 0:
            log.warning("%s: %s; nothing is lost, trying again", self._source_id, what)
        seconds = min(_FIRST_PAUSE * 2**self._pauses, LONGEST_PAUSE)
        self._pauses = min(self._pauses + 1, 10)
        if self._task.stop.wait(seconds) or not of_broker:
            return
        # A store that is away as well is noticed before the next connection.
        with contextlib.suppress(DBAPIError):
            self._note_contact(what)

    def _drop_connection(self) -> None:
        """Forget what is not acknowledged: it comes again, and is no news if it was stored."""
        self._connection.close()
        self._pile = _Pile()
        writing, self._writing = self._writing, None
        if writing is None:
            return
        error = writing.receipts.exception()
        if error is None:
            self._count(len(writing.pile.received), writing.receipts.result())
        else:
            log.warning("%s: the last batch was not stored: %s", self._source_id, error)

    def _in_flight(self) -> int:
        writing = self._writing
        return len(self._pile.received) + (len(writing.pile.received) if writing else 0)

    def _count(self, messages: int, receipts: Sequence[Receipt]) -> None:
        stored = sum(receipt.stored for receipt in receipts)
        self._stored += stored
        metrics.MESSAGES.labels(self._source_id).inc(messages)
        metrics.count(receipts)

    def _note_delivery(self) -> None:
        now = time.monotonic()
        if now - self._delivery_noted_at >= DELIVERY_NOTED_EVERY:
            self._delivery_noted_at = now
            record_delivery(self._task.engine, self._task.lease, now=self._task.clock())

    def _note_contact(self, error: str | None) -> None:
        task = self._task
        record_contact(task.engine, task.lease, now=task.clock(), error=error)


def _topic(received: MQTTMessage) -> str:
    try:
        return received.topic
    except UnicodeDecodeError:
        return "(a topic that is no UTF-8)"


def _allowance(task: Task, settings: Settings) -> Allowance | None:
    """None where all devices share a topic: it tells nothing of a single one."""
    if not any("+" in topic or "#" in topic for topic in settings.topics):
        return None
    at_once = task.source.options.get("most_at_once")
    return Allowance(at_once if isinstance(at_once, int) and at_once > 0 else MOST_AT_ONCE)
