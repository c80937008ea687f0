"""Tasmota's telemetry (`tele/<device>/SENSOR`): one object for each sensor on the board.

The device is the second level of the topic. `Time` is local and mostly without an offset: the
option `zone` says where (see `TimeOptions`). Units of temperatures stand in the message, those of
distances are centimetres by definition of the sensor drivers.

Options: those of `SensingOptions`, `zone`, and `device_level` (the level of the topic that names
the device, 2). `quantities` is keyed by sensor and field (`SR04.Distance`); `Distance` and
`Temperature` need no description. `ignored` takes sensors, fields and both together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_object, finite_number, load_json_lines
from ..local_time import TimeOptions, find_zone, read_instant
from ..options import read_options
from .readings import Quantity, Readings, SensingOptions, topic_level, undescribed

_KNOWN = {
    "Distance": Quantity("distance", "distance", "cm"),
    "Temperature": Quantity("temperature", "temperature"),
}
_TEMPERATURE_UNITS = {"C": "°C"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TasmotaOptions(SensingOptions):
    """The options of this connector, as the module says."""

    zone: str | None = None
    device_level: int = 2

    def __post_init__(self) -> None:
        SensingOptions.__post_init__(self)
        if self.zone is not None:
            find_zone(self.zone)


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one message, or a recording with one on each line.

    Raises:
        PayloadRefused: no JSON object, no message of a sensor, or a time that is no instant.
        OptionsRefused: the options are faulty.
    """
    options = read_options(TasmotaOptions, context.options)
    readings = Readings("tasmota", options, context)
    for message in load_json_lines(payload):
        fields = as_object(message)
        if fields is None or "Time" not in fields:
            raise PayloadRefused("the message is no telemetry of Tasmota: it has no Time")
        try:
            instant = read_instant(fields["Time"], TimeOptions(zone=options.zone))
            device = None if context.topic is None else _device(context.topic, options)
        except (TimeRefused, FieldRefused) as error:
            raise PayloadRefused(str(error)) from None
        _read(fields, instant, device, options, readings)
    return readings.decoded


def _device(topic: str, options: TasmotaOptions) -> str:
    return topic_level(topic, options.device_level)


def _read(
    message: dict[str, object],
    instant: datetime,
    device: str | None,
    options: TasmotaOptions,
    readings: Readings,
) -> None:
    found = False
    fields_of = [as_object(reported) or {} for reported in message.values()]
    for sensor, reported in message.items():
        fields = as_object(reported)
        if fields is None:
            continue
        for field in fields:
            name = f"{sensor}.{field}"
            if isinstance(fields[field], str) and field in ("Id", "Address"):
                continue
            found = True
            if not options.ignored.isdisjoint({sensor, field, name}):
                continue
            try:
                quantity = options.quantities.get(name) or _KNOWN.get(field)
                if quantity is None:
                    raise undescribed(name, None)
                alike = sum(field in others for others in fields_of)
                if name not in options.quantities and alike > 1:
                    raise FieldRefused(
                        f"{alike} sensors report {field}; the option quantities has to tell them "
                        "apart"
                    )
                value = finite_number(fields, field)
                unit = _unit(message) if quantity.observed_property == "temperature" else None
                readings.add(device, quantity, instant, value, unit=unit)
            except FieldRefused as error:
                readings.refuse(name, error, message)
    if not found:
        raise PayloadRefused("the message holds no reading of a sensor")


def _unit(message: dict[str, object]) -> str | None:
    """The unit of temperatures; what is none of ours stays as written and is refused later."""
    written = message.get("TempUnit")
    return _TEMPERATURE_UNITS.get(written, written) if isinstance(written, str) else None
