"""Roles and databases of one instance, in the embedded PostgreSQL or in a configured one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2 import sql
from sqlalchemy.engine import URL, make_url

from .errors import StepFailed


@dataclass(frozen=True, slots=True)
class Databases:
    """Addresses of the catalogue and the DataStore, the latter as owner and as reader."""

    catalogue: str
    datastore_write: str
    datastore_read: str

    @property
    def names(self) -> tuple[str, str]:
        """Names of the two databases."""
        return str(make_url(self.catalogue).database), str(make_url(self.datastore_write).database)

    @property
    def reader(self) -> str:
        """The role that may only read the DataStore."""
        return str(make_url(self.datastore_read).username)

    @property
    def owner(self) -> str:
        """The role that owns both databases."""
        return str(make_url(self.catalogue).username)


def instance_name(instance_id: str) -> str:
    """What roles and databases of an instance are called, before their endings."""
    return f"suedwest_{instance_id}"


def addresses(admin_url: str, name: str, owner_password: str, reader_password: str) -> Databases:
    """Where the databases of the instance `name` are, on the server of `admin_url`."""
    server = make_url(admin_url)

    def address(user: str, password: str, database: str) -> str:
        return render(server.set(username=user, password=password, database=database))

    return Databases(
        catalogue=address(name, owner_password, f"{name}_ckan"),
        datastore_write=address(name, owner_password, f"{name}_datastore"),
        datastore_read=address(f"{name}_read", reader_password, f"{name}_datastore"),
    )


def render(url: URL) -> str:
    """`url` as text, a socket's directory unescaped: alembic's configuration reads % itself."""
    return url.render_as_string(hide_password=False).replace("%2F", "/")


def create(admin_url: str, databases: Databases) -> None:
    """Make roles and databases unless they are there, and set the roles' passwords.

    Raises:
        StepFailed: when the server refuses; with its own words.
    """
    owner = make_url(databases.catalogue)
    reader = make_url(databases.datastore_read)
    try:
        with _connected(admin_url) as cursor:
            for role in (owner, reader):
                _make_role(cursor, str(role.username), str(role.password))
            # A configured server's admin may create databases for others only as a member.
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            if not cursor.fetchone()[0]:
                cursor.execute(
                    sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(databases.owner))
                )
            for database in databases.names:
                _make_database(cursor, database, databases.owner)
    except psycopg2.Error as error:
        raise StepFailed(
            f"PostgreSQL refused to make roles and databases: {error}".strip(),
            "SUEDWEST_DATABASE_URL must name an account that may create both.",
        ) from error


def set_permissions(databases: Databases) -> None:
    """Give the DataStore's reader what CKAN wants it to have, and nothing more; repeatable."""
    # Loads half of CKAN, which most commands have no use for.
    from ckanext.datastore.cli import permissions_sql

    catalogue, datastore = databases.names
    script = permissions_sql(
        catalogue, datastore, databases.owner, databases.owner, databases.reader
    )
    # psql's own command to change the database; we are connected to it already.
    statements = "\n".join(line for line in script.splitlines() if not line.startswith("\\connect"))
    with _connected(databases.datastore_write) as cursor:
        cursor.execute(statements)


def drop(admin_url: str, databases: Databases) -> None:
    """Remove databases and roles of an instance, and everything in them."""
    with _connected(admin_url) as cursor:
        for database in databases.names:
            cursor.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
            )
        for role in (databases.reader, databases.owner):
            cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def _make_role(cursor: Any, name: str, password: str) -> None:
    cursor.execute("SELECT true FROM pg_roles WHERE rolname = %s", [name])
    verb = "ALTER" if cursor.fetchone() else "CREATE"
    cursor.execute(
        sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
            sql.SQL(verb), sql.Identifier(name), sql.Literal(password)
        )
    )


def _make_database(cursor: Any, name: str, owner: str) -> None:
    cursor.execute("SELECT true FROM pg_database WHERE datname = %s", [name])
    if cursor.fetchone():
        return
    cursor.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
            sql.Identifier(name), sql.Identifier(owner)
        )
    )
    # Only the owner connects, until set_permissions lets the reader in.
    cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    connection = psycopg2.connect(url, connect_timeout=10)
    try:
        # CREATE DATABASE does not run inside a transaction.
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
