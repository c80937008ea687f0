"""Any table in text, read by columns that the source's options name.

Rows of one station or of many, with a header or without; also the rows of a script that lists its
data as calls or arrays, when `row_prefix` says how such a row begins.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused
from ..local_time import TimeOptions, read_instants
from ..numbers import Decimal, read_number
from ..options import read_options
from .readings import CommonOptions, Quantity, Readings, topic_level

Column = str | int
"""The text in the header, or the position counted from 1."""
MOST_ROWS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceColumn:
    """Where the device's id stands: exactly one of these.

    Attributes:
        column: a column of the table.
        topic_level: level of the MQTT topic, counted from 1.
        name: always this one.
    """

    column: Column | None = None
    topic_level: int | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        given = [self.column is not None, self.topic_level is not None, self.name is not None]
        if sum(given) != 1:
            raise ValueError("exactly one of column, topic_level and name is needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeColumn(TimeOptions):
    """In which columns the time stands (several are joined by a blank), and how it is written."""

    column: Column | tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueColumn(Quantity):
    """In which column a value stands, and what it is.

    Attributes:
        column: the value.
        unit_column: its unit, where the table names it.
        where: only rows that hold these texts in these columns have this value.
    """

    column: Column
    unit_column: Column | None = None
    where: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        Quantity.__post_init__(self)
        if self.unit is None and self.unit_column is None:
            raise ValueError("unit or unit_column is needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvColumnsOptions(CommonOptions):
    """The options of this connector.

    Attributes:
        values: the values of a row.
        time: its time.
        device: which station it is; without it the one ingest asks for.
        where: only rows that hold these texts in these columns are read (one station of many).
        encoding: of the text; `latin-1` is read as ISO 8859-1.
        separator: between two columns, one character.
        quote: around a text, one character.
        decimal: decimal sign.
        skip_lines: lines before the header or the first row.
        header: whether the first row names the columns.
        row_prefix: how the line of a row begins; other lines are no rows, and it is cut off.
        row_suffix: cut off at the end of a line.
    """

    values: tuple[ValueColumn, ...]
    time: TimeColumn
    device: DeviceColumn | None = None
    where: Mapping[str, str] = field(default_factory=dict[str, str])
    encoding: Literal["utf-8", "latin-1", "iso-8859-15", "cp1252", "utf-16"] = "utf-8"
    separator: str = ";"
    quote: str = '"'
    decimal: Decimal = "."
    skip_lines: int = 0
    header: bool = True
    row_prefix: str = ""
    row_suffix: str = ""

    def __post_init__(self) -> None:
        CommonOptions.__post_init__(self)
        if not self.values:
            raise ValueError("values names no value")
        for name, sign in (("separator", self.separator), ("quote", self.quote)):
            if len(sign) != 1 or sign in "\r\n\0":
                raise ValueError(f"{name} is not one character")
        if self.separator == self.quote:
            raise ValueError("separator and quote are the same")
        if self.skip_lines < 0:
            raise ValueError("skip_lines is negative")


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of one row; `line` is counted from 1."""

    line: int
    cells: list[str]


class _Columns:
    """Finds the cell a column of the options means."""

    def __init__(self, header: list[str] | None) -> None:
        self._header = header

    def position(self, column: Column) -> int:
        """Index of a column.

        Raises:
            PayloadRefused: the table has no such column, or two.
        """
        if self._header is not None and isinstance(column, str):
            found = [index for index, name in enumerate(self._header) if name == column.strip()]
            if len(found) == 1:
                return found[0]
            has = ", ".join(repr(name[:40]) for name in self._header[:20])
            raise PayloadRefused(
                f"the table has {'several columns' if found else 'no column'} {column[:60]!r}; "
                f"it has {has}"
            )
        if isinstance(column, str) and column.isdecimal() and len(column) <= 4:
            column = int(column)
        if isinstance(column, int) and column >= 1:
            return column - 1
        raise PayloadRefused(f"{str(column)[:60]!r} is no position of a column, counted from 1")

    def cell(self, row: _Row, column: Column) -> str:
        """The text of a cell without outer blanks.

        Raises:
            FieldRefused: the row is too short.
        """
        index = self.position(column)
        if index >= len(row.cells):
            raise FieldRefused(f"the row has {len(row.cells)} columns, and no {column!r}")
        return row.cells[index].strip()

    def holds(self, row: _Row, where: Mapping[str, str]) -> bool:
        """Whether a row holds these texts; one that is too short does not."""
        for column, text in where.items():
            index = self.position(column)
            if index >= len(row.cells) or row.cells[index].strip() != text:
                return False
        return True


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one table.

    Raises:
        PayloadRefused: another encoding, no table, a column the header does not name, no row.
        OptionsRefused: the options are faulty.
    """
    return read_table(payload, context).decoded


@dataclass(frozen=True, slots=True)
class Table:
    """What a table says, and where: `lines` are those of the observations, counted from 1.

    `rows` are all rows that were looked at, also those without a value.
    """

    decoded: Decoded
    lines: list[int]
    rows: int


def read_table(payload: bytes, context: Context) -> Table:
    """Read one table as `connector` does, and remember the lines.

    Raises:
        PayloadRefused: as `connector`.
    """
    options = read_options(CsvColumnsOptions, context.options)
    rows = list(_rows(_text(payload, options), options))
    header = None
    if options.header and rows:
        header = [name.strip() for name in rows.pop(0).cells]
    columns = _Columns(header)
    if not rows:
        raise PayloadRefused("the table has no row")
    readings = Readings("csv-columns", options, context)
    series: dict[str | None, list[_Row]] = {}
    for row in rows:
        if len(row.cells) == 1 and row.cells[0].strip() in options.missing:
            continue
        try:
            if columns.holds(row, options.where):
                device = _device(row, columns, options, context)
                series.setdefault(device, []).append(row)
        except FieldRefused as error:
            readings.refuse(f"line {row.line}", error, options.separator.join(row.cells))
    if options.where and not series and not readings.decoded.refusals:
        raise PayloadRefused("no row of the table fits the option where")
    lines: list[int] = []
    for device, listed in series.items():
        _read_series(device, listed, columns, options, readings, lines)
    return Table(readings.decoded, lines, sum(map(len, series.values())))


def _text(payload: bytes, options: CsvColumnsOptions) -> str:
    encoding = "utf-8-sig" if options.encoding == "utf-8" else options.encoding
    try:
        text = payload.decode(encoding)
    except UnicodeDecodeError as error:
        raise PayloadRefused(f"the table is not {options.encoding} (byte {error.start})") from None
    if not text.strip():
        raise PayloadRefused("the table is empty")
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html", "<?xml")):
        raise PayloadRefused("the reply is an HTML or XML page, not a table")
    return text


def _rows(text: str, options: CsvColumnsOptions) -> Iterator[_Row]:
    lines = text.splitlines()[options.skip_lines :]
    numbers: list[int] = []

    def wanted() -> Iterator[str]:
        for number, line in enumerate(lines, start=options.skip_lines + 1):
            cut = line.strip() if options.row_prefix or options.row_suffix else line
            if cut.strip() and cut.startswith(options.row_prefix):
                numbers.append(number)
                yield cut.removeprefix(options.row_prefix).removesuffix(options.row_suffix)

    reader = csv.reader(wanted(), delimiter=options.separator, quotechar=options.quote)
    try:
        for count, cells in enumerate(reader):
            if count > MOST_ROWS:
                raise PayloadRefused(f"the table has more than {MOST_ROWS:,} rows")
            yield _Row(numbers[-1], cells)
    except csv.Error as error:
        raise PayloadRefused(f"the table cannot be read: {error}") from None


def _device(
    row: _Row, columns: _Columns, options: CsvColumnsOptions, context: Context
) -> str | None:
    device = options.device
    if device is None:
        return None
    if device.topic_level is not None:
        return topic_level(context.topic, device.topic_level)
    return device.name if device.column is None else columns.cell(row, device.column)


def _read_series(
    device: str | None,
    rows: list[_Row],
    columns: _Columns,
    options: CsvColumnsOptions,
    readings: Readings,
    lines: list[int],
) -> None:
    times = [_time(row, columns, options) for row in rows]
    for row, instant in zip(rows, read_instants(times, options.time), strict=True):
        for value in options.values:
            try:
                _read_value(device, row, instant, value, columns, options, readings)
                missing = len(readings.decoded.observations) - len(lines)
                lines.extend([row.line] * missing)
            except FieldRefused as error:
                label = f"line {row.line} {value.datastream}"
                if device is not None:
                    label = f"{device[:60]} {label}"
                readings.refuse(label, error, options.separator.join(row.cells))


def _read_value(
    device: str | None,
    row: _Row,
    instant: datetime | TimeRefused,
    value: ValueColumn,
    columns: _Columns,
    options: CsvColumnsOptions,
    readings: Readings,
) -> None:
    if not columns.holds(row, value.where):
        return
    number = read_number(columns.cell(row, value.column), options.decimal, options.missing)
    if number is None:
        return
    if isinstance(instant, TimeRefused):
        raise FieldRefused(str(instant))
    unit = None if value.unit_column is None else columns.cell(row, value.unit_column)
    readings.add(device, value, instant, number, unit=unit)


def _time(row: _Row, columns: _Columns, options: CsvColumnsOptions) -> str:
    """The text of the time; blank where the row is too short, which is no time."""
    named = options.time.column
    parts = named if isinstance(named, tuple) else (named,)
    indexes = [columns.position(part) for part in parts]
    cells = [row.cells[index].strip() if index < len(row.cells) else "" for index in indexes]
    return " ".join(cells)
