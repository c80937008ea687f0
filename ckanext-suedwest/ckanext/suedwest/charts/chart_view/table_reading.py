"""Columns of a DataStore resource as values in time, read with the rights of whoever looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context

from ...connectors.local_time import TimeOptions, read_instants
from ...domain.time import BERLIN, TimeRefused
from . import written
from .bins import Value
from .settings import N_, ChartSettings, SettingsRefused, Texts, ValueColumn

MOST_ROWS = 110_000
"""A year of values every five minutes."""
_PAGE = 25_000
"""Fewer than CKAN gives at once unless it is told to give less."""
TEXT = "text"
_TIME_TYPES = ("timestamp", "timestamptz", "date")
_NUMBER_TYPES = frozenset(
    {"int", "int2", "int4", "int8", "integer", "bigint", "smallint", "numeric", "float"}
    | {"float4", "float8", "real", "double precision"}
)
# Local times without an offset, for which the order of the rows tells the hour that happens twice.
_LOCAL = TimeOptions(format="iso", zone="Europe/Berlin", fold="order")
_AN_HOUR_MORE = timedelta(hours=1)
# Tables write “for ever” as the year 9999; charts begin and end where a calendar has values.
_EARLIEST = datetime(1700, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns of a table that a chart can use, in their order, times with their types."""

    times: Mapping[str, str]
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    labels: Mapping[str, str]

    def label(self, name: str) -> str:
        """What the data dictionary calls a column, else its name."""
        return self.labels.get(name) or name


@dataclass(frozen=True, slots=True)
class Question:
    """Which table is asked, by whom, and where its times stand: `kind` is the column's type."""

    resource_id: str
    context: Context
    time: str
    kind: str
    texts: Texts


@dataclass(frozen=True, slots=True)
class Read:
    """Values of each column by time, in UTC.

    `first` is the earliest row, `unclear` rows had no usable time, `unread` cells were no numbers
    that can be drawn; `cut` says that there were more rows, of which these are the newest.
    """

    values: tuple[tuple[ValueColumn, tuple[Value, ...]], ...]
    first: datetime | None
    unclear: int
    unread: int
    cut: bool


def describe(resource_id: str, context: Context) -> TableColumns:
    """The usable columns of a table.

    Raises:
        SettingsRefused: there is no table, or this person may not see it.
    """
    found = _search(context, resource_id, limit=0)
    fields = [each for each in found["fields"] if not each["id"].startswith("_")]
    return TableColumns(
        {each["id"]: each["type"] for each in fields if each["type"] in _TIME_TYPES},
        tuple(each["id"] for each in fields if each["type"] in _NUMBER_TYPES),
        tuple(each["id"] for each in fields if each["type"] == TEXT),
        {each["id"]: (each.get("info") or {}).get("label") or "" for each in fields},
    )


def chosen(columns: TableColumns, settings: ChartSettings) -> tuple[str, tuple[ValueColumn, ...]]:
    """The column with the time and those with the values; the first of each if none is chosen.

    Raises:
        SettingsRefused: a column is missing or of another type.
    """
    time = settings.time or next(iter(columns.times), "")
    wanted = settings.values or (ValueColumn("", ""),)
    first = next((name for name in columns.numbers if name != time), "")
    values = tuple(each if each.name else ValueColumn(first, each.unit) for each in wanted)
    asked = (
        ("time", time),
        *((f"value{number}", each.name) for number, each in enumerate(values, 1)),
    )
    for field, name in asked:
        if name and name not in columns.labels:
            raise SettingsRefused(field, N_("The table has no such column."))
        if name in columns.texts and settings.texts is Texts.NONE:
            raise SettingsRefused(
                "texts", N_("This column holds text. Please say how numbers are written in it.")
            )
    if time not in columns.times and time not in columns.texts:
        raise SettingsRefused("time", N_("A chart needs a column with a time."))
    for number, each in enumerate(values, start=1):
        if each.name == time or each.name not in (*columns.numbers, *columns.texts):
            raise SettingsRefused(f"value{number}", N_("A chart needs a column with numbers."))
    if len({each.name for each in values}) < len(values):
        raise SettingsRefused("value1", N_("This column is chosen twice."))
    return time, values


def newest(asked: Question) -> datetime | None:
    """When the last row is (UTC); None for a table without a usable time.

    Raises:
        SettingsRefused: as `describe`.
    """
    if asked.kind == TEXT:
        # Texts are in no order of time.
        rows = _rows(asked, [], start=None, end=_LATEST)
        usable = (each for each in _instants(asked, rows) if isinstance(each, datetime))
        return max((each for each in usable if _EARLIEST <= each <= _LATEST), default=None)
    found = _search(
        asked.context,
        asked.resource_id,
        fields=[asked.time],
        filters={asked.time: _bounds(asked, _EARLIEST, _LATEST)},
        sort=[f'"{asked.time}" desc nulls last'],
        limit=1,
    )
    for instant in _instants(asked, found["records"]):
        if isinstance(instant, datetime):
            return instant
        # The hour that happens twice: its second pass, so that no row is cut off.
        naive = datetime.fromisoformat(found["records"][0][asked.time])
        return naive.replace(tzinfo=BERLIN, fold=1).astimezone(UTC)
    return None


def read(
    asked: Question, values: Sequence[ValueColumn], *, start: datetime | None, end: datetime
) -> Read:
    """The values of `[start, end]`, at most `MOST_ROWS` rows, the newest; all before if None.

    A time without an offset is that of the clock in Germany, a date its midnight. What is empty
    is no value and no nought. Of a column of text the newest rows are the last ones.

    Raises:
        SettingsRefused: as `describe`.
    """
    rows = _rows(asked, values, start=start, end=end)
    cut = len(rows) > MOST_ROWS
    # As they were written: in the October night that order tells which of two hours is meant.
    rows = sorted(rows[:MOST_ROWS], key=lambda row: row["_id"])
    instants = _instants(asked, rows)
    placed = [
        (instant, row)
        for instant, row in zip(instants, rows, strict=True)
        if isinstance(instant, datetime)
        and _EARLIEST <= instant <= end
        and (start is None or instant >= start)
    ]
    placed.sort(key=lambda pair: pair[0])
    unread = 0
    found: list[tuple[ValueColumn, tuple[Value, ...]]] = []
    for column in values:
        numbers = [
            (instant, written.number(row[column.name], asked.texts), row[column.name])
            for instant, row in placed
        ]
        unread += sum(number is None and cell not in (None, "") for _, number, cell in numbers)
        found.append(
            (column, tuple((time, number) for time, number, _ in numbers if number is not None))
        )
    return Read(
        values=tuple(found),
        first=placed[0][0] if placed else None,
        unclear=sum(isinstance(instant, TimeRefused) for instant in instants),
        unread=unread,
        cut=cut,
    )


def _rows(
    asked: Question, values: Sequence[ValueColumn], *, start: datetime | None, end: datetime
) -> list[dict[str, Any]]:
    """The newest rows first; one more than `MOST_ROWS` or more, where there are so many."""
    in_order = [] if asked.kind == TEXT else [f'"{asked.time}" desc nulls last']
    question: dict[str, Any] = {
        "fields": ["_id", asked.time, *(each.name for each in values)],
        "sort": [*in_order, "_id desc"],
        "limit": _PAGE,
    }
    if asked.kind != TEXT:
        question["filters"] = {asked.time: _bounds(asked, start or _EARLIEST, end)}
    rows: dict[int, dict[str, Any]] = {}
    offset = 0
    while len(rows) <= MOST_ROWS:
        page = _search(asked.context, asked.resource_id, offset=offset, **question)
        # Rows that come in between two pages move the others on.
        rows.update((row["_id"], row) for row in page["records"])
        offset += len(page["records"])
        if len(page["records"]) < page["limit"]:
            break
    return list(rows.values())


def _search(context: Context, resource_id: str, **asked: Any) -> dict[str, Any]:
    try:
        return tk.get_action("datastore_search")(
            # An action may write into its context.
            {**context},
            {"resource_id": resource_id, "include_total": False, **asked},
        )
    except (tk.ObjectNotFound, tk.NotAuthorized):
        raise SettingsRefused("kind", N_("This resource has no table that may be shown.")) from None
    except tk.ValidationError:
        # What was asked is of checked columns; only the table itself can have changed meanwhile.
        raise SettingsRefused("kind", N_("The table does not answer this question.")) from None


def _instants(asked: Question, rows: Sequence[Mapping[str, Any]]) -> list[datetime | TimeRefused]:
    cells = [row[asked.time] for row in rows]
    if asked.kind == "timestamptz":
        # The DataStore writes those without an offset in UTC.
        times = (datetime.fromisoformat(each) for each in cells)
        return [
            (each if each.tzinfo else each.replace(tzinfo=UTC)).astimezone(UTC) for each in times
        ]
    if asked.kind == TEXT:
        cells = [written.time(each) for each in cells]
    return read_instants(cells, _LOCAL)


def _bounds(asked: Question, start: datetime, end: datetime) -> dict[str, str]:
    return {
        "gte": _bound(start - _AN_HOUR_MORE, asked.kind),
        "lte": _bound(end + _AN_HOUR_MORE, asked.kind),
    }


def _bound(instant: datetime, kind: str) -> str:
    """An instant as the column's type compares it."""
    if kind == "timestamptz":
        return instant.isoformat()
    local = instant.astimezone(BERLIN)
    return local.date().isoformat() if kind == "date" else local.replace(tzinfo=None).isoformat()
