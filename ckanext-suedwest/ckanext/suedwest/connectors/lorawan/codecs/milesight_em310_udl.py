"""Milesight EM310-UDL: ultrasonic distance, 30 to 4500 mm, and whether the sensor hangs level."""

from __future__ import annotations

from collections.abc import Mapping

from ....domain.units import DISTANCE
from ..codec import DISTANCE_MM, Codec, Frame, Layout, Limits, ObjectField, Reading
from ..milesight import ERROR_CODES, LONGEST, PORT, Channel, number, read_channels

_TILTED = "the sensor is tilted: the distance is not that to the water"


def _take_position(value: bytes, reading: Reading) -> None:
    if value[0] != 0:
        reading.faults.append(_TILTED)


_read_channels = read_channels(
    {
        bytes.fromhex("0382"): number(DISTANCE_MM, codes=ERROR_CODES),
        bytes.fromhex("0400"): Channel(1, _take_position),
    }
)


def _read(frame: Frame) -> Reading:
    reading = _read_channels(frame)
    if _TILTED in reading.faults:
        reading.measured.clear()
    return reading


def _object_fault(fields: Mapping[str, object]) -> str | None:
    return None if fields.get("position", "normal") in ("normal", 0) else _TILTED


codec = Codec(
    sensor="Milesight EM310-UDL",
    models=frozenset({"em310-udl", "milesight/em310-udl", "milesight-iot/em310-udl"}),
    layouts={PORT: Layout(3, LONGEST, _read)},
    limits={"distance": Limits(30.0, 4500.0)},
    fields={"distance": ObjectField("distance", DISTANCE.name)},
    object_fault=_object_fault,
)
