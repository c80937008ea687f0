"""The one shape every connector has, and how they are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import entry_points
from typing import Any, Protocol

from ..domain.device import DeviceReport
from ..domain.errors import Refusal, SuedwestError
from ..domain.event import Event
from ..domain.observation import Observation
from ..domain.station import Datastream, Station

ENTRY_POINT_GROUP = "suedwest.connectors"


class UnknownConnector(SuedwestError):
    """No installed connector has this name; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a reply does not say of itself.

    `received_at` (UTC) is when it came; a value dated later than it allows is refused.
    `station_key` and `datastream` name the series where the reply is a bare list of values, and
    `unit` is the unit of that list as the source writes it (`Datastream.source_unit`); without
    it the values are read as they are written.
    `topic` is the MQTT topic, or the path of the webhook, a message came by. `options` are those
    of its source; each connector says which of them it reads.
    """

    received_at: datetime
    station_key: str | None = None
    datastream: str | None = None
    unit: str | None = None
    topic: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class Decoded:
    """What a connector read: everything usable, and a refusal for everything else."""

    stations: list[Station] = field(default_factory=list[Station])
    datastreams: list[Datastream] = field(default_factory=list[Datastream])
    observations: list[Observation] = field(default_factory=list[Observation])
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    device_reports: list[DeviceReport] = field(default_factory=list[DeviceReport])
    events: list[Event] = field(default_factory=list[Event])


class Connector(Protocol):
    """A pure function for one wire format."""

    def __call__(self, payload: bytes, context: Context) -> Decoded:
        """Read one reply.

        Raises:
            PayloadRefused: when nothing of it can be read.
        """
        ...


def connector_names() -> list[str]:
    """Names of the installed connectors, sorted."""
    return sorted(entry_point.name for entry_point in entry_points(group=ENTRY_POINT_GROUP))


def find_connector(name: str) -> Connector:
    """The connector of this name.

    Raises:
        UnknownConnector: when none is installed.
    """
    for entry_point in entry_points(group=ENTRY_POINT_GROUP, name=name):
        return entry_point.load()
    raise UnknownConnector(
        f"there is no connector {name!r}; installed are: {', '.join(connector_names())}"
    )
