"""SenML, Sensor Measurement Lists in JSON (RFC 8428).

A pack is a list of records. The base fields of a record (`bn`, `bt`, `bu`, `bv`) hold for it and
those after it until another record sets them anew; a time below 2^28 seconds counts from the
moment of receipt. The base name is the device, the name the measured quantity.

Options: those of `SensingOptions`; `quantities` is keyed by the record's name after the base name
(`""` where a record has none). Degrees Celsius and cubic metres per second need no description.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...domain.errors import PayloadRefused
from ..base import Context, Decoded
from ..json_payload import (
    FieldRefused,
    as_list,
    as_object,
    finite_number,
    kind_of,
    load_json,
    record_text,
)
from ..options import read_options
from .readings import (
    LONGEST_NAME,
    Quantity,
    Readings,
    SensingOptions,
    quantity_of_unit,
    undescribed,
)

VERSION = 10
"""The version RFC 8428 describes; a pack of a later one may mean something else."""
_RELATIVE_BELOW = 2.0**28
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")
_SEPARATORS = ":/.-_"
_VALUES = {"v": "a number", "vs": "a text", "vb": "true or false", "vd": "binary data"}


@dataclass(slots=True)
class _Base:
    """The base fields in force."""

    name: str = ""
    time: float = 0.0
    unit: str | None = None
    value: float = 0.0
    sum: bool = False

    def take(self, fields: dict[str, object]) -> None:
        """Set what this record sets.

        Raises:
            FieldRefused: a base field is of another type than the RFC gives it.
        """
        if "bn" in fields:
            self.name = _text(fields, "bn")
        if "bt" in fields:
            self.time = finite_number(fields, "bt")
        if "bu" in fields:
            self.unit = _text(fields, "bu")
        if "bv" in fields:
            self.value = finite_number(fields, "bv")
        if "bs" in fields:
            self.sum = True


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one pack.

    Raises:
        PayloadRefused: no JSON list, a later version, or a base field that cannot be used (all
            after it would be named or dated wrongly).
        OptionsRefused: the options are faulty.
    """
    options = read_options(SensingOptions, context.options)
    pack = as_list(load_json(payload))
    if pack is None:
        raise PayloadRefused("a SenML pack is a list of records")
    readings = Readings("senml", options, context)
    base = _Base()
    for position, record in enumerate(pack, start=1):
        fields = as_object(record)
        if fields is None:
            readings.refuse(f"record {position}", f"it is {kind_of(record)}, not an object", record)
            continue
        try:
            _check_version(fields)
            base.take(fields)
        except FieldRefused as error:
            raise PayloadRefused(f"record {position}: {error}") from None
        if fields and all(name.startswith("b") for name in fields):
            continue
        try:
            _read(fields, base, options, context.received_at, readings)
        except FieldRefused as error:
            name = f"{base.name}{fields.get('n', '')}"
            readings.refuse(f"record {position} ({name[:100]})", error, record)
    return readings.decoded


def _read(
    fields: dict[str, object],
    base: _Base,
    options: SensingOptions,
    received_at: datetime,
    readings: Readings,
) -> None:
    name = _text(fields, "n") if "n" in fields else ""
    if not _NAME.fullmatch(base.name + name):
        raise FieldRefused(f"the name {(base.name + name)[:80]!r} is none RFC 8428 allows")
    strange = [field for field in fields if field.endswith("_")]
    if strange:
        raise FieldRefused(f"the field {strange[0][:40]!r} must be understood, and is not")
    if name in options.ignored:
        return
    value = _value(fields, base)
    unit = _text(fields, "u") if "u" in fields else base.unit
    device, measured = _split(base.name, name)
    quantity = _quantity(measured, unit, options)
    readings.add(device, quantity, _instant(fields, base, received_at), value, unit=unit)


def _value(fields: dict[str, object], base: _Base) -> float:
    given = [field for field in _VALUES if field in fields]
    if len(given) > 1:
        raise FieldRefused(f"the record has several values: {', '.join(given)}")
    if not given:
        if "s" in fields or base.sum:
            raise FieldRefused("the record has a sum only, and a sum over time is no reading")
        raise FieldRefused("the record has no value")
    if given != ["v"]:
        raise FieldRefused(f"the value is {_VALUES[given[0]]}, not a number")
    return base.value + finite_number(fields, "v")


def _instant(fields: dict[str, object], base: _Base, received_at: datetime) -> datetime:
    seconds = base.time + (finite_number(fields, "t") if "t" in fields else 0.0)
    origin = received_at if seconds < _RELATIVE_BELOW else _EPOCH
    try:
        return origin + timedelta(seconds=seconds)
    except OverflowError:
        raise FieldRefused(f"the time {seconds:g} s is outside the calendar") from None


def _split(base_name: str, name: str) -> tuple[str, str]:
    """Device and quantity; without a base name they are parted at the last colon or slash."""
    if base_name:
        return base_name.rstrip(_SEPARATORS), name
    cut = max(name.rfind(":"), name.rfind("/"))
    return (name[:cut], name[cut + 1 :]) if cut > 0 else (name, "")


def _quantity(measured: str, unit: str | None, options: SensingOptions) -> Quantity:
    described = options.quantities.get(measured)
    if described is not None:
        return described
    known = quantity_of_unit(unit)
    if known is None:
        raise undescribed(measured, unit)
    if not measured:
        return known
    if len(measured) > LONGEST_NAME:
        raise FieldRefused(f"the name {measured[:80]!r} is longer than {LONGEST_NAME} characters")
    return Quantity(measured, known.observed_property)


def _text(fields: dict[str, object], field: str) -> str:
    value = fields[field]
    if not isinstance(value, str) or not value.isprintable():
        raise FieldRefused(f"{field} is {record_text(value)[:60]}, not a text")
    return value


def _check_version(fields: dict[str, object]) -> None:
    if "bver" not in fields:
        return
    version = finite_number(fields, "bver")
    if version > VERSION:
        raise FieldRefused(f"the pack is of SenML version {version:g}, {VERSION} is known")
