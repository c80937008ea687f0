"""CSV after RFC 4180: UTF-8, comma, decimal point, one line of names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
# A table program runs a text that begins so as a formula, whoever wrote it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows by the names of their columns, below a line of these names."""
    return lines([columns]) + lines([row.get(name) for name in columns] for row in rows)


def lines(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV; None is an empty field, a list its texts between blanks."""
    written = io.StringIO()
    csv.writer(written).writerows([_field(value) for value in row] for row in rows)
    return written.getvalue()


def number(value: float) -> str:
    """A number with a decimal point and no digit more than it has."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, (list, tuple)):
        value = " ".join(value)
    text = str(value)
    if isinstance(value, str) and text.startswith(_FORMULA):
        return f"'{text}"
    return text
