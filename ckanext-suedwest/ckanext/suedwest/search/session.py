"""Which connection an index write belongs to.

CKAN indexes a dataset before it commits it, so the row is written in the very transaction of the
dataset: it comes and goes with it. Where CKAN indexes after its commit and never commits again
(deleting a tag does), the session holds no change, and the row is committed by itself.

Purging is the one case where the index is written before the first change: CKAN removes the row,
then the dataset. The session holds that very dataset then, which tells it from a row that is
removed because somebody clears the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ckan import model
from sqlalchemy import Connection, TextClause, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

Statement = tuple[TextClause, Mapping[str, Any]]

_CHANGED = "suedwest_search_changed"


def watch() -> None:
    """Start to note which sessions hold changes. Calling it again changes nothing."""
    for name, listener in _LISTENERS.items():
        if not event.contains(model.Session, name, listener):
            event.listen(model.Session, name, listener)


@contextmanager
def reading() -> Iterator[Connection]:
    """The session's connection, so that a transaction finds what it has just written.

    An error inside undoes only what was done inside.
    """
    connection = model.Session.connection()
    with connection.begin_nested():
        yield connection


def write(statements: Sequence[Statement]) -> None:
    """Write rows in the session's transaction when it holds changes, else at once."""
    if _holds_changes(model.Session()):
        _write_inside(statements)
    else:
        _write_at_once(statements)


def remove(statement: Statement, removed: Iterable[str]) -> None:
    """Remove the rows of datasets with these ids.

    In the session's transaction when it holds changes or one of these datasets, else at once.
    """
    session = model.Session()
    loaded = session.identity_map
    held = any(session.identity_key(model.Package, id_) in loaded for id_ in removed)
    if held or _holds_changes(session):
        _write_inside([statement])
    else:
        _write_at_once([statement])


def _holds_changes(session: Session) -> bool:
    return bool(session.info.get(_CHANGED)) or _is_modified(session)


def _is_modified(session: Session) -> bool:
    # an object that was given the value it already had counts as dirty, but nothing is written
    return bool(
        session.new or session.deleted or any(session.is_modified(each) for each in session.dirty)
    )


def _write_inside(statements: Sequence[Statement]) -> None:
    session = model.Session()
    connection = session.connection()
    with connection.begin_nested():
        for statement, parameters in statements:
            connection.execute(statement, parameters)
    session.info[_CHANGED] = True


def _write_at_once(statements: Sequence[Statement]) -> None:
    with model.meta.engine.begin() as connection:  # pyright: ignore[reportOptionalMemberAccess]
        for statement, parameters in statements:
            connection.execute(statement, parameters)


def _after_flush(session: Session, _context: Any) -> None:
    # the lists of new, changed and deleted objects still stand as before the flush
    if _is_modified(session):
        session.info[_CHANGED] = True


def _do_orm_execute(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info[_CHANGED] = True


def _after_transaction_end(session: Session, transaction: SessionTransaction) -> None:
    # the end of a savepoint decides nothing
    if transaction.parent is None:
        session.info.pop(_CHANGED, None)


_LISTENERS: dict[str, Any] = {
    "after_flush": _after_flush,
    "do_orm_execute": _do_orm_execute,
    "after_transaction_end": _after_transaction_end,
}
