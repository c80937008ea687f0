"""From one message to what the store is told: decode it, and join what is registered of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ..connectors.base import Context, Decoded, find_connector
from ..connectors.options import SteadyOptions
from ..domain.device import DeviceReport
from ..domain.errors import PayloadRefused, Refusal, SuedwestError
from ..domain.event import Event
from ..domain.message import Message
from ..domain.mounting import Derivation, MountingRefused
from ..domain.observation import Observation
from ..domain.station import Datastream, Station
from ..store.batch import Batch
from ..store.sources import SourceRow
from .gate import GATED_PROPERTIES, Gate, is_gated
from .mounted import LEVEL, derived_level, is_raw
from .registered import Registered, RegistrationRefused
from .secrets import without_secrets
from .withheld import without_contents, without_identifiers

log = logging.getLogger(__name__)

LARGEST_MESSAGE = 256 * 1024
"""Bytes; an uplink with all its gateways has a few thousand."""
WHOLE_MESSAGE = 16 * 1024
"""Bytes; a longer message is not kept to be read again, and only its beginning to be looked at:
a list of many stations would be kept once for each that is not registered."""
_BEGINNING = 1024
EVENT_CONNECTORS = frozenset({"autobahn", "datex2-situations", "roadworks-geojson"})
"""What these read is a whole feed of events: what it lacks has ended."""


class ConnectorNotNamed(SuedwestError):
    """The source's options do not say which connector reads its messages."""


class Intake:
    """Reads the messages of one source.

    Options of the source: `connector` (a name as for `./suedwest decode`), those of
    `registered`, and those the connector reads itself. `connector` is given where the type of
    the source names it, `largest` is the size of a message in bytes.

    Raises:
        ConnectorNotNamed, UnknownConnector: nothing can read its messages.
        RegistrationRefused: the registered devices are no object.
    """

    def __init__(
        self, source: SourceRow, *, connector: str | None = None, largest: int = LARGEST_MESSAGE
    ) -> None:
        name = connector or source.options.get("connector")
        if not isinstance(name, str):
            raise ConnectorNotNamed("the option connector does not name a connector")
        self._source_id = source.id
        self._largest = largest
        self._connector = find_connector(name)
        self._has_events = name in EVENT_CONNECTORS
        # A connector has no use for them, and what it complains about is kept and shown.
        self._options = SteadyOptions(without_secrets(source.options))
        self._registered = Registered(self._options, source.interval)
        self._gate = Gate(self._options, source.interval, self._registered)
        self._gated = "traffic" in self._connector.__module__.split(".") or is_gated(self._options)

    def read(self, message: Message) -> Decoded:
        """What the message says of registered devices; everything else is refused in it.

        Raises:
            PayloadRefused: when nothing of it can be read. A fault of a connector counts as
                that too, so that it does not keep its source from going on; its trace is in
                the log.
        """
        try:
            return self._read(message)
        except PayloadRefused as error:
            if self._gated:
                raise PayloadRefused(without_identifiers(str(error))) from None
            raise

    def _read(self, message: Message) -> Decoded:
        if len(message.payload) > self._largest:
            raise PayloadRefused(
                f"the message has {len(message.payload):,} bytes, "
                f"more than the {self._largest:,} allowed"
            )
        context = Context(
            received_at=message.received_at, topic=message.topic, options=self._options
        )
        try:
            decoded = self._connector(message.payload, context)
        except PayloadRefused:
            raise
        except Exception as error:
            log.exception("%s: a message on %s", self._source_id, message.topic)
            raise PayloadRefused(
                f"the connector failed: {type(error).__name__}: {error}"
            ) from error
        return self._joined(decoded, message)

    def read_or_refuse(self, message: Message) -> Decoded:
        """As `read`, with a message that cannot be read as a refusal."""
        try:
            return self.read(message)
        except PayloadRefused as error:
            return Decoded(refusals=[self._kept(refused(message, str(error)), message)])

    def batch(self, decoded: Iterable[Decoded], received_at: datetime) -> Batch:
        """What several messages say, as one batch; of repeated definitions the last counts."""
        stations: dict[str, Station] = {}
        datastreams: dict[tuple[str, str], Datastream] = {}
        observations: list[Observation] = []
        refusals: list[Refusal] = []
        reports: list[DeviceReport] = []
        events: list[Event] = []
        for one in decoded:
            stations |= {station.key: station for station in one.stations}
            datastreams |= {(each.station_key, each.name): each for each in one.datastreams}
            observations += one.observations
            refusals += one.refusals
            reports += one.device_reports
            events += one.events
        observations, gated, wrong = self._gate.pass_through(stations, datastreams, observations)
        derivations, faults = self._derive(datastreams)
        return Batch(
            source_id=self._source_id,
            received_at=received_at,
            stations=list(stations.values()),
            datastreams=list(datastreams.values()),
            observations=observations,
            refusals=[*refusals, *faults, *wrong],
            derivations=derivations,
            device_reports=[self._gate.report(one) for one in reports],
            events=events if self._has_events else None,
            gated=gated if self._gated or gated.received else None,
        )

    def _derive(
        self, datastreams: dict[tuple[str, str], Datastream]
    ) -> tuple[list[Derivation], list[Refusal]]:
        """Add the levels that are reckoned from raw values; how, and what keeps one from it.

        A faulty mounting keeps no raw value from being stored.
        """
        derivations: list[Derivation] = []
        faults: list[Refusal] = []
        for stream in list(datastreams.values()):
            # A device that tells its level itself needs no reckoning.
            if not is_raw(stream) or (stream.station_key, LEVEL) in datastreams:
                continue
            try:
                derived = derived_level(stream, self._registered.device(stream.station_key))
            except MountingRefused as error:
                faults.append(Refusal(f"{stream.station_key} {stream.name}", str(error)))
                continue
            if derived is not None:
                level, derivation = derived
                datastreams[level.station_key, level.name] = level
                derivations.append(derivation)
        return derivations, faults

    def _joined(self, decoded: Decoded, message: Message) -> Decoded:
        joined = Decoded(events=decoded.events)
        properties = {stream.observed_property for stream in decoded.datastreams}
        gated = self._gated or not properties.isdisjoint(GATED_PROPERTIES)
        joined.refusals += [self._kept(one, message, gated=gated) for one in decoded.refusals]
        keys = {
            *(stream.station_key for stream in decoded.datastreams),
            *(value.station_key for value in decoded.observations),
            *(report.device for report in decoded.device_reports),
        }
        for key in sorted(keys):
            # Nearly every message speaks of one device.
            own = decoded if len(keys) == 1 else _only(decoded, key)
            if self._gate.is_bay(key):
                joined.datastreams += own.datastreams
                joined.observations += own.observations
                continue
            try:
                station = self._registered.station(key)
                streams = [self._registered.datastream(stream) for stream in own.datastreams]
            except RegistrationRefused as error:
                refusal = refused(message, str(error), record=key)
                joined.refusals.append(self._kept(refusal, message, gated=gated))
                continue
            joined.stations.append(station)
            joined.datastreams += streams
            joined.observations += own.observations
            joined.device_reports += own.device_reports
        return joined

    def _kept(self, refusal: Refusal, message: Message, *, gated: bool = False) -> Refusal:
        """As it is kept: with its message, and under the privacy gate without its contents."""
        if gated or self._gated:
            return without_contents(refusal, message.payload)
        return _with_message(refusal, message)


def _only(decoded: Decoded, key: str) -> Decoded:
    """What is said of one station."""
    return Decoded(
        datastreams=[stream for stream in decoded.datastreams if stream.station_key == key],
        observations=[one for one in decoded.observations if one.station_key == key],
        device_reports=[one for one in decoded.device_reports if one.device == key],
    )


def refused(message: Message, reason: str, *, record: str | None = None) -> Refusal:
    """A message for the quarantine, as text; bytes that are no UTF-8 are written as `\\xff`."""
    whole = len(message.payload) <= WHOLE_MESSAGE
    payload = message.payload if whole else message.payload[:_BEGINNING]
    text = payload.decode("utf-8", "backslashreplace")
    return _with_message(Refusal(record or message.topic, reason, text), message)


def _with_message(refusal: Refusal, message: Message) -> Refusal:
    """With the message it came in, when there is one and it is short enough to be kept."""
    if not 0 < len(message.payload) <= WHOLE_MESSAGE:
        return refusal
    return replace(refusal, message=message)
