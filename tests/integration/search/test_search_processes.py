"""Several processes that share one index: they see each other, and no rebuild undoes a change."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import ckan.lib.search as search
import ckan.model as model
import pytest
from ckan.logic import NotFound
from ckan.tests import factories
from ckan.tests.helpers import call_action
from search_index import APPLICATION, said_by_the_database, said_by_the_index, start
from sqlalchemy import event, text

from ckanext.suedwest.search.engine import PostgresqlSearch

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

PATIENCE_S = 60


@pytest.fixture
def dataset() -> dict[str, Any]:
    """A public dataset with a keyword, and a group it is not in yet."""
    factories.Group(name="gruppe")
    return factories.Dataset(
        owner_org=factories.Organization()["id"],
        name="da",
        title="Vorher",
        tags=[{"name": "wasser"}],
    )


def add_to_group() -> None:
    """CKAN commits, and indexes the dataset then."""
    call_action("member_create", id="gruppe", object="da", object_type="package", capacity="public")


CHANGES: dict[str, Callable[[], Any]] = {
    "edit": lambda: call_action("package_patch", id="da", title="Nachher"),
    "rename": lambda: call_action("package_patch", id="da", name="umbenannt"),
    "hide": lambda: call_action("package_patch", id="da", private=True),
    "delete": lambda: call_action("package_delete", id="da"),
    "purge": lambda: call_action("dataset_purge", id="da"),
    "add to a group": add_to_group,
    "delete a keyword": lambda: call_action("tag_delete", id="wasser"),
}
INDEXED = [True, False]
"""Whether the dataset is in the index when the rebuild begins."""


@pytest.mark.parametrize("indexed", INDEXED)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_a_rebuild_has_not_read(
    dataset: dict[str, Any], change: str, indexed: bool
) -> None:
    """The rebuild reads; the change is made and committed; the rebuild writes what it has read."""
    if not indexed:
        search.clear(dataset["id"])
    with _rebuild_that_has_read(dataset["id"]) as rebuild:
        CHANGES[change]()
        rebuild.write()
    now = said_by_the_database()
    assert now != {dataset["id"]: before_changes(dataset)}
    assert said_by_the_index() == now


@pytest.mark.parametrize("indexed", INDEXED)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_is_committed_while_a_rebuild_writes(
    dataset: dict[str, Any], change: str, indexed: bool
) -> None:
    """The rebuild reads; a change is made; the rebuild writes or waits; the change is committed."""
    if not indexed:
        search.clear(dataset["id"])
    with _rebuild_that_has_read(dataset["id"]) as rebuild:
        event.listen(model.meta.engine, "commit", rebuild.write_or_wait, once=True)
        CHANGES[change]()
    now = said_by_the_database()
    assert now != {dataset["id"]: before_changes(dataset)}
    assert said_by_the_index() == now


def before_changes(dataset: dict[str, Any]) -> dict[str, Any]:
    """What index and database say of the dataset before any change."""
    return {
        "id": dataset["id"],
        "name": "da",
        "title": "Vorher",
        "state": "active",
        "capacity": "public",
        "tags": ["wasser"],
        "groups": [],
        "permission_labels": ["public"],
    }


class _Rebuild:
    """Another process that rebuilds the row of a dataset and stops before it writes."""

    def __init__(self, id_: str) -> None:
        self._has_read = multiprocessing.Event()
        self._may_write = multiprocessing.Event()
        self._process: BaseProcess = start(self._rebuild, id_)
        assert self._has_read.wait(PATIENCE_S)

    def _rebuild(self, id_: str) -> None:
        add = PostgresqlSearch.add

        def wait_first(engine: PostgresqlSearch, docs: Any, **options: Any) -> None:
            if not self._has_read.is_set():
                self._has_read.set()
                self._may_write.wait(PATIENCE_S)
            add(engine, docs, **options)

        PostgresqlSearch.add = wait_first
        search.rebuild(id_)

    def write(self) -> None:
        """Let it write, and wait until it has."""
        self._may_write.set()
        self._process.join(PATIENCE_S)
        assert self._process.exitcode == 0

    def write_or_wait(self, *_arguments: Any) -> None:
        """Let it write, and wait until it has, or is waiting for somebody's lock."""
        self._may_write.set()
        until = time.monotonic() + PATIENCE_S
        while self._process.exitcode is None and not _waits_for_a_lock():
            assert time.monotonic() < until
            self._process.join(0.02)

    def __enter__(self) -> _Rebuild:
        return self

    def __exit__(self, *_error: object) -> None:
        self.write()


_rebuild_that_has_read = _Rebuild


def _waits_for_a_lock() -> bool:
    with model.meta.engine.connect() as connection:
        waiting = connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE application_name = :application AND datname = current_database()"
                " AND wait_event_type = 'Lock'"
            ),
            {"application": APPLICATION},
        ).scalar()
        return bool(waiting)


@pytest.fixture
def other(dataset: dict[str, Any]) -> Iterator[Callable[[str, dict[str, Any]], Any]]:
    """Calls an action of CKAN in another process."""
    here, there = multiprocessing.Pipe()
    process = start(_answer, there)

    def call(action: str, **values: Any) -> Any:
        here.send((action, values))
        assert here.poll(PATIENCE_S)
        return here.recv()

    yield call
    here.send(None)
    process.join(PATIENCE_S)
    assert process.exitcode == 0


def _answer(connection: Connection) -> None:
    while (asked := connection.recv()) is not None:
        action, values = asked
        connection.send(call_action(action, **values))
        model.Session.remove()


def test_two_processes_see_each_others_rows_at_once(
    dataset: dict[str, Any], other: Callable[..., Any]
) -> None:
    def found(call: Callable[..., Any], **query: Any) -> list[str]:
        return [each["title"] for each in call("package_search", **query)["results"]]

    assert found(other, q="*:*") == ["Vorher"]
    for number in range(4):
        call_action("package_patch", id="da", title=f"Hier {number}")
        assert found(other, q="Hier") == found(call_action, q="Hier") == [f"Hier {number}"]
        other("package_patch", id="da", title=f"Dort {number}")
        model.Session.remove()
        assert found(call_action, q="Dort") == found(other, q="Dort") == [f"Dort {number}"]
        assert found(call_action, q="Hier") == found(other, q="Hier") == []
    other("dataset_purge", id="da")
    model.Session.remove()
    assert found(call_action, q="*:*") == []


def test_a_row_is_seen_by_nobody_else_before_its_commit(
    dataset: dict[str, Any], other: Callable[..., Any]
) -> None:
    seen: list[int] = []

    def look(*_arguments: Any) -> None:
        seen.append(other("package_search", q="Nachher")["count"])

    event.listen(model.meta.engine, "commit", look, once=True)
    call_action("package_patch", id="da", title="Nachher")
    assert seen == [0]
    assert other("package_search", q="Nachher")["count"] == 1


def test_a_search_inside_a_transaction_does_not_blind_its_process(dataset: dict[str, Any]) -> None:
    """A transaction that began to write searches, others that began later end, then it writes."""
    call_action("package_search", q="*:*")
    call_action("package_show", {"for_update": True}, id="da")
    with model.meta.engine.begin() as later:
        later.execute(text("SELECT pg_current_xact_id()"))
    assert call_action("package_search", q="Vorher")["count"] == 1
    call_action("package_patch", id="da", title="Nachher")
    model.Session.remove()
    assert call_action("package_search", q="Nachher")["count"] == 1
    assert call_action("package_search", q="Vorher")["count"] == 0


def test_the_commands_of_the_index_share_it_with_others(dataset: dict[str, Any]) -> None:
    """Real processes; while they rebuild, datasets are changed here."""
    for number in range(20):
        factories.Dataset(owner_org=dataset["owner_org"], title=f"Nummer {number}")
    gone = said_by_the_database()

    def command(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ckanext.suedwest.launcher.ckan_command", "search-index"]
            + list(arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def said(process: subprocess.Popen[str]) -> str:
        told, _ = process.communicate(timeout=2 * PATIENCE_S)
        assert process.returncode == 0, told
        return told

    said(command("clear"))
    assert said_by_the_index() == {}
    assert "not indexed = 21 out of 21" in said(command("check"))
    rebuilds = [command("rebuild-fast"), command("rebuild", "-i", "-q")]
    number = 0
    while any(rebuild.poll() is None for rebuild in rebuilds):
        id_ = sorted(gone)[number % len(gone)]
        number += 1
        if number % 5 == 0 and len(gone) > 10:
            del gone[id_]
            call_action("dataset_purge", id=id_)
        else:
            call_action("package_patch", id=id_, title=f"Geändert {number}")
    told = [said(rebuild) for rebuild in rebuilds]
    assert said_by_the_index() == said_by_the_database(), told
    search.clear(sorted(gone)[0])
    said(command("rebuild", "--only-missing", "--quiet"))
    assert said_by_the_index() == said_by_the_database()
    assert "not indexed = 0" in said(command("check"))


def test_forked_processes_have_connections_of_their_own(dataset: dict[str, Any]) -> None:
    """A process forks while it is in a transaction, as servers and `rebuild-fast` do."""
    call_action("package_search", q="*:*")
    before = model.Session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar()
    told = multiprocessing.get_context("fork").SimpleQueue()

    def child() -> None:
        told.put(model.Session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar())
        search.rebuild(dataset["id"])
        told.put(call_action("package_search", q="Vorher")["count"])

    children = [multiprocessing.get_context("fork").Process(target=child) for _ in range(3)]
    for each in children:
        each.start()
    for each in children:
        each.join(PATIENCE_S)
        assert each.exitcode == 0
    answers = [told.get() for _ in range(6)]
    assert answers.count(1) == 3
    assert len({*answers, before}) == 5
    after = model.Session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar()
    assert after == before


def test_a_rebuild_of_a_dataset_that_is_not_there() -> None:
    with pytest.raises(NotFound):
        search.rebuild("nie-dagewesen")
    assert said_by_the_index() == {}
