"""Nobody is told of a dataset he may not read: not by hits, not by numbers, not by facets."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

import ckan.model as model
import pytest
from ckan.common import config
from ckan.lib.search.common import SearchError
from ckan.logic import NotAuthorized, ValidationError, check_access
from ckan.tests import factories
from ckan.tests.helpers import call_action
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

COUNTED = ["tags", "organization", "capacity", "state", "name", "id", "title", "res_format"]
FACETS = [*COUNTED, "permission_labels", "creator_user_id"]
SECRET = "geheim"


@dataclass(frozen=True)
class Catalogue:
    """Datasets as the database has them, and who may read which, by the rules for showing one."""

    datasets: dict[str, dict[str, Any]]
    readable: dict[str, set[str]]
    """Ids by the name of a user; the empty name is a visitor who is not logged in."""
    words: list[str]
    """What a query may name: ids, names, labels of all of them."""


@pytest.fixture
def catalogue(clean_index: None, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """Of two organisations: public and private, active, draft and deleted; some shared by name."""
    monkeypatch.setitem(config, "ckan.auth.allow_dataset_collaborators", True)
    monkeypatch.setitem(config, "ckan.search.remove_deleted_packages", False)
    users = {role: factories.User() for role in ("editor", "member", "collaborator", "stranger")}
    sysadmin = factories.Sysadmin()
    organizations = [
        factories.Organization(
            name="amt-a", users=[{"name": users["editor"]["name"], "capacity": "editor"}]
        ),
        factories.Organization(
            name="amt-b", users=[{"name": users["member"]["name"], "capacity": "member"}]
        ),
    ]
    made = [
        factories.Dataset(
            name=f"{word(private, state)}-{organization['name']}-{state}-{number}{private:d}",
            title=f"{word(private, state)} {state} Pegel",
            notes=f"{organization['name']} {word(private, state)} {number}",
            owner_org=organization["id"],
            private=private,
            state=state if state != "deleted" else "active",
            user=sysadmin,
            tags=[{"name": "wasser"}, {"name": f"{word(private, state)}-{number}"}],
            resources=[{"url": "http://example.org/a.csv", "format": "CSV", "name": "Werte"}],
        )
        for organization, private, state, number in product(
            organizations, (False, True), ("active", "draft", "deleted"), (1, 2)
        )
    ]
    for dataset in made:
        if "-deleted-" in dataset["name"]:
            call_action("package_delete", id=dataset["id"])
    for dataset in made[:2] + made[6:8]:
        call_action(
            "package_collaborator_create",
            id=dataset["id"],
            user_id=users["collaborator"]["id"],
            capacity="member",
        )
    names_of_organizations = {each["id"]: each["name"] for each in organizations}
    datasets = {
        package.id: {
            "id": [package.id],
            "name": [package.name],
            "title": [package.title],
            "notes": [package.notes],
            "state": [package.state],
            "capacity": ["private" if package.private else "public"],
            "organization": [names_of_organizations[package.owner_org]],
            "tags": [tag.name for tag in package.get_tags()],
            "res_format": ["CSV"],
        }
        for package in model.Session.query(model.Package)
    }
    names = ["", *(user["name"] for user in users.values()), sysadmin["name"]]
    return Catalogue(
        datasets,
        {name: {id_ for id_ in datasets if may_read(name, id_)} for name in names},
        words=[
            *(value for fields in datasets.values() for value in fields["id"] + fields["name"]),
            *(f"member-{organization['id']}" for organization in organizations),
            *(f"creator-{user['id']}" for user in (*users.values(), sysadmin)),
            *(f"collaborator-{id_}" for id_ in datasets),
        ],
    )


def word(private: bool, state: str) -> str:
    """A word that public datasets do not have."""
    return SECRET if private or state != "active" else "offen"


def may_read(user: str, id_: str) -> bool:
    """Whether CKAN would show the dataset to the user."""
    try:
        return check_access("package_show", {"user": user}, {"id": id_})
    except NotAuthorized:
        return False


def _queries(words: list[str]) -> st.SearchStrategy[str]:
    tricks = (
        ["*:*", "*", "-a", "NOT a", "*:* -a", "Pegel", SECRET, f"title:{SECRET}", "tags:wasser"]
        + ["permission_labels:*", "permission_labels:[* TO *]", "-permission_labels:public"]
        + ["permission_labels:public", "capacity:private", "+capacity:private", "-capacity:public"]
        + ["state:draft", "+state:draft", "+state:deleted", "+state:(active OR draft OR deleted)"]
        + ["site_id:*", "-site_id:*", "entity_type:package", "organization:amt-b", f"{SECRET}*"]
        + ["{!bool should='*:*'}", "{!lucene q.op=OR}a *:*", "res_format:CSV", "title:[a TO z]"]
        + ["metadata_modified:[* TO NOW]", "data_dict:*", f"name:{SECRET}*", f"notes:{SECRET}"]
    )
    atoms = st.one_of(
        st.sampled_from(tricks),
        st.sampled_from(words).map('permission_labels:"{}"'.format),
        st.sampled_from(words).map('id:"{}"'.format),
        st.sampled_from(words).map("name:{}".format),
        st.sampled_from(words),
    )
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            inner.map("({})".format),
            st.builds("{}{}".format, st.sampled_from(["+", "-", "NOT "]), inner),
            st.builds(
                lambda operator, each: operator.join(each),
                st.sampled_from([" ", " OR ", " AND ", " || ", " +", ") OR (", ") ("]),
                st.lists(inner, min_size=2, max_size=4),
            ),
        ),
        max_leaves=6,
    )


@pytest.mark.timeout(600)
def test_no_answer_tells_of_what_may_not_be_read(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All hits may be read, and number and facets are those of the hits alone."""
    monkeypatch.setitem(
        config, "ckan.search.solr_allowed_query_parsers", ["bool", "lucene", "field"]
    )
    query = _queries(catalogue.words)
    told = 0

    @settings(
        max_examples=800,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        user=st.sampled_from(sorted(catalogue.readable)),
        call=st.fixed_dictionaries(
            {},
            optional={
                "q": query,
                "fq": query,
                "fq_list": st.lists(query, max_size=2),
                "include_private": st.booleans(),
                "include_drafts": st.booleans(),
                "include_deleted": st.booleans(),
                "sort": st.sampled_from(["name asc", "permission_labels asc", "title_string desc"]),
                "defType": st.sampled_from(["dismax", "edismax", "lucene"]),
                "mm": st.sampled_from(["0", "1", "0%"]),
            },
        ),
    )
    def ask(user: str, call: dict[str, Any]) -> None:
        nonlocal told
        context = {"ignore_auth": False, "user": user}
        call = {**call, "rows": 1000, "facet.field": json.dumps(FACETS), "facet.limit": -1}
        with suppress(SearchError, ValidationError):
            answer = call_action("package_search", context, **call)
            ids = [package["id"] for package in answer["results"]]
            assert set(ids) <= catalogue.readable[user]
            assert answer["count"] == len(ids) == len(set(ids))
            for field in COUNTED:
                expected = Counter(v for id_ in ids for v in catalogue.datasets[id_][field])
                assert answer["facets"][field] == expected, field
            labels = answer["facets"]["permission_labels"]
            assert set(labels.values()) <= set(range(1, len(ids) + 1))
            told += len(ids)

    ask()
    assert told > 500


def test_each_finds_all_that_he_may_read(catalogue: Catalogue) -> None:
    """The rules of the search and of showing a dataset are the same."""
    counts: set[int] = set()
    for user, readable in catalogue.readable.items():
        answer = call_action(
            "package_search",
            {"ignore_auth": False, "user": user},
            rows=1000,
            include_private=True,
            include_drafts=True,
            include_deleted=True,
        )
        assert {package["id"] for package in answer["results"]} == readable
        counts.add(len(readable))
    # public active ones only; those of an own organisation; single ones; all
    assert len(counts) >= 3
    assert max(counts) == len(catalogue.datasets)


PATHS = (
    ["/dataset/", f"/dataset/?q={SECRET}", "/dataset/?q=*:*&sort=title_string+asc"]
    + ["/organization/amt-a", "/organization/amt-b", f"/organization/amt-a?q={SECRET}"]
    + ["/feeds/dataset.atom", "/feeds/organization/amt-a.atom", "/feeds/tag/wasser.atom"]
    + [f"/feeds/custom.atom?q={SECRET}", "/feeds/custom.atom?q=*:*", "/", "/pegel", "/kommunen"]
    + ["/catalog.ttl", "/catalog.jsonld", f"/catalog.ttl?q={SECRET}"]
    + [
        f"/api/3/action/{action}"
        for action in (
            "package_search?rows=1000&include_private=true&include_drafts=true"
            "&include_deleted=true",
            "package_search?q=*:*&fq=capacity:private",
            'package_search?facet.field=["name","title"]&rows=0',
            f"package_autocomplete?q={SECRET}",
            "package_autocomplete?q=pegel",
            "package_list",
            "current_package_list_with_resources",
            "tag_show?id=wasser&include_datasets=true",
            "tag_search?query=wasser",
            "organization_show?id=amt-a&include_datasets=true",
            "organization_list?all_fields=true&include_dataset_count=true",
            "resource_search?query=name:Werte",
        )
    ]
)


@pytest.fixture
def app_of_visitors(app: Any, catalogue: Catalogue) -> Any:
    """Answers requests without a login, with the catalogue in its index."""
    return app


def test_no_page_shows_a_visitor_the_name_of_a_hidden_dataset(app_of_visitors: Any) -> None:
    shown = 0
    for path in PATHS:
        answer = app_of_visitors.get(path, status=None)
        assert answer.status_code in (200, 404), path
        text = answer.get_data(as_text=True)
        for sent in (f"{SECRET}-amt", f"{SECRET} active", f"{SECRET} draft", f"{SECRET} deleted"):
            assert sent not in text, path
        shown += "offen-amt" in text
    assert shown > len(PATHS) / 2


def test_a_number_of_datasets_leaves_out_the_hidden(app_of_visitors: Any) -> None:
    answer = app_of_visitors.get(
        "/api/3/action/organization_list?all_fields=true&include_dataset_count=true"
    )
    counts = {each["name"]: each["package_count"] for each in answer.json["result"]}
    assert counts == {"amt-a": 2, "amt-b": 2}
