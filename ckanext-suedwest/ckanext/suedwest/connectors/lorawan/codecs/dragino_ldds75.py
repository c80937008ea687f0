"""Dragino LDDS75: ultrasonic distance, 280 to 7500 mm; LDDS45 sends the same frame."""

from __future__ import annotations

from ..codec import DISTANCE_MM, Codec, Frame, Layout, Measured, Reading
from ..dragino import (
    ULTRASONIC_FIELDS,
    battery_volts,
    probe,
    sensor_missing,
    ultrasonic_limits,
    word,
)


def read_uplink(frame: Frame) -> Reading:
    """Battery, distance, interrupt, temperature of the probe, whether a sensor is connected."""
    payload = frame.payload
    reading = Reading(battery_volts=battery_volts(payload, 0, mask=0x3FFF))
    if payload[7] == 0:
        reading.faults.append("the sensor flag says that no ultrasonic sensor is connected")
    else:
        reading.measured.append(Measured(DISTANCE_MM, float(word(payload, 2))))
    reading.measured += probe(payload, 5)
    return reading


codec = Codec(
    sensor="Dragino LDDS75",
    models=frozenset({"ldds75", "dragino/ldds75"}),
    layouts={2: Layout(8, 8, read_uplink)},
    limits=ultrasonic_limits(280, 7500),
    fields=ULTRASONIC_FIELDS,
    object_fault=sensor_missing,
)
