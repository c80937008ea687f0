"""What a codec is: data about one kind of sensor and one small function for its bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from ...domain.units import DEPTH, DISTANCE, TEMPERATURE
from ..json_payload import FieldRefused
from ..sensing.readings import Quantity

ENTRY_POINT_GROUP = "suedwest.codecs"

DISTANCE_MM = Quantity("distance", DISTANCE.name, "mm")
DEPTH_MM = Quantity("depth", DEPTH.name, "mm")
TEMPERATURE_C = Quantity("temperature", TEMPERATURE.name, "°C")


class FrameRefused(FieldRefused):
    """A frame cannot be read: truncated, of another layout or another sensor."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The application's bytes of one uplink.

    `port` is LoRaWAN's FPort, None where nothing tells it. `device` is the device id as the
    source writes it, `settings` what is registered of the device.
    """

    payload: bytes
    port: int | None = None
    device: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Measured:
    """One number a sensor measured, in the store's unit; `time` (UTC) only where the sensor's
    own clock tells it."""

    quantity: Quantity
    value: float
    time: datetime | None = None


@dataclass(slots=True)
class Reading:
    """What one frame or decoded object says.

    `faults` are the sentences why something in it is no value: an error code, no echo, a tilted
    sensor. Volts, percent and dBm are the sensor's own words about itself.
    """

    measured: list[Measured] = field(default_factory=list[Measured])
    faults: list[str] = field(default_factory=list[str])
    battery_volts: float | None = None
    battery_percent: float | None = None
    rssi_dbm: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a sensor can measure, in the store's unit; `codes` are numbers that mean something
    else, with what they mean."""

    lowest: float
    highest: float
    codes: Mapping[float, str] = field(default_factory=dict[float, str])


@dataclass(frozen=True, slots=True)
class ObjectField:
    """A field of the object a network server's formatter makes of a frame.

    `unit` is given only where the field's name itself tells it (`Water_deep_cm`). Zero of a
    probe that `may_be_absent` is no value: such sensors write it when nothing is connected.
    """

    datastream: str
    observed_property: str
    unit: str | None = None
    may_be_absent: bool = False


def _no_fault(fields: Mapping[str, object]) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Layout:
    """The frames of one port: bytes they have, and what reads them (raises FrameRefused)."""

    shortest: int
    longest: int
    read: Callable[[Frame], Reading]


ANY_PORT = None
"""Key of the layout of a sensor whose port is free."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One kind of sensor.

    Attributes:
        sensor: maker and model, for people.
        models: how network servers, formatters and lists call it, in lower case: `brand/model`
            of The Things Stack's device repository, `Node_type` of the maker's formatter.
        layouts: by port; the first is taken where nothing tells the port.
        without_values: ports whose frames hold nothing that can be kept, and why.
        limits: by the name of the datastream; they hold for bytes and objects alike.
        fields: the fields of the maker's own formatter, by name in lower case.
        object_fault: why an object of that formatter holds no value of the water, if so.
    """

    sensor: str
    models: frozenset[str]
    layouts: Mapping[int | None, Layout]
    limits: Mapping[str, Limits]
    without_values: Mapping[int, str] = field(default_factory=dict[int, str])
    fields: Mapping[str, ObjectField] = field(default_factory=dict[str, ObjectField])
    object_fault: Callable[[Mapping[str, object]], str | None] = _no_fault


@cache
def codecs() -> Mapping[str, Codec]:
    """The installed codecs by name, sorted."""
    found = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda one: one.name)
    return {entry_point.name: entry_point.load() for entry_point in found}


def find_codec(name: str) -> Codec:
    """The codec of this name.

    Raises:
        FieldRefused: when none is installed; the message lists those there are.
    """
    codec = codecs().get(name)
    if codec is None:
        raise FieldRefused(f"there is no codec {name[:60]!r}; installed are: {', '.join(codecs())}")
    return codec


def codec_of_model(model: str) -> Codec | None:
    """The codec whose `models` hold this name, in any case."""
    wanted = model.casefold()
    return next((codec for codec in codecs().values() if wanted in codec.models), None)


def read_frame(codec: Codec, frame: Frame) -> Reading:
    """What a frame says; numbers outside the sensor's limits are among its faults.

    Raises:
        FrameRefused: another port or length than the sensor's, or not its layout.
    """
    layout = _layout(codec, frame.port)
    size = len(frame.payload)
    if not layout.shortest <= size <= layout.longest:
        expected = str(layout.shortest)
        if layout.shortest != layout.longest:
            expected += f" to {layout.longest}"
        raise FrameRefused(f"the frame has {size} bytes; {codec.sensor} sends {expected}")
    return within_limits(codec, layout.read(frame))


def _layout(codec: Codec, port: int | None) -> Layout:
    if port is None:
        return next(iter(codec.layouts.values()))
    if port in codec.without_values:
        raise FrameRefused(f"port {port} of {codec.sensor}: {codec.without_values[port]}")
    layout = codec.layouts.get(port) or codec.layouts.get(ANY_PORT)
    if layout is None:
        ports = ", ".join(str(known) for known in codec.layouts)
        raise FrameRefused(f"{codec.sensor} sends its values on port {ports}, not {port}")
    return layout


def within_limits(codec: Codec, reading: Reading) -> Reading:
    """The reading with every number the sensor cannot have measured among its faults."""
    kept: list[Measured] = []
    for one in reading.measured:
        fault = _limit_fault(codec.limits.get(one.quantity.datastream), one)
        if fault is None:
            kept.append(one)
        else:
            reading.faults.append(fault)
    reading.measured = kept
    return reading


def _limit_fault(limits: Limits | None, one: Measured) -> str | None:
    if limits is None:
        return None
    name, unit = one.quantity.datastream, one.quantity.unit
    if one.value in limits.codes:
        return f"{name} {one.value:g} {unit}: {limits.codes[one.value]}"
    if not limits.lowest <= one.value <= limits.highest:
        return (
            f"{name} {one.value:g} {unit} is outside what the sensor measures "
            f"({limits.lowest:g} to {limits.highest:g} {unit})"
        )
    return None
