"""What the sensors of Dragino have in common: big-endian words behind a battery voltage."""

from __future__ import annotations

from collections.abc import Mapping

from ...domain.units import DISTANCE, TEMPERATURE
from .codec import TEMPERATURE_C, Frame, Limits, Measured, ObjectField, Reading

# The optional probe for temperature (DS18B20). A frame without a probe has 0 in its place, so
# exactly 0.0 °C cannot be told from “no probe” and is left out. 85 is what the chip holds after
# it was switched on and before it measured.
PROBE = Limits(-55.0, 84.9, {85.0: "the probe was read before it measured"})

ULTRASONIC_FIELDS = {
    "distance": ObjectField("distance", DISTANCE.name),
    "tempc_ds18b20": ObjectField("temperature", TEMPERATURE.name, "°C", may_be_absent=True),
}
NOT_DESCRIBED = "stored readings, whose layout is not described"


def ultrasonic_limits(nearest: int, farthest: int) -> dict[str, Limits]:
    """The limits of an ultrasonic sensor with this range in millimetres."""
    codes = {
        0.0: "no ultrasonic sensor answered",
        20.0: "stands for an echo from within the blind zone",
        65535.0: "stands for no echo",
    }
    return {"distance": Limits(nearest, farthest, codes), "temperature": PROBE}


def word(payload: bytes, start: int) -> int:
    """The unsigned 16-bit number at a position."""
    return int.from_bytes(payload[start : start + 2], "big")


def battery_volts(payload: bytes, start: int, mask: int = 0xFFFF) -> float:
    """The battery's voltage; the upper bits of the word are flags."""
    return (word(payload, start) & mask) / 1000


def probe(payload: bytes, start: int) -> list[Measured]:
    """The temperature of the optional probe, in tenths of a degree."""
    tenths = int.from_bytes(payload[start : start + 2], "big", signed=True)
    return [Measured(TEMPERATURE_C, tenths / 10)] if tenths else []


def read_configuration(frame: Frame) -> Reading:
    """The frame with model, firmware, band and battery a sensor of the LB line sends on joining."""
    return Reading(battery_volts=battery_volts(frame.payload, 5))


def sensor_missing(fields: Mapping[str, object]) -> str | None:
    """The fault of an object whose flag says that no ultrasonic sensor is connected."""
    if fields.get("sensor_flag") in (0, "0"):
        return "the sensor flag says that no ultrasonic sensor is connected"
    return None
