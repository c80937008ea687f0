"""What no water sensor can have measured: sentinels, impossible numbers, impossible times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..domain.units import (
    BAY_OCCUPIED,
    BICYCLE_COUNT,
    CHARGING_AVAILABLE,
    CHARGING_OCCUPIED,
    CHARGING_OUT_OF_SERVICE,
    CHARGING_POINTS,
    COUNTER_READING,
    DEPTH,
    DISCHARGE,
    DISTANCE,
    FLOOD_CLASS,
    FREE_DOCKS,
    HEAVY_VEHICLE_COUNT,
    MOTOR_VEHICLE_COUNT,
    OPENING_STATE,
    PARKING_CAPACITY,
    PARKING_FREE,
    PARKING_OCCUPIED,
    PEDESTRIAN_COUNT,
    SHARED_VEHICLES,
    SHARING_CAPACITY,
    TEMPERATURE,
    TRAFFIC_COUNT,
    VEHICLE_FLOW,
    VEHICLE_SPEED,
    WATER_ELEVATION,
    WATER_LEVEL,
    Conversion,
)
from .json_payload import FieldRefused

FUTURE_TOLERANCE = timedelta(minutes=15)
"""How far ahead of our clock a value may be dated: one step of a usual gauge."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Start of the window the store keeps."""

# Numbers that stand for a missing value: the archive's own sentinels, those of the Länder services
# that are mixed into re-published lists, and the customary ones of data loggers.
SENTINELS = frozenset(
    {-777.0, -888.0, -999.0, -999.9, -9999.0, -32753.0, 65250.0, 99999.0, 1300000.0}
)

# Absolute sanity in the store's unit, far outside every German gauge on record
# (for cm: between -20 m and 200 m); a plausible range for one gauge is a quality test.
_SANE = {
    WATER_LEVEL.name: (-2_000.0, 20_000.0),
    WATER_ELEVATION.name: (-100.0, 4_000.0),
    DISCHARGE.name: (-20_000.0, 50_000.0),
    DISTANCE.name: (0.0, 100_000.0),
    DEPTH.name: (-2_000.0, 200_000.0),
    TEMPERATURE.name: (-60.0, 100.0),
    FLOOD_CLASS.name: (0.0, 4.0),
    # Negative counts of faulty barriers are kept and flagged by those who read them.
    PARKING_FREE.name: (-100_000.0, 100_000.0),
    PARKING_OCCUPIED.name: (-100_000.0, 100_000.0),
    PARKING_CAPACITY.name: (0.0, 100_000.0),
    SHARED_VEHICLES.name: (0.0, 100_000.0),
    FREE_DOCKS.name: (0.0, 100_000.0),
    SHARING_CAPACITY.name: (0.0, 100_000.0),
    CHARGING_AVAILABLE.name: (0.0, 100_000.0),
    CHARGING_OCCUPIED.name: (0.0, 100_000.0),
    CHARGING_OUT_OF_SERVICE.name: (0.0, 100_000.0),
    CHARGING_POINTS.name: (0.0, 100_000.0),
    OPENING_STATE.name: (0.0, 1.0),
    PEDESTRIAN_COUNT.name: (0.0, 10_000_000.0),
    BICYCLE_COUNT.name: (0.0, 10_000_000.0),
    MOTOR_VEHICLE_COUNT.name: (0.0, 10_000_000.0),
    HEAVY_VEHICLE_COUNT.name: (0.0, 10_000_000.0),
    TRAFFIC_COUNT.name: (0.0, 10_000_000.0),
    COUNTER_READING.name: (0.0, 4_294_967_295.0),
    VEHICLE_FLOW.name: (0.0, 50_000.0),
    VEHICLE_SPEED.name: (0.0, 300.0),
    BAY_OCCUPIED.name: (0.0, 1.0),
}
# Whole numbers a counter really reaches: none of them stands for a missing one.
_COUNTED = frozenset(
    {
        PEDESTRIAN_COUNT.name,
        BICYCLE_COUNT.name,
        MOTOR_VEHICLE_COUNT.name,
        HEAVY_VEHICLE_COUNT.name,
        TRAFFIC_COUNT.name,
        COUNTER_READING.name,
    }
)
_SANE_AS_WRITTEN = _SANE[WATER_LEVEL.name]


def plausible_number(value: float, conversion: Conversion | None) -> float:
    """A number of the wire in the store's unit; without a conversion as it is written.

    Raises:
        FieldRefused: a sentinel, or outside the absolute limits of its observed property.
    """
    counted = conversion is not None and conversion.observed_property.name in _COUNTED
    if value in SENTINELS and not counted:
        raise FieldRefused(f"value {value:g} is a sentinel for a missing value")
    result = value if conversion is None else conversion.apply(value)
    low, high = _SANE_AS_WRITTEN if conversion is None else _SANE[conversion.observed_property.name]
    if not low <= result <= high:
        unit = "" if conversion is None else f" {conversion.observed_property.unit}"
        raise FieldRefused(f"value {result:g}{unit} is outside {low:g} to {high:g}{unit}")
    return result


def check_time(instant: datetime, received_at: datetime) -> datetime:
    """`instant` when it can have been measured by `received_at`.

    Raises:
        FieldRefused: dated in the future, or before the window the store keeps.
    """
    if instant > received_at + FUTURE_TOLERANCE:
        raise FieldRefused(f"the time {instant.isoformat()} lies in the future")
    if instant < EARLIEST:
        raise FieldRefused(f"the time {instant.isoformat()} is before {EARLIEST.year}")
    return instant
