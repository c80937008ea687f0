"""Whether the index says what the database says, and processes that write both."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

import ckan.lib.plugins as lib_plugins
import ckan.model as model
from ckan.tests.helpers import call_action
from sqlalchemy import event, text

APPLICATION = "search-test-writer"
_FIELDS = ["id", "name", "title", "state", "capacity", "tags", "groups", "permission_labels"]
_fork = multiprocessing.get_context("fork")

Said = dict[str, dict[str, Any]]


def said_by_the_index() -> Said:
    """What the search tells of every dataset it has, by id."""
    model.Session.remove()
    answer = call_action(
        "package_search",
        q="*:*",
        fl=_FIELDS,
        rows=1000,
        include_private=True,
        include_drafts=True,
        include_deleted=True,
    )
    assert answer["count"] == len(answer["results"])
    return {
        found["id"]: {
            field: sorted(found.get(field) or [])
            if field in ("tags", "groups", "permission_labels")
            else found.get(field)
            for field in _FIELDS
        }
        for found in answer["results"]
    }


def said_by_the_database() -> Said:
    """The same of every dataset that belongs into the index: deleted ones are left out of it."""
    model.Session.remove()
    labels = lib_plugins.get_permission_labels()
    packages = model.Session.query(model.Package).filter(model.Package.state != "deleted").all()
    return {
        package.id: {
            "id": package.id,
            "name": package.name,
            "title": package.title,
            "state": package.state,
            "capacity": "private" if package.private else "public",
            "tags": sorted(tag.name for tag in package.get_tags()),
            "groups": sorted(group.name for group in package.get_groups("group")),
            "permission_labels": sorted(labels.get_dataset_labels(package)),
        }
        for package in packages
    }


def start(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Do work in a process of its own, whose database connections can be told from others."""
    model.Session.remove()
    process = _fork.Process(target=_work, args=(work, *arguments))
    process.start()
    return process


def _work(work: Callable[..., None], *arguments: Any) -> None:
    os.environ["PGAPPNAME"] = APPLICATION
    work(*arguments)


def end_what_they_left_to_the_server() -> None:
    """End the connections of processes that are gone: one may still be busy with its commit."""
    theirs = (
        "FROM pg_stat_activity"
        " WHERE application_name = :application AND datname = current_database()"
    )
    with model.meta.engine.connect() as connection:
        named = {"application": APPLICATION}
        connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) {theirs}"), named)
        connection.rollback()  # a transaction looks at the activity only once
        assert connection.execute(text(f"SELECT count(*) {theirs}"), named).scalar() == 0


def at_each_write(act: Callable[[int], None]) -> None:
    """Call `act` with 1, 2, 3 … before each statement of this process that writes, and its commits.

    What comes after a commit is the next statement or the end of the process.
    """
    count = 0

    def step(*_arguments: Any, statement: str = "COMMIT") -> None:
        nonlocal count
        if statement.lstrip().split(None, 1)[0] in ("INSERT", "UPDATE", "DELETE", "WITH", "COMMIT"):
            count += 1
            act(count)

    event.listen(model.meta.engine, "commit", step)
    event.listen(
        model.meta.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: step(statement=statement),
    )
