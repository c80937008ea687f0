"""Programs that import datasets work with CKAN's session in ways its pages do not.

A harvester writes rows of its own before a dataset and after it, commits on its own, swallows
errors, empties the session between two datasets, and may run in several threads. Whatever it does,
a dataset that is in the database is in the index, and one that is not is not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import ckan.model as model
import pytest
from ckan.logic import ValidationError
from ckan.tests import factories
from ckan.tests.helpers import call_action
from search_index import said_by_the_database, said_by_the_index

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

Import = Callable[[str], Any]


def create(name: str, owner: str, **values: Any) -> None:
    """As a harvester does: only the id is asked for."""
    call_action(
        "package_create",
        {"return_id_only": True},
        name=name,
        title=values.pop("title", name),
        owner_org=owner,
        license_id="cc-zero",
        **values,
    )


def note(value: str) -> None:
    """A row of the harvester's own, not committed yet."""
    model.Session.add(model.SystemInfo("harvest-" + value, value))
    model.Session.flush()


def with_rows_of_its_own_around(owner: str) -> None:
    for name in ("eins", "zwei"):
        note(f"before-{name}")
        create(name, owner)
        note(f"after-{name}")
        model.Session.commit()


def with_a_user_made_on_the_way(owner: str) -> None:
    call_action("get_site_user", {"ignore_auth": True, "defer_commit": True})
    create("eins", owner)
    create("zwei", owner)
    model.Session.commit()


def with_an_emptied_session_between(owner: str) -> None:
    for name in ("eins", "zwei"):
        note(name)
        create(name, owner)
        model.Session.remove()


def with_a_refused_one_between(owner: str) -> None:
    """The refusal undoes what is not committed yet; the harvester goes on and commits."""
    create("eins", owner)
    note("before")
    with pytest.raises(ValidationError):
        create("eins", owner, title="Noch einmal")
    model.Session.commit()
    create("zwei", owner)


def with_one_that_is_taken_back(owner: str) -> None:
    nested = model.Session.begin_nested()
    model.Session.add(model.Package(name="verworfen", title="Verworfen", owner_org=owner))
    model.Session.flush()
    nested.rollback()
    create("eins", owner)
    create("zwei", owner)
    model.Session.commit()


def with_a_keyword_added_by_itself(owner: str) -> None:
    """What belongs to a dataset changes without CKAN's actions, and another one commits it."""
    create("eins", owner)
    create("zwei", owner)
    package = model.Package.get("zwei")
    assert package
    package.add_tag_by_name("wasser")
    note("between")
    call_action("package_patch", id="eins", title="Geändert")


def with_a_search_in_between(owner: str) -> None:
    """A search inside a transaction must not take anything for seen that it has not seen."""
    for number, name in enumerate(("eins", "zwei")):
        note(name)
        assert call_action("package_search", rows=0)["count"] == number
        create(name, owner)
        assert call_action("package_search", rows=0)["count"] == number + 1


def with_several_threads(owner: str) -> None:
    errors: list[BaseException] = []

    def work(name: str) -> None:
        try:
            note(name)
            create(name, owner)
            call_action("package_patch", id=name, title=f"{name}, geändert")
        except BaseException as error:
            errors.append(error)
            raise
        finally:
            model.Session.remove()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("eins", "zwei")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


IMPORTS: list[Import] = [
    with_rows_of_its_own_around,
    with_a_user_made_on_the_way,
    with_an_emptied_session_between,
    with_a_refused_one_between,
    with_one_that_is_taken_back,
    with_a_keyword_added_by_itself,
    with_a_search_in_between,
    with_several_threads,
]


@pytest.mark.parametrize("how", IMPORTS)
def test_an_import_loses_no_dataset(how: Import) -> None:
    owner = factories.Organization()["id"]
    model.Session.remove()
    how(owner)
    now = said_by_the_database()
    assert sorted(dataset["name"] for dataset in now.values()) == ["eins", "zwei"]
    assert said_by_the_index() == now
