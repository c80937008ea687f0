"""Trying a source out: what would be stored, with nothing stored.

The real pollers and connectors run, against the real address and under the guard of every
request; only the last step, the write, is left out.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from paho.mqtt.client import MQTTMessage
from sqlalchemy import Connection as StoreConnection
from sqlalchemy import Engine

from ..domain.errors import Refusal, SuedwestError
from ..domain.message import Message
from ..domain.mounting import MountingRefused, level_cm, level_quality, mounting_at
from ..domain.observation import Observation
from ..domain.station import Datastream, Station
from ..store.batch import Batch, Receipt
from ..store.leases import Lease
from ..store.sources import SourceRow
from .http import Limits
from .http_poll import NothingUsable
from .intake import Intake
from .mqtt_connection import Connection, Settings
from .source_types import POLLERS
from .task import Task, utc_now

POLL_LIMITS = Limits(
    connect=timedelta(seconds=8), read=timedelta(seconds=10), total=timedelta(seconds=15)
)
"""Somebody waits before a page."""
LISTEN_SECONDS = 20.0
_LONGEST_POLL = 20.0
_ENOUGH_MESSAGES = 20
_AFTER_THE_FIRST = 3.0
_LOOK_EVERY = 0.5
_UNREGISTERED = "the device is not registered with this source"


@dataclass(frozen=True, slots=True)
class Trial:
    """What would have been stored.

    `levels` are reckoned from raw values by the registered mountings. `unregistered` are the
    devices that spoke and are not registered. `messages` counts what came: messages, or replies
    that were read. `fault` is why the source could not be asked at all.
    """

    messages: int = 0
    stations: tuple[Station, ...] = ()
    datastreams: tuple[Datastream, ...] = ()
    observations: tuple[Observation, ...] = ()
    levels: tuple[Observation, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    unregistered: tuple[str, ...] = ()
    fault: SuedwestError | None = None


def try_message(source: SourceRow, message: Message) -> Trial:
    """What a message would have stored.

    Raises:
        ConnectorNotNamed, UnknownConnector, RegistrationRefused: the options are faulty.
    """
    return _read(Intake(source), [message])


def try_poll(engine: Engine, source: SourceRow) -> Trial:
    """Ask the source once, as its poller does.

    Raises:
        ConnectorNotNamed, UnknownConnector, RegistrationRefused: the options are faulty.
    """
    rehearsal = _Rehearsal(
        engine,
        replace(source, state={}),
        Lease(source.id, "trial", source.generation, utc_now()),
        limits=POLL_LIMITS,
    )
    fault: SuedwestError | None = None
    try:
        POLLERS[source.type](rehearsal)
    except NothingUsable:
        pass  # the reasons are among the refusals
    except SuedwestError as error:
        fault = error
    return replace(_told(rehearsal.batches), messages=len(rehearsal.batches), fault=fault)


def try_listening(source: SourceRow, seconds: float = LISTEN_SECONDS) -> Trial:
    """Listen to the broker for a while, with a session of our own that is thrown away.

    Whoever listens to the source meanwhile keeps its session, and gets every message too.

    Raises:
        ConnectorNotNamed, UnknownConnector, RegistrationRefused: the options are faulty.
    """
    intake = Intake(source)
    received: list[MQTTMessage] = []
    try:
        settings = Settings.of(source)
        client_id = f"suedwest-trial-{secrets.token_hex(6)}"
        connection = Connection(
            replace(settings, client_id=client_id, throw_away=True), received.append
        )
        try:
            connection.open()
            end = time.monotonic() + seconds
            while time.monotonic() < end and len(received) < _ENOUGH_MESSAGES:
                before = len(received)
                connection.read(_LOOK_EVERY)
                connection.acknowledge(received[before:])
                if received and not before:
                    end = min(end, time.monotonic() + _AFTER_THE_FIRST)
        finally:
            connection.close()
    except SuedwestError as error:
        return Trial(fault=error)
    return _read(intake, [_message(one) for one in received])


@dataclass(frozen=True, slots=True)
class _Rehearsal(Task):
    """A task whose batches are kept here instead of in the store."""

    batches: list[Batch] = field(default_factory=list[Batch])
    begun: float = field(default_factory=time.monotonic)

    def write(self, batch: Batch) -> Receipt:
        """Keep the batch; what is enough to look at, or takes too long, ends the poll."""
        self.batches.append(batch)
        if batch.observations or time.monotonic() - self.begun > _LONGEST_POLL:
            self.stop.set()
        received = len(batch.observations) + len(batch.refusals)
        return Receipt(
            source_id=batch.source_id,
            received=received,
            stored=len(batch.observations),
            unchanged=0,
            corrected=0,
            suppressed=0,
            quarantined=len(batch.refusals),
        )

    @contextlib.contextmanager
    def transaction(self) -> Iterator[StoreConnection]:
        """What is written is taken back."""
        with self.engine.connect() as conn, conn.begin() as begun:
            yield conn
            begun.rollback()

    def still_leased(self) -> None:
        """Nobody else is kept from polling the source meanwhile."""


def _read(intake: Intake, messages: list[Message]) -> Trial:
    now = utc_now()
    batch = intake.batch([intake.read_or_refuse(message) for message in messages], now)
    return replace(_told([batch]), messages=len(messages))


def _told(batches: list[Batch]) -> Trial:
    levels: list[Observation] = []
    unusable: list[Refusal] = []
    for batch in batches:
        _derive(batch, levels, unusable)
    refusals = [*(refusal for batch in batches for refusal in batch.refusals), *unusable]
    return Trial(
        stations=tuple(station for batch in batches for station in batch.stations),
        datastreams=tuple(stream for batch in batches for stream in batch.datastreams),
        observations=tuple(value for batch in batches for value in batch.observations),
        levels=tuple(levels),
        refusals=tuple(refusals),
        unregistered=tuple(
            dict.fromkeys(one.record for one in refusals if one.reason == _UNREGISTERED)
        ),
    )


def _derive(batch: Batch, levels: list[Observation], unusable: list[Refusal]) -> None:
    """The levels of a batch, reckoned as the store reckons them."""
    units = {(each.station_key, each.name): each.unit for each in batch.datastreams}
    derivations = {(each.station_key, each.raw): each for each in batch.derivations}
    for raw in batch.observations:
        derivation = derivations.get((raw.station_key, raw.datastream))
        if derivation is None:
            continue
        unit = units[raw.station_key, raw.datastream]
        try:
            mounting = mounting_at(derivation.mountings, raw.phenomenon_time)
        except MountingRefused as error:
            unusable.append(Refusal(f"{raw.station_key} {derivation.level}", str(error)))
            continue
        levels.append(
            Observation(
                raw.station_key,
                derivation.level,
                raw.phenomenon_time,
                level_cm(mounting, raw.result, unit),
                level_quality(mounting, raw.result, unit, raw.quality),
            )
        )


def _message(received: MQTTMessage) -> Message:
    try:
        topic = received.topic
    except UnicodeDecodeError:
        topic = "(a topic that is no UTF-8)"
    return Message(topic, bytes(received.payload), utc_now())
