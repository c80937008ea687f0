"""Brings the schema `suedwest` to the newest revision and says who may read it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, NullPool, create_engine, text

from ..domain.errors import SuedwestError

SCHEMA = "suedwest"
NOT_FOR_READERS = (
    "source",
    "receipt",
    "quarantine",
    "outbox",
    "alembic_version",
    "mark",
    "correction",
    "device_report",
    "partial_bin",
    "counter_rule",
    "counter_reading",
    "bay_state",
)
"""Tables the read role never sees: options may hold secrets, payloads may hold anything, marks and
corrections name people, the health of devices is for those who look after them, and what the
privacy gate has not published is nobody's."""

_MIGRATIONS = Path(__file__).with_name("migrations")
# Any fixed number; two processes that upgrade at once queue up behind it.
_UPGRADE_LOCK = 0x5357_0001


class ReadRoleMissing(SuedwestError):
    """The role that shall read the store does not exist in this PostgreSQL."""


def upgrade(url: str, *, read_role: str) -> None:
    """Create or upgrade the schema as the owner at `url`; `read_role` may read it afterwards.

    One transaction under an advisory lock: it happens wholly or not at all, and may be repeated
    and run by several processes at once.

    Raises:
        ReadRoleMissing: when there is no such role.
    """
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        command.upgrade(configuration(connection), "head")
        _grant(connection, read_role)


def configuration(connection: Connection) -> Config:
    """What alembic needs to work on the store, in the transaction of `connection`."""
    settings = Config()
    settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def _grant(connection: Connection, read_role: str) -> None:
    found = connection.execute(
        text("SELECT current_user = :role FROM pg_roles WHERE rolname = :role"),
        {"role": read_role},
    ).scalar_one_or_none()
    if found is None:
        raise ReadRoleMissing(f"there is no role {read_role!r} that could read the store")
    if found:
        return
    role = connection.dialect.identifier_preparer.quote(read_role)
    hidden = ", ".join(f"{SCHEMA}.{table}" for table in NOT_FOR_READERS)
    for statement in (
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT SELECT ON TABLES TO {role}",
        f"REVOKE ALL ON {hidden} FROM {role}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} TO {role}",
    ):
        connection.exec_driver_sql(statement)
