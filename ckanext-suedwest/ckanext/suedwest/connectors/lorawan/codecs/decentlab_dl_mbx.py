"""Decentlab DL-MBX: ultrasonic distance (MaxBotix), to 5 or 10 m by model."""

from __future__ import annotations

from collections.abc import Mapping

from ....domain.units import DISTANCE
from ..codec import (
    ANY_PORT,
    DISTANCE_MM,
    Codec,
    Frame,
    Layout,
    Limits,
    Measured,
    ObjectField,
    Reading,
)
from ..decentlab import read_words

_NO_SAMPLE = "none of the samples was valid"


def _read(frame: Frame) -> Reading:
    """Distance in mm with the number of valid samples; battery in mV."""
    sample, battery = read_words(frame.payload, (2, 1))
    reading = Reading()
    if battery is not None:
        reading.battery_volts = battery[0] / 1000
    if sample is not None:
        distance, valid_samples = sample
        if valid_samples:
            reading.measured.append(Measured(DISTANCE_MM, float(distance)))
        else:
            reading.faults.append(_NO_SAMPLE)
    return reading


def _object_fault(fields: Mapping[str, object]) -> str | None:
    samples = fields.get("number of valid samples", fields.get("number_of_valid_samples"))
    return _NO_SAMPLE if samples == 0 else None


codec = Codec(
    sensor="Decentlab DL-MBX",
    models=frozenset({"dl-mbx", "decentlab/dl-mbx"}),
    layouts={ANY_PORT: Layout(5, 11, _read)},
    limits={"distance": Limits(300.0, 9998.0, {9999.0: "no echo within the sensor's range"})},
    fields={"distance": ObjectField("distance", DISTANCE.name)},
    object_fault=_object_fault,
)
