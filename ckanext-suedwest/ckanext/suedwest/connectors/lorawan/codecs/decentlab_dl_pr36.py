"""Decentlab DL-PR36: pressure of the water above the sensor, and its temperature.

The setting `kp` of the device is its own scale in steps a bar, from its data sheet; without it
a pressure cannot be told.
"""

from __future__ import annotations

from ..codec import (
    ANY_PORT,
    DEPTH_MM,
    TEMPERATURE_C,
    Codec,
    Frame,
    Layout,
    Limits,
    Measured,
    Reading,
)
from ..decentlab import read_words

_ZERO = 32768
_STEPS = 65536
_MILLIMETRES_PER_BAR = 100_000 / (1000 * 9.80665) * 1000
"""A bar holds this much fresh water of 1000 kg/m³ at standard gravity."""


def _read(frame: Frame) -> Reading:
    """Pressure in steps, temperature in 1/256 °C; battery in mV."""
    water, battery = read_words(frame.payload, (2, 1))
    reading = Reading()
    if battery is not None:
        reading.battery_volts = battery[0] / 1000
    if water is not None:
        pressure, temperature = water
        reading.measured.append(Measured(TEMPERATURE_C, round((temperature - _ZERO) / 256, 3)))
        scale = _scale(frame.settings.get("kp"))
        if scale is None:
            reading.faults.append("the device's kp (steps a bar) is not registered")
        else:
            depth = (pressure - _ZERO) / scale * _MILLIMETRES_PER_BAR
            reading.measured.append(Measured(DEPTH_MM, round(depth, 3)))
    return reading


def _scale(written: object) -> float | None:
    if isinstance(written, bool) or not isinstance(written, int | float):
        return None
    return float(written) if 0 < written < _STEPS else None


codec = Codec(
    sensor="Decentlab DL-PR36",
    models=frozenset({"dl-pr36", "decentlab/dl-pr36"}),
    layouts={ANY_PORT: Layout(5, 11, _read)},
    limits={"depth": Limits(-2_000.0, 200_000.0), "temperature": Limits(-40.0, 100.0)},
)
