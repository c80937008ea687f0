"""The query dialect: what it reads, what it refuses, and that a filter never becomes optional."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.suedwest.search.dates import instant
from ckanext.suedwest.search.dismax import dismax_of, required_matches
from ckanext.suedwest.search.functions import parse_function
from ckanext.suedwest.search.local_parameters import parse_any
from ckanext.suedwest.search.query import (
    Clauses,
    Everything,
    FunctionRange,
    Node,
    QueryRefused,
    Range,
    Within,
    Words,
    parse,
)
from ckanext.suedwest.search.question import Question
from ckanext.suedwest.search.words import fold, lexemes, stems, words_of

PUBLIC = Words("public", "capacity")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("*:*", Everything()),
        ("*", Everything()),
        ("Wasser", Words("Wasser")),
        ("title:Wasser", Words("Wasser", "title")),
        ('name:"pegel-rhein"', Words("pegel-rhein", "name", phrase=True)),
        ("groups:pegel-rhein-andernach", Words("pegel-rhein-andernach", "groups")),
        ("Brück*", Words("Brück", prefix=True)),
        ("owner_org:*", Range("owner_org", None, None, True, True)),
        (
            "metadata_modified:[2026-01-01T00:00:00Z TO NOW]",
            Range("metadata_modified", "2026-01-01T00:00:00Z", "NOW", True, True),
        ),
        ("views:{1 TO *]", Range("views", "1", None, False, True)),
        ("a b", Clauses(must=[Words("a"), Words("b")])),
        ("a AND b", Clauses(must=[Words("a"), Words("b")])),
        ("a OR b", Clauses(should=[Words("a"), Words("b")])),
        ("a || b", Clauses(should=[Words("a"), Words("b")])),
        ("a && !b", Clauses(must=[Words("a")], must_not=[Words("b")])),
        ("a -b", Clauses(must=[Words("a")], must_not=[Words("b")])),
        ("NOT a", Clauses(must_not=[Words("a")])),
        (
            "state:(active OR draft)",
            Clauses(should=[Words("active", "state"), Words("draft", "state")]),
        ),
        ("+a:(x)", Words("x", "a")),
        (r"title:a\:b", Words("a:b", "title")),
        ("title:Wasser^4", Words("Wasser", "title", weight=4.0)),
        ('"a b"^.5 c', Clauses(must=[Words("a b", phrase=True, weight=0.5), Words("c")])),
        ("(a^2 OR b)^3", Clauses(should=[Words("a", weight=6.0), Words("b", weight=3.0)])),
        (r"a\^4", Words("a^4")),
        ("x^y", Words("x^y")),
        ("^4", Words("^4")),
        (r"a\~1", Words("a~1")),
        ("~5", Words("~5")),
        ("Wie hoch?", Clauses(must=[Words("Wie"), Words("hoch")])),
        ("C++", Words("C++")),
        ("", Clauses()),
    ],
)
def test_a_query_becomes_a_tree(query: str, expected: Node) -> None:
    assert parse(query) == expected
    assert parse_any(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "{!field f=spatial_geom}Intersects(ENVELOPE(6, 8, 51, 49))",
            Within("spatial_geom", (6.0, 49.0, 8.0, 51.0)),
        ),
        (" {!lucene}title:a", Words("a", "title")),
        ("{!lucene q.op=AND}a b", Clauses(must=[Words("a"), Words("b")])),
        ("{!lucene q.op=OR}a b", Clauses(should=[Words("a"), Words("b")])),
        ("{!lucene q.op=OR}a b AND +c", Clauses([Words("b"), Words("c")], [Words("a")])),
        ("{!type=dismax v='a b'}", Clauses(must=[Words("a"), Words("b")])),
        ("{!bool must=a must_not='b:c d'}", Clauses([Words("a")], [], [parse("b:c d")])),
        ("{!term f=tags}a b", Words("a b", "tags", phrase=True)),
        ("{!prefix f=name}pegel", Words("pegel", "name", prefix=True)),
    ],
)
def test_local_parameters_become_a_tree(query: str, expected: Node) -> None:
    assert parse_any(query) == expected


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("title:Radwega~1", "Similar words"),
        ("Radwega~", "Similar words"),
        ('notes:"Messwerte Minuten"~3', "Similar words"),
        ("(a b)~2", "Similar words"),
        ("views:[1 TO 2]^3", "A weight"),
        ("{!field f=g}Intersects(ENVELOPE(1,2,x,4))", "four numbers"),
        ("{!field}x", "name of a field"),
        ("{!join from=a to=b}x", "not known"),
        ("{!lucene df=title}x", "not known"),
        ("{!bool must=$other}", "refer to another"),
        ("{!bool must='open}", "never closed"),
        ("{!term f=a f=b}x", "stands twice"),
        ("{!frange l=0 df=x}div(1,2)", "not known"),
        ("{!frange l=low}div(1,2)", "not a number"),
        ("{!field f=name v='\x00'}", "cannot be searched"),
        ("{!term f=name}\ud83d", "cannot be searched"),
    ],
)
def test_other_local_parameters_are_refused_with_a_sentence(query: str, reason: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        parse_any(query)
    assert reason in str(refused.value)


def test_a_function_is_compared_with_two_numbers() -> None:
    tree = parse_any("{!frange incl=false l=0 u=1}div(minx,2)")
    assert tree == FunctionRange("div(minx,2)", 0.0, 1.0, low_included=False, high_included=True)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("2", 2.0),
        ("minx", 6.5),
        ("mul(minx,2)", 13.0),
        ("div(mul(max(0,sub(min(7,maxx),max(6,minx))),2),4)", 0.25),
        ("sum(1, missing, product(2,3,4))", 25.0),
        ("sub(-1.5e1,missing)", -15.0),
    ],
)
def test_functions_are_worked_out(expression: str, expected: float) -> None:
    fields = {"minx": 6.5, "maxx": 8.0, "missing": math.nan}
    function, read = parse_function(expression)
    assert function(lambda field: numpy.array([fields[field]])) == expected
    assert read <= fields.keys()


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("mul(1", "never closed"),
        ("mul(1,2) 3", "goes on"),
        ("sqrt(2)", "not known"),
        ("sub(1)", "cannot take 1 values"),
        ("", "reads name(value, value)"),
        ("mul(,)", "reads name(value, value)"),
        ("1;DROP", "cannot be read"),
        ("max(1," * 40, "too deep"),
    ],
)
def test_other_functions_are_refused_with_a_sentence(expression: str, reason: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        parse_function(expression)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NOW", "2026-03-31T13:45:30.123+00:00"),
        ("NOW/DAY", "2026-03-31T00:00:00+00:00"),
        ("NOW-1MONTH", "2026-02-28T13:45:30.123+00:00"),
        ("NOW-7DAYS/DAY", "2026-03-24T00:00:00+00:00"),
        ("NOW/YEAR+1DAY-2HOURS", "2026-01-01T22:00:00+00:00"),
        ("2026-01-02", "2026-01-02T00:00:00+00:00"),
        ("2026-01-02T03:04:05.678901Z", "2026-01-02T03:04:05.678+00:00"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05+00:00"),
        ("2026-01-31T00:00:00Z+1MONTH", "2026-02-28T00:00:00+00:00"),
    ],
)
def test_dates_of_queries(text: str, expected: str) -> None:
    now = datetime(2026, 3, 31, 13, 45, 30, 123456, tzinfo=UTC)
    assert instant(text, now) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text", ["gestern", "", "NOW+1CENTURY", "NOW+999999YEARS", "NOW/", "2026-13-01"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(QueryRefused):
        instant(text, datetime(2026, 3, 31, tzinfo=UTC))


@pytest.mark.parametrize(
    "query",
    [
        "+capacity:public a:x OR b:y",
        "a:x OR b:y +capacity:public",
        "a:x OR +capacity:public",
        "+capacity:public OR a:x OR b:y",
        "(a:x OR b:y) +capacity:public",
        "a:x || b:y AND +capacity:public",
        "a:x OR b:y +capacity:public +state:(active OR draft)",
    ],
)
def test_a_mandatory_clause_never_becomes_optional(query: str) -> None:
    tree = parse(query)
    assert isinstance(tree, Clauses)
    assert PUBLIC in tree.must


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("(a", "never closed"),
        ("a)", "never opened"),
        ("a AND", "without something on both sides"),
        ("OR a", "without something on both sides"),
        ("title:", "stands behind"),
        ("a +", "without anything behind it"),
        ("--included", "Two signs"),
        ('"open', "cannot be read"),
        ("t:[1 TO", "cannot be read"),
        ("t:[1 2]", "field:[low TO high]"),
        ("[1 TO 2]", "field:[low TO high]"),
        ("*asser", "end of a word"),
        ("W?sser", "end of a word"),
        ("a\ud800b", "cannot be searched"),
        ("(" * 40 + "a" + ")" * 40, "nested too deep"),
        ("a" * 100_001, "longer than"),
        ("a " * 1_025, "more than 1024 parts"),
        ("a\x00b", "cannot be searched"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_sentence(query: str, reason: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        parse(query)
    assert reason in str(refused.value)


@settings(max_examples=1500, deadline=None)
@given(st.text(alphabet="ab: =$\"()[]{}+-!&|*?^~\\/ORANDTO\n'%_;üß1", max_size=60))
def test_any_text_is_understood_or_refused(query: str) -> None:
    try:
        tree = parse_any(query)
    except QueryRefused:
        return
    question = Question()
    try:
        question.of(tree)
    except QueryRefused:
        return
    sql = " ".join(part.expression for part in question.parts)
    # no letter of the query stands in the SQL itself
    assert "'%_;" not in sql
    assert "ü" not in sql
    assert "ß" not in sql


@settings(max_examples=300, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_values_are_bound(value: str) -> None:
    question = Question()
    question.of(Words("x'y" + value, "id", phrase=True))
    question.of(Words("x'y" + value, phrase=True))
    assert "x'y" not in " ".join(part.expression for part in question.parts)
    assert ["x'y" + value] in [bound for part in question.parts for bound in part.values.values()]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Brücke", "Bruecke"),
        ("BRÜCKE", "brücke"),
        ("Straße", "Strasse"),
        ("STRASSE", "straße"),
        ("Köln", "koeln"),
        ("Häuser", "haeuser"),
        ("Prüm", "Pruem"),
    ],
)
def test_spellings_of_the_same_word_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Wasserstände", "Wasserstand"), ("Häuser", "Haus"), ("datasets", "dataset")]
)
def test_inflections_share_a_stem(one: str, other: str) -> None:
    assert set(stems(fold(one))) & set(stems(fold(other)))


def test_a_word_is_also_found_from_its_end() -> None:
    assert "<dnatsressawlegep" in lexemes(fold("Pegelwasserstand"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("B 256, L-113", ["b", "256", "l", "113"]),
        ("1,24 m", ["1", "24", "m"]),
        ("", []),
        ("…!", []),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert list(words_of(text)) == words


@pytest.mark.parametrize(
    ("rule", "required"),
    [
        # of 1, 2, 3, 5, 6 and 10 words
        ("2<-1 5<80%", [1, 2, 2, 4, 4, 8]),
        ("1", [1, 1, 1, 1, 1, 1]),
        ("-1", [1, 1, 2, 4, 5, 9]),
        ("100%", [1, 2, 3, 5, 6, 10]),
        ("-25%", [1, 2, 3, 4, 5, 8]),
        ("3 < 2", [1, 2, 3, 2, 2, 2]),
        ("7", [1, 2, 3, 5, 6, 7]),
        ("0%", [1, 1, 1, 1, 1, 1]),
    ],
)
def test_how_many_words_must_match(rule: str, required: list[int]) -> None:
    assert [required_matches(words, rule) for words in (1, 2, 3, 5, 6, 10)] == required


def test_the_weights_of_fields_are_read() -> None:
    assert dismax_of({"qf": "title^10 notes^0.5 tags"}).worth == {
        "title": 10.0,
        "notes": 0.5,
        "tags": 1.0,
    }
    assert dismax_of({"tie": "0.3"}).tie == 0.3


@pytest.mark.parametrize(
    ("settings_", "reason"),
    [
        ({"mm": "viele"}, "how many words"),
        ({"qf": "title^hoch"}, "a field and its weight"),
        ({"qf": "res_format"}, "not searched by words"),
        ({"tie": "fest"}, "not a number"),
        ({"qf": " ".join(f"extras_{n}" for n in range(30))}, "No more than"),
    ],
)
def test_other_settings_are_refused_with_a_sentence(settings_: dict[str, str], reason: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        dismax_of(settings_)
    assert reason in str(refused.value)
