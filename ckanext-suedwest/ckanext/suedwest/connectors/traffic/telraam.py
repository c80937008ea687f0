"""Telraam: reports of traffic by the hour (`/v1/reports/traffic`) and the places of segments.

The device stands in somebody's window: of the answer about a segment only its id and its middle
are read, never the device's address or its user. Histograms of speed are percentages of few cars
and so single cars; they are not read. Counts are extrapolated by the time the device was up; below
half of it they are flagged as suspect.
"""

from __future__ import annotations

from datetime import timedelta

from ...domain.errors import PayloadRefused
from ...domain.identifiers import only_allowed
from ...domain.quality import Quality
from ...domain.time import TimeRefused, parse_instant
from ...domain.units import (
    BICYCLE_COUNT,
    HEAVY_VEHICLE_COUNT,
    MOTOR_VEHICLE_COUNT,
    PEDESTRIAN_COUNT,
)
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, finite_number, kind_of, load_json
from .counters import MOST_COUNTED, Counters

LEAST_UPTIME = 0.5
_MODES = {
    "heavy": HEAVY_VEHICLE_COUNT,
    "car": MOTOR_VEHICLE_COUNT,
    "bike": BICYCLE_COUNT,
    "pedestrian": PEDESTRIAN_COUNT,
}
_SIDES = ("lft", "rgt")
_COUNTED = tuple(_MODES) + tuple(f"{mode}_{side}" for mode in _MODES for side in _SIDES)
ALLOWED = frozenset(
    {"report", "features", "geometry", "type", "coordinates", "properties"}
    | {"segment_id", "oidn", "date", "interval", "uptime"}
    | set(_COUNTED)
)
"""Everything that is looked at; the rest is gone before anything else happens."""
_INTERVALS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1)}


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one report, or the places of segments.

    Raises:
        PayloadRefused: neither, or nested too deeply.
        OptionsRefused: the options are faulty.
    """
    counters = Counters.of("telraam", context)
    try:
        reply = as_object(only_allowed(load_json(payload), ALLOWED)) or {}
    except ValueError as error:
        raise PayloadRefused(str(error)) from None
    name = next((one for one in ("report", "features") if one in reply), None)
    if name is None:
        raise PayloadRefused("the reply has neither a report nor features")
    entries = as_list(reply[name])
    if entries is None:
        raise PayloadRefused(f"{name} is {kind_of(reply[name])}, not a list")
    for number, entry in enumerate(entries, start=1):
        try:
            fields = as_object(entry)
            if fields is None:
                raise FieldRefused(f"it is {kind_of(entry)}, not an object")
            if name == "report":
                _read_report(fields, counters)
            else:
                _read_segment(fields, counters)
        except (FieldRefused, TimeRefused) as error:
            counters.refuse(f"{name} {number}", error)
    return counters.decoded


def _read_report(fields: dict[str, object], counters: Counters) -> None:
    interval = _INTERVALS.get(str(fields.get("interval")))
    if interval is None:
        raise FieldRefused(f"the interval {str(fields.get('interval'))[:40]!r} is not known")
    key = counters.key(fields.get("segment_id"))
    start = parse_instant(fields.get("date"))
    uptime = finite_number(fields, "uptime")
    quality = Quality.NOT_EVALUATED if uptime >= LEAST_UPTIME else Quality.SUSPECT
    for name in _COUNTED:
        if fields.get(name) is None:
            continue
        number = finite_number(fields, name)
        if not 0 <= number <= MOST_COUNTED:
            raise FieldRefused(f"{name} is not between 0 and {MOST_COUNTED:,}")
        mode, side, _ = (*name.split("_"), "", "")[:3]
        part_of = mode if side else None
        counters.channel(key, name, _MODES[mode], interval=interval, part_of=part_of)
        counters.count(key, name, start, number, quality)


def _read_segment(feature: dict[str, object], counters: Counters) -> None:
    properties = as_object(feature.get("properties")) or {}
    identifier = properties.get("segment_id", properties.get("oidn"))
    key = counters.key(identifier)
    middle = _middle(as_object(feature.get("geometry")) or {})
    counters.station(key, f"Telraam {identifier}", *middle)
    for mode, observed in _MODES.items():
        counters.channel(key, mode, observed)


def _middle(geometry: dict[str, object]) -> tuple[object, object]:
    """A position in the middle of the street's line, not where the device stands."""
    lines = as_list(geometry.get("coordinates")) or []
    line = as_list(lines[0]) or [] if lines else []
    pair = as_list(line[len(line) // 2]) or [] if line else []
    return (pair[0], pair[1]) if len(pair) >= 2 else (None, None)
