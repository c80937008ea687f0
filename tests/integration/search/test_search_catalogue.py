"""The catalogue search as CKAN's actions and pages see it, on a real PostgreSQL."""

from __future__ import annotations

import json
from typing import Any

import ckan.model as model
import pytest
from ckan.lib.search.common import SearchError
from ckan.tests import factories
from ckan.tests.helpers import call_action
from sqlalchemy import text

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def names(**query: Any) -> list[str]:
    """Names of the datasets found, in their order, as an anonymous visitor finds them."""
    context = {"ignore_auth": False, "user": ""}
    answer = call_action("package_search", context=context, **query)
    return [package["name"] for package in answer["results"]]


def indexed() -> list[str]:
    """Names in the index as another connection sees them."""
    with model.meta.engine.connect() as connection:
        return sorted(
            connection.execute(text("SELECT name FROM suedwest_search.document")).scalars()
        )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Brücke", ["bruecken"]),
        ("Bruecke", ["bruecken"]),
        ("BRÜCKEN", ["bruecken"]),
        ("Strasse", ["strassen"]),
        ("Straße", ["strassen"]),
        # the title is worth more than the description
        ("Wasserstand", ["wasserstand", "pegel"]),
        ("wasserstände", ["wasserstand", "pegel"]),
        # either end of a compound, but no part of any word
        ("Messung", ["pegel"]),
        ("Haus", []),
        ('"Brücken im Kreis"', ["bruecken"]),
        ('"Kreis im Brücken"', []),
        ("Wasserstand -Pegel", ["wasserstand"]),
        ("title:Wasserstand", ["wasserstand"]),
        ("Wasserst*", ["wasserstand", "pegel"]),
        ("name:pegel", ["pegel"]),
        ("tags:Gewässer", ["pegel"]),
    ],
)
def test_german_words_find_what_a_person_expects(query: str, expected: list[str]) -> None:
    factories.Dataset(name="bruecken", title="Brücken im Kreis", notes="")
    factories.Dataset(name="strassen", title="Straßenverzeichnis", notes="Alle Straßen")
    factories.Dataset(
        name="pegel",
        title="Pegel an der Prüm",
        notes="Zeigt jeden Wasserstand. Wasserstandsmessung seit 2019",
        tags=[{"name": "Gewässer"}],
    )
    factories.Dataset(name="wasserstand", title="Wasserstand der Nims", notes="")
    factories.Dataset(name="haushalt", title="Haushaltsplan", notes="")
    assert names(q=query) == expected


def test_a_dataset_is_found_changed_and_gone() -> None:
    dataset = factories.Dataset(title="Spielplätze")
    assert names(q="Spielplätze") == [dataset["name"]]
    call_action("package_patch", id=dataset["id"], title="Bolzplätze")
    assert names(q="Spielplätze") == []
    assert names(q="Bolzplätze") == [dataset["name"]]
    call_action("package_delete", id=dataset["id"])
    assert names(q="Bolzplätze") == []


def test_facets_count_each_value_once_for_a_dataset() -> None:
    organization = factories.Organization()
    for number, tags in enumerate((["wasser", "rhein"], ["wasser"], ["wald"])):
        factories.Dataset(
            owner_org=organization["id"],
            tags=[{"name": tag} for tag in tags],
            resources=[
                {"url": f"http://example.org/{number}.csv", "format": "CSV"},
                {"url": f"http://example.org/{number}b.csv", "format": "CSV"},
            ],
        )
    answer = call_action(
        "package_search",
        **{"facet.field": json.dumps(["tags", "res_format", "organization"]), "rows": 0},
    )
    assert answer["facets"]["tags"] == {"wasser": 2, "rhein": 1, "wald": 1}
    assert answer["facets"]["res_format"] == {"CSV": 3}
    assert answer["facets"]["organization"] == {organization["name"]: 3}
    assert answer["count"] == 3


@pytest.mark.parametrize(
    "query",
    [
        {"q": "Geheim"},
        {"q": "*:*"},
        {"q": "Geheim OR title:Geheim"},
        {"q": "capacity:private"},
        {"fq": "capacity:private"},
        {"fq": "+capacity:private OR title:Geheim"},
        {"fq": "title:x OR title:Geheim"},
        {"fq_list": ["capacity:private OR capacity:public"]},
        {"q": 'permission_labels:"creator-x" OR title:Geheim'},
        {"q": "Geheim", "include_private": True, "include_drafts": True},
    ],
)
def test_a_stranger_never_finds_a_private_dataset(query: dict[str, Any]) -> None:
    organization = factories.Organization()
    factories.Dataset(title="Geheim", owner_org=organization["id"], private=True)
    assert names(**query) == []


@pytest.mark.parametrize("q", ["(Rhein", "Rhein AND", "title:", "{!lucene}x", "*hein", "a:[1 TO"])
def test_bad_syntax_is_an_error_with_a_sentence(app: Any, q: str) -> None:
    with pytest.raises(SearchError):
        call_action("package_search", q=q)
    answer = app.get("/api/3/action/package_search", params={"q": q}, status=None)
    assert answer.status_code in (400, 409)
    assert answer.json["success"] is False


def test_the_index_row_comes_and_goes_with_the_transaction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    factories.Dataset(name="bleibt")
    context = {"user": factories.Sysadmin()["name"], "ignore_auth": True}

    def no_commit() -> None:
        assert "verworfen" in names(q="*:*"), "the transaction sees its own row"
        assert indexed() == ["bleibt"], "nobody else does"
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(model.repo, "commit", no_commit)
        with pytest.raises(RuntimeError, match="disk"):
            call_action("package_create", context=context, name="verworfen", title="Verworfen")
    model.Session.rollback()
    assert indexed() == ["bleibt"]
    assert names(q="*:*") == ["bleibt"]


def test_an_index_written_after_the_commit_is_not_lost() -> None:
    """Deleting a tag commits first, indexes then, and never commits again."""
    dataset = factories.Dataset(tags=[{"name": "wasser"}])
    tag = call_action("tag_show", id="wasser")
    call_action("tag_delete", id=tag["id"])
    model.Session.remove()
    assert names(q="tags:wasser") == []
    assert names(q="*:*") == [dataset["name"]]


def test_order_and_pages() -> None:
    for title in ("Ähren", "Zebra", "Apfel", "Birne"):
        factories.Dataset(title=title, name=f"n-{title[-3:].lower()}")
    answer = call_action("package_search", sort="title_string asc", rows=2, start=1)
    assert [package["title"] for package in answer["results"]] == ["Apfel", "Birne"]
    assert answer["count"] == 4
    assert len(names(sort="no_such_field desc")) == 4


def test_rebuilding_the_index_finds_everything_again(cli: Any) -> None:
    from ckan.cli.cli import ckan

    names_before = sorted(factories.Dataset()["name"] for _ in range(3))
    with model.meta.engine.begin() as connection:
        connection.execute(text("DELETE FROM suedwest_search.document"))
    assert names(q="*:*") == []
    result = cli.invoke(ckan, ["search-index", "rebuild"])
    assert not result.exit_code, result.output
    assert sorted(names(q="*:*")) == names_before
    result = cli.invoke(ckan, ["search-index", "check"])
    assert not result.exit_code, result.output


def test_pages_with_search_answer(app: Any) -> None:
    organization = factories.Organization()
    dataset = factories.Dataset(
        title="Pegel Andernach", owner_org=organization["id"], tags=[{"name": "wasser"}]
    )
    for path in (
        "/dataset/?q=Andernach",
        f"/dataset/{dataset['name']}",
        f"/organization/{organization['name']}",
        "/organization/",
        "/feeds/dataset.atom",
        "/api/3/action/package_autocomplete?q=Ander",
    ):
        assert "Andernach" in app.get(path, status=200).text or "organization" in path
