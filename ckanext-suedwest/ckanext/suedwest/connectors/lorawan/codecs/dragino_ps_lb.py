"""Dragino PS-LB and -LS with an immersed probe: the water above it as a current of 4 to 20 mA."""

from __future__ import annotations

from collections.abc import Mapping

from ....domain.units import DEPTH
from ..codec import DEPTH_MM, Codec, Frame, Layout, Limits, Measured, ObjectField, Reading
from ..dragino import NOT_DESCRIBED, battery_volts, read_configuration, word

_IMMERSED = 0
_OTHER_PROBES = {1: "pressure", 2: "differential pressure"}
# Outside these the loop is broken or shorted (NAMUR NE 43). The maker's formatter writes 0 cm
# for any current up to 4 mA, so that a dead probe looks like a dry one.
_LOWEST_CURRENT, _HIGHEST_CURRENT = 3.8, 20.5


def _read(frame: Frame) -> Reading:
    """Battery, kind of probe and its range in metres, current in µA, voltage, pins."""
    payload = frame.payload
    reading = Reading(battery_volts=battery_volts(payload, 0))
    probe, range_metres, current = payload[2], payload[3], word(payload, 4) / 1000
    if probe != _IMMERSED:
        measures = _OTHER_PROBES.get(probe, "something unknown")
        reading.faults.append(f"the probe (mode {probe}) measures {measures}, not a depth")
    elif not range_metres:
        reading.faults.append("the range of the probe is not set in the device")
    elif fault := _current_fault(current):
        reading.faults.append(fault)
    else:
        depth = (current - 4.0) * range_metres * 1000 / 16
        reading.measured.append(Measured(DEPTH_MM, round(depth, 3)))
    return reading


def _current_fault(milliamperes: float) -> str | None:
    if _LOWEST_CURRENT <= milliamperes <= _HIGHEST_CURRENT:
        return None
    return (
        f"a current of {milliamperes:g} mA is no measured depth "
        f"({_LOWEST_CURRENT:g} to {_HIGHEST_CURRENT:g} mA): the probe is broken or not connected"
    )


def _object_fault(fields: Mapping[str, object]) -> str | None:
    current = fields.get("idc_intput_ma")  # sic
    if isinstance(current, bool) or not isinstance(current, int | float):
        return "without the current (IDC_intput_mA) a dead probe cannot be told from a dry one"
    return _current_fault(current)


codec = Codec(
    sensor="Dragino PS-LB",
    models=frozenset({"ps-lb", "ps-ls", "dragino/ps-lb", "dragino/ps-ls"}),
    layouts={2: Layout(9, 9, _read), 5: Layout(7, 7, read_configuration)},
    limits={"depth": Limits(-2_000.0, 200_000.0)},
    without_values={3: NOT_DESCRIBED, 7: "a list of currents without the times they are of"},
    fields={"water_deep_cm": ObjectField("depth", DEPTH.name, "cm")},
    object_fault=_object_fault,
)
