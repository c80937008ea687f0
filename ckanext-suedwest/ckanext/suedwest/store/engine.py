"""Connections to the observation store."""

from __future__ import annotations

import os
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

STATEMENT_TIMEOUT_MS = 60_000
_SESSION = (
    "SET TIME ZONE 'UTC'; SET jit = off; "
    f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}; "
    "SET idle_in_transaction_session_timeout = 300000"
)


def create_store_engine(url: str, *, spare_connections: int = 5) -> Engine:
    """An engine for the store's database; `url` is a `postgresql://` address.

    At most three connections stay open while nobody needs them; `spare_connections` more are
    made when that many threads work at once.

    Every session runs in UTC and without just-in-time compilation, which costs more than it
    saves on short queries over partitions. A statement ends after a minute. After a fork the
    child starts with an empty pool and leaves its parent's sockets alone.
    """
    engine = create_engine(
        url,
        pool_size=3,
        max_overflow=spare_connections,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={"application_name": "suedwest store"},
    )
    event.listen(engine, "connect", _prepare_session)
    reference = weakref.ref(engine)
    os.register_at_fork(after_in_child=lambda: _forget_connections(reference))
    return engine


@contextmanager
def connected(bind: Engine | Connection) -> Generator[Connection, None, None]:
    """`bind` itself when it is a connection, else a connection of its own for the block."""
    if isinstance(bind, Connection):
        yield bind
    else:
        with bind.connect() as connection:
            yield connection


def _prepare_session(dbapi_connection: Any, _record: Any) -> None:
    # Outside a transaction: the pool's rollback would take the settings back.
    dbapi_connection.autocommit = True
    with dbapi_connection.cursor() as cursor:
        cursor.execute(_SESSION)
    dbapi_connection.autocommit = False


def _forget_connections(reference: weakref.ref[Engine]) -> None:
    engine = reference()
    if engine is not None:
        engine.dispose(close=False)
