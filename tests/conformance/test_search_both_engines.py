"""The same catalogue in both engines, asked the same: `searches.toml` beside this file.

SUEDWEST_TEST_SOLR_URL names the core; `./suedwest test search-conformance --solr URL` sets it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import both_engines_catalogue
import ckan.plugins as plugins
import pytest
from ckan.common import config
from ckan.lib import search
from ckan.lib.search.common import SearchError
from ckan.logic import ValidationError
from ckan.tests import factories
from ckan.tests.helpers import call_action, changed_config, reset_db

# The first test makes and indexes the whole catalogue.
pytestmark = pytest.mark.timeout(900)

SEARCHES = tomllib.loads(Path(__file__).with_name("searches.toml").read_text(encoding="utf-8"))[
    "search"
]
EVERYWHERE = "solr-spatial-field"
BACKENDS = (EVERYWHERE, "solr-bbox")
CASES = [
    pytest.param(backend, case, id=f"{backend}: {case['name']}")
    for backend in BACKENDS
    for case in SEARCHES
    if backend == EVERYWHERE or "ext_bbox" in case["ask"]
]


@pytest.fixture(scope="module")
def solr_url() -> str:
    """The core of a Solr with CKAN's schema."""
    url = os.environ.get("SUEDWEST_TEST_SOLR_URL")
    if not url:
        pytest.fail("SUEDWEST_TEST_SOLR_URL is not set", pytrace=False)
    return url


@pytest.fixture(scope="module")
def sysadmin() -> Iterator[str]:
    """Makes the catalogue; name of an account that may see all of it."""
    # CKAN's own fixture for this lasts for one test only.
    plugins.load_all()
    reset_db()
    search.clear_all()
    both_engines_catalogue.make()
    yield str(factories.Sysadmin()["name"])
    plugins.unload_all()


@pytest.fixture(scope="module")
def index(solr_url: str, sysadmin: str) -> Callable[[str], None]:
    """A function that indexes the catalogue into both engines for a backend of ckanext-spatial."""
    indexed_for = ""

    def index(backend: str) -> None:
        nonlocal indexed_for
        if backend != indexed_for:
            for url in (config["solr_url"], solr_url):
                with changed_config("solr_url", url):
                    search.clear_all()
                    search.rebuild(quiet=True)
            indexed_for = backend

    return index


@pytest.mark.parametrize(("backend", "case"), CASES)
def test_both_engines_find_the_same(
    backend: str,
    case: dict[str, Any],
    index: Callable[[str], None],
    solr_url: str,
    sysadmin: str,
) -> None:
    user = sysadmin if case.get("sysadmin") else ""
    with changed_config("ckanext.spatial.search_backend", backend):
        index(backend)
        ours = answer(config["solr_url"], user, case["ask"])
        solrs = answer(solr_url, user, case["ask"])
    if "differs" in case:
        assert ours != solrs, f"no longer so: {case['differs']}"
    else:
        assert ours == solrs
        if "refused" not in solrs:
            assert case.get("nothing", False) == (solrs["count"] == 0)


def answer(url: str, user: str, ask: dict[str, Any]) -> dict[str, Any]:
    """What `package_search` answers: names (in their order where `ask` sorts), count, facets."""
    asked = {"rows": 1000, **ask}
    box = asked.pop("ext_bbox", None)
    if box is not None:
        asked["extras"] = {"ext_bbox": box}
    with changed_config("solr_url", url):
        try:
            found = call_action(
                "package_search", context={"ignore_auth": False, "user": user}, **asked
            )
        except (SearchError, ValidationError):
            return {"refused": True}
    names = [dataset["name"] for dataset in found["results"]]
    by_score = "score" in asked.get("sort", "score")
    return {
        "names": sorted(names) if by_score else names,
        "count": found["count"],
        "facets": {
            field: {item["name"]: item["count"] for item in facet["items"]}
            for field, facet in found["search_facets"].items()
        },
    }
