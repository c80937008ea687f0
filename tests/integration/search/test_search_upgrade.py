"""An upgrade makes and fills the tables of the search where they are missing, old or incomplete."""

from __future__ import annotations

import os
from collections.abc import Callable

import ckan.lib.search as search
import ckan.model as model
import pytest
from ckan.tests import factories
from ckan.tests.helpers import call_action
from search_index import said_by_the_database, said_by_the_index
from sqlalchemy import text

from ckanext.suedwest.launcher.preparation import complete_search_index
from ckanext.suedwest.launcher.progress import Progress
from ckanext.suedwest.search import storage

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def _execute(statement: str) -> None:
    model.Session.remove()
    with model.meta.engine.begin() as connection:
        connection.execute(text(statement))


def miss_the_tables() -> None:
    """As before the first start with this search, or after a restore without its schema."""
    _execute("DROP SCHEMA suedwest_search CASCADE")


def have_an_older_version() -> None:
    """As another version of this program has left them."""
    _execute("UPDATE suedwest_search.version SET version = version - 1")


def miss_a_dataset() -> None:
    """As after a restore of CKAN's tables alone."""
    search.clear(sorted(said_by_the_database())[0])


def know_one_too_many() -> None:
    """Likewise."""
    forgotten = call_action("package_show", id=sorted(said_by_the_database())[0], use_cache=False)
    forgotten |= {"id": "nie-dagewesen", "name": "nie-dagewesen"}
    search.PackageSearchIndex().index_package(forgotten | {"with_custom_schema": forgotten})


UNSEEN_BY_THIS_PROCESS = (miss_the_tables, have_an_older_version)
"""A process looks at the tables when it starts; no upgrade takes them from one that runs."""


@pytest.mark.parametrize(
    "befall", [miss_the_tables, have_an_older_version, miss_a_dataset, know_one_too_many]
)
def test_an_upgrade_completes_the_index(
    befall: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = factories.Organization()["id"]
    for _ in range(3):
        factories.Dataset(owner_org=owner)
    befall()
    assert befall in UNSEEN_BY_THIS_PROCESS or said_by_the_index() != said_by_the_database()
    complete_search_index(os.environ, Progress())
    # as a process that starts after the upgrade, which looks at the tables once
    monkeypatch.setattr(storage, "_ready", set())
    assert said_by_the_index() == said_by_the_database()
