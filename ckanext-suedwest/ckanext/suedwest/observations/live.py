"""Live resources: a public datastream as a DataStore resource, by a view named after it.

The view selects from the function `suedwest.series`, not from a table: CKAN takes a view on a
table for an alias of that table and would look for a resource of its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg2 import sql
from sqlalchemy import Connection, Engine, text

from ..domain.errors import SuedwestError
from ..domain.units import OBSERVED_PROPERTIES
from .store_access import read_engine, write_engine

URL_TYPE = "suedwest_live"
"""`url_type` of a live resource in the catalogue."""

ID_COLUMN = "_id"
TIME_COLUMN = "phenomenon_time"
COLUMN_TYPES = {
    ID_COLUMN: "int8",
    TIME_COLUMN: "timestamptz",
    "result": "float8",
    "quality": "int2",
    "received_at": "timestamptz",
}
"""Columns of every live resource with their PostgreSQL types, in order."""

_SERIES_COLUMNS = """
    SELECT resource_id::text, id, name, observed_property, unit, visibility = 'public'
    FROM suedwest.datastream
"""


class ViewRefused(SuedwestError):
    """The view of a live resource cannot be made; the message says why."""


@dataclass(frozen=True, slots=True)
class LiveSeries:
    """The datastream behind a live resource."""

    resource_id: str
    datastream_id: int
    name: str
    observed_property: str
    unit: str
    public: bool


def find_series(resource_id: Any) -> LiveSeries | None:
    """The datastream this resource id belongs to, whether it is published yet or not."""
    return find_all([resource_id]).get(str(resource_id))


def find_all(resource_ids: Iterable[Any]) -> dict[str, LiveSeries]:
    """The ids among these that belong to a datastream, in the spelling they were given in."""
    spelled = {str(each): uuid for each in resource_ids if (uuid := _uuid(each)) is not None}
    if not spelled:
        return {}
    with read_engine().connect() as connection:
        rows = connection.execute(
            text(f"{_SERIES_COLUMNS} WHERE resource_id = ANY(CAST(:ids AS uuid[]))"),
            {"ids": [str(uuid) for uuid in spelled.values()]},
        )
        found = {row[0]: LiveSeries(*row) for row in rows}
    return {each: found[str(uuid)] for each, uuid in spelled.items() if str(uuid) in found}


def ensure_view(engine: Engine, datastream_id: int, resource_id: str) -> bool:
    """Make the view of a live resource, or bring it up to date; True when something changed.

    `engine` must be the owner's (`store_access.write_engine`), so that the default privileges
    let the read role see the view. May be repeated and run by several processes at once.

    Raises:
        ViewRefused: when the datastream does not exist, has another resource id or is not
            public, or when the name is taken by something else.
    """
    with engine.begin() as connection:
        series = _series_of(connection, datastream_id, resource_id)
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": series.resource_id},
        )
        definition = _definition(series)
        existing = _existing(connection, series.resource_id)
        if existing == definition:
            return False
        # A download may hold the old view for a while; everybody else would queue up behind us.
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        if existing is not None:
            _execute(connection, sql.SQL("DROP VIEW public.{}"), series.resource_id)
        _create(connection, series, definition)
        return True


def drop_view(resource_id: str, *, engine: Engine | None = None) -> bool:
    """Remove the view of a live resource; True when there was one. Observations stay.

    Only a view made by `ensure_view` is ever removed.
    """
    with (engine or write_engine()).begin() as connection:
        try:
            if _existing(connection, resource_id) is None:
                return False
        except ViewRefused:
            return False
        _execute(connection, sql.SQL("DROP VIEW IF EXISTS public.{}"), resource_id)
        return True


def dictionary(series: LiveSeries) -> dict[str, dict[str, str]]:
    """Label, notes and unit of each column, for the data dictionary (German, UTF-8)."""
    known = OBSERVED_PROPERTIES.get(series.observed_property)
    return {
        TIME_COLUMN: {
            "label": "Zeitpunkt der Messung",
            "notes": "ISO 8601 in UTC; ein Intervall steht unter seinem Anfang.",
        },
        "result": {
            "label": f"Messwert in {series.unit}",
            "notes": "Nie gerundet; ein fehlender Wert hat keine Zeile.",
            "unit": series.unit,
            "ucum": known.ucum if known else series.unit,
            "observed_property": series.observed_property,
        },
        "quality": {
            "label": "Qualität",
            "notes": "1 geprüft, 2 nicht geprüft, 3 zweifelhaft, 4 unplausibel (QARTOD).",
        },
        "received_at": {
            "label": "Eingang",
            "notes": "Wann die Plattform den Wert erhielt, ISO 8601 in UTC.",
        },
    }


def _uuid(candidate: Any) -> UUID | None:
    try:
        return UUID(candidate)
    except (ValueError, AttributeError, TypeError):
        return None


def _series_of(connection: Connection, datastream_id: int, resource_id: str) -> LiveSeries:
    row = connection.execute(
        text(f"{_SERIES_COLUMNS} WHERE id = :id"), {"id": datastream_id}
    ).one_or_none()
    if row is None:
        raise ViewRefused(f"there is no datastream {datastream_id}")
    series = LiveSeries(*row)
    if series.resource_id != resource_id:
        raise ViewRefused(
            f"datastream {datastream_id} has the resource {series.resource_id}, not {resource_id}"
        )
    if not series.public:
        raise ViewRefused(f"datastream {datastream_id} is internal and is never published")
    return series


def _definition(series: LiveSeries) -> str:
    """What the view's comment remembers, to tell whether it is the one we would make now."""
    return json.dumps(
        {
            "suedwest_series": series.datastream_id,
            "columns": list(COLUMN_TYPES),
            "dictionary": dictionary(series),
        },
        sort_keys=True,
    )


def _existing(connection: Connection, name: str) -> str | None:
    """The comment of our view of this name, None when nothing has this name."""
    row = connection.execute(
        text("""
            SELECT c.relkind::text, obj_description(c.oid, 'pg_class'), EXISTS (
                SELECT FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid
                WHERE r.ev_class = c.oid
                  AND d.refobjid = to_regprocedure('suedwest.series(integer)')::oid
            )
            FROM pg_class c
            WHERE c.relname = :name AND c.relnamespace = 'public'::regnamespace
        """),
        {"name": name},
    ).one_or_none()
    if row is None:
        return None
    kind, comment, on_series = row
    if kind != "v" or not on_series:
        raise ViewRefused(f"the DataStore has something else under the name {name}")
    return comment or ""


def _create(connection: Connection, series: LiveSeries, definition: str) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMN_TYPES))
    _execute(
        connection,
        sql.SQL("CREATE VIEW public.{} AS SELECT {} FROM suedwest.series({})"),
        series.resource_id,
        columns,
        sql.Literal(series.datastream_id),
    )
    _execute(
        connection,
        sql.SQL("COMMENT ON VIEW public.{} IS {}"),
        series.resource_id,
        sql.Literal(definition),
    )
    for column, info in dictionary(series).items():
        # CKAN reads the dictionary from the column's comment; the blank in front marks its
        # present form (ckanext.datastore.backend.postgres, create_table).
        comment = " " + json.dumps({"_info": info}, ensure_ascii=False)
        _execute(
            connection,
            sql.SQL("COMMENT ON COLUMN public.{}.{} IS {}"),
            series.resource_id,
            sql.Identifier(column),
            sql.Literal(comment),
        )


def _execute(connection: Connection, statement: sql.SQL, name: str, *parts: sql.Composable) -> None:
    # Names and comments cannot be bound parameters of DDL; psycopg2.sql quotes them.
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        cursor.execute(statement.format(sql.Identifier(name), *parts))
