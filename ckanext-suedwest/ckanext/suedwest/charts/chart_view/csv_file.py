"""The numbers of a chart as CSV: what is drawn, with its true times."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ...portal import formats
from .chart import Chart, Line
from .settings import Kind
from .words import bar_unit

LINES = ("series", "start", "end", "minimum", "mean", "maximum", "unit", "count", "doubted_count")
BARS = ("series", "start", "end", "value", "unit", "count", "doubted_count")


def write(chart: Chart) -> str:
    """One row for each column of each series; times in UTC, numbers in the unit of the row.

    A value that is missing is an empty field, because missing is never nought.
    """
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(BARS if chart.kind is Kind.BAR else LINES)
    for line in chart.lines:
        writer.writerows(_rows(chart, line))
    return written.getvalue()


def _rows(chart: Chart, line: Line) -> Iterator[tuple[object, ...]]:
    is_bar = chart.kind is Kind.BAR
    for column in line.columns if is_bar else line.series.columns:
        numbers = (column.mean,) if is_bar else (column.minimum, column.mean, column.maximum)
        yield (
            _plain(line.name),
            formats.iso(column.start),
            formats.iso(column.end),
            *("" if number is None else round(number, 6) for number in numbers),
            _plain(bar_unit(chart, line)),
            column.count,
            column.doubted_count,
        )


def _plain(text: str) -> str:
    """A text that a spreadsheet takes for a text, not for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
