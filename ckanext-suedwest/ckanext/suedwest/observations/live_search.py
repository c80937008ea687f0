"""`datastore_search` over a live resource.

CKAN's own search sorts and pages by `_id`, which no index of the store knows, and takes the
unfiltered total from a count it made once. This one maps `_id` to the time it stands for, so
that the primary key serves it, and reads rows, page mark and total in one snapshot: a download
that runs while values arrive neither loses nor doubles a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import msgspec
from ckan.lib.lazyjson import LazyJSONObject
from ckan.types import Context
from ckanext.datastore import helpers
from ckanext.datastore.backend import postgres
from ckanext.datastore.interfaces import IDatastore
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from . import live_query, text_search
from .live import COLUMN_TYPES, ID_COLUMN, TIME_COLUMN, LiveSeries

_TIMEOUT_MS = 60_000
_QUERY_CANCELED = "57014"


def search(
    engine: Engine, series: LiveSeries, context: Context, data_dict: dict[str, Any]
) -> dict[str, Any]:
    """What `DatastorePostgresqlBackend.search` returns, for a live resource.

    Raises:
        ValidationError: for fields, sort keys, filters or words that cannot be used, and when
            the search took too long.
    """
    snapshot = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    with snapshot as connection, _errors_for_users():
        connection.execute(
            text(
                "SELECT set_config('TimeZone', 'UTC', true),"
                " set_config('statement_timeout', :timeout, true)"
            ),
            {"timeout": str(context.get("query_timeout", _TIMEOUT_MS))},
        )
        context["connection"] = connection
        return _search(connection, series, context, data_dict)


def fields_of(connection: Connection, resource_id: str) -> dict[str, dict[str, Any]]:
    """Id, type and dictionary entry of each column, as `datastore_search` shows them."""
    info = postgres._get_field_info(connection, resource_id)
    return {
        column: {"id": column, "type": "int" if column == ID_COLUMN else type_}
        | ({"info": info[column]} if column in info else {})
        for column, type_ in COLUMN_TYPES.items()
    }


def total_of(connection: Connection, series: LiveSeries) -> int:
    """Rows of the whole series: the writer keeps this number in the transaction of the rows."""
    total = connection.execute(
        text("SELECT total FROM suedwest.datastream_state WHERE datastream_id = :id"),
        {"id": series.datastream_id},
    ).scalar_one_or_none()
    return total or 0


@dataclass(frozen=True, slots=True)
class _Statement:
    """The parts of the SQL of one search; `picked` selects the shown columns of `page`."""

    table: str
    columns: list[str]
    condition: str
    parameters: dict[str, Any]
    order: str
    distinct: bool

    @property
    def page(self) -> str:
        return f"SELECT * FROM {self.table} {self.condition} {'' if self.distinct else self._slice}"

    def picked(self, columns: str) -> str:
        if self.distinct:
            return f"SELECT DISTINCT {columns} FROM page {self._slice}"
        return f"SELECT {columns} FROM page"

    @property
    def _slice(self) -> str:
        return f"{self.order} LIMIT :limit OFFSET :offset"


def _search(
    connection: Connection, series: LiveSeries, context: Context, data_dict: dict[str, Any]
) -> dict[str, Any]:
    postgres.validate(context, data_dict)
    sort = live_query.sort_by_time(data_dict)
    query = _hooked_query(context, data_dict, sort)
    statement = _statement(series, query)
    records, found = _records(
        connection, statement, data_dict["records_format"], as_text="api_version" in context
    )
    mark = live_query.page_mark(sort, statement.distinct)
    if data_dict["include_next_page"] and mark is not None:
        last = connection.execute(
            text(f"SELECT {mark.aggregate}({TIME_COLUMN}) FROM ({statement.page}) AS page"),
            statement.parameters,
        ).scalar_one()
        if last is not None:
            identifier = live_query.identifier_of(last)
            data_dict["next_page"] = {ID_COLUMN: {mark.operator: identifier}}
    if data_dict["include_total"]:
        ends_here = 0 < found < statement.parameters["limit"]
        data_dict["total"] = (
            statement.parameters["offset"] + found
            if ends_here
            else _total(connection, series, statement)
        )
    fields = fields_of(connection, series.resource_id)
    shown = helpers.get_list(data_dict.get("fields")) or list(fields)
    data_dict.pop("filterops", None)
    return data_dict | {"records": records, "fields": [fields[column] for column in shown]}


def _hooked_query(context: Context, data_dict: dict[str, Any], sort: list[str]) -> dict[str, Any]:
    """Select, where and sort as CKAN and other plugins build them, for what we understand."""
    for_hooks = {
        key: value for key, value in data_dict.items() if key not in ("q", "full_text", "sort")
    }
    for_hooks["filterops"] = live_query.filter_by_time(data_dict.get("filterops"))
    for_hooks["sort"] = sort
    query: dict[str, Any] = {"select": [], "sort": [], "where": []}
    for plugin in p.PluginImplementations(IDatastore):
        query = plugin.datastore_search(context, for_hooks, _field_types(), query)
    plain = data_dict.get("plain", True)
    try:
        for words in (data_dict.get("q"), data_dict.get("full_text")):
            query["where"] += text_search.clauses(
                words, plain=plain, name=f"w{len(query['where'])}"
            )
    except text_search.QueryRefused as error:
        raise tk.ValidationError({"q": [str(error)]}) from None
    if data_dict["records_format"] in ("csv", "tsv"):
        query["select"] = [live_query.iso_in_text(column) for column in query["select"]]
    return query


def _field_types() -> dict[str, str]:
    return COLUMN_TYPES | {ID_COLUMN: "int"}


def _statement(series: LiveSeries, query: dict[str, Any]) -> _Statement:
    condition, chunks = postgres._where(query["where"])
    parameters: dict[str, Any] = {"limit": query["limit"], "offset": query["offset"]}
    for chunk in chunks:
        parameters |= chunk
    distinct = bool(query["distinct"])
    sort = query["sort"] or ([] if distinct else [f'"{TIME_COLUMN}" asc'])
    return _Statement(
        table=postgres.identifier(series.resource_id),
        columns=query["select"],
        condition=condition,
        parameters=parameters,
        order=f"ORDER BY {', '.join(sort)}" if sort else "",
        distinct=distinct,
    )


def _records(
    connection: Connection, statement: _Statement, records_format: str, as_text: bool
) -> tuple[Any, int]:
    """The records in their format, and how many they are."""
    if records_format in ("csv", "tsv"):
        lines = _copied(connection, statement, "\t" if records_format == "tsv" else ",")
        return lines, lines.count("\n")
    if records_format == "lists":
        listed = " || ',' || ".join(statement.columns)
        picked = statement.picked(f"'[' || {listed} || ']' AS listed")
        collected = "'[' || string_agg(picked.listed, ',') || ']'"
    else:
        picked = statement.picked(", ".join(statement.columns))
        collected = "array_to_json(array_agg(picked))::text"
    records, count = connection.execute(
        text(
            f"WITH page AS ({statement.page}), picked AS ({picked})"
            f" SELECT coalesce({collected}, '[]'), count(*) FROM picked"
        ),
        statement.parameters,
    ).one()
    # The web API hands the text on without reading it.
    return LazyJSONObject(records) if as_text else msgspec.json.decode(records), count


def _copied(connection: Connection, statement: _Statement, delimiter: str) -> str:
    """The rows as CSV without a header, written by PostgreSQL."""
    picked = statement.picked(", ".join(statement.columns))
    compiled = text(f"WITH page AS ({statement.page}) {picked}").compile(connection)
    buffer = StringIO()
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        # COPY takes no bound parameters, so the driver quotes them into the text.
        select = cursor.mogrify(str(compiled), statement.parameters).decode()
        cursor.copy_expert(
            f"COPY ({select}) TO STDOUT (FORMAT csv, DELIMITER '{delimiter}')", buffer
        )
    return buffer.getvalue()


def _total(connection: Connection, series: LiveSeries, statement: _Statement) -> int:
    if statement.distinct:
        rows = f"SELECT DISTINCT {', '.join(statement.columns)} FROM {statement.table}"
    elif statement.condition:
        rows = f"SELECT FROM {statement.table}"
    else:
        return total_of(connection, series)
    return connection.execute(
        text(f"SELECT count(*) FROM ({rows} {statement.condition}) AS matching"),
        statement.parameters,
    ).scalar_one()


@contextmanager
def _errors_for_users() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) == _QUERY_CANCELED:
            raise tk.ValidationError({"query": ["Search took too long"]}) from error
        if error.connection_invalidated:
            raise
        reason = str(error.orig).partition("\n")[0]
        raise tk.ValidationError({"query": ["Invalid query", reason]}) from error
