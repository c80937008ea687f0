"""How a table of one series is most likely written, as options of `csv_columns`.

What can be told from the text itself is guessed: encoding, separator, decimal sign, header, and
the columns of time and value. What cannot be told is not: no unit, and no time zone. A date like
`03/04/2020` is read neither way unless another row of the table decides it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ...domain.errors import PayloadRefused
from ..json_payload import FieldRefused
from ..local_time import TimeOptions, needs_zone, read_instants
from ..numbers import Decimal, read_number

SEPARATORS = (";", "\t", "|", ",")
"""Those that are tried, the surest first: a comma is as often a decimal sign."""
TIME_FORMATS = (
    "iso",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M %Z",
    "%d.%m.%y %H:%M",
    "%d.%m.%Y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y%m%d%H%M",
    "epoch",
    "epoch_ms",
)
"""Ways of writing a time that are tried, as `TimeOptions.format`."""
# The number of a station may look like one of these.
_OF_DIGITS = {
    "%Y%m%d%H%M": re.compile(r"(19|20)\d{10}", re.ASCII),
    "epoch": re.compile(r"\d{9,10}", re.ASCII),
    "epoch_ms": re.compile(r"\d{12,13}", re.ASCII),
}
MISSING = frozenset(
    {"", "-", "--", "---", "*", "**", "***", "****", "?", "n. v.", "n.v.", "k. A.", "k.A."}
    | {"NULL", "Null", "null", "NaN", "nan", "NA", "N/A", "n/a", "None", "Lücke", "Luecke"}
)
"""Texts that customarily stand for “no value”."""

_SAMPLE = 400
_MOST_COLUMNS = 200
_LEVEL_WORDS = re.compile(
    r"wasserstand|pegel|wert|value|level|data|messung|\bw\b|cm", re.IGNORECASE
)
# A spreadsheet, an archive, a PDF: the files people send in place of a table in text.
_NO_TEXT = {
    b"PK\x03\x04": "zip",
    b"\xd0\xcf\x11\xe0": "office",
    b"%PDF": "pdf",
    b"\x1f\x8b": "gzip",
}


class NoTable(PayloadRefused):
    """The file is no table in text; `kind` says what it is, where that is known."""

    def __init__(self, message: str, kind: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Guess:
    """What was found; None where the table does not tell.

    Attributes:
        encoding, separator, decimal, header, skip_lines: as the options of `csv_columns`.
        columns: names of the columns, or how each looks in the first row without a header.
        time_columns: positions, from 1, of the columns whose texts joined by a blank are the time.
        time_format: how it is written.
        zone_told: whether every time that was looked at has its offset from UTC.
        value_column: position, from 1.
        sample: the first rows as cells.
    """

    encoding: str
    separator: str
    decimal: Decimal
    header: bool
    skip_lines: int
    columns: tuple[str, ...]
    time_columns: tuple[int, ...] | None
    time_format: str | None
    zone_told: bool
    value_column: int | None
    sample: tuple[tuple[str, ...], ...]


def guess_encoding(payload: bytes) -> str:
    """The encoding as `csv_columns` names it: of a byte order mark, else UTF-8 or Windows-1252.

    Raises:
        NoTable: when the bytes are no text.
    """
    for beginning, kind in _NO_TEXT.items():
        if payload.startswith(beginning):
            raise NoTable(f"the file is no text, but of the kind {kind}", kind)
    if payload.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in payload:
        raise NoTable("the file is no text")
    for encoding in ("utf-8", "cp1252"):
        try:
            payload.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise NoTable("the file is neither UTF-8 nor Windows-1252")


def guess(payload: bytes) -> Guess:
    """How a table is written.

    Raises:
        NoTable: no text, or not one line of it.
    """
    encoding = guess_encoding(payload)
    try:
        text = payload.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError:
        raise NoTable("the file is broken UTF-16") from None
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise NoTable("the file is empty")
    numbers = [number for number, line in enumerate(text.splitlines()) if line.strip()]
    tables = [_Table(separator, lines, numbers) for separator in SEPARATORS]
    # The first separator that tells most wins.
    return max(tables, key=lambda table: table.told).as_guess(encoding)


class _Table:
    """A text cut by one separator, and what its columns look like."""

    def __init__(self, separator: str, lines: Sequence[str], numbers: Sequence[int]) -> None:
        self.separator = separator
        step = max(1, len(lines) // _SAMPLE)
        # From the beginning all, then evenly over the rest: a date tells day from month in days.
        chosen = [*range(min(len(lines), _SAMPLE)), *range(_SAMPLE, len(lines), step)]
        self._rows = [_cells(lines[index], separator) for index in chosen]
        widths = Counter(len(row) for row in self._rows if len(row) > 1)
        self._width = min(widths.most_common(1)[0][0], _MOST_COLUMNS) if widths else 1
        self._numbers = numbers
        self._first = self._first_row()
        self._whole = [row for row in self._rows[self._first :] if len(row) >= self._width]
        self.time_columns, self.time_format = self._time()
        self.decimal: Decimal = self._decimal()
        self.value_column = self._value()

    @property
    def told(self) -> tuple[bool, bool, bool]:
        """How much was found, for the comparison with another separator."""
        return self.time_columns is not None, self.value_column is not None, self._width > 1

    def as_guess(self, encoding: str) -> Guess:
        """What was found, in the words of the options."""
        header = self._first > 0 and len(self._rows[self._first - 1]) >= self._width
        shown = self._rows[self._first - 1 if header else self._first :]
        names = shown[0] if shown else []
        first_line = self._first - 1 if header else self._first
        times = self._texts(self.time_columns or ())
        return Guess(
            encoding=encoding,
            separator=self.separator,
            decimal=self.decimal,
            header=header,
            skip_lines=self._numbers[first_line] if first_line < len(self._numbers) else 0,
            columns=tuple(name[:60] for name in names[: self._width]),
            time_columns=self.time_columns and tuple(index + 1 for index in self.time_columns),
            time_format=self.time_format,
            zone_told=self.time_format is not None and not needs_zone(times, self.time_format),
            value_column=None if self.value_column is None else self.value_column + 1,
            sample=tuple(tuple(cell[:60] for cell in row[: self._width]) for row in shown[:6]),
        )

    def _first_row(self) -> int:
        """Index of the first row that holds a time and a number, or looks as the later ones do."""
        for index, row in enumerate(self._rows[:50]):
            if len(row) >= self._width and any(_looks_like_time(cell) for cell in row):
                return index
        return 0

    def _texts(self, columns: Iterable[int]) -> list[str]:
        wanted = list(columns)
        return [" ".join(row[index] for index in wanted) for row in self._whole]

    def _time(self) -> tuple[tuple[int, ...] | None, str | None]:
        if not self._whole:
            return None, None
        written = [(index,) for index in range(self._width) if not self._is_digits(index)]
        digits = [(index,) for index in range(self._width) if self._is_digits(index)]
        pairs = [(index, index + 1) for index in range(self._width - 1)]
        for columns in (*written, *pairs, *digits):
            texts = self._texts(columns)
            fitting = [form for form in TIME_FORMATS if _fits(texts, form)]
            if len(columns) == 2:
                # Two columns of one kind each are a day and its time, not two instants.
                fitting = [form for form in fitting if " %H" in form]
            elif fitting == ["%d.%m.%Y"] and self._next_is_clock(columns[0]):
                continue
            if len(fitting) == 1 or (fitting and "%d/" not in fitting[0]):
                return columns, fitting[0]
            if fitting:
                return columns, None
        return None, None

    def _is_digits(self, index: int) -> bool:
        return all(row[index].isdecimal() for row in self._whole)

    def _next_is_clock(self, index: int) -> bool:
        return index + 1 < self._width and all(
            re.fullmatch(r"\d{1,2}:\d\d(:\d\d)?", row[index + 1]) for row in self._whole[:20]
        )

    def _decimal(self) -> Decimal:
        commas = points = 0
        for row in self._whole:
            for index, cell in enumerate(row[: self._width]):
                if index not in (self.time_columns or ()):
                    commas += re.fullmatch(r"[+-]?\d+,\d+", cell) is not None
                    points += re.fullmatch(r"[+-]?\d+\.\d+", cell) is not None
        return "," if commas > points else "."

    def _value(self) -> int | None:
        found: list[int] = []
        for index in range(self._width):
            cells = [row[index] for row in self._whole]
            numbers = {cell for cell in cells if _is_number(cell, self.decimal)}
            known = sum(cell in numbers or cell in MISSING for cell in cells)
            if index not in (self.time_columns or ()) and numbers and known >= 0.8 * len(cells):
                found.append(index)
        varying = [index for index in found if len({row[index] for row in self._whole}) > 1]
        candidates = varying or found
        if len(candidates) <= 1 or not self._first:
            return candidates[0] if len(candidates) == 1 else None
        header = self._rows[self._first - 1]
        named = [
            index
            for index in candidates
            if index < len(header) and _LEVEL_WORDS.search(header[index])
        ]
        return named[0] if len(named) == 1 else None


def _cells(line: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
    except (csv.Error, StopIteration):
        return [line]


def _looks_like_time(cell: str) -> bool:
    return any(_fits([cell], form) for form in TIME_FORMATS if form not in _OF_DIGITS) or any(
        pattern.fullmatch(cell) for pattern in _OF_DIGITS.values()
    )


def _fits(texts: Sequence[str], form: str) -> bool:
    """Whether nearly all texts are times of this form; all times without a zone count as UTC."""
    digits = _OF_DIGITS.get(form)
    if digits and (len(set(texts)) < 2 or not all(map(digits.fullmatch, texts))):
        return False
    if form == "iso" and all(text.isdecimal() for text in texts):
        return False
    options = TimeOptions(format=form, zone="+00:00")
    good = sum(isinstance(time, datetime) for time in read_instants(texts, options))
    return bool(texts) and good >= 0.9 * len(texts)


def _is_number(cell: str, decimal: Decimal) -> bool:
    try:
        return read_number(cell, decimal, MISSING) is not None
    except FieldRefused:
        return False
