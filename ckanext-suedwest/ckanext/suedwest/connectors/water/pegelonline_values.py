"""Measured values of PEGELONLINE: one number at one instant, or a reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...domain.errors import Refusal
from ...domain.observation import Observation
from ...domain.time import TimeRefused, parse_instant
from ...domain.units import DISCHARGE, WATER_ELEVATION, WATER_LEVEL, Conversion
from ..base import Decoded
from ..json_payload import FieldRefused, as_object, finite_number, kind_of, record_text

FUTURE_TOLERANCE = timedelta(minutes=15)
"""How far ahead of our clock a value may be dated: one step of a usual gauge."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Start of the window the store keeps."""

# Numbers that stand for a missing value: the archive's own sentinels, those of the Länder services
# that are mixed into re-published lists, and the two customary ones of data loggers.
SENTINELS = frozenset({-777.0, -888.0, -999.0, -9999.0, -32753.0, 65250.0, 99999.0, 1300000.0})

# Absolute sanity in the store's unit, far outside every German gauge on record
# (for cm: between -20 m and 200 m); a plausible range for one gauge is a quality test.
_SANE = {
    WATER_LEVEL.name: (-2_000.0, 20_000.0),
    WATER_ELEVATION.name: (-100.0, 4_000.0),
    DISCHARGE.name: (-20_000.0, 50_000.0),
}
_SANE_AS_WRITTEN = _SANE[WATER_LEVEL.name]


@dataclass(frozen=True, slots=True)
class Series:
    """The series a value belongs to; `label` names it in a refusal.

    Without a `conversion` (unit not known) values are read as they are written.
    """

    station_key: str
    name: str
    label: str
    conversion: Conversion | None


def plausible_number(value: float, conversion: Conversion | None) -> float:
    """A number of the wire in the store's unit.

    Raises:
        FieldRefused: a sentinel, or outside the absolute limits of its observed property.
    """
    if value in SENTINELS:
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


def read_measurement(
    record: object, series: Series, received_at: datetime, decoded: Decoded
) -> None:
    """Append the observation of `{"timestamp", "value"}` to `decoded`, or a refusal.

    Times carry their offset and become UTC. Repeated and revised values are all passed on in
    the order they came; which one stays is the store's matter.
    """
    name = series.label
    try:
        fields = as_object(record)
        if fields is None:
            raise FieldRefused(f"the measurement is {kind_of(record)}, not an object")
        if "timestamp" in fields:
            name = f"{series.label} at {record_text(fields['timestamp'])[:60]}"
        if "initialized" in fields or fields.get("type") in ("forecast", "estimate"):
            raise FieldRefused("the value is a forecast, and forecasts are not observations")
        instant = check_time(parse_instant(fields.get("timestamp")), received_at)
        result = plausible_number(finite_number(fields, "value"), series.conversion)
    except (FieldRefused, TimeRefused) as error:
        decoded.refusals.append(Refusal(name, str(error), record_text(record)))
        return
    decoded.observations.append(Observation(series.station_key, series.name, instant, result))
