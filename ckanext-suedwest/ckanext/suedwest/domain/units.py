"""Units as the sources write them, and the ones the store keeps.

The store keeps one unit for each observed property: a level above gauge zero in `cm`, an
elevation above a height datum in `m`, a discharge in `m³/s`, what a sensor measures by itself
(distance, depth) in `mm`. A unit that is not in the table is refused: a guessed unit is a wrong
flood.
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
DISTANCE = ObservedProperty("distance", "mm", "mm")
"""From a sensor down to the water's surface: it falls when the water rises."""
DEPTH = ObservedProperty("depth", "mm", "mm")
"""Height of the water above a pressure sensor."""
TEMPERATURE = ObservedProperty("temperature", "°C", "Cel")
FLOOD_CLASS = ObservedProperty("flood_class", "class", "{class}")
"""Class of a flood, 0 (none) to 4 (very great), as the flood centres assign it; no level."""
PARKING_FREE = ObservedProperty("parking_free", "vehicles", "{vehicles}")
PARKING_OCCUPIED = ObservedProperty("parking_occupied", "vehicles", "{vehicles}")
PARKING_CAPACITY = ObservedProperty("parking_capacity", "vehicles", "{vehicles}")
SHARED_VEHICLES = ObservedProperty("shared_vehicles", "vehicles", "{vehicles}")
"""Vehicles one can rent at a station or within a zone."""
FREE_DOCKS = ObservedProperty("free_docks", "docks", "{docks}")
"""Places at a sharing station where a vehicle can be given back."""
SHARING_CAPACITY = ObservedProperty("sharing_capacity", "docks", "{docks}")
CHARGING_AVAILABLE = ObservedProperty("charging_available", "points", "{points}")
CHARGING_OCCUPIED = ObservedProperty("charging_occupied", "points", "{points}")
"""Points that charge, are reserved or blocked."""
CHARGING_OUT_OF_SERVICE = ObservedProperty("charging_out_of_service", "points", "{points}")
CHARGING_POINTS = ObservedProperty("charging_points", "points", "{points}")
"""All points of a site; those whose state is not known are in no other number."""
OPENING_STATE = ObservedProperty("opening_state", "class", "{class}")
"""Whether one can drive in: 1 open, 0 closed; says nothing of free spaces."""
PEDESTRIAN_COUNT = ObservedProperty("pedestrian_count", "count", "{count}")
BICYCLE_COUNT = ObservedProperty("bicycle_count", "count", "{count}")
MOTOR_VEHICLE_COUNT = ObservedProperty("motor_vehicle_count", "count", "{count}")
HEAVY_VEHICLE_COUNT = ObservedProperty("heavy_vehicle_count", "count", "{count}")
TRAFFIC_COUNT = ObservedProperty("traffic_count", "count", "{count}")
"""Passages of any kind within an interval; a count is never a rate."""
COUNTER_READING = ObservedProperty("counter_reading", "count", "{count}")
"""What a device has counted since it was started; only differences tell of traffic."""
VEHICLE_FLOW = ObservedProperty("vehicle_flow", "vehicles/h", "{vehicles}/h")
"""A rate, whatever the interval: 60 is one vehicle in a minute."""
VEHICLE_SPEED = ObservedProperty("vehicle_speed", "km/h", "km/h")
BAY_OCCUPIED = ObservedProperty("bay_occupied", "class", "{class}")
"""Of one parking bay: 1 taken, 0 free. Not public: it shows where one person parks."""

OBSERVED_PROPERTIES = {
    property_.name: property_
    for property_ in (
        WATER_LEVEL,
        WATER_ELEVATION,
        DISCHARGE,
        DISTANCE,
        DEPTH,
        TEMPERATURE,
        FLOOD_CLASS,
        PARKING_FREE,
        PARKING_OCCUPIED,
        PARKING_CAPACITY,
        SHARED_VEHICLES,
        FREE_DOCKS,
        SHARING_CAPACITY,
        CHARGING_AVAILABLE,
        CHARGING_OCCUPIED,
        CHARGING_OUT_OF_SERVICE,
        CHARGING_POINTS,
        OPENING_STATE,
        PEDESTRIAN_COUNT,
        BICYCLE_COUNT,
        MOTOR_VEHICLE_COUNT,
        HEAVY_VEHICLE_COUNT,
        TRAFFIC_COUNT,
        COUNTER_READING,
        VEHICLE_FLOW,
        VEHICLE_SPEED,
        BAY_OCCUPIED,
    )
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """Turns a number of the wire into the store's unit by one factor."""

    observed_property: ObservedProperty
    factor: float

    def apply(self, value: float) -> float:
        """The value in the unit of `observed_property`, without the crumbs of binary fractions.

        1.1 m are 110 cm, not 110.00000000000001.
        """
        return value if self.factor == 1.0 else round(value * self.factor, 9)


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


# Symbols people write, UCUM's (`Cel`) and UN/CEFACT's codes (`MTR`), which NGSI-LD uses.
_MILLIMETRES = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "MMT": 1.0, "CMT": 10.0, "MTR": 1000.0}
_LITRES_PER_SECOND = {
    "m³/s": 1000.0,
    "m3/s": 1000.0,
    "m^3/s": 1000.0,
    "MQS": 1000.0,
    "l/s": 1.0,
    "L/s": 1.0,
    "G51": 1.0,
}
_DEGREES_CELSIUS = {"°C": 1.0, "Cel": 1.0, "degC": 1.0, "CEL": 1.0}

_SIZES: dict[str, dict[str, float]] = {
    WATER_LEVEL.name: {**_MILLIMETRES, "m+PNP": 1000.0},
    WATER_ELEVATION.name: {"m": 1.0, "MTR": 1.0, "m+NN": 1.0, "m+NHN": 1.0},
    DISCHARGE.name: _LITRES_PER_SECOND,
    DISTANCE.name: _MILLIMETRES,
    DEPTH.name: _MILLIMETRES,
    TEMPERATURE.name: _DEGREES_CELSIUS,
    FLOOD_CLASS.name: {"class": 1.0},
    PARKING_FREE.name: {"vehicles": 1.0},
    PARKING_OCCUPIED.name: {"vehicles": 1.0},
    PARKING_CAPACITY.name: {"vehicles": 1.0},
    SHARED_VEHICLES.name: {"vehicles": 1.0},
    FREE_DOCKS.name: {"docks": 1.0},
    SHARING_CAPACITY.name: {"docks": 1.0},
    CHARGING_AVAILABLE.name: {"points": 1.0},
    CHARGING_OCCUPIED.name: {"points": 1.0},
    CHARGING_OUT_OF_SERVICE.name: {"points": 1.0},
    CHARGING_POINTS.name: {"points": 1.0},
    OPENING_STATE.name: {"class": 1.0},
    PEDESTRIAN_COUNT.name: {"count": 1.0},
    BICYCLE_COUNT.name: {"count": 1.0},
    MOTOR_VEHICLE_COUNT.name: {"count": 1.0},
    HEAVY_VEHICLE_COUNT.name: {"count": 1.0},
    TRAFFIC_COUNT.name: {"count": 1.0},
    COUNTER_READING.name: {"count": 1.0},
    VEHICLE_FLOW.name: {"vehicles/h": 1.0},
    VEHICLE_SPEED.name: {"km/h": 1.0},
    BAY_OCCUPIED.name: {"class": 1.0},
}


def conversion(observed_property: str, unit: str) -> Conversion:
    """The conversion of a unit as written into the one the store keeps for a property.

    Raises:
        UnknownUnit: when the property is unknown, or the unit is none of its units.
    """
    sizes = _SIZES.get(observed_property)
    if sizes is None:
        raise UnknownUnit(
            f"the observed property {observed_property!r} is not one of {', '.join(_SIZES)}"
        )
    if unit not in sizes:
        raise UnknownUnit(f"the unit {unit!r} of {observed_property} is not known")
    kept = OBSERVED_PROPERTIES[observed_property]
    return Conversion(kept, sizes[unit] / sizes[kept.unit])


# Codes of UCUM and UN/CEFACT, and other spellings of a unit that has a plainer one.
_NOT_OFFERED = frozenset(
    {"MMT", "CMT", "MTR", "MQS", "G51", "CEL", "Cel", "degC", "m3/s", "m^3/s", "L/s"}
)


def units_of(observed_property: str) -> tuple[str, ...]:
    """The units a property can be written in, as people write them; the store's own first.

    Raises:
        UnknownUnit: when the property is unknown.
    """
    kept = OBSERVED_PROPERTIES.get(observed_property)
    if kept is None:
        raise UnknownUnit(f"the observed property {observed_property!r} is not known")
    hidden = {*_NOT_OFFERED, kept.unit}
    others = (unit for unit in _SIZES[observed_property] if unit not in hidden)
    return (kept.unit, *others)
