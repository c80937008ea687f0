"""Whatever stands in a query, it is answered or refused with a sentence, and never reaches SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import ckan.model as model
import pytest
from ckan.common import config
from ckan.lib.search.common import SearchError, SearchQueryError
from ckan.logic import ValidationError
from ckan.tests import factories
from ckan.tests.helpers import call_action
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from ckanext.suedwest.search.engine import STATEMENT_TIMEOUT_MS

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

EACH = 2_500
"""Examples of each of the four kinds of queries: 10,000 in all."""
ALLOWED_PARSERS = "lucene dismax edismax bool field term prefix frange func geofilt"
# What is refused before it comes to the search is CKAN's own doing, and 409 for its interface.
REFUSED_BY_CKAN = (
    "Local parameters are not supported",
    "Local parameters must be defined at the beginning",
    "Query parsers are not supported",
    "Magic fields are not supported",
)
MARK = "zqmarkqz"
FIELDS = (
    ["title", "name", "notes", "tags", "text", "id", "res_format", "organization", "groups"]
    + ["capacity", "state", "permission_labels", "metadata_modified", "metadata_created", "*"]
    + ["extras_views", "views", "issued_date", "title_ngram", "name_ngram", "spatial_geom"]
    + ["site_id", "entity_type", "_query_", "_val_", "data_dict", "index_id", "score", MARK]
    + ["short", "short->>'a'", '"', "ordinal", "vocab_x", "res_extras_y", "title_string", ""]
)
WORDS = (
    ["Pegel", "wasserstand", "Brücke", "straße", "a", "0", "-1", "1e999", "NaN", "9" * 40, MARK]
    + ["NOW", "NOW-1DAY/DAY", "NOW+99999YEARS", "2026-11-23T00:00:00Z", "2026-02-30", "*", "?"]
    + ["a*", "*a", "a?b", "a~", "a~2", "a~9", "a^2", "a^^", "a^-1", "\\", "\\*", "\\\\", "'", "''"]
    + ["%", "%s", "%(p0)s", ":p0", "{0}", "$1", ";", "--", "/*", "'; DROP TABLE package; --"]
    + ["' OR '1'='1", "pg_sleep(9)", "/a.*b/", "/[/", "/(a+)+$/", "\x00", "\ud83d", "\udc00"]
    + ["\U0001f4a9", "\u202e", "\u200b", "ﬁ", "İ", "ß" * 50, "ue" * 200, "😀" * 30, "\n", "\t"]
)
SIGNS = (
    ['"', "(", ")", "[", "]", "{", "}", "{!", ":", "+", "-", "!", " ", " ", " ", "^", "~", "/"]
    + [" AND ", " OR ", " NOT ", "&&", "||", " TO ", "{!frange l=1 u=2}", "{!func}", "{!lucene}"]
    + ["{!bool must=", "{!field f=title}", "{!term f=tags}", "{!geofilt}", "{!edismax qf=title}"]
    + ["{!type=lucene v=$q}", "{!prefix f=name}", "Intersects(ENVELOPE(", "v='", "_query_:", ","]
)

words = st.sampled_from(WORDS)
fields = st.sampled_from(FIELDS)
numbers = st.one_of(st.just("*"), st.integers().map(str), st.floats().map(str), words)
terms = st.one_of(
    words,
    words.map('"{}"'.format),
    st.lists(words, min_size=2, max_size=5).map(lambda each: '"' + " ".join(each) + '"'),
    st.builds(
        lambda left, low, high, right: f"{left}{low} TO {high}{right}",
        st.sampled_from("[{"),
        numbers,
        numbers,
        st.sampled_from("]}"),
    ),
)


def _longer(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        inner.map("({})".format),
        st.builds("{}:{}".format, fields, inner),
        st.builds("{}{}".format, st.sampled_from(["+", "-", "!", "NOT "]), inner),
        st.builds(
            lambda operator, each: operator.join(each),
            st.sampled_from([" ", " AND ", " OR ", " && ", " || ", " +", " -", " NOT "]),
            st.lists(inner, min_size=2, max_size=6),
        ),
        st.builds("{}^{}".format, inner, numbers),
        st.builds("{{!{} f={} v='{}'}}".format, st.sampled_from(["field", "term"]), fields, inner),
        st.builds("{{!bool must='{}' must_not={}}}".format, inner, words),
    )


written = st.recursive(terms, _longer, max_leaves=12)


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    """A query with pieces cut out, doubled or put in."""
    query = draw(written)
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.lists(st.integers(0, len(query)), min_size=2, max_size=2)))
        piece = draw(st.one_of(st.just(""), st.just(query[start:end] * 2), st.sampled_from(SIGNS)))
        query = query[:start] + piece + query[end:]
    return query


@st.composite
def _huge(draw: st.DrawFn) -> str:
    """The same again and again, or nested in itself; or whatever text there is."""
    if draw(st.booleans()):
        return draw(st.text(st.characters(categories=None), max_size=60))
    piece, sign = draw(words), draw(st.sampled_from(SIGNS))
    often = draw(st.sampled_from([2, 29, 31, 100, 1023, 1025, 3000]))
    return draw(
        st.sampled_from(
            [
                f"{piece}{sign}" * often,
                f"{sign}{piece}" * often + piece,
                "(" * often + piece + ")" * often,
                f"{draw(fields)}:({piece}" * often + ")" * often,
                "-" * often + piece,
                piece * often + "*",
            ]
        )
    )


QUERIES = {
    "written": written,
    "thrown together": st.lists(
        st.one_of(st.sampled_from(SIGNS), fields, words, st.just(MARK)), max_size=20
    ).map("".join),
    "damaged": _damaged(),
    "huge or any": _huge(),
}


def asked(query: str) -> st.SearchStrategy[dict[str, Any]]:
    """A call of `package_search` with the query in one of the places a caller may put it."""
    return st.sampled_from(
        [
            {"q": query},
            {"q": query},
            {"q": query, "defType": "edismax"},
            {"q": "*:*", "fq": query},
            {"q": "Pegel", "fq_list": [query, query[::-1]]},
            {"sort": query},
            {"facet.field": json.dumps([query, "tags"])},
            {"q": query, "fl": query, "facet.field": json.dumps(["tags", "title"])},
        ]
    )


@pytest.fixture(autouse=True)
def five_datasets(monkeypatch: pytest.MonkeyPatch, clean_index: None) -> None:
    """Titles, keywords, dates and numbers to compare with; more parsers than CKAN allows."""
    monkeypatch.setitem(config, "ckan.search.solr_allowed_query_parsers", ALLOWED_PARSERS.split())
    owner = factories.Organization()["id"]
    for number, title in enumerate(["Pegel", "Brücke", "Straße", "a", "Wasserstand in Köln"]):
        factories.Dataset(
            owner_org=owner,
            title=title,
            tags=[{"name": "wasser"}],
            extras=[{"key": "views", "value": str(number)}, {"key": "issued_date", "value": "nie"}],
        )


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """All SQL this process sends, without what is bound."""
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(model.meta.engine, "before_cursor_execute", listen)
    yield sent
    event.remove(model.meta.engine, "before_cursor_execute", listen)


def is_answered(call: dict[str, Any]) -> bool:
    """Whether a visitor is; what is refused has to be refused with a sentence."""
    try:
        answer = call_action("package_search", {"ignore_auth": False, "user": ""}, **call)
    except (SearchQueryError, ValidationError) as error:
        sentence = str(error)
    except SearchError as error:
        sentence = str(error) if str(error).startswith(REFUSED_BY_CKAN) else ""
    else:
        assert len(answer["results"]) <= answer["count"] <= 5
        return True
    assert sentence.strip(), call
    return False


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", QUERIES)
def test_any_query_is_answered_or_refused(kind: str, statements: list[str]) -> None:
    """No answer takes longer than the database may work on it."""
    answered: list[bool] = []

    @settings(
        max_examples=EACH,
        deadline=timedelta(milliseconds=STATEMENT_TIMEOUT_MS),
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(query=QUERIES[kind], data=st.data())
    def ask(query: str, data: st.DataObject) -> None:
        call = data.draw(asked(query))
        statements.clear()
        answered.append(is_answered(call))
        assert not any(MARK in statement for statement in statements)

    ask()
    assert len(answered) >= EACH
    assert EACH / 10 < sum(answered) < 0.95 * EACH
    model.Session.rollback()
    assert call_action("package_search")["count"] == 5


BLANKS = " " * 30_000


@pytest.mark.parametrize(
    "call",
    [
        {"q": f"a{BLANKS}b"},
        {"fq": BLANKS},
        {"sort": f"a{BLANKS}b"},
        {"fq_list": [f"a{BLANKS}b"]},
        {"q": "{!" + BLANKS + "}"},
        {"q": "a b " * 30_000},
    ],
    ids=["query", "filter", "order", "list of filters", "parser", "length"],
)
@pytest.mark.timeout(20)
def test_text_that_is_dear_to_look_through_is_refused(call: dict[str, Any]) -> None:
    """CKAN's own expression would take a minute for each of the first."""
    assert not is_answered(call)


def test_any_number_of_fields_may_be_asked_for() -> None:
    """In one query, and in one after the other."""
    for number in range(3):
        fields = [f"feld{number}x{each}" for each in range(90)]
        call = {
            "q": " OR ".join(["title:Pegel", *(f"{field}:x" for field in fields)]),
            "fq": " OR ".join(["tags:wasser", *(f"{field}y:[1 TO 2]" for field in fields)]),
            "facet.field": json.dumps(["tags", *(f"{field}z" for field in fields)]),
        }
        answer = call_action("package_search", {"ignore_auth": False, "user": ""}, **call)
        assert answer["count"] == 1
        assert answer["facets"]["tags"] == {"wasser": 1}


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(query=st.one_of(*QUERIES.values()))
def test_over_http_a_query_is_answered_or_a_bad_request(app: Any, query: str) -> None:
    query = query.encode("utf-8", "replace").decode()[:2000]
    answer = app.get("/api/3/action/package_search", params={"q": query}, status=None)
    assert answer.status_code in (200, 400, 409)
    if answer.status_code == 409:
        assert answer.json["error"]["message"].split("'")[0].strip()
    assert answer.json["success"] is (answer.status_code == 200)
    assert app.get("/dataset/", params={"q": query}, status=None).status_code in (200, 400)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        # how many of the words have to match
        ({"q": "Pegel Brücke", "mm": "1"}, 2),
        ({"q": "Pegel Brücke", "mm": "100%"}, 0),
        ({"q": "Pegel Brücke Köln", "mm": "33%"}, 3),
        # the fields to look into
        ({"q": "wasser", "qf": "title"}, 1),
        ({"q": "wasser", "qf": "tags^4 title"}, 5),
        ({"q": "Pegel", "defType": "lucene"}, 1),
        ({"q": "Pegel", "defType": "func"}, None),
        ({"q": "Pegel", "wt": "xml"}, None),
        ({"q": "Pegel", "tie": "viel"}, None),
        ({"q": "Pegel", "mm": "viele"}, None),
        ({"q": "Pegel", "qf": "title^hoch"}, None),
        ({"q": "Pegel", "boost": "gibtesnicht(1)"}, None),
        ({"q": "Pegel", "bf": "gibtesnicht(1)"}, None),
        ({"q": "Pegel", "sort": "gibtesnicht(1) desc"}, None),
        ({"q": "Pegel", "sort": "title_string"}, None),
        ({"q": "Pegel", "facet.limit": "viele"}, None),
        ({"q": "Pegel", "facet.mincount": "-1"}, None),
        ({"q": "Pegel", "rows": "viele"}, None),
        ({"q": "Pegel", "start": "-1"}, None),
        ({"q": "Pegel", "start": str(2**40)}, None),
        ({"q": "Pegel", "fq_list": [{"a": 1}]}, None),
        ({"q": "Pegel", "facet.query": "title:a"}, None),
        ({"q": "Pegel", "group.field": "title"}, None),
    ],
)
def test_a_parameter_is_honoured_or_refused(
    parameters: dict[str, Any], expected: int | None
) -> None:
    """What is asked for is done, or refused: never passed over in silence."""
    if expected is None:
        with pytest.raises((SearchQueryError, ValidationError)):
            call_action("package_search", **parameters)
        return
    with suppress(SearchQueryError):
        assert call_action("package_search", **parameters)["count"] == expected
