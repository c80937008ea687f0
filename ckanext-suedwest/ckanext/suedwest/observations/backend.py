"""CKAN's DataStore on PostgreSQL, which also knows live resources."""

from __future__ import annotations

from typing import Any, NoReturn

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.types import Context
from ckanext.datastore.backend.postgres import DatastorePostgresqlBackend
from sqlalchemy import Engine, event, text

from . import live_search
from .live import ID_COLUMN, TIME_COLUMN, LiveSeries, drop_view, find_series


def refuse_writing() -> NoReturn:
    """Say that a live resource cannot be written to."""
    raise tk.NotAuthorized(
        tk._(
            "This is a live resource: only its source writes its values, "
            "nobody can change them through the DataStore API."
        )
    )


class LiveDatastoreBackend(DatastorePostgresqlBackend):
    """Everything that is not a live resource goes to CKAN's own backend unchanged.

    The guards are here as well as around the actions, because plugins call the backend
    directly and a sysadmin passes every auth function.
    """

    def _get_read_engine(self) -> Engine:
        engine = super()._get_read_engine()
        # A new engine is made after each fork.
        if not event.contains(engine, "connect", _answer_in_utc):
            event.listen(engine, "connect", _answer_in_utc)
        return engine

    def search(self, context: Context, data_dict: dict[str, Any]) -> Any:
        series = find_series(data_dict["resource_id"])
        if series is None:
            return super().search(context, data_dict)
        if not series.public:
            raise tk.ObjectNotFound(
                tk._('Resource "{0}" was not found.').format(series.resource_id)
            )
        return live_search.search(self._get_read_engine(), series, context, data_dict)

    def create(
        self,
        context: Context,
        data_dict: dict[str, Any],
        plugin_data: dict[int, dict[str, Any]],
    ) -> Any:
        if find_series(data_dict["resource_id"]):
            refuse_writing()
        return super().create(context, data_dict, plugin_data)

    def upsert(self, context: Context, data_dict: dict[str, Any]) -> Any:
        if find_series(data_dict["resource_id"]):
            refuse_writing()
        return super().upsert(context, data_dict)

    def delete(self, context: Context, data_dict: dict[str, Any]) -> Any:
        """Delete a table or rows; of a live resource only the view, once its resource is gone.

        CKAN calls this after `resource_delete` with a bare id.
        """
        resource_id = data_dict["resource_id"]
        if find_series(resource_id) is None:
            return super().delete(context, data_dict)
        resource = model.Resource.get(resource_id)
        if "filters" in data_dict or (resource and resource.state == model.State.ACTIVE):
            refuse_writing()
        drop_view(resource_id)
        return data_dict

    def calculate_record_count(self, resource_id: str) -> None:
        if find_series(resource_id) is None:
            super().calculate_record_count(resource_id)

    def resource_fields(
        self, id: str, include_meta: bool = True, include_fields_schema: bool = True
    ) -> dict[str, Any]:
        series = find_series(id)
        if series is None:
            return super().resource_fields(id, include_meta, include_fields_schema)
        return self._live_fields(series, include_meta, include_fields_schema)

    def _live_fields(
        self, series: LiveSeries, include_meta: bool, include_fields_schema: bool
    ) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        with self._get_read_engine().connect() as connection:
            if include_meta:
                size = connection.execute(text("SELECT pg_database_size(current_database())"))
                # The rows lie in tables shared by all series, so a view has no size of its own.
                answer["meta"] = {
                    "id": series.resource_id,
                    "count": live_search.total_of(connection, series),
                    "table_type": "VIEW",
                    "size": 0,
                    "db_size": size.scalar_one(),
                    "idx_size": 0,
                    "aliases": [],
                }
            fields = live_search.fields_of(connection, series.resource_id)
        del fields[ID_COLUMN]
        if include_fields_schema:
            for column, field in fields.items():
                field["schema"] = _schema(column, field["type"])
        return answer | {"fields": list(fields.values())}


_NATIVE_TYPES = {
    "timestamptz": "timestamp with time zone",
    "float8": "double precision",
    "int2": "smallint",
}


def _schema(column: str, type_: str) -> dict[str, Any]:
    is_key = column == TIME_COLUMN
    return {
        "native_type": _NATIVE_TYPES[type_],
        "notnull": True,
        "index_name": "observation_pkey" if is_key else None,
        "is_index": is_key,
        "uniquekey": is_key,
    }


def _answer_in_utc(dbapi_connection: Any, _record: Any) -> None:
    # Outside a transaction: the pool's rollback would take the setting back.
    dbapi_connection.autocommit = True
    with dbapi_connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
    dbapi_connection.autocommit = False
