"""CKAN's query dialect as a tree: Lucene's classic syntax, read by recursive descent.

Own code, because the library that reads this syntax lets a mandatory clause slide into an optional
branch (`+capacity:public a:x OR b:y`), which would show private datasets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

# CKAN itself asks for every label a visitor has in one filter, so this is not the length of what
# people type. Solr's own limit is 1,024 clauses.
LONGEST_QUERY = 100_000
MOST_CLAUSES = 1_024
DEEPEST_NESTING = 30


class QueryRefused(ValueError):
    """The query cannot be understood; the message is one sentence for the person who asked.

    `sentence` is that in English, with the names of `values` in braces where there are any, so that
    it can be said in another language.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        self.sentence = sentence
        self.values = {name: _short(value) for name, value in values.items()}
        super().__init__(sentence.format(**self.values) if values else sentence)


@dataclass(frozen=True, slots=True)
class Everything:
    """`*:*`"""


@dataclass(frozen=True, slots=True)
class Words:
    """One word, or a phrase when quoted; `prefix` for a trailing `*`. `field` None: the default.

    `weight` says how much more than others it counts in the order of hits.
    """

    text: str
    field: str | None = None
    phrase: bool = False
    prefix: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Range:
    """`field:[low TO high]`, None for an open end."""

    field: str
    low: str | None
    high: str | None
    low_included: bool
    high_included: bool


@dataclass(frozen=True, slots=True)
class Within:
    """Outline or box of the dataset meets `(west, south, east, north)` in degrees."""

    field: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FunctionRange:
    """`{!frange l=low u=high}function`, None for an open end."""

    function: str
    low: float | None
    high: float | None
    low_included: bool
    high_included: bool


@dataclass(slots=True)
class Clauses:
    """Lucene's boolean query: with any `must`, the `should` only count for the score."""

    must: list[Node] = field(default_factory=list["Node"])
    should: list[Node] = field(default_factory=list["Node"])
    must_not: list[Node] = field(default_factory=list["Node"])


Node = Everything | Words | Range | Within | FunctionRange | Clauses

_NO_NEARLY = "Similar words (word~1) and words near each other are not searched."
_TOKEN = re.compile(
    r"""
      (?P<blank>\s+)
    | (?P<op>&&|\|\||[()+\-!])
    | (?P<phrase>"(?:[^"\\]|\\.)*")
    | (?P<range>[\[{](?:[^\]}"]|"[^"]*")*[\]}])
    | (?P<colon>:)
    | (?P<word>(?:\\.|[^\s()"\[\]{}:\\])+)
    """,
    re.VERBOSE | re.DOTALL,
)
_WEIGHT = re.compile(r"(?<!\\)\^(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})$")
_NEARLY = re.compile(r"(?<!\\)(?<=.)~[\d.]*$", re.DOTALL)
_RANGE = re.compile(r'^([\[{])\s*("[^"]*"|\S+)\s+TO\s+("[^"]*"|\S+?)\s*([\]}])$', re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse(query: str, *, either: bool = False) -> Node:
    """The tree of a query or filter. Clauses without an operator between them must all match.

    With `either` one of them is enough.

    Raises:
        QueryRefused: syntax that is not known, too long or nested too deep.
    """
    if len(query) > LONGEST_QUERY:
        raise QueryRefused("The query is longer than {number} characters.", number=LONGEST_QUERY)
    require_storable(query)
    parser = _Parser(_tokens(query), either)
    node = parser.clauses(0)
    if parser.peek() is not None:
        raise QueryRefused("The query closes a bracket that it never opened.")
    return node


def require_storable(text: str) -> None:
    """Refuse what PostgreSQL cannot take as text: NUL and halves of surrogate pairs."""
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise QueryRefused("The query contains a character that cannot be searched.")


def _tokens(query: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(query):
        match = _TOKEN.match(query, position)
        if not match or not match.lastgroup:
            raise QueryRefused(
                "The query cannot be read from {text} on.", text=query[position : position + 20]
            )
        if match.lastgroup != "blank":
            tokens.append(_Token(match.lastgroup, match[0], match.start(), match.end()))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token], either: bool) -> None:
        self.tokens = tokens
        self.either = either
        self.position = 0
        self.count = 0

    def peek(self, ahead: int = 0) -> _Token | None:
        index = self.position + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def clauses(self, depth: int, field_: str | None = None) -> Node:
        """Clauses up to a closing bracket or the end."""
        if depth > DEEPEST_NESTING:
            raise QueryRefused("The query is nested too deep.")
        found: list[tuple[str, Node]] = []
        operator = ""
        while (token := self.peek()) is not None and token.text != ")":
            word = token.text if token.kind in ("word", "op") else ""
            if word in ("AND", "&&", "OR", "||"):
                if not found or operator:
                    raise QueryRefused("{text} stands without something on both sides.", text=word)
                operator = "AND" if word in ("AND", "&&") else "OR"
                self.position += 1
                continue
            modifier = ""
            while (token := self.peek()) is not None and self._is_modifier(token):
                if modifier:
                    raise QueryRefused("Two signs stand in a row, like --word.")
                modifier = "+" if token.text == "+" else "-"
                self.position += 1
            node = self.clause(depth, field_)
            if operator == "OR":
                previous, node_before = found[-1]
                if previous == "":
                    found[-1] = ("OR", node_before)
                found.append((modifier or "OR", node))
            else:
                if operator == "AND" and found[-1][0] in ("OR", ""):
                    found[-1] = ("+", found[-1][1])
                found.append((modifier or ("+" if operator == "AND" else ""), node))
            operator = ""
        if operator:
            raise QueryRefused("{text} stands without something on both sides.", text=operator)
        return _combine(found, either=self.either)

    @staticmethod
    def _is_modifier(token: _Token) -> bool:
        return (token.kind == "op" and token.text in "+-!") or (
            token.kind == "word" and token.text == "NOT"
        )

    def clause(self, depth: int, field_: str | None) -> Node:
        self.count += 1
        if self.count > MOST_CLAUSES:
            raise QueryRefused("The query has more than {number} parts.", number=MOST_CLAUSES)
        token = self.peek()
        if token is None or token.text == ")":
            raise QueryRefused("A sign or bracket stands without anything behind it.")
        following = self.peek(1)
        if token.kind == "word" and following is not None and following.kind == "colon":
            self.position += 2
            return self.value(depth, _unescape(token.text))
        return self.value(depth, field_)

    def value(self, depth: int, field_: str | None) -> Node:
        token = self.peek()
        if token is None:
            raise QueryRefused("Nothing stands behind {text}.", text=f"{field_}:")
        self.position += 1
        if token.text == "(" and token.kind == "op":
            node = self.clauses(depth + 1, field_)
            closing = self.peek()
            if closing is None:
                raise QueryRefused("A bracket is never closed.")
            self.position += 1
            return self.weighted(node)
        if token.kind == "phrase":
            return self.weighted(Words(_unescape(token.text[1:-1]), field_, phrase=True))
        if token.kind == "range":
            return self.weighted(_range(token.text, field_))
        if token.kind == "word":
            text = token.text
            # a minus inside a word belongs to it: `pegel-rhein-andernach`, `2026-09`
            while (
                (more := self.peek()) is not None
                and more.start == self.tokens[self.position - 1].end
                and (more.kind == "word" or (more.kind == "op" and more.text in "+-!"))
            ):
                text += more.text
                self.position += 1
            return _word(text, field_)
        raise QueryRefused("{text} stands where a word was expected.", text=token.text)

    def weighted(self, node: Node) -> Node:
        """What was read, with the weight that stands right behind its last sign."""
        token = self.peek()
        if token is None or token.start != self.tokens[self.position - 1].end:
            return node
        if token.text.startswith("~"):
            raise QueryRefused(_NO_NEARLY)
        if match := _WEIGHT.fullmatch(token.text):
            self.position += 1
            return _weighted(node, float(match[1]))
        return node


def _word(text: str, field_: str | None) -> Node:
    weight = 1.0
    if (match := _WEIGHT.search(text)) and match.start():
        text, weight = text[: match.start()], float(match[1])
    if _NEARLY.search(text):
        raise QueryRefused(_NO_NEARLY)
    if text == "*" and field_ in (None, "*"):
        return Everything()
    if text == "*":
        return Range(str(field_), None, None, True, True)
    prefix = text.endswith("*") and not text.endswith("\\*")
    text = text.rstrip("*") if prefix else text
    if field_ is None and len(text) > 1:
        text = re.sub(r"(?<!\\)\?+$", "", text)  # the end of a question, as people type it
    if re.search(r"(?<!\\)[*?]", text):
        raise QueryRefused("A * may only stand at the end of a word.")
    return Words(_unescape(text), field_, prefix=prefix, weight=weight)


def _weighted(node: Node, weight: float) -> Node:
    if isinstance(node, Words):
        return replace(node, weight=node.weight * weight)
    if isinstance(node, Clauses):
        return Clauses(
            [_weighted(each, weight) for each in node.must],
            [_weighted(each, weight) for each in node.should],
            node.must_not,
        )
    raise QueryRefused("A weight like ^2 stands behind a word, a phrase or a bracket.")


def _range(text: str, field_: str | None) -> Range:
    match = _RANGE.match(text)
    if not match or field_ is None:
        raise QueryRefused("A range reads field:[low TO high].")
    low, high = (None if end == "*" else end.strip('"') for end in (match[2], match[3]))
    return Range(field_, low, high, match[1] == "[", match[4] == "]")


def _short(value: object) -> str:
    return str(value) if isinstance(value, int) else f"„{str(value)[:40]}“"


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _combine(found: list[tuple[str, Node]], *, either: bool) -> Node:
    clauses = Clauses()
    for modifier, node in found:
        if modifier == "-":
            clauses.must_not.append(node)
        elif modifier == "OR" or (either and not modifier):
            clauses.should.append(node)
        else:
            clauses.must.append(node)
    if len(found) == 1 and not clauses.must_not:
        return found[0][1]
    return clauses
