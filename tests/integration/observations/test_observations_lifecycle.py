"""From the first view to the purge: what is described, what goes, and what always stays."""

from __future__ import annotations

import pytest
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from observations_samples import views
from sqlalchemy import text

from ckanext.suedwest.observations.live import ViewRefused, drop_view, ensure_view, find_series


def stored(store) -> int:
    with store.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM suedwest.observation")).scalar_one()


def test_info_describes_the_columns(gauge):
    info = call_action("datastore_info", id=gauge.resource_id)
    assert info["meta"]["id"] == gauge.resource_id
    assert info["meta"]["count"] == 500
    assert info["meta"]["table_type"] == "VIEW"
    assert info["meta"]["aliases"] == []
    fields = {field["id"]: field for field in info["fields"]}
    assert {name: field["type"] for name, field in fields.items()} == {
        "phenomenon_time": "timestamptz",
        "result": "float8",
        "quality": "int2",
        "received_at": "timestamptz",
    }
    assert fields["result"]["info"]["unit"] == "cm"
    assert fields["result"]["info"]["label"] == "Messwert in cm"
    assert fields["result"]["schema"] == {
        "native_type": "double precision",
        "notnull": True,
        "index_name": None,
        "is_index": False,
        "uniquekey": False,
    }
    assert fields["phenomenon_time"]["schema"]["uniquekey"] is True
    assert fields["phenomenon_time"]["schema"]["index_name"] == "observation_pkey"


def test_info_of_parts(gauge):
    info = call_action(
        "datastore_info", id=gauge.resource_id, include_meta=False, include_fields_schema=False
    )
    assert "meta" not in info
    assert "schema" not in info["fields"][0]


def test_an_ordinary_table_works_as_ever(gauge):
    answer = call_action(
        "datastore_create",
        resource={"package_id": gauge.package["id"]},
        records=[{"place": "Kusel", "n": 1}, {"place": "Lauterecken", "n": 2}],
        aliases=["plain_alias"],
    )
    own = answer["resource_id"]
    call_action("datastore_upsert", resource_id=own, records=[{"n": 3}], method="insert")
    assert call_action("datastore_search", resource_id=own)["total"] == 3
    assert call_action("datastore_search", resource_id="plain_alias", q="Kusel")["total"] == 1
    assert call_action("datastore_info", id=own)["meta"]["count"] == 3
    call_action("datastore_delete", resource_id=own)
    with pytest.raises(tk.ObjectNotFound):
        call_action("datastore_search", resource_id=own)


def test_deleting_the_resource_removes_the_view_only(gauge, store):
    admin = factories.User()
    call_action(
        "organization_member_create",
        id=gauge.organization["id"],
        username=admin["name"],
        role="admin",
    )
    before = stored(store)
    call_action(
        "resource_delete", {"user": admin["name"], "ignore_auth": False}, id=gauge.resource_id
    )
    assert views(store) == []
    assert stored(store) == before
    with pytest.raises(tk.ObjectNotFound):
        call_action("datastore_search", resource_id=gauge.resource_id)


def test_deleting_restoring_and_purging_the_dataset(gauge, store):
    before = stored(store)
    call_action("package_delete", id=gauge.package["id"])
    assert views(store) == []
    call_action("package_patch", id=gauge.package["id"], state="active")
    assert views(store) == [gauge.resource_id]
    assert call_action("datastore_search", resource_id=gauge.resource_id)["total"] == 500
    call_action("dataset_purge", id=gauge.package["name"])
    assert views(store) == []
    assert model.Resource.get(gauge.resource_id) is None
    assert stored(store) == before


def test_purging_what_was_deleted_before(gauge, store):
    call_action("resource_delete", id=gauge.resource_id)
    call_action("package_delete", id=gauge.package["id"])
    call_action("dataset_purge", id=gauge.package["id"])
    assert views(store) == []


def test_a_purge_without_right_keeps_the_view(gauge, store):
    user = factories.User()
    with pytest.raises(tk.NotAuthorized):
        call_action(
            "dataset_purge",
            {"user": user["name"], "ignore_auth": False},
            id=gauge.package["id"],
        )
    assert views(store) == [gauge.resource_id]


def test_making_the_view_again_changes_nothing(gauge, store):
    assert ensure_view(store, gauge.datastream_id, gauge.resource_id) is False
    assert drop_view(gauge.resource_id) is True
    assert drop_view(gauge.resource_id) is False
    assert ensure_view(store, gauge.datastream_id, gauge.resource_id) is True


def test_a_changed_unit_reaches_the_dictionary(gauge, store):
    with store.begin() as connection:
        connection.execute(
            text("UPDATE suedwest.datastream SET unit = 'mm' WHERE id = :id"),
            {"id": gauge.datastream_id},
        )
    assert ensure_view(store, gauge.datastream_id, gauge.resource_id) is True
    fields = call_action("datastore_search", resource_id=gauge.resource_id, limit=0)["fields"]
    assert fields[2]["info"]["unit"] == "mm"


@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_the_newest_rows_come_straight_from_the_primary_key(gauge, store, order):
    with store.connect() as connection:
        # The tables of a test are too small to be worth an index.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
        plan = "\n".join(
            connection.exec_driver_sql(
                f'EXPLAIN SELECT * FROM "{gauge.resource_id}"'
                f" ORDER BY phenomenon_time {order} LIMIT 100"
            ).scalars()
        )
    assert "Function Scan" not in plan
    assert "Sort" not in plan
    assert "_pkey on observation_2026" in plan


def test_an_internal_series_never_gets_a_view(gauge, store):
    with pytest.raises(ViewRefused, match="internal"):
        ensure_view(store, gauge.internal_datastream_id, gauge.internal_resource_id)
    with pytest.raises(ViewRefused, match="has the resource"):
        ensure_view(store, gauge.datastream_id, gauge.internal_resource_id)
    with pytest.raises(ViewRefused, match="no datastream"):
        ensure_view(store, 987_654, gauge.resource_id)
    assert views(store) == [gauge.resource_id]


def test_a_series_that_becomes_internal_is_closed_at_once(gauge, store):
    with store.begin() as connection:
        connection.execute(
            text("UPDATE suedwest.datastream SET visibility = 'internal' WHERE id = :id"),
            {"id": gauge.datastream_id},
        )
    with pytest.raises(tk.ObjectNotFound):
        call_action("datastore_search", resource_id=gauge.resource_id)
    found = call_action(
        "datastore_search_sql", sql=f'SELECT count(*) AS n FROM "{gauge.resource_id}"'
    )
    assert found["records"] == [{"n": 0}]


def test_something_else_under_the_name_is_never_replaced(gauge, store):
    drop_view(gauge.resource_id)
    with store.begin() as connection:
        connection.exec_driver_sql(f'CREATE TABLE "{gauge.resource_id}" (a integer)')
    try:
        with pytest.raises(ViewRefused, match="something else"):
            ensure_view(store, gauge.datastream_id, gauge.resource_id)
        assert drop_view(gauge.resource_id) is False
    finally:
        with store.begin() as connection:
            connection.exec_driver_sql(f'DROP TABLE "{gauge.resource_id}"')


@pytest.mark.parametrize(
    "unknown", [None, "", "no-uuid", 5, "00000000-0000-4000-8000-000000000000"]
)
def test_other_ids_are_not_live(gauge, unknown):
    assert find_series(unknown) is None
