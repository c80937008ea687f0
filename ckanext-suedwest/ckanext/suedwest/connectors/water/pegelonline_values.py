"""Measured values of PEGELONLINE: one number at one instant, or a reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...domain.errors import Refusal
from ...domain.observation import Observation
from ...domain.time import TimeRefused, parse_instant
from ...domain.units import Conversion
from ..base import Decoded
from ..json_payload import FieldRefused, as_object, finite_number, kind_of, record_text
from ..plausibility import check_time, plausible_number


@dataclass(frozen=True, slots=True)
class Series:
    """The series a value belongs to; `label` names it in a refusal.

    Without a `conversion` (unit not known) values are read as they are written.
    """

    station_key: str
    name: str
    label: str
    conversion: Conversion | None


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
