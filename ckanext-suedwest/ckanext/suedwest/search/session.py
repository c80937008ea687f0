"""Which connection an index write belongs to.

CKAN indexes a dataset before it commits it, so the row is written in the very transaction of the
dataset: it comes and goes with it. Where CKAN indexes after its commit and never commits again
(deleting a tag does), the session holds no change, and the row is committed by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ckan import model
from sqlalchemy import Connection, event
from sqlalchemy.orm import ORMExecuteState, Session

_CHANGED = "suedwest_search_changed"


def watch() -> None:
    """Start to note which sessions hold changes. Calling it again changes nothing."""
    for name, listener in _LISTENERS.items():
        if not event.contains(model.Session, name, listener):
            event.listen(model.Session, name, listener)


def unwatch() -> None:
    """Stop noting."""
    for name, listener in _LISTENERS.items():
        if event.contains(model.Session, name, listener):
            event.remove(model.Session, name, listener)


@contextmanager
def reading() -> Iterator[Connection]:
    """The session's connection, so that a transaction finds what it has just written.

    An error inside undoes only what was done inside.
    """
    connection = model.Session.connection()
    with connection.begin_nested():
        yield connection


@contextmanager
def writing() -> Iterator[Connection]:
    """The session's connection when it holds changes, else one that commits at the end."""
    session = model.Session()
    if session.info.get(_CHANGED) or session.new or session.dirty or session.deleted:
        with session.connection().begin_nested():
            yield session.connection()
        session.info[_CHANGED] = True
    else:
        with model.meta.engine.begin() as connection:  # pyright: ignore[reportOptionalMemberAccess]
            yield connection


def _after_flush(session: Session, _context: Any) -> None:
    session.info[_CHANGED] = True


def _do_orm_execute(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info[_CHANGED] = True


def _after_end(session: Session) -> None:
    session.info.pop(_CHANGED, None)


_LISTENERS: dict[str, Any] = {
    "after_flush": _after_flush,
    "do_orm_execute": _do_orm_execute,
    "after_commit": _after_end,
    "after_rollback": _after_end,
}
