"""Columns of a DataStore resource as values in time, read with the rights of whoever looks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context

from ...connectors.local_time import TimeOptions, read_instants
from ...domain.time import BERLIN, TimeRefused
from .bins import Value
from .settings import N_, ChartSettings, SettingsRefused, ValueColumn

MOST_ROWS = 20_000
TIME_TYPES = ("timestamp", "timestamptz", "date")
_NUMBER_TYPES = frozenset(
    {"int", "int2", "int4", "int8", "integer", "bigint", "smallint", "numeric", "float"}
    | {"float4", "float8", "real", "double precision"}
)
# Local times without an offset, for which the order of the rows tells the hour that happens twice.
_LOCAL = TimeOptions(format="iso", zone="Europe/Berlin", fold="order")
_AN_HOUR_MORE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns of a table that a chart can use: names and PostgreSQL types, in their order."""

    times: Mapping[str, str]
    numbers: Mapping[str, str]
    labels: Mapping[str, str]

    def label(self, name: str) -> str:
        """What the data dictionary calls a column, else its name."""
        return self.labels.get(name) or name


@dataclass(frozen=True, slots=True)
class Read:
    """Values of each column by time, in UTC.

    `unclear` rows had no usable time; `cut` says that there were more than `MOST_ROWS`, of which
    these are the newest.
    """

    values: tuple[tuple[ValueColumn, tuple[Value, ...]], ...]
    unclear: int
    cut: bool


def describe(resource_id: str, context: Context) -> TableColumns:
    """The usable columns of a table.

    Raises:
        SettingsRefused: there is no table, or this person may not see it.
    """
    found = _search(context, resource_id, limit=0)
    fields = [each for each in found["fields"] if not each["id"].startswith("_")]
    return TableColumns(
        {each["id"]: each["type"] for each in fields if each["type"] in TIME_TYPES},
        {each["id"]: each["type"] for each in fields if each["type"] in _NUMBER_TYPES},
        {each["id"]: (each.get("info") or {}).get("label") or "" for each in fields},
    )


def chosen(columns: TableColumns, settings: ChartSettings) -> tuple[str, tuple[ValueColumn, ...]]:
    """The column with the time and those with the values; the first of each if none is chosen.

    Raises:
        SettingsRefused: a column is missing or of another type, a text for example.
    """
    known = {*columns.labels}
    time = settings.time or next(iter(columns.times), "")
    if settings.time and settings.time not in known:
        raise SettingsRefused("time", N_("The table has no such column."))
    if time not in columns.times:
        raise SettingsRefused(
            "time",
            N_(
                "A chart needs a column with a time. Columns of text are none:"
                " set their type to timestamp in the data dictionary."
            ),
        )
    wanted = settings.values or (ValueColumn("", ""),)
    first = next((name for name in columns.numbers if name != time), "")
    values = tuple(each if each.name else ValueColumn(first, each.unit) for each in wanted)
    for number, each in enumerate(values, start=1):
        if each.name and each.name not in known:
            raise SettingsRefused(f"value{number}", N_("The table has no such column."))
        if each.name not in columns.numbers:
            raise SettingsRefused(
                f"value{number}", N_("A chart needs a column with numbers; texts cannot be drawn.")
            )
    if len({each.name for each in values}) < len(values):
        raise SettingsRefused("value1", N_("This column is chosen twice."))
    return time, values


def newest(resource_id: str, context: Context, time: str, kind: str) -> datetime | None:
    """When the last row is (UTC); None for an empty table.

    Raises:
        SettingsRefused: as `describe`.
    """
    found = _search(
        context,
        resource_id,
        fields=[time],
        sort=[f'"{time}" desc nulls last'],
        limit=1,
    )
    written = [_written(row[time], kind) for row in found["records"]]
    for instant in read_instants(written, _LOCAL):
        if isinstance(instant, datetime):
            return instant
        # The hour that happens twice: its second pass, so that no row is cut off.
        text = next(each for each in written)
        if isinstance(text, str):
            naive = datetime.fromisoformat(text)
            return naive.replace(tzinfo=BERLIN, fold=1).astimezone(UTC)
    return None


def read(
    resource_id: str,
    context: Context,
    time: str,
    kind: str,
    values: Sequence[ValueColumn],
    *,
    start: datetime | None,
    end: datetime,
) -> Read:
    """The values of `[start, end]`, at most `MOST_ROWS` rows, the newest; all before if None.

    `kind` is the type of the column `time`. A time without an offset is that of the clock in
    Germany, a date its midnight. What is empty or no finite number is no value and no nought.

    Raises:
        SettingsRefused: as `describe`.
    """
    bounds = {"lte": _bound(end + _AN_HOUR_MORE, kind)}
    if start is not None:
        bounds["gte"] = _bound(start - _AN_HOUR_MORE, kind)
    found = _search(
        context,
        resource_id,
        fields=["_id", time, *(each.name for each in values)],
        filters={time: bounds},
        sort=[f'"{time}" desc nulls last', "_id desc"],
        limit=MOST_ROWS,
    )
    # As they were written: in the October night that order tells which of two hours is meant.
    rows = sorted(found["records"], key=lambda row: row["_id"])
    instants = read_instants([_written(row[time], kind) for row in rows], _LOCAL)
    placed = [
        (instant, row)
        for instant, row in zip(instants, rows, strict=True)
        if isinstance(instant, datetime) and instant <= end and (start is None or instant >= start)
    ]
    placed.sort(key=lambda pair: pair[0])
    return Read(
        values=tuple(
            (
                column,
                tuple(
                    (instant, number)
                    for instant, row in placed
                    if (number := _number(row[column.name])) is not None
                ),
            )
            for column in values
        ),
        unclear=sum(isinstance(instant, TimeRefused) for instant in instants),
        cut=len(rows) == MOST_ROWS,
    )


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


def _written(value: Any, kind: str) -> Any:
    """A time as the DataStore gives it, that of a `timestamptz` always with its offset."""
    if kind == "timestamptz" and isinstance(value, str):
        read = datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).isoformat()
    return value


def _bound(instant: datetime, kind: str) -> str:
    """An instant as the column's type compares it."""
    if kind == "timestamptz":
        return instant.isoformat()
    local = instant.astimezone(BERLIN)
    return local.date().isoformat() if kind == "date" else local.replace(tzinfo=None).isoformat()


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
