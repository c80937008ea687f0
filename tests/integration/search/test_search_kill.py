"""Whatever moment a process or its connection dies, the index says what the database says."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import RawArray
from typing import Any

import ckan.model as model
import pytest
from ckan.logic import NotFound, ValidationError
from ckan.tests import factories
from ckan.tests.helpers import call_action
from search_index import (
    APPLICATION,
    at_each_write,
    end_what_they_left_to_the_server,
    said_by_the_database,
    said_by_the_index,
    start,
)
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

NAMES = [f"datensatz-{number}" for number in range(6)]
ROUNDS = 40
WRITERS = 3
Step = Callable[[], Any]


@pytest.fixture
def owner() -> Iterator[str]:
    """Id of an organisation. The group `gruppe` and the keyword `wasser` are there as well."""
    organization = factories.Organization()["id"]
    factories.Group(name="gruppe")
    create("da", organization)
    yield organization
    end_what_they_left_to_the_server()


def create(name: str, owner: str, **values: Any) -> Any:
    """A public dataset with a keyword."""
    return call_action(
        "package_create",
        **{
            "name": name,
            "title": name,
            "owner_org": owner,
            "license_id": "cc-zero",
            "tags": [{"name": "wasser"}],
            **values,
        },
    )


def delete_keyword() -> None:
    """Delete a keyword: CKAN commits, indexes the datasets that had it then."""
    call_action("tag_delete", id="wasser")


def member(action: str, name: str) -> None:
    """Put a dataset into the group or take it out: likewise."""
    call_action(action, id="gruppe", object=name, object_type="package", capacity="public")


STEPS: dict[str, Callable[[str], Step]] = {
    "create": lambda owner: lambda: create("neu", owner),
    "change": lambda _: lambda: call_action("package_patch", id="da", title="Anders", private=True),
    "delete": lambda _: lambda: call_action("package_delete", id="da"),
    "purge": lambda _: lambda: call_action("dataset_purge", id="da"),
    "delete a keyword": lambda _: delete_keyword,
    "add to a group": lambda _: lambda: member("member_create", "da"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_any_of_its_writes(owner: str, step: str) -> None:
    """Killed at its first write, at its second, and so on, until none is left to be killed at."""
    killed_at = 0
    survived = False
    while not survived:
        killed_at += 1
        before = said_by_the_database()
        process = start(_killed, killed_at, STEPS[step](owner))
        process.join()
        survived = process.exitcode == 0
        assert survived or process.exitcode == -signal.SIGKILL
        end_what_they_left_to_the_server()
        now = said_by_the_database()
        assert said_by_the_index() == now
        if now != before and not survived:
            break  # it was carried out before it died
    assert now != before
    assert killed_at > 2


def _killed(killed_at: int, step: Step) -> None:
    def kill(count: int) -> None:
        if count == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    at_each_write(kill)
    step()
    model.Session.remove()


def test_processes_killed_at_random_moments(owner: str) -> None:
    """Several at once write to the same few datasets; processes and connections die."""
    chance = random.Random(20261123)  # noqa: S311
    # one number for each writer: a lock around a common one would die with who holds it
    done = RawArray("i", WRITERS)

    def start_all() -> list[BaseProcess]:
        return [
            start(_write_for_ever, chance.random(), owner, done, number)
            for number in range(WRITERS)
        ]

    writers = start_all()
    try:
        for _ in range(ROUNDS):
            enough = sum(done) + 4
            while sum(done) < enough:
                time.sleep(chance.uniform(0, 0.2))
            time.sleep(chance.uniform(0, 0.3))
            if chance.random() < 0.3:
                _end_a_connection()
                continue
            for writer in writers:
                writer.kill()
                writer.join()
            end_what_they_left_to_the_server()
            assert said_by_the_index() == said_by_the_database()
            writers = start_all()
    finally:
        for writer in writers:
            writer.kill()
            writer.join()
    end_what_they_left_to_the_server()
    assert said_by_the_index() == said_by_the_database()


def _end_a_connection() -> None:
    with model.meta.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = :application AND datname = current_database()"
                " AND state <> 'idle' LIMIT 1"
            ),
            {"application": APPLICATION},
        )


def _write_for_ever(seed: float, owner: str, done: Any, number: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    while True:
        name = chance.choice(NAMES)
        steps: list[Step] = [
            lambda name=name: create(name, owner, private=chance.random() < 0.5),
            lambda name=name: call_action("package_patch", id=name, title=str(chance.random())),
            lambda name=name: call_action("package_patch", id=name, private=chance.random() < 0.5),
            lambda name=name: call_action("package_delete", id=name),
            lambda name=name: call_action("dataset_purge", id=name),
            lambda name=name: member("member_create", name),
            lambda name=name: member("member_delete", name),
            delete_keyword,
        ]
        # another process may have been faster, and a connection may have been ended
        with suppress(NotFound, ValidationError, DBAPIError):
            chance.choice(steps)()
            done[number] += 1
        model.Session.remove()
