"""From a query tree to a mask over the documents that are held.

What can be told from columns is told from columns. The rest, words above all, is asked of the
database: each such part is an expression of SQL, with bound values only, that gives the packed
ordinals of what it finds.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy

from . import outlines
from .column import Mask
from .dates import instant
from .dismax import TEXT, Dismax
from .document import TITLE_ORDER
from .fields import INSTANTS, KEYS, OUTLINES, is_instant, is_text
from .functions import parse_function
from .held import NEVER, Held
from .query import (
    MOST_CLAUSES,
    Clauses,
    Everything,
    FunctionRange,
    Node,
    QueryRefused,
    Range,
    Within,
    Words,
)
from .words import FILLERS, exact_query, fold, phrase_query, word_query, words_of

_NGRAM_FIELDS = {"title_ngram": TITLE_ORDER, "name_ngram": "name"}
_DEFAULT_FIELDS = (None, TEXT, "*")
# Numbers with more digits would be compared as if they were equal.
_DECIMAL = re.compile(r"-?[0-9]{1,30}(?:[.][0-9]{1,30})?")
# From so many combinations of words on, the words are counted one by one.
_MOST_COMBINATIONS = 60


@dataclass(frozen=True)
class View:
    """What a mask is worked out from: the documents, and what the database found of each part."""

    held: Held
    found: Sequence[Mask]

    def mask(self, part: int) -> Mask:
        """Documents the database found for a part."""
        return self.found[part]


@dataclass(frozen=True)
class Part:
    """What the database is asked: SQL with names of bound values, and the values.

    `key` tells it from all others; empty when its answer is not worth keeping.
    """

    expression: str
    values: Mapping[str, Any]
    key: str


Test = Callable[[View], Mask]


class Question:
    """Collects the fields and the parts to ask the database for, while a tree becomes a test."""

    def __init__(self, now: datetime | None = None) -> None:
        self.fields: set[str] = set()
        self.parts: list[Part] = []
        self.now = now or datetime.now(UTC)
        self._part_of: dict[str, int] = {}

    def of(self, node: Node) -> Test:
        """Test that is true for the documents a node matches.

        Raises:
            QueryRefused: a value that cannot be compared.
        """
        if isinstance(node, Everything):
            return lambda view: numpy.ones(len(view.held), numpy.bool_)
        if isinstance(node, Words):
            return self._words(node)
        if isinstance(node, Range):
            return self._range(node)
        if isinstance(node, Within):
            return self._within(node)
        if isinstance(node, FunctionRange):
            return self._function(node)
        return self._clauses(node)

    def bare_words(self, node: Node, dismax: Dismax) -> Test:
        """A search for words as people type them: most of them have to match."""
        clauses = node if isinstance(node, Clauses) else Clauses(must=[node])
        queries = [bare_query(word, dismax) for word in clauses.must]
        if clauses.should or not queries or not all(queries):
            return self.of(node)
        most = self._most_of([query for query in queries if query], dismax)
        rest = [self.of(other) for other in clauses.must_not]
        return lambda view: _without(most(view), rest, view)

    def _most_of(self, queries: Sequence[str], dismax: Dismax) -> Test:
        required = dismax.required(len(queries))
        if math.comb(len(queries), required) <= _MOST_COMBINATIONS:
            groups = [" & ".join(group) for group in combinations(queries, required)]
            part = self.text(" | ".join(f"({group})" for group in groups))
        else:
            part = self._counted(queries, required)
        return lambda view: view.mask(part)

    def text(self, query: str) -> int:
        """Number of the part that finds the words of a tsquery."""
        return self._part(
            "(SELECT string_agg(int4send(ordinal), '') FROM suedwest_search.words"
            " WHERE CAST(lexemes AS tsvector) @@ CAST({0} AS tsquery))",
            query,
        )

    def _counted(self, queries: Sequence[str], required: int) -> int:
        return self._part(
            "(SELECT string_agg(int4send(ordinal), '') FROM ("
            "SELECT ordinal FROM unnest(CAST({0} AS text[])) query"
            " JOIN suedwest_search.words ON CAST(lexemes AS tsvector) @@ CAST(query AS tsquery)"
            " GROUP BY ordinal HAVING count(*) >= {1}) counted)",
            list(queries),
            required,
        )

    def _keys(self, field: str, values: Sequence[str]) -> Test:
        part = self._part(
            f"(SELECT string_agg(int4send(ordinal), '') FROM suedwest_search.document"  # noqa: S608
            f" WHERE {field} = ANY (CAST({{0}} AS text[])))",  # one of KEYS
            list(values),
            keep=False,  # each id is seldom asked for twice, and quickly found
        )
        return lambda view: view.mask(part)

    def _part(self, expression: str, *values: Any, keep: bool = True) -> int:
        key = json.dumps([expression, values])
        if key not in self._part_of:
            number = self._part_of[key] = len(self.parts)
            named = {f"part{number}_{place}": value for place, value in enumerate(values)}
            sql = expression.format(*(f"%({name})s" for name in named))
            self.parts.append(Part(sql, named, key if keep else ""))
        return self._part_of[key]

    def _clauses(self, node: Clauses) -> Test:
        query = text_query(node)
        if query is not None:
            part = self.text(query)
            return lambda view: view.mask(part)
        must = [self.of(clause) for clause in node.must]
        should = self._any_of(node.should) if node.should and not node.must else None
        must_not = [self.of(clause) for clause in node.must_not]

        def test(view: View) -> Mask:
            mask = numpy.ones(len(view.held), numpy.bool_) if should is None else should(view)
            for clause in must:
                mask = mask & clause(view)
            return _without(mask, must_not, view)

        return test

    def _any_of(self, nodes: Sequence[Node]) -> Test:
        """Test for the documents that match one of the nodes; many ids are asked for at once."""
        tests: list[Test] = []
        keys: dict[str, list[str]] = {}
        for node in nodes:
            if isinstance(node, Words) and node.field in KEYS and not node.prefix:
                keys.setdefault(node.field, []).append(node.text)
            else:
                tests.append(self.of(node))
        tests += [self._keys(field, values) for field, values in keys.items()]

        def test(view: View) -> Mask:
            mask = numpy.zeros(len(view.held), numpy.bool_)
            for each in tests:
                mask |= each(view)
            return mask

        return test

    def _words(self, node: Words) -> Test:
        field = node.field
        if field in _DEFAULT_FIELDS or is_text(str(field)):
            query = text_query(node)
            if query is None:
                # only signs: nothing is ever found by them; nothing at all asks for nothing
                blank = not node.text.strip()
                return lambda view: numpy.full(len(view.held), blank, numpy.bool_)
            part = self.text(query)
            return lambda view: view.mask(part)
        return self._word_of_column(str(field), node)

    def _word_of_column(self, field: str, node: Words) -> Test:
        if field in _NGRAM_FIELDS:
            return self._any_part(_NGRAM_FIELDS[field], node.text)
        if field in KEYS and not node.prefix:
            return self._keys(field, [node.text])
        if field in INSTANTS and not node.prefix:
            moment = _microseconds(instant(node.text, self.now))
            return lambda view: _cut_to_milliseconds(_instants(view, field)) == moment
        self.fields.add(field)
        if node.prefix:
            return lambda view: _by_value(view, field, lambda value: value.startswith(node.text))
        return lambda view: view.held.columns[field].with_value(node.text, len(view.held))

    def _any_part(self, field: str, text: str) -> Test:
        """Test for completing what is being typed: any part of a title or a name."""
        self.fields.add(field)
        parts = (fold(text) if field == TITLE_ORDER else text.lower()).split()

        def test(view: View) -> Mask:
            column = view.held.columns[field]
            mask = numpy.full(len(view.held), bool(parts), numpy.bool_)
            for part in parts:
                mask &= column.with_any(column.vocabulary.containing(part), len(view.held))
            return mask

        return test

    def _range(self, node: Range) -> Test:
        field = node.field
        if field in INSTANTS:
            low, high = (
                None if end is None else _microseconds(instant(end, self.now))
                for end in (node.low, node.high)
            )

            def of_instants(view: View) -> Mask:
                moments = _cut_to_milliseconds(_instants(view, field))
                return (moments > NEVER) & _between(moments, node, low, high)

            return of_instants
        self.fields.add(field)
        if node.low is None and node.high is None:
            return lambda view: view.held.columns[field].with_some(len(view.held))
        convert, low, high = _ends(node, self.now)

        def inside(value: str) -> bool:
            comparable = convert(value)
            return comparable is not None and bool(_between(comparable, node, low, high))

        return lambda view: _by_value(view, field, inside)

    def _within(self, node: Within) -> Test:
        if node.field != OUTLINES:
            raise QueryRefused("The field {text} holds no outlines.", text=node.field)
        self.fields.add(OUTLINES)

        def test(view: View) -> Mask:
            column = view.held.columns[OUTLINES]
            known = column.vocabulary.derived("outlines", outlines.parsed)
            return column.with_any(outlines.meeting(known, node.box), len(view.held))

        return test

    def _function(self, node: FunctionRange) -> Test:
        value = self.function(node.function)

        def test(view: View) -> Mask:
            numbers = numpy.broadcast_to(value(view), (len(view.held),))
            low = -math.inf if node.low is None else node.low
            high = math.inf if node.high is None else node.high
            above = numbers >= low if node.low_included else numbers > low
            below = numbers <= high if node.high_included else numbers < high
            return above & below

        return test

    def function(self, expression: str) -> Callable[[View], Any]:
        """What gives the value of a function for each document."""
        function, fields = parse_function(expression)
        self.fields |= fields

        def value(view: View) -> Any:
            return function(
                lambda field: view.held.columns[field].values_of(_float, "float", len(view.held))
            )

        return value


def text_query(node: Node) -> str | None:
    """A tsquery that says all of a node, None when it takes more than words."""
    if isinstance(node, Words):
        if node.field in _DEFAULT_FIELDS:
            return field_query(node, None)
        return field_query(node, node.field) if is_text(str(node.field)) else None
    if not isinstance(node, Clauses):
        return None
    chosen = node.must or node.should
    positive = [text_query(clause) for clause in chosen]
    negative = [text_query(clause) for clause in node.must_not]
    if not positive or not all(positive) or not all(negative):
        return None
    sign = " & " if node.must else " | "
    parts = [sign.join(f"({query})" for query in positive), *(f"!({q})" for q in negative)]
    return " & ".join(f"({part})" for part in parts)


def bare_query(node: Node, dismax: Dismax) -> str | None:
    """A tsquery for a word in one of the fields that are searched, None for what is none."""
    if not isinstance(node, Words) or node.field is not None or TEXT in dismax.worth:
        return text_query(node)
    queries = [query for field in dismax.worth if (query := field_query(node, field))]
    return " | ".join(queries) or None


def telling(node: Node) -> Node:
    """The tree without words that say nothing, as long as others are left.

    Who asks for Spielplätze in Linz wants neither all that is in Linz nor fewer for that “in”.
    """
    if not isinstance(node, Clauses):
        return node
    kept = [each for each in node.must if not _is_filler(each)]
    return replace(node, must=kept) if kept else node


def _is_filler(node: Node) -> bool:
    return (
        isinstance(node, Words)
        and node.field is None
        and not (node.phrase or node.prefix)
        and FILLERS.issuperset(words_of(node.text))
    )


def in_field(node: Node, field: str) -> Node:
    """The tree with `field` for what names none."""
    if isinstance(node, Words) and node.field is None:
        return replace(node, field=field)
    if isinstance(node, Clauses):
        lists = (node.must, node.should, node.must_not)
        return Clauses(*([in_field(each, field) for each in nodes] for nodes in lists))
    return node


# The score of a word asks again what its test has asked.
@lru_cache(2_000)
def field_query(node: Words, field: str | None, *, exact: bool = False) -> str | None:
    """A tsquery for a word or phrase in one field or anywhere, None where it is only signs.

    With `exact` a word does not count that is only a part of a longer one.

    Raises:
        QueryRefused: a phrase of too many words.
    """
    words = list(words_of(node.text))
    if len(words) > MOST_CLAUSES:
        raise QueryRefused("The query has more than {number} words.", number=MOST_CLAUSES)
    if not words:
        return None
    if node.prefix:
        return " & ".join(
            [
                *(word_query(word, field=field) for word in words[:-1]),
                word_query(words[-1], field=field, prefix=True),
            ]
        )
    if node.phrase or len(words) > 1:
        return phrase_query(words, field=field)
    return (exact_query if exact else word_query)(words[0], field=field)


def _without(mask: Mask, tests: Sequence[Test], view: View) -> Mask:
    for test in tests:
        mask = mask & ~test(view)
    return mask


def _by_value(view: View, field: str, test: Callable[[str], bool]) -> Mask:
    column = view.held.columns[field]
    return column.with_any(column.vocabulary.where(test), len(view.held))


def _instants(view: View, field: str) -> Any:
    return view.held.modified if field == "metadata_modified" else view.held.created


def _cut_to_milliseconds(moments: Any) -> Any:
    return moments - moments % 1000


def _between(value: Any, node: Range, low: Any, high: Any) -> Any:
    inside: Any = True
    if low is not None:
        inside = value >= low if node.low_included else value > low
    if high is not None:
        inside = inside & (value <= high if node.high_included else value < high)
    return inside


def _ends(node: Range, now: datetime) -> tuple[Callable[[str], Any], Any, Any]:
    """How a field's values are compared with the ends of a range, and the ends."""
    ends = (node.low, node.high)
    if is_instant(node.field):

        def convert(value: str) -> Any:
            try:
                return _microseconds(instant(value, now))
            except QueryRefused:
                return None

        low, high = (None if end is None else _microseconds(instant(end, now)) for end in ends)
        return convert, low, high
    if all(end is None or _DECIMAL.fullmatch(end) for end in ends):
        low, high = (None if end is None else float(end) for end in ends)
        return (lambda value: float(value) if _DECIMAL.fullmatch(value) else None), low, high
    return (lambda value: value), *ends


def _microseconds(moment: datetime) -> int:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return (moment - epoch) // (datetime.resolution)


def _float(value: str) -> float:
    return float(value) if _DECIMAL.fullmatch(value) else math.nan
