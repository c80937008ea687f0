"""From a query tree to a condition in SQL; every value is a bound parameter."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from .dates import instant
from .fields import INSTANTS, WEIGHTS, column_of, is_instant, is_text
from .query import Clauses, Everything, Node, Range, Within, Words
from .words import quoted, word_query, words_of

# Fields that are searched by words, with the weight that tells them from the rest.
_WEIGHT_OF_FIELD = {"title": WEIGHTS["title"], "notes": WEIGHTS["notes"], "text": ""}
_NGRAM_FIELDS = {"title_ngram": "title", "name_ngram": "name"}
# What may be cast to a number: more digits would be out of range.
_DECIMAL = "^-?[0-9]{1,30}([.][0-9]{1,30})?$"
# Solr's rule "2<-1 5<80%": two words must both match, from three on one may miss, from six on 80 %.


def required_matches(words: int) -> int:
    """How many of so many words have to match in a search for bare words."""
    if words <= 2:
        return words
    return words - 1 if words <= 5 else int(words * 0.8)


class Condition:
    """Collects the parameters while a tree is turned into SQL."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}
        self.has_words = False

    def bind(self, value: Any) -> str:
        """A placeholder for a value."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"

    def of(self, node: Node) -> str:
        """SQL that is true for the documents a node matches."""
        if isinstance(node, Everything):
            return "TRUE"
        if isinstance(node, Words):
            return self._words(node)
        if isinstance(node, Range):
            return self._range(node)
        if isinstance(node, Within):
            return self._within(node)
        return self._clauses(node)

    def bare_words(self, node: Clauses) -> str:
        """A search for words as people type them: most of them have to match."""
        if len(node.must) < 2 or not all(isinstance(word, Words) for word in node.must):
            return self.of(node)
        required = required_matches(len(node.must))
        matches = [self.of(word) for word in node.must]
        if required == len(matches):
            most = " AND ".join(matches)
        else:
            most = f"({' + '.join(f'({match})::int' for match in matches)}) >= {required}"
        rest = [f"NOT ({self.of(other)})" for other in node.must_not]
        return " AND ".join([f"({most})", *rest])

    def _clauses(self, node: Clauses) -> str:
        parts = [f"({self.of(clause)})" for clause in node.must]
        if node.should and not node.must:
            parts.append("(" + " OR ".join(f"({self.of(c)})" for c in node.should) + ")")
        parts += [f"NOT ({self.of(clause)})" for clause in node.must_not]
        return " AND ".join(parts) or "TRUE"

    def _words(self, node: Words) -> str:
        field = node.field or "text"
        if field in _NGRAM_FIELDS:
            return self._ngram(_NGRAM_FIELDS[field], node.text)
        if field in _WEIGHT_OF_FIELD:
            query = tsquery_of(node, _WEIGHT_OF_FIELD[field])
            if query is None:
                return "FALSE" if node.text.strip() else "TRUE"
            self.has_words = True
            return f"words @@ CAST({self.bind(query)} AS tsquery)"
        if field == "*":
            return self._words(Words(node.text, None, node.phrase, node.prefix))
        if is_text(field):
            return self._like(field, f"%{_like_escaped(node.text)}%")
        if node.prefix:
            return self._like(field, f"{_like_escaped(node.text)}%", exact=True)
        if field in INSTANTS:
            return f"{field} IS NOT DISTINCT FROM {self._timestamp(_instant(node.text))}"
        value = self.bind(json.dumps({field: [node.text]}))
        return f"{column_of(field)} @> CAST({value} AS jsonb)"

    def values(self, field: str) -> str:
        """The values of a field as a JSON array."""
        return f"{column_of(field)} -> {self.bind(field)}"

    def _timestamp(self, value: datetime) -> str:
        return f"CAST({self.bind(value)} AS timestamptz)"

    def _like(self, field: str, pattern: str, *, exact: bool = False) -> str:
        operator = "LIKE" if exact else "ILIKE"
        return (
            f"EXISTS (SELECT FROM jsonb_array_elements_text({self.values(field)}) value"
            f" WHERE value {operator} {self.bind(pattern)})"
        )

    def _ngram(self, field: str, text: str) -> str:
        # autocompletion: any part of a title or a name
        column = "title_order" if field == "title" else "name"
        parts = [
            f"{column} LIKE {self.bind(f'%{_like_escaped(part)}%')}"
            for part in (words_of(text) if field == "title" else text.lower().split())
        ]
        return " AND ".join(parts) or "FALSE"

    def _range(self, node: Range) -> str:
        if node.low is None and node.high is None:
            return f"jsonb_exists({column_of(node.field)}, {self.bind(node.field)})"
        if node.field in INSTANTS:
            return self._ends(node, node.field, _instant, "timestamptz")
        first = f"({self.values(node.field)} ->> 0)"
        if is_instant(node.field):
            value = f"CAST({first} AS timestamptz)"
            return self._ends(node, value, _instant, "timestamptz")
        numbers = [_number(end) for end in (node.low, node.high) if end is not None]
        if all(number is not None for number in numbers):
            value = f"CASE WHEN {first} ~ '{_DECIMAL}' THEN CAST({first} AS double precision) END"
            return self._ends(node, value, float, "double precision")
        return self._ends(node, f'{first} COLLATE "C"', str, "text")

    def _ends(self, node: Range, value: str, convert: Any, type_: str) -> str:
        parts: list[str] = []
        if node.low is not None:
            sign = ">=" if node.low_included else ">"
            parts.append(f"{value} {sign} CAST({self.bind(convert(node.low))} AS {type_})")
        if node.high is not None:
            sign = "<=" if node.high_included else "<"
            parts.append(f"{value} {sign} CAST({self.bind(convert(node.high))} AS {type_})")
        # never NULL, so that its negation finds those without a value
        return " AND ".join([f"{value} IS NOT NULL", *parts])

    def _within(self, node: Within) -> str:
        west, south, east, north = node.box
        # from 170 to -170 degrees is across the date line
        spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
        touches = [
            f"box && box(point({self.bind(left)}, {self.bind(south)}),"
            f" point({self.bind(right)}, {self.bind(north)}))"
            for left, right in spans
        ]
        return f"box IS NOT NULL AND ({' OR '.join(touches)})"


def tsquery_of(node: Words, weight: str = "") -> str | None:
    """The tsquery of a word or phrase, None when there is nothing to look for in it."""
    words = list(words_of(node.text))
    if not words:
        return None
    if node.phrase or (len(words) > 1 and not node.prefix):
        return " <-> ".join(
            f"{quoted(word)}:{weight}" if weight else quoted(word) for word in words
        )
    parts = [word_query(word) for word in words[:-1]]
    parts.append(word_query(words[-1], prefix=node.prefix))
    query = " & ".join(parts)
    if not weight:
        return query
    return re.sub(
        r"('(?:[^'\\]|''|\\.)*')(:\*)?", lambda m: f"{m[1]}:{'*' if m[2] else ''}{weight}", query
    )


def _like_escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _instant(text: str) -> datetime:
    return instant(text, datetime.now(UTC))
