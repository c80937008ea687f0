"""Dragino DDS75-LB and -LS: the frame of the LDDS75, and a second one with a list of distances."""

from __future__ import annotations

from collections.abc import Mapping

from ..codec import Codec, Frame, Layout, Reading
from ..dragino import (
    NOT_DESCRIBED,
    ULTRASONIC_FIELDS,
    battery_volts,
    read_configuration,
    sensor_missing,
    ultrasonic_limits,
)
from .dragino_ldds75 import read_uplink

_LIST_FOLLOWS = 0x10
"""Bit of the first byte: a list follows, and the battery has only the twelve lower bits."""
_NO_TIMES = "a list of distances without the times they were measured at"


def _read(frame: Frame) -> Reading:
    if frame.payload[0] & _LIST_FOLLOWS:
        volts = battery_volts(frame.payload, 0, mask=0x0FFF)
        return Reading(faults=[_NO_TIMES], battery_volts=volts)
    return read_uplink(frame)


def _object_fault(fields: Mapping[str, object]) -> str | None:
    return _NO_TIMES if "additional_distance_data" in fields else sensor_missing(fields)


codec = Codec(
    sensor="Dragino DDS75-LB",
    models=frozenset({"dds75-lb", "dds75-ls", "dragino/dds75-lb", "dragino/dds75-ls"}),
    layouts={2: Layout(8, 48, _read), 5: Layout(7, 7, read_configuration)},
    limits=ultrasonic_limits(280, 7500),
    without_values={3: NOT_DESCRIBED, 6: _NO_TIMES},
    fields=ULTRASONIC_FIELDS,
    object_fault=_object_fault,
)
