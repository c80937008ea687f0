"""Fixtures for tests that need real services, which `./suedwest test integration` starts.

They are told by the environment, so that any PostgreSQL, Redis and broker serve:
SUEDWEST_TEST_DATABASE_URL (an account that may create roles and databases),
SUEDWEST_TEST_REDIS_URL, SUEDWEST_TEST_BROKER_URL.
"""

from __future__ import annotations

import functools
import os
import secrets
from collections.abc import Callable, Iterator

import pytest
import same_every_time
from ckan import model, plugins
from ckan.cli.db import _run_migrations
from ckan.plugins import toolkit as tk
from sqlalchemy import Engine, make_url, text

from ckanext.suedwest.launcher import databases
from ckanext.suedwest.launcher.databases import Databases
from ckanext.suedwest.observations import store_access
from ckanext.suedwest.store.engine import create_store_engine
from ckanext.suedwest.store.migrate import upgrade

same_every_time.remember()


def _told(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        pytest.fail(f"{variable} is not set; run `./suedwest test integration`", pytrace=False)
    return value


@pytest.fixture(scope="session")
def admin_url() -> str:
    """Address of a PostgreSQL account that may create roles and databases."""
    return _told("SUEDWEST_TEST_DATABASE_URL")


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Address of a Redis server."""
    return _told("SUEDWEST_TEST_REDIS_URL")


@pytest.fixture(scope="session")
def broker_url() -> str:
    """Address of an MQTT broker, with user and password."""
    return _told("SUEDWEST_TEST_BROKER_URL")


@pytest.fixture(scope="module")
def make_databases(admin_url: str) -> Iterator[Callable[[], Databases]]:
    """A function that makes two empty databases with an owner and a reader of their own."""
    made: list[Databases] = []

    def make() -> Databases:
        name = f"test_{secrets.token_hex(4)}"
        fresh = databases.addresses(admin_url, name, secrets.token_hex(8), secrets.token_hex(8))
        databases.create(admin_url, fresh)
        made.append(fresh)
        databases.set_permissions(fresh)
        return fresh

    yield make
    for fresh in made:
        databases.drop(admin_url, fresh)


@pytest.fixture(scope="module")
def store_databases(make_databases: Callable[[], Databases]) -> Databases:
    """Databases whose DataStore holds an empty, migrated observation store."""
    fresh = make_databases()
    upgrade(fresh.datastore_write, read_role=fresh.reader)
    return fresh


@pytest.fixture(scope="module")
def store_url(store_databases: Databases) -> str:
    """The store of this module, as its owner."""
    return store_databases.datastore_write


@pytest.fixture(scope="module")
def store_engine(store_url: str) -> Iterator[Engine]:
    """An engine for the store of this module, as its owner."""
    engine = create_store_engine(store_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def store_read_url(store_databases: Databases) -> str:
    """The store of this module, as the role the portal's pages read with."""
    return store_databases.datastore_read


@pytest.fixture
def store(with_plugins: None) -> Iterator[Engine]:
    """The owner's engine of the store that CKAN is set to, over empty tables."""
    url = tk.config["ckan.datastore.write_url"]
    _migrate(url, str(make_url(tk.config["ckan.datastore.read_url"]).username))
    engine = store_access.write_engine()
    _empty(engine)
    _migrate_catalogue()
    yield engine
    _empty(engine)


@functools.cache
def _migrate(url: str, reader: str) -> None:
    upgrade(url, read_role=reader)


def _migrate_catalogue() -> None:
    """CKAN's own fixture may drop all tables of its database, and makes only those of its core."""
    if not plugins.plugin_loaded("suedwest_charts"):
        return
    model.Session.rollback()
    if model.Session.execute(text("SELECT to_regclass('suedwest_dashboard')")).scalar() is None:
        model.Session.remove()
        _run_migrations("suedwest_charts")


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        views = connection.execute(
            text(
                "SELECT viewname FROM pg_views"
                " WHERE schemaname = 'public' AND NOT starts_with(viewname, '_')"
            )
        ).scalars()
        for view in list(views):
            connection.execute(text(f'DROP VIEW public."{view}"'))
        connection.execute(
            text(
                "TRUNCATE suedwest.source, suedwest.station, suedwest.observation,"
                " suedwest.observation_hour, suedwest.observation_day,"
                " suedwest.observation_revision, suedwest.outbox CASCADE"
            )
        )
