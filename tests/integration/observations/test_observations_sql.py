"""`datastore_search_sql`: live resources can be read, the store behind them cannot."""

from __future__ import annotations

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ckanext.suedwest.observations import store_access


def search_sql(gauge, statement: str):
    user = factories.User()
    context = {"user": user["name"], "ignore_auth": False}
    sql = statement.format(live=f'"{gauge.resource_id}"', id=gauge.datastream_id)
    return call_action("datastore_search_sql", context, sql=sql)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT count(*) AS n FROM {live}", [{"n": 500}]),
        ("SELECT result FROM {live} ORDER BY phenomenon_time DESC LIMIT 2",
         [{"result": 499.5}, {"result": 498.5}]),
        ("SELECT max(result) AS top FROM {live} WHERE phenomenon_time < '2026-11-01T01:00:00Z'",
         [{"top": 3.5}]),
        ("SELECT phenomenon_time FROM {live} ORDER BY _id LIMIT 1",
         [{"phenomenon_time": "2026-11-01T00:00:00+00:00"}]),
        ("SELECT count(*) AS n FROM {live} a JOIN {live} b ON a._id = b._id", [{"n": 500}]),
    ],
)  # fmt: skip
def test_live_resources_answer(gauge, statement, expected):
    assert search_sql(gauge, statement)["records"] == expected


def test_columns_have_their_types(gauge):
    fields = search_sql(gauge, "SELECT * FROM {live} LIMIT 1")["fields"]
    assert [(field["id"], field["type"]) for field in fields] == [
        ("_id", "int8"),
        ("phenomenon_time", "timestamptz"),
        ("result", "float8"),
        ("quality", "int2"),
        ("received_at", "timestamptz"),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM suedwest.observation",
        "SELECT * FROM suedwest.source",
        "SELECT * FROM suedwest.datastream",
        "SELECT * FROM suedwest.series({id})",
        "SELECT * FROM {live}, LATERAL suedwest.series({id} + 1)",
        "SELECT (suedwest.series({id})).result",
        "SELECT * FROM series({id})",
        "SELECT * FROM {live} WHERE result IN (SELECT result FROM suedwest.observation)",
        "WITH x AS (SELECT * FROM suedwest.observation) SELECT * FROM x, {live}",
        "SELECT query_to_xml('SELECT * FROM suedwest.source', true, true, '') FROM {live}",
        "SELECT * FROM pg_views",
    ],
)
def test_the_store_does_not(gauge, statement):
    with pytest.raises((tk.NotAuthorized, tk.ObjectNotFound)):
        search_sql(gauge, statement)


def test_the_read_role_can_read_and_nothing_else(gauge):
    with store_access.read_engine().connect() as connection:
        found = connection.execute(text(f'SELECT count(*) FROM "{gauge.resource_id}"'))
        assert found.scalar_one() == 500
    for statement in (
        "DELETE FROM suedwest.observation",
        "SELECT options FROM suedwest.source",
        f'DROP VIEW "{gauge.resource_id}"',
    ):
        with (
            store_access.read_engine().connect() as connection,
            pytest.raises(DBAPIError, match="permission denied|must be owner"),
        ):
            connection.execute(text(statement))
