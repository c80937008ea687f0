"""Which connection an index write belongs to.

CKAN indexes a dataset before it commits it, so the row is written in the very transaction of the
dataset: it comes and goes with it. Where only something that belongs to a dataset changes (a
keyword is deleted, a group takes a dataset in), CKAN commits first and indexes then; a process may
have died by then. Such a row is written by `changed`, just before the commit.

A row that is written outside of any change, as a rebuild does, was made from what was read before:
meanwhile somebody may have changed the dataset. So the dataset is locked and its row made anew.
Everyone locks the dataset first and the row then, so that nobody waits in a circle.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ckan import logic, model
from sqlalchemy import Connection, TextClause, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction, object_session

Statement = tuple[TextClause, Mapping[str, Any]]

# What is kept of a session: ids of datasets it has loaded, of those that are themselves changed in
# its transaction, and whether it was made to read a dataset anew.
_SEEN = "suedwest_search_seen"
_CHANGED = "suedwest_search_changed"
_ANEW = "suedwest_search_anew"

# Others may still refer to the dataset, but not change it.
_LOCK = text("SELECT id FROM package WHERE id = ANY (:ids) ORDER BY id FOR NO KEY UPDATE")
# A transaction is given its number with the first thing it writes or locks.
_HAS_WRITTEN = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
_inherited: list[Session] = []


def watch() -> None:
    """Start to note what sessions do. Calling it again changes nothing."""
    if event.contains(model.Package, "load", _after_load):
        return
    event.listen(model.Package, "load", _after_load)
    event.listen(model.Session, "after_flush", _after_flush)
    event.listen(model.Session, "after_soft_rollback", _after_soft_rollback)
    event.listen(model.Session, "after_transaction_end", _after_transaction_end)
    os.register_at_fork(after_in_child=_leave_the_parents_connections)


# What is read begins with the one and ends with the other; said together with what is asked,
# because every search would otherwise wait for two more answers.
SAVE = "SAVEPOINT suedwest_search; "
BACK = "ROLLBACK TO SAVEPOINT suedwest_search; RELEASE SAVEPOINT suedwest_search; "


@contextmanager
def reading() -> Iterator[Connection]:
    """The session's connection, so that a transaction finds what it has just written.

    An error between `SAVE` and `BACK` undoes only what was done between them, and settings made
    there end with them.
    """
    connection = model.Session.connection()
    try:
        yield connection
    except BaseException:
        # of a connection that broke, or had failed before, there is nothing to go back to
        if not connection.invalidated and not connection.closed:
            with suppress(DBAPIError):
                connection.exec_driver_sql(BACK)
        raise


def write(statements: Sequence[Statement]) -> None:
    """Write the rows of datasets, one a statement; its parameter `id` is the dataset's.

    In the session's transaction when it holds changes; else at once, and then what the row says
    is read anew. The row of a dataset that was deleted meanwhile is not written; one that never
    was a dataset, as in tests of an index, is written as it is given.
    """
    session = model.Session()
    if _holds_changes(session):
        _write_inside(session, statements, {parameters["id"] for _, parameters in statements})
    else:
        _write_at_once(session, statements)


def remove(statement: Statement, removed: Iterable[str]) -> None:
    """Remove the rows of datasets with these ids.

    In the session's transaction when it holds changes or one of these datasets, else at once.
    Purging is the one case where CKAN writes the index before its first change: that it holds the
    very dataset tells it from somebody who clears the index.
    """
    session = model.Session()
    ids = set(removed)
    loaded = session.identity_map
    held = any(session.identity_key(model.Package, id_) in loaded for id_ in ids)
    if held or _holds_changes(session):
        _write_inside(session, [statement], ids)
    else:
        with _own_connection() as connection:
            _lock(connection, ids)
            connection.execute(*statement)


def changed(package: model.Package) -> None:
    """Bring a dataset's row up to what the session is about to commit.

    The dataset, or something that belongs to it, is new, changed or deleted. One that is itself
    new or changed CKAN has indexed already.
    """
    session = model.Session()
    if object_session(package) is not session or package.id in session.info.get(_CHANGED, ()):
        return
    connection = session.connection()
    if _lock(connection, {package.id}):
        _write_anew(connection, package.id)
    else:
        # a rebuild may have written the row since CKAN removed it; now nobody can any more
        logic.index_remove_package(package.id)


def _holds_changes(session: Session) -> bool:
    # an object that was given the value it already had counts as dirty, but nothing is written
    return bool(
        session.info.get(_ANEW)
        or session.new
        or session.deleted
        or any(session.is_modified(each) for each in session.dirty)
        or (session.in_transaction() and session.scalar(_HAS_WRITTEN))
    )


def _write_inside(session: Session, statements: Sequence[Statement], ids: set[str]) -> None:
    connection = session.connection()
    _lock(connection, ids)
    with connection.begin_nested():
        for statement, parameters in statements:
            connection.execute(statement, parameters)


def _write_at_once(session: Session, statements: Sequence[Statement]) -> None:
    seen = session.info.get(_SEEN, ())
    with _own_connection() as connection:
        present = _lock(connection, {parameters["id"] for _, parameters in statements})
        for statement, parameters in statements:
            if parameters["id"] in present:
                _write_anew(connection, parameters["id"])
            elif parameters["id"] not in seen:
                connection.execute(statement, parameters)


def _write_anew(connection: Connection, id_: str) -> None:
    """Index a dataset as it is now, in the transaction of a connection that has it locked.

    CKAN's session is exchanged for that time: what it has loaded may be older than the lock.
    """
    registry = model.Session.registry
    before = registry()
    session = model.Session.session_factory(
        bind=connection, join_transaction_mode="create_savepoint", info={_ANEW: True}
    )
    registry.set(session)
    try:
        logic.index_update_package({"ignore_auth": True}, id_)
        session.commit()
    finally:
        session.close()
        registry.set(before)


@contextmanager
def _own_connection() -> Iterator[Connection]:
    engine = model.meta.engine
    assert engine is not None, "there is a session, so there is an engine"  # noqa: S101
    with engine.begin() as connection:
        yield connection


def _lock(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Keep datasets as they are until the transaction ends; which of them there are."""
    return set(connection.execute(_LOCK, {"ids": sorted(ids)}).scalars())


def _after_load(package: model.Package, _context: Any) -> None:
    session = object_session(package)
    if session is not None:
        session.info.setdefault(_SEEN, set()).add(package.id)


def _after_flush(session: Session, _context: Any) -> None:
    # the lists of new and changed objects still stand as before the flush
    session.info.setdefault(_CHANGED, set()).update(
        each.id
        for each in {*session.new, *session.dirty}
        if isinstance(each, model.Package) and (each in session.new or session.is_modified(each))
    )


def _after_soft_rollback(session: Session, _transaction: SessionTransaction) -> None:
    # also at the end of a savepoint; a row that is written twice does no harm
    session.info.pop(_CHANGED, None)


def _after_transaction_end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_CHANGED, None)


def _leave_the_parents_connections() -> None:
    """A forked process opens connections of its own; on the inherited ones two would talk."""
    if model.meta.engine is not None:
        model.meta.engine.dispose(close=False)
    registry = model.Session.registry
    if registry.has():
        # were it forgotten, its end would be told to the server
        _inherited.append(registry())
        registry.clear()
