"""PEGELONLINE's characteristic values and gauge zero: thresholds and height datum."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ...domain.errors import Refusal
from ...domain.station import Datum
from ...domain.threshold import Direction, Threshold, ThresholdKind
from ...domain.units import Conversion, UnknownUnit, water_conversion
from ..base import Decoded
from ..json_payload import (
    FieldRefused,
    as_list,
    as_object,
    clean_text,
    finite_number,
    kind_of,
    record_text,
)
from ..plausibility import plausible_number

SOURCE = "WSV, PEGELONLINE"


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: ThresholdKind
    direction: Direction


_LOW = _Meaning(ThresholdKind.STATISTICAL, Direction.BELOW)
_HIGH = _Meaning(ThresholdKind.STATISTICAL, Direction.ABOVE)
_OFFICIAL = _Meaning(ThresholdKind.OFFICIAL, Direction.ABOVE)

# Characteristic values of PEGELONLINE: means and extremes of a span of years or of all time, the
# low water shipping reckons with (GlW), the level at which shipping ends (HSW) and the marks.
_MEANINGS = {
    "NNW": _LOW,
    "NW": _LOW,
    "MNW": _LOW,
    "GlW": _LOW,
    "MW": _HIGH,
    "MHW": _HIGH,
    "HW": _HIGH,
    "HHW": _HIGH,
    "HSW": _OFFICIAL,
    "M_I": _OFFICIAL,
    "M_II": _OFFICIAL,
    "M_III": _OFFICIAL,
}

DEPTHS = frozenset({"TuGLW", "TuGlW"})
"""Depth of the fairway below GlW: no level of the gauge, so kept as a property of the station."""


def read_thresholds(
    records: object,
    quantity: str,
    label: str,
    conversion: Conversion,
    properties: dict[str, str],
    decoded: Decoded,
) -> tuple[Threshold, ...]:
    """Thresholds of one timeseries in the unit of its datastream.

    A fairway depth goes into `properties` as `TuGLW` with its unit; every other characteristic
    value that is not described here is refused with its name. A code listed twice counts once.
    """
    if records is None:
        return ()
    listed = as_list(records)
    if listed is None:
        decoded.refusals.append(
            Refusal(
                f"{label} characteristicValues",
                f"the list is {kind_of(records)}",
                record_text(records),
            )
        )
        return ()
    thresholds: dict[str, Threshold] = {}
    for record in listed:
        name = f"{label} characteristic value"
        try:
            fields = as_object(record)
            if fields is None:
                raise FieldRefused(f"the record is {kind_of(record)}, not an object")
            code = clean_text(fields, "shortname")
            name = f"{label} {code}"
            if code in DEPTHS:
                depth = finite_number(fields, "value")
                properties["TuGLW"] = f"{depth:g} {clean_text(fields, 'unit')}"
                continue
            if code in thresholds:
                raise FieldRefused(f"{code} is listed twice")
            thresholds[code] = _threshold(fields, code, quantity, conversion)
        except (FieldRefused, UnknownUnit) as error:
            decoded.refusals.append(Refusal(name, str(error), record_text(record)))
    return tuple(thresholds.values())


def _threshold(
    fields: dict[str, object], code: str, quantity: str, conversion: Conversion
) -> Threshold:
    meaning = _MEANINGS.get(code)
    if meaning is None:
        raise FieldRefused(f"what {code!r} means is not known")
    own = water_conversion(quantity, clean_text(fields, "unit"))
    if own.observed_property != conversion.observed_property:
        raise FieldRefused(
            f"it is a {own.observed_property.name}, the datastream a "
            f"{conversion.observed_property.name}"
        )
    return Threshold(
        level=plausible_number(finite_number(fields, "value"), own),
        direction=meaning.direction,
        code=code,
        label=clean_text(fields, "longname") if fields.get("longname") else code,
        kind=meaning.kind,
        source=_source(fields),
    )


def _source(fields: dict[str, object]) -> str:
    """Source and span in German; an occurrence is a date or, for old extremes, a bare year."""
    start, end = fields.get("timespanStart"), fields.get("timespanEnd")
    if _is_day(start) and _is_day(end):
        return f"{SOURCE}, {start} bis {end}"
    days = as_list(fields.get("occurrences")) or []
    named = [str(day) for day in days if _is_day(day) or _is_year(day)]
    if named:
        return f"{SOURCE}, eingetreten {', '.join(named[:5])}"
    if _is_day(fields.get("validFrom")):
        return f"{SOURCE}, gültig seit {fields['validFrom']}"
    return SOURCE


def _is_year(value: object) -> bool:
    return isinstance(value, str) and len(value) == 4 and value.isascii() and value.isdigit()


def _is_day(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return len(value) == 10


def read_datum(record: object, label: str, decoded: Decoded) -> Datum | None:
    """Height of the gauge's zero in metres above NHN or NN; None when there is none.

    A zero above another datum (Adriatic, Swiss) is refused: beside German heights it would be
    read as one of them.
    """
    if record is None:
        return None
    try:
        fields = as_object(record)
        if fields is None:
            raise FieldRefused(f"the gauge zero is {kind_of(record)}, not an object")
        reference = clean_text(fields, "unit")
        metres = finite_number(fields, "value")
        if not -50 <= metres <= 3_000:
            raise FieldRefused(f"a gauge zero at {metres:g} m is no height in Germany")
        valid_from = fields.get("validFrom")
        if valid_from is not None and not _is_day(valid_from):
            raise FieldRefused("validFrom is no date")
        datum = Datum(
            reference, metres, date.fromisoformat(str(valid_from)) if valid_from else None
        )
        if not datum.is_german_height:
            raise FieldRefused(f"{reference!r} is not a German height datum")
    except FieldRefused as error:
        decoded.refusals.append(Refusal(f"{label} gaugeZero", str(error), record_text(record)))
        return None
    return datum
