"""From a number of the wire to an observation of a described datastream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from ...domain.errors import Refusal
from ...domain.observation import Observation
from ...domain.station import Datastream, Visibility
from ...domain.units import (
    BAY_OCCUPIED,
    COUNTER_READING,
    DEPTH,
    DISTANCE,
    ObservedProperty,
    UnknownUnit,
    conversion,
)
from ..base import Context, Decoded
from ..json_payload import LONGEST_PAYLOAD, FieldRefused, record_text
from ..options import MOST_REMEMBERED
from ..plausibility import check_time, plausible_number

LONGEST_DEVICE = 200
LONGEST_NAME = 60
"""Characters of a datastream's name."""
# What becomes public only as something else: levels, differences, groups of bays.
_RAW = frozenset({DISTANCE.name, DEPTH.name, COUNTER_READING.name, BAY_OCCUPIED.name})


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a number of the source is: an entry of the option `quantities`.

    `datastream` is the name of the series (`W`, `distance`), `observed_property` one of
    `domain.units`. `unit` is the unit as the source means it; where a payload names one too, the
    two must agree, or the payload's must be `written_unit` (`m ü. NHN` for m).
    """

    datastream: str
    observed_property: str
    unit: str | None = None
    written_unit: str | None = None

    def __post_init__(self) -> None:
        if not self.datastream.strip() or len(self.datastream) > LONGEST_NAME:
            raise ValueError(f"datastream is blank or longer than {LONGEST_NAME} characters")
        if not self.datastream.isprintable():
            raise ValueError("datastream holds characters that are no text")
        if self.unit is not None:
            conversion(self.observed_property, self.unit)  # UnknownUnit is a ValueError
        elif self.written_unit is not None:
            raise ValueError("written_unit stands for a unit, and there is no unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonOptions:
    """The options all connectors of this folder read.

    Attributes:
        network: first part of the station's keys; the connector's name unless two sources of
            one connector have devices of the same id.
        missing: texts and numbers that stand for “no value”, null among them; such a record says
            nothing, and is neither a value nor a refusal.
    """

    network: str | None = None
    missing: frozenset[float | str | None] = frozenset()

    def __post_init__(self) -> None:
        if self.network is not None and (
            not self.network.isprintable() or not self.network.strip() or ":" in self.network
        ):
            raise ValueError("network is blank or holds a colon or characters that are no text")


@dataclass(frozen=True, slots=True, kw_only=True)
class SensingOptions(CommonOptions):
    """The options of the formats that name their quantities themselves.

    Attributes:
        quantities: what the source calls a measured quantity, and what that is.
        ignored: names of quantities nobody wants (battery, humidity); they are left out without
            a word, all others that are not described are refused.
    """

    quantities: Mapping[str, Quantity] = field(default_factory=dict[str, Quantity])
    ignored: frozenset[str] = frozenset()


def topic_level(topic: str | None, level: int) -> str:
    """One level of an MQTT topic or webhook path, counted from 1.

    Raises:
        FieldRefused: the message came by no topic, or by a shorter one.
    """
    levels = (topic or "").split("/")
    if not topic or not 1 <= level <= len(levels):
        raise FieldRefused(f"the topic {(topic or '')[:100]!r} has no level {level}")
    return levels[level - 1]


class Readings:
    """Collects what one payload says; `decoded` is the result."""

    def __init__(self, connector: str, options: CommonOptions, context: Context) -> None:
        self.decoded = Decoded()
        self._network = options.network or connector
        self._received_at = context.received_at
        self._fallback = context.station_key
        self._streams: set[tuple[str, str]] = set()
        self._missing = options.missing

    def station_key(self, device: str | None) -> str:
        """Key of the station a device stands for; without a device that of the context.

        Raises:
            FieldRefused: no device, or one that is no usable text.
        """
        if device is None:
            if self._fallback is None:
                raise FieldRefused("nothing says which device the value belongs to")
            return self._fallback
        name = device.strip()
        if not name or len(name) > LONGEST_DEVICE or not name.isprintable():
            raise FieldRefused(
                f"the device {record_text(device)[:60]} is blank, no text, or longer than "
                f"{LONGEST_DEVICE} characters"
            )
        return f"{self._network}:{name}"

    def add(
        self,
        device: str | None,
        quantity: Quantity,
        instant: datetime,
        value: float,
        *,
        unit: str | None = None,
    ) -> None:
        """Keep one value; `unit` is that of the payload where it names one.

        Raises:
            FieldRefused: no unit or a wrong one, an impossible number or time, no device.
        """
        if value in self._missing:
            return
        key = self.station_key(device)
        written = quantity.unit if unit in (None, quantity.written_unit) else unit
        if written is None:
            raise FieldRefused(f"nothing says in which unit {quantity.datastream} is measured")
        try:
            described = conversion(quantity.observed_property, written)
            if quantity.unit not in (None, written):
                expected = conversion(quantity.observed_property, quantity.unit)
                if expected.factor != described.factor:
                    raise FieldRefused(
                        f"the payload says {written!r}, the source is described as "
                        f"{quantity.unit!r}"
                    )
        except UnknownUnit as error:
            raise FieldRefused(str(error)) from None
        time = check_time(instant, self._received_at)
        result = plausible_number(value, described)
        if (key, quantity.datastream) not in self._streams:
            self._streams.add((key, quantity.datastream))
            self.decoded.datastreams.append(
                _datastream(key, quantity.datastream, described.observed_property)
            )
        self.decoded.observations.append(Observation(key, quantity.datastream, time, result))

    def refuse(self, record: str, reason: object, payload: object) -> None:
        """Keep a record that cannot be used, with the reason."""
        text = payload if isinstance(payload, str) else record_text(payload)
        self.decoded.refusals.append(
            Refusal(
                _storable(record[:LONGEST_DEVICE]),
                _storable(str(reason)),
                _storable(text[:LONGEST_PAYLOAD]),
            )
        )


@lru_cache(maxsize=MOST_REMEMBERED)
def _datastream(key: str, name: str, observed: ObservedProperty) -> Datastream:
    return Datastream(
        station_key=key,
        name=name,
        observed_property=observed.name,
        unit=observed.unit,
        # The public series is the level that is derived from it.
        visibility=Visibility.INTERNAL if observed.name in _RAW else Visibility.PUBLIC,
    )


def quantity_of_unit(unit: str | None) -> Quantity | None:
    """The quantity only this unit measures; a length may be a level, a distance or a depth."""
    if unit in ("Cel", "°C", "degC", "CEL"):
        return Quantity("temperature", "temperature")
    if unit in ("m3/s", "m³/s", "m^3/s", "MQS"):
        return Quantity("Q", "discharge")
    return None


def undescribed(name: str, unit: str | None) -> FieldRefused:
    """The refusal of a quantity the options do not describe."""
    return FieldRefused(
        f"the option quantities does not describe {name[:80]!r}"
        + ("" if unit is None else f" (in {unit[:20]!r})")
    )


def _storable(text: str) -> str:
    """Half a surrogate pair, which JSON can spell, is no text to any database."""
    return text.encode("utf-8", "replace").decode("utf-8")
