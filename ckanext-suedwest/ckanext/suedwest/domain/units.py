"""Units as the sources write them, and the ones the store keeps.

The store keeps one unit for each observed property: a level above gauge zero in `cm`, an
elevation above a height datum in `m`, a discharge in `m³/s`. A unit that is not in the table is
refused: a guessed unit is a wrong flood.
"""

from __future__ import annotations

from dataclasses import dataclass


class UnknownUnit(ValueError):
    """The unit is not in the table; the message names it."""


@dataclass(frozen=True, slots=True)
class ObservedProperty:
    """What a datastream measures; `unit` is the store's, `ucum` its code (ucum.org)."""

    name: str
    unit: str
    ucum: str


WATER_LEVEL = ObservedProperty("water_level", "cm", "cm")
"""Height of the water above the gauge's zero; negative values are real."""
WATER_ELEVATION = ObservedProperty("water_elevation", "m", "m")
"""Height of the water above a height datum (NHN, NN); impounded waters and lakes."""
DISCHARGE = ObservedProperty("discharge", "m³/s", "m3/s")

OBSERVED_PROPERTIES = {
    property_.name: property_ for property_ in (WATER_LEVEL, WATER_ELEVATION, DISCHARGE)
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """Turns a number of the wire into the store's unit by one factor."""

    observed_property: ObservedProperty
    factor: float

    def apply(self, value: float) -> float:
        """The value in the unit of `observed_property`."""
        return value if self.factor == 1.0 else value * self.factor


# (quantity as the source names it, unit as the source writes it). Units seen in the field:
# PEGELONLINE 2026 serves W in cm (669 stations), m+NN (67) and m+PNP (2), Q in m³/s.
_WATER_UNITS: dict[tuple[str, str], Conversion] = {
    ("W", "cm"): Conversion(WATER_LEVEL, 1.0),
    ("W", "m+PNP"): Conversion(WATER_LEVEL, 100.0),
    ("W", "m+NN"): Conversion(WATER_ELEVATION, 1.0),
    ("W", "m+NHN"): Conversion(WATER_ELEVATION, 1.0),
    ("Q", "m³/s"): Conversion(DISCHARGE, 1.0),
}


def water_conversion(quantity: str, unit: str) -> Conversion:
    """The conversion of a water source's quantity (`W`, `Q`) and unit.

    Raises:
        UnknownUnit: when this pair was never described.
    """
    try:
        return _WATER_UNITS[quantity, unit]
    except KeyError:
        raise UnknownUnit(f"the unit {unit!r} of {quantity} is not known") from None
