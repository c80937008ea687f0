"""`_id` of a live resource, mapped to the time it stands for (microseconds since 1970)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ckanext.datastore import helpers
from ckanext.datastore.backend import _parse_sort_clause
from ckanext.datastore.filters import FilterOp

from .live import COLUMN_TYPES, ID_COLUMN, TIME_COLUMN

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PageMark:
    """How the next page is found: the last time of this page, and the filter on its `_id`."""

    aggregate: str
    operator: str


def time_of(identifier: Any) -> str | None:
    """The time an `_id` stands for, ISO 8601 in UTC; None when it is no such number."""
    try:
        return (_EPOCH + timedelta(microseconds=int(str(identifier)))).isoformat()
    except (ValueError, OverflowError):
        return None


def identifier_of(time: datetime) -> int:
    """The `_id` of a time."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def filter_by_time(operation: FilterOp | None) -> FilterOp | None:
    """The filter with every condition on `_id` turned into one on the time."""
    if operation is None:
        return None
    if operation.op in ("$and", "$or"):
        return operation._replace(value=[filter_by_time(each) for each in operation.value])
    if operation.field != ID_COLUMN:
        return operation
    if operation.op == "in":
        times = [time_of(each) for each in operation.value]
        value = None if None in times else times
    else:
        value = time_of(operation.value)
    if value is None:
        return operation  # PostgreSQL says what is wrong with it
    return operation._replace(field=TIME_COLUMN, value=value)


def sort_by_time(data_dict: dict[str, Any]) -> list[str]:
    """Sort clauses with `_id` replaced, made unambiguous so that pages do not overlap.

    A DISTINCT search keeps what it was given: PostgreSQL sorts it by selected columns only.
    """
    clauses = helpers.get_list(data_dict.get("sort"), False) or []
    if data_dict.get("distinct"):
        return clauses
    mapped: list[str] = []
    for clause in clauses:
        column, order = _parsed(clause)
        mapped.append(f"{TIME_COLUMN if column == ID_COLUMN else column} {order}")
        if mapped[-1].split()[0] == TIME_COLUMN:
            return mapped  # unique: what follows can change nothing
    return [*mapped, f"{TIME_COLUMN} asc"]


def page_mark(sort: list[str], distinct: bool) -> PageMark | None:
    """The mark of a search sorted by time alone; other sorts page by offset."""
    if distinct or len(sort) != 1:
        return None
    _, order = _parsed(sort[0])
    return PageMark("min", "lt") if order.startswith("desc") else PageMark("max", "gt")


def iso_in_text(column: str) -> str:
    """A selected column for CSV: times as in JSON (`2026-11-22T14:45:00+00:00`)."""
    name = column.strip('"')
    if COLUMN_TYPES.get(name) != "timestamptz":
        return column
    # In a UTC session this is what to_json writes, at half its cost.
    # The backslash keeps SQLAlchemy from taking :00 for a parameter.
    return f"replace({column}::text, ' ', 'T') || '\\:00' AS {column}"


def _parsed(clause: str) -> tuple[str, str]:
    parsed = _parse_sort_clause(clause, COLUMN_TYPES)
    if not parsed:
        raise ValueError(f"{clause!r} was not validated")
    return parsed
