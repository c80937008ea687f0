"""The catalogue search as CKAN's actions and pages see it, on a real PostgreSQL."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime
from typing import Any

import ckan.lib.search.common as search_common
import ckan.model as model
import ckan.plugins as plugins
import pysolr
import pytest
from ckan.cli.cli import ckan
from ckan.lib.search import clear, rebuild, show
from ckan.lib.search.common import SearchError, SearchQueryError
from ckan.lib.search.query import PackageSearchQuery
from ckan.logic import ValidationError, index_update_package
from ckan.tests import factories
from ckan.tests.helpers import call_action
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ckanext.suedwest.search.engine import PostgresqlSearch

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


@pytest.fixture(autouse=True)
def no_rows_of_others(with_plugins: None, clean_index: None) -> None:
    """Rows of another site, which `clean_index` leaves in a database that is used again."""
    model.Session.remove()
    with model.meta.engine.begin() as connection:
        connection.execute(text("DELETE FROM suedwest_search.document"))


def names(**query: Any) -> list[str]:
    """Names of the datasets found, in their order, as an anonymous visitor finds them."""
    context = {"ignore_auth": False, "user": ""}
    answer = call_action("package_search", context=context, **query)
    return [package["name"] for package in answer["results"]]


def new_dataset(**values: Any) -> dict[str, Any]:
    """A public dataset of an organisation; without one nothing may be created here."""
    owner = values.pop("owner_org", None) or factories.Organization()["id"]
    return factories.Dataset(owner_org=owner, **values)


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
    new_dataset(name="bruecken", title="Brücken im Kreis", notes="")
    new_dataset(name="strassen", title="Straßenverzeichnis", notes="Alle Straßen")
    new_dataset(
        name="pegel",
        title="Pegel an der Prüm",
        notes="Zeigt jeden Wasserstand. Wasserstandsmessung seit 2019",
        tags=[{"name": "Gewässer"}],
    )
    new_dataset(name="wasserstand", title="Wasserstand der Nims", notes="")
    new_dataset(name="haushalt", title="Haushaltsplan", notes="")
    assert names(q=query) == expected


def test_a_dataset_is_found_changed_and_gone() -> None:
    made = new_dataset(title="Spielplätze")
    assert names(q="Spielplätze") == [made["name"]]
    call_action("package_patch", id=made["id"], title="Bolzplätze")
    assert names(q="Spielplätze") == []
    assert names(q="Bolzplätze") == [made["name"]]
    call_action("package_delete", id=made["id"])
    assert names(q="Bolzplätze") == []


def test_facets_count_each_value_once_for_a_dataset() -> None:
    organization = factories.Organization()
    for number, tags in enumerate((["wasser", "rhein"], ["wasser"], ["wald"])):
        new_dataset(
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
    new_dataset(title="Geheim", owner_org=organization["id"], private=True)
    assert names(**query) == []


def test_a_visitor_may_have_many_labels() -> None:
    dataset = new_dataset()
    labels = [f"collaborator-{number:036}" for number in range(1000)]
    query = {"q": "*:*", "fl": "name"}
    assert PackageSearchQuery().run(dict(query), permission_labels=labels)["count"] == 0
    answer = PackageSearchQuery().run(dict(query), permission_labels=[*labels, "public"])
    assert answer["results"] == [dataset["name"]]


@pytest.mark.parametrize(
    "q",
    [
        *("(Rhein", "Rhein AND", "title:", "*hein", "a:[1 TO", "metadata_modified:[x TO NOW]"),
        *("title:Rhien~1", '"Pegel Rhein"~3', "a-" * 1025),
    ],
)
def test_bad_syntax_is_an_error_with_a_sentence(app: Any, q: str) -> None:
    with pytest.raises(SearchQueryError):
        call_action("package_search", q=q)
    answer = app.get("/api/3/action/package_search", params={"q": q}, status=400)
    assert answer.json["success"] is False
    assert answer.json["error"]["message"]
    app.get("/dataset/", params={"q": q}, status=400)


def test_a_text_without_a_word_is_no_value() -> None:
    new_dataset(name="gepflegt", maintainer="Bauhof")
    new_dataset(name="verwaist", maintainer="")
    for query, expected in (("maintainer:*", "gepflegt"), ("*:* -maintainer:[* TO *]", "verwaist")):
        found = call_action("package_search", q=query)["results"]
        assert [dataset["name"] for dataset in found] == [expected], query


def test_a_weight_lifts_what_it_stands_behind() -> None:
    new_dataset(name="radwege", title="Radwege")
    new_dataset(name="schulen", title="Schulen")
    for query, first in (
        ("title:Radwege^3 OR title:Schulen", "radwege"),
        ("title:Radwege OR title:Schulen^3", "schulen"),
    ):
        found = call_action("package_search", q=query)["results"]
        assert [len(found), found[0]["name"]] == [2, first], query


def test_a_dataset_is_shown_from_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """CKAN compares the time in the index with its table's, as text of 22 characters."""
    dataset = new_dataset()
    package = model.Package.get(dataset["id"])
    for microsecond in (1, 1_000, 100_000, 120_000, 999_999):
        package.metadata_modified = datetime.fromisoformat(f"2026-11-23T08:00:00.{microsecond:06}")
        model.Session.commit()
        rebuild(dataset["id"])
        shown = call_action("package_show", id=dataset["id"])
        indexed = show(dataset["id"])["metadata_modified"]
        assert indexed[:22] == shown["metadata_modified"][:22], microsecond


def test_parsers_that_are_not_allowed_are_refused(app: Any) -> None:
    answer = app.get("/api/3/action/package_search", params={"q": "{!lucene}x"}, status=409)
    assert answer.json["success"] is False


HOSTILE = [
    "'; DROP TABLE package; --",
    "title:'x' || pg_sleep(9)",
    r"title:\\\'x",
    "%s %(p0)s :p0 :p1 {0}",
    "\U0001f4a9 \u202e\u200b \ufffd",
    "'a:*' & !b | <-> c",
    "a" * 9000,
    "a " * 1024,
    "ue " * 300 + "*",
    "x:" + "9" * 400,
    "views:[" + "9" * 400 + " TO *]",
    "metadata_modified:[0001-01-01 TO 9999-12-31]",
    "metadata_created:[NOW-9999YEARS TO NOW]",
    "issued_date:[NOW-1DAY TO NOW]",
    "title:" + "(" * 29 + "a" + ")" * 29,
    "-" * 2000 + "a",
    '""',
    '"\'" AND """"',
    "text:* -*:*",
    "title:a OR " * 900 + "b",
    ",".join(["name asc"] * 2000)[:9000],
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_answered_or_refused(hostile: str) -> None:
    new_dataset(
        extras=[{"key": "views", "value": "9" * 400}, {"key": "issued_date", "value": "nie"}]
    )
    for query in (
        {"q": hostile},
        {"fq": hostile},
        {"sort": hostile},
        {"facet.field": json.dumps([hostile])},
        {"q": f"tags:{hostile}"},
    ):
        with contextlib.suppress(SearchQueryError, ValidationError):
            assert call_action("package_search", **query)["count"] in (0, 1)
    assert call_action("package_search")["count"] == 1


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.sampled_from(
            ["a", "Brücke", '"', "(", ")", "[", "]", "{!", "}", ":", "+", "-", "!", "AND", "OR"]
            + ["NOT", "TO", "*", "?", "^2", "~", "\\", "'", "%", " ", "title", "fields", "1", "||"]
            + [
                "metadata_modified",
                "NOW",
                "/DAY",
                "res_format:",
                "extras_x:",
                "tags:",
                "&&",
                "\ud83d",
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_any_text_is_answered_or_refused(query: str) -> None:
    for query_ in ({"q": query}, {"fq": query}):
        with contextlib.suppress(SearchError):
            call_action("package_search", **query_)


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        ("7.3, 7.5, 50.5, 50.4", ["andernach", "rhein"]),
        ("6.5, 6.6, 50.1, 50.0", ["eifel"]),
        ("8.0, 9.0, 50.5, 50.4", ["zwei-orte"]),
        ("170, -170, 1, -1", ["fidschi"]),
        ("-10, -5, 50.5, 50.4", []),
    ],
)
def test_a_box_finds_the_datasets_that_touch_it(envelope: str, expected: list[str]) -> None:
    outlines = {
        "andernach": ["POINT (7.3917 50.4432)"],
        "rhein": ["LINESTRING (7.0 50.9, 7.6 50.35)"],
        "eifel": ["POLYGON ((6.1 49.8, 6.9 49.8, 6.9 50.3, 6.1 50.3, 6.1 49.8))"],
        "zwei-orte": ["POINT (8.1 50.4)", "POINT (8.2 50.45)"],
        "fidschi": ["ENVELOPE(177, 178, 0.5, -0.5)"],
        "nirgends": [],
    }
    search = PostgresqlSearch("postgresql:")
    search.add(
        [
            {"index_id": name, "id": name, "site_id": "x", "name": name, "spatial_geom": outline}
            for name, outline in outlines.items()
        ]
    )
    query = f"{{!field f=spatial_geom}}Intersects(ENVELOPE({envelope}))"
    found = search.search("*:*", fq=[query], fl="name", sort="name asc")
    assert [document["name"] for document in found.docs] == expected


def test_a_dataset_is_found_on_the_map(app: Any) -> None:
    outline = {"type": "Point", "coordinates": [7.3917, 50.4432]}
    dataset = new_dataset(spatial=json.dumps(outline))
    assert names(extras={"ext_bbox": "7,50,8,51"}) == [dataset["name"]]
    assert names(extras={"ext_bbox": "8,50,9,51"}) == []
    assert dataset["name"] in app.get("/dataset/?ext_bbox=7,50,8,51", status=200).text


def test_the_index_row_comes_and_goes_with_the_transaction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = new_dataset(name="bleibt")["owner_org"]
    context = {"user": factories.Sysadmin()["name"], "ignore_auth": True}

    def no_commit() -> None:
        assert "verworfen" in names(q="*:*"), "the transaction sees its own row"
        assert indexed() == ["bleibt"], "nobody else does"
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(model.repo, "commit", no_commit)
        with pytest.raises(RuntimeError, match="disk"):
            call_action(
                "package_create",
                context=context,
                name="verworfen",
                title="Verworfen",
                owner_org=owner,
                license_id="cc-zero",
            )
    model.Session.rollback()
    assert indexed() == ["bleibt"]
    assert names(q="*:*") == ["bleibt"]


def test_a_change_stays_a_change_when_a_savepoint_ends() -> None:
    dataset = new_dataset(title="Vorher")
    package = model.Package.get(dataset["id"])
    assert package
    package.title = "Nachher"
    model.Session.flush()
    with model.Session.begin_nested():
        model.Session.execute(text("SELECT 1"))
    index_update_package({"ignore_auth": True}, dataset["id"])
    assert names(q="Nachher") == [dataset["name"]]
    model.Session.rollback()
    assert names(q="Nachher") == []
    assert names(q="Vorher") == [dataset["name"]]


def test_a_purge_that_fails_keeps_the_dataset_in_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """CKAN removes the row of the index before it has changed anything else."""
    dataset = new_dataset(name="bleibt")
    model.Session.remove()

    def no_commit() -> None:
        assert indexed() == ["bleibt"], "nobody else sees the removal yet"
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(model.repo, "commit_and_remove", no_commit)
        with pytest.raises(RuntimeError, match="disk"):
            call_action("dataset_purge", id=dataset["id"])
    model.Session.rollback()
    assert indexed() == ["bleibt"]
    call_action("dataset_purge", id=dataset["id"])
    assert indexed() == []


def test_clearing_the_index_is_carried_out_at_once() -> None:
    """`search-index clear` removes a row and never commits."""
    dataset = new_dataset(name="vergessen")
    assert model.Package.get(dataset["id"])
    clear(dataset["id"])
    assert indexed() == []
    assert names(q="*:*") == []


def test_an_index_written_after_the_commit_is_not_lost() -> None:
    """Deleting a tag commits first, indexes then, and never commits again."""
    made = new_dataset(tags=[{"name": "wasser"}])
    tag = call_action("tag_show", id="wasser")
    call_action("tag_delete", id=tag["id"])
    model.Session.remove()
    assert names(q="tags:wasser") == []
    assert names(q="*:*") == [made["name"]]


def test_order_and_pages() -> None:
    for title in ("Ähren", "Zebra", "Apfel", "Birne"):
        new_dataset(title=title, name=f"n-{title[-3:].lower()}")
    answer = call_action("package_search", sort="title_string asc", rows=2, start=1)
    assert [package["title"] for package in answer["results"]] == ["Apfel", "Birne"]
    assert answer["count"] == 4
    assert len(names(sort="no_such_field desc")) == 4


def test_the_commands_of_the_index(cli: Any) -> None:
    def run(*arguments: str) -> str:
        result = cli.invoke(ckan, ["search-index", *arguments])
        assert not result.exit_code, result.output
        return result.output

    names_before = sorted(new_dataset()["name"] for _ in range(3))
    one = names_before[0]
    run("clear", one)
    model.Session.remove()
    assert indexed() == names_before[1:]
    assert "not indexed = 1" in run("check")
    run("rebuild", "--only-missing")
    assert indexed() == names_before
    run("clear")
    model.Session.remove()
    assert indexed() == []
    run("rebuild", "-i")
    assert sorted(names(q="*:*")) == names_before
    assert "not indexed = 0" in run("check")
    assert one in run("show", one)


def test_pages_with_search_answer(app: Any) -> None:
    organization = factories.Organization()
    made = new_dataset(
        title="Pegel Andernach", owner_org=organization["id"], tags=[{"name": "wasser"}]
    )
    for path in (
        "/dataset/?q=Andernach",
        f"/dataset/{made['name']}",
        f"/organization/{organization['name']}",
        "/organization/",
        "/feeds/dataset.atom",
        "/api/3/action/package_autocomplete?q=Ander",
    ):
        assert "Andernach" in app.get(path, status=200).text or "organization" in path


def test_the_address_chooses_the_engine_however_often_the_plugin_is_loaded() -> None:
    plugins.unload("suedwest_search")
    plugins.load("suedwest_search")
    seam = search_common.pysolr
    plugins.unload("suedwest_search")
    plugins.load("suedwest_search")
    assert search_common.pysolr is seam
    assert seam.SolrError is pysolr.SolrError
    assert isinstance(seam.Solr("postgresql:"), PostgresqlSearch)
    assert type(seam.Solr("http://127.0.0.1:9/solr/ckan")) is pysolr.Solr
    assert type(seam.Solr("https://127.0.0.1:9/solr/ckan")) is pysolr.Solr
