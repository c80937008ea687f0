"""Any JSON, read by paths (JSONPath, RFC 9535) that the source's options give.

Messages of one device and lists of many stations alike: `stations` finds the objects that stand
for one station each, `records` within such an object its values, and `time` and `values` within a
record its fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_path import ABSENT, compiled, matches, only_one
from ..json_payload import FieldRefused, kind_of, load_json_lines
from ..local_time import TimeOptions, read_instants
from ..numbers import Decimal, read_number
from ..options import read_options
from .readings import CommonOptions, Quantity, Readings, topic_level

MOST_RECORDS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePath:
    """Where the device's id stands: exactly one of these.

    Attributes:
        path: a text or whole number within the station's object.
        key: true, when it is the name the station's object has in the one around it.
        topic_level: level of the MQTT topic, counted from 1.
        name: always this one.
    """

    path: str | None = None
    key: bool = False
    topic_level: int | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        given = [
            self.path is not None,
            self.key,
            self.topic_level is not None,
            self.name is not None,
        ]
        if sum(given) != 1:
            raise ValueError("exactly one of path, key, topic_level and name is needed")
        if self.path is not None:
            compiled(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePath(TimeOptions):
    """Where the time stands in a record, and how it is written."""

    path: str

    def __post_init__(self) -> None:
        # Without super(): a dataclass with slots is made anew, which super() does not follow.
        TimeOptions.__post_init__(self)
        compiled(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuePath(Quantity):
    """Where a value stands in a record, and what it is.

    Attributes:
        path: the value.
        unit_path: its unit, where the record names it.
        optional: true, when records without this value are in order.
    """

    path: str
    unit_path: str | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        Quantity.__post_init__(self)
        compiled(self.path)
        if self.unit_path is not None:
            compiled(self.unit_path)
        elif self.unit is None:
            raise ValueError("unit or unit_path is needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonPathsOptions(CommonOptions):
    """The options of this connector.

    Attributes:
        values: the values of a record.
        time: its time; `received` takes the moment of receipt, which suits only messages that
            are neither retained by the broker nor sent again.
        device: which station it is; without it the one ingest asks for.
        stations: path of the stations' objects in the payload.
        records: path of the records within a station's object.
        decimal: decimal sign of numbers that are written as texts.
    """

    values: tuple[ValuePath, ...]
    time: TimePath | Literal["received"]
    device: DevicePath | None = None
    stations: str = "$"
    records: str = "$"
    decimal: Decimal = "."

    def __post_init__(self) -> None:
        CommonOptions.__post_init__(self)
        if not self.values:
            raise ValueError("values names no value")
        for path in (self.stations, self.records):
            compiled(path)


@dataclass(slots=True)
class _Found:
    """One record with its position, as a refusal names it."""

    label: str
    device: str | None
    record: object


@dataclass(slots=True)
class _Budget:
    left: int = field(default=MOST_RECORDS)

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise PayloadRefused(f"the payload holds more than {MOST_RECORDS:,} records")


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one payload: a JSON value, or one on each line.

    Raises:
        PayloadRefused: no JSON, or nothing stands where `stations` and `records` point.
        OptionsRefused: the options are faulty.
    """
    options = read_options(JsonPathsOptions, context.options)
    documents = load_json_lines(payload)
    readings = Readings("json-paths", options, context)
    budget = _Budget()
    found = False
    for document in documents:
        for parts, station in matches(options.stations, document):
            rows = _rows(parts, station, options, context, readings, budget)
            found = found or bool(rows)
            _read_rows(rows, options, context.received_at, readings)
    if not found and not readings.decoded.refusals:
        raise PayloadRefused(f"nothing stands at {options.records!r} within {options.stations!r}")
    return readings.decoded


def _rows(
    parts: tuple[int | str, ...],
    station: object,
    options: JsonPathsOptions,
    context: Context,
    readings: Readings,
    budget: _Budget,
) -> list[_Found]:
    """The records of one station's object."""
    where = "/".join(str(part) for part in parts) or "the payload"
    try:
        device = _device(parts, station, options, context)
    except FieldRefused as error:
        readings.refuse(where, error, station)
        return []
    rows: list[_Found] = []
    for inner, record in matches(options.records, station):
        budget.spend()
        rows.append(
            _Found("/".join(str(part) for part in (*parts, *inner)) or where, device, record)
        )
    return rows


def _read_rows(
    rows: list[_Found], options: JsonPathsOptions, received_at: datetime, readings: Readings
) -> None:
    instants: Sequence[datetime | TimeRefused]
    if options.time == "received":
        instants = [received_at] * len(rows)
    else:
        path = options.time.path
        instants = read_instants([_time(path, row.record) for row in rows], options.time)
    for row, instant in zip(rows, instants, strict=True):
        for value in options.values:
            try:
                if isinstance(instant, TimeRefused):
                    raise FieldRefused(str(instant))
                _read_value(row, value, instant, options, readings)
            except FieldRefused as error:
                readings.refuse(f"{row.label} {value.datastream}", error, row.record)


def _read_value(
    row: _Found,
    value: ValuePath,
    instant: datetime,
    options: JsonPathsOptions,
    readings: Readings,
) -> None:
    written = only_one(value.path, row.record)
    if written is ABSENT:
        if value.optional:
            return
        raise FieldRefused(f"nothing stands at {value.path!r}")
    number = read_number(written, options.decimal, options.missing)
    if number is None:
        return
    unit = None
    if value.unit_path is not None:
        unit = only_one(value.unit_path, row.record)
        if not isinstance(unit, str):
            raise FieldRefused(f"no unit stands at {value.unit_path!r}")
    readings.add(row.device, value, instant, number, unit=unit)


def _device(
    parts: tuple[int | str, ...], station: object, options: JsonPathsOptions, context: Context
) -> str | None:
    device = options.device
    if device is None:
        return None
    if device.topic_level is not None:
        return topic_level(context.topic, device.topic_level)
    if device.path is None:
        return str(parts[-1]) if device.key and parts else device.name
    found = only_one(device.path, station)
    if isinstance(found, str):
        return found
    if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**18:
        return str(found)
    what = "nothing" if found is ABSENT else kind_of(found)
    raise FieldRefused(f"{what} stands at {device.path!r}, not the device's id")


def _time(path: str, record: object) -> object:
    try:
        found = only_one(path, record)
    except FieldRefused:
        return None
    return None if found is ABSENT else found
