"""The schema: made once by whoever comes first, partitioned by year, read by one role."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from store_samples import GAUGE, LEVEL, NOW, empty, rows, value, write

from ckanext.suedwest.domain.errors import Refusal
from ckanext.suedwest.launcher.databases import Databases
from ckanext.suedwest.store.engine import create_store_engine
from ckanext.suedwest.store.migrate import NOT_FOR_READERS, ReadRoleMissing, configuration, upgrade
from ckanext.suedwest.store.query import stations

PARTITIONS = """SELECT inhrelid::regclass::text FROM pg_inherits
                WHERE inhparent = 'suedwest.observation'::regclass"""
TABLES = """SELECT relname FROM pg_class
            WHERE relnamespace = 'suedwest'::regnamespace AND relkind IN ('r', 'p')"""


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    return store_engine


def test_upgrading_again_and_at_once_changes_nothing(
    engine: Engine, store_databases: Databases
) -> None:
    write(engine, [value(1.0)])

    def upgrade_again(_: int) -> None:
        upgrade(store_databases.datastore_write, read_role=store_databases.reader)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(upgrade_again, range(3)))
    with engine.connect() as connection:
        newest = ScriptDirectory.from_config(configuration(connection)).get_current_head()
    assert rows(engine, "SELECT version_num FROM suedwest.alembic_version") == [(newest,)]
    assert stations(engine)[0].datastreams[0].latest_result == 1.0


def test_processes_that_make_the_schema_at_once_make_it_once(
    make_databases: Callable[[], Databases],
) -> None:
    fresh = make_databases()
    with ThreadPoolExecutor(3) as pool:
        list(
            pool.map(
                lambda _: upgrade(fresh.datastore_write, read_role=fresh.reader),
                range(3),
            )
        )
    engine = create_store_engine(fresh.datastore_read)
    assert stations(engine) == []
    engine.dispose()


def test_the_schema_can_be_taken_back(make_databases: Callable[[], Databases]) -> None:
    fresh = make_databases()
    upgrade(fresh.datastore_write, read_role=fresh.reader)
    engine = create_store_engine(fresh.datastore_write)
    with engine.begin() as conn:
        command.downgrade(configuration(conn), "base")
    assert rows(engine, TABLES) == [("alembic_version",)]
    engine.dispose()
    upgrade(fresh.datastore_write, read_role=fresh.reader)


def test_a_read_role_that_is_not_there_is_named(store_url: str, engine: Engine) -> None:
    with pytest.raises(ReadRoleMissing, match="nobody"):
        upgrade(store_url, read_role="nobody")


def test_the_read_role_reads_what_pages_need_and_nothing_else(
    engine: Engine, store_databases: Databases
) -> None:
    write(engine, [value(1.0)], refusals=[Refusal("r", "because", "{}")])
    reader = create_store_engine(store_databases.datastore_read)
    try:
        assert stations(reader)[0].datastreams[0].latest_result == 1.0
        stream = stations(reader)[0].datastreams[0].datastream_id
        assert rows(reader, "SELECT result FROM suedwest.series(:id)", id=stream) == [(1.0,)]
        for (table,) in rows(engine, TABLES):
            statement = f"SELECT count(*) FROM suedwest.{table}"
            if table in NOT_FOR_READERS:
                with pytest.raises(ProgrammingError, match="permission denied"):
                    rows(reader, statement)
            else:
                rows(reader, statement)
            with pytest.raises(ProgrammingError, match="permission denied"), reader.begin() as conn:
                conn.execute(text(f"DELETE FROM suedwest.{table}"))
    finally:
        reader.dispose()


def test_partitions_come_with_the_first_value_of_their_year(engine: Engine) -> None:
    turn = datetime(2004, 1, 1, tzinfo=UTC)
    second = timedelta(seconds=1)
    late_elsewhere = datetime.fromisoformat("2005-12-31T23:30:00-05:00")
    write(engine, [value(1.0, turn - second), value(2.0, turn), value(3.0, late_elsewhere)])
    made = {row[0] for row in rows(engine, PARTITIONS)}
    assert {f"suedwest.observation_{year}" for year in (2003, 2004, 2006)} <= made
    assert "suedwest.observation_1970" not in made
    assert rows(engine, "SELECT result FROM suedwest.observation_2004") == [(2.0,)]


def test_an_implausible_time_makes_no_partition(engine: Engine) -> None:
    write(engine)
    before = rows(engine, PARTITIONS)
    receipt = write(
        engine,
        [
            value(1.0, datetime.min.replace(tzinfo=UTC)),
            value(1.0, datetime.max.replace(tzinfo=UTC)),
            value(1.0, NOW + timedelta(days=3000)),
        ],
    )
    assert receipt.quarantined == 3
    assert rows(engine, PARTITIONS) == before


def test_two_writers_open_a_year_together(engine: Engine) -> None:
    write(engine)
    with engine.begin() as conn:
        conn.execute(text("DROP TABLE IF EXISTS suedwest.observation_1995"))
    time = datetime(1995, 6, 1, tzinfo=UTC)
    write(engine, stations=[GAUGE], streams=[LEVEL])
    with ThreadPoolExecutor(2) as pool:
        receipts = list(pool.map(lambda _: write(engine, [value(1.0, time)]), range(2)))
    assert sorted(receipt.stored for receipt in receipts) == [0, 1]


def test_sessions_run_in_utc_and_end_long_statements(engine: Engine) -> None:
    assert rows(engine, "SHOW TimeZone") == [("UTC",)]
    assert rows(engine, "SHOW jit") == [("off",)]
    assert rows(engine, "SHOW statement_timeout") == [("1min",)]


def test_a_forked_process_uses_connections_of_its_own(store_url: str) -> None:
    engine = create_store_engine(store_url)
    backend = "SELECT pg_backend_pid()"
    ((parent_backend,),) = rows(engine, backend)
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(send, str(rows(engine, backend)[0][0]).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(send)
    with os.fdopen(receive) as pipe:
        child_backend = int(pipe.read())
    assert child_backend != parent_backend
    assert rows(engine, backend) == [(parent_backend,)]
    engine.dispose()
