"""The object a network server's formatter makes of a frame: read only where units are certain.

The same sensor arrives as `"1404 mm"`, 1404 and 1.404, by the formatter somebody chose. A number
counts when the object tells its unit (`"1404 mm"`, `{"value": 1404, "unit": "mm"}`), the name of
the field does (`Water_deep_cm`), or what is registered of the device does (`quantities`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...domain.units import UnknownUnit, conversion
from ..json_payload import FieldRefused, as_object, record_text
from ..numbers import read_number
from ..sensing.readings import Quantity
from .codec import Codec, Measured, ObjectField, Reading, codecs, within_limits

_NUMBER_AND_UNIT = re.compile(r"\s*([+-]?[\d.]{1,30})\s*(\D{0,20})", re.ASCII)
_VOLTS = frozenset({"bat", "bat_v", "batv", "battery voltage", "battery_voltage"})
_HIGHEST_VOLTS = 30.0


def read_object(
    written: Mapping[str, object], codec: Codec | None, quantities: Mapping[str, Quantity]
) -> Reading:
    """What an object says of the water.

    With `quantities` (registered of the device) only the fields they name are read; else those
    of the codec's maker, and without a codec those of every installed one.
    """
    fields = {name.casefold(): value for name, value in written.items()}
    known = [codec] if codec is not None else _makers_of(fields)
    reading = Reading(battery_volts=_battery_volts(fields))
    fault = next((found for one in known if (found := one.object_fault(fields))), None)
    if fault is not None:
        reading.faults.append(fault)
        return reading
    looked_for = _described(quantities) or {
        name: field for one in known for name, field in one.fields.items()
    }
    names = {name.casefold(): name for name in written}
    for name, field in looked_for.items():
        if name not in fields:
            continue
        try:
            measured = _measured(fields[name], field)
        except FieldRefused as error:
            reading.faults.append(f"{names[name][:60]}: {error}")
            continue
        if measured is not None:
            reading.measured.append(measured)
    return reading if codec is None else within_limits(codec, reading)


def _makers_of(fields: Mapping[str, object]) -> list[Codec]:
    return [codec for codec in codecs().values() if codec.fields.keys() & fields.keys()]


def _described(quantities: Mapping[str, Quantity]) -> dict[str, ObjectField]:
    return {
        name.casefold(): ObjectField(one.datastream, one.observed_property, one.unit)
        for name, one in quantities.items()
    }


def _measured(written: object, field: ObjectField) -> Measured | None:
    number, unit = _number_and_unit(written)
    if field.may_be_absent and number == 0:
        return None
    units = [one for one in (unit, field.unit) if one is not None]
    if not units:
        raise FieldRefused(
            f"{number:g} without a unit; register the sensor's codec, or the unit in quantities"
        )
    try:
        described, *others = (conversion(field.observed_property, one) for one in units)
    except UnknownUnit as error:
        raise FieldRefused(str(error)) from None
    if any(other.factor != described.factor for other in others):
        raise FieldRefused(f"the value is in {unit!r}, it is described in {field.unit!r}")
    kept = described.observed_property
    return Measured(Quantity(field.datastream, kept.name, kept.unit), described.apply(number))


def _number_and_unit(written: object) -> tuple[float, str | None]:
    """A number, `"1404 mm"` or `{"value": 1404, "unit": "mm"}`.

    Raises:
        FieldRefused: none of them.
    """
    unit = None
    parts = as_object(written)
    if parts is not None:
        told = parts.get("unit")
        written, unit = parts.get("value"), told if isinstance(told, str) else None
    if isinstance(written, str):
        match = _NUMBER_AND_UNIT.fullmatch(written)
        if match is None:
            raise FieldRefused(f"{record_text(written)[:40]} is no number with its unit")
        written, unit = match[1], match[2].strip() or unit
    number = read_number(written, ".", frozenset())
    if number is None:
        raise FieldRefused("there is no value")
    return number, unit


def _battery_volts(fields: Mapping[str, object]) -> float | None:
    """The battery's voltage, of no account when it cannot be read: it is nobody's gauge."""
    for name in sorted(_VOLTS & fields.keys()):
        try:
            volts, unit = _number_and_unit(fields[name])
        except FieldRefused:
            continue
        if unit in (None, "V") and 0 < volts < _HIGHEST_VOLTS:
            return volts
    return None
