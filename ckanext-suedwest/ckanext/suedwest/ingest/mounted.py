"""How a registered device is mounted: which level is reckoned from what it measures.

An entry of the option `devices` may have `mounting`, a list of objects, one for each time somebody
moved the sensor:
    valid_from, valid_until: ISO 8601 with offset; without `valid_until` until further notice.
    height_mm: the sensor's height above the gauge's zero, negative for one below it.
    offset_cm: added to the level (default 0).
    blanking_mm: a distance this short may be shorter still.
    gauge_zero: {"reference": "DHHN2016 NHN", "metres": 123.45}, where it was surveyed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..domain.mounting import Derivation, Measured, Mounting, MountingRefused
from ..domain.station import Datastream, Datum, Visibility
from ..domain.time import TimeRefused, parse_instant
from ..domain.units import WATER_LEVEL

LEVEL = "W"
"""Name of the datastream the level goes to."""


def is_raw(stream: Datastream) -> bool:
    """Whether a level may be reckoned from it."""
    return stream.observed_property in Measured.__members__.values()


def derived_level(
    raw: Datastream, device: Mapping[str, Any]
) -> tuple[Datastream, Derivation] | None:
    """The level's datastream and how it is reckoned; None when no mounting is registered.

    Raises:
        MountingRefused: what is registered cannot be used; the message says why.
    """
    listed = device.get("mounting")
    if not listed:
        return None
    if not isinstance(listed, list):
        raise MountingRefused("the mounting of the device is not a list")
    mountings = tuple(_mounting(entry, Measured(raw.observed_property)) for entry in listed)
    hidden = device.get("visibility") == Visibility.INTERNAL
    level = Datastream(
        station_key=raw.station_key,
        name=LEVEL,
        observed_property=WATER_LEVEL.name,
        unit=WATER_LEVEL.unit,
        interval=raw.interval,
        visibility=Visibility.INTERNAL if hidden else Visibility.PUBLIC,
    )
    return level, Derivation(raw.station_key, raw.name, LEVEL, mountings)


def _mounting(entry: object, measured: Measured) -> Mounting:
    if not isinstance(entry, Mapping):
        raise MountingRefused("a mounting of the device is not an object")
    try:
        start = parse_instant(entry.get("valid_from"))
        end = parse_instant(entry["valid_until"]) if entry.get("valid_until") else None
    except TimeRefused as error:
        raise MountingRefused(f"the validity of a mounting: {error}") from None
    if entry.get("height_mm") is None:
        raise MountingRefused("height_mm of a mounting is missing")
    blanking = entry.get("blanking_mm")
    return Mounting(
        valid_from=start,
        height_mm=_number(entry, "height_mm"),
        measured=measured,
        offset_cm=_number(entry, "offset_cm"),
        valid_until=end,
        blanking_mm=None if blanking is None else _number(entry, "blanking_mm"),
        gauge_zero=_gauge_zero(entry.get("gauge_zero")),
    )


def _gauge_zero(entry: object) -> Datum | None:
    if entry is None:
        return None
    if not isinstance(entry, Mapping) or not isinstance(entry.get("reference"), str):
        raise MountingRefused("gauge_zero of a mounting names no reference")
    if entry.get("metres") is None:
        raise MountingRefused("metres of gauge_zero is missing")
    return Datum(entry["reference"], _number(entry, "metres"))


def _number(entry: Mapping[str, Any], field: str) -> float:
    value = entry.get(field, 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MountingRefused(f"{field} of a mounting is not a number")
    return float(value)
