"""Queries that name their parser, `{!bool must=…}`: the few parsers an operator may allow.

CKAN refuses every parser that `ckan.search.solr_allowed_query_parsers` does not list, before a
query comes here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .query import (
    Clauses,
    FunctionRange,
    Node,
    QueryRefused,
    Within,
    Words,
    parse,
    require_storable,
)

_HEAD = re.compile(r"\{!((?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^}'\"])*)\}(.*)", re.DOTALL)
_PARAMETER = re.compile(
    r"\s*(?:([\w.]+)=)?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s'\"]+)(?=\s|$)"
)
_ENVELOPE = re.compile(r"\s*Intersects\(ENVELOPE\(([^()]*)\)\)\s*", re.IGNORECASE)
_LONGEST_REMEMBERED = 500
_WORD_PARSERS = ("lucene", "dismax", "edismax")


def parse_any(query: str) -> Node:
    """The tree of a query with or without local parameters in front.

    Raises:
        QueryRefused: the syntax, or the parser that is named, is not known.
    """
    if not isinstance(query, str):
        raise QueryRefused("A query or filter has to be text.")
    return _remembered(query) if len(query) <= _LONGEST_REMEMBERED else _parse_any(query)


# CKAN sends the same filters with every search; nobody changes a tree.
@lru_cache(1_000)
def _remembered(query: str) -> Node:
    return _parse_any(query)


def _parse_any(query: str) -> Node:
    if not query.lstrip().startswith("{!"):
        return parse(query)
    match = _HEAD.fullmatch(query.strip())
    if not match:
        raise QueryRefused("The local parameters {!…} are never closed.")
    require_storable(query)
    parameters = _parameters(match[1])
    value = _only(parameters, "v", match[2])
    parser = _only(parameters, "type", "lucene")
    if parser == "bool":
        return Clauses(
            must=[parse(each) for key in ("must", "filter") for each in parameters.get(key, [])],
            should=[parse(each) for each in parameters.get("should", [])],
            must_not=[parse(each) for each in parameters.get("must_not", [])],
        )
    if parser in _WORD_PARSERS and parameters.keys() <= {"type", "v", "q.op"}:
        return parse(value, either=_only(parameters, "q.op", "AND").upper() == "OR")
    if parser in ("field", "term", "prefix") and parameters.keys() <= {"type", "v", "f"}:
        return _of_field(parser, _only(parameters, "f", ""), value)
    if parser == "frange" and parameters.keys() <= {"type", "v", "l", "u", "incl", "incu"}:
        return FunctionRange(
            value,
            _number(_only(parameters, "l", "")),
            _number(_only(parameters, "u", "")),
            _only(parameters, "incl", "true") == "true",
            _only(parameters, "incu", "true") == "true",
        )
    raise QueryRefused("The local parameters of {text} are not known.", text=parser)


def _parameters(text: str) -> dict[str, list[str]]:
    """Values by name; a bare first word is the parser's name."""
    found: dict[str, list[str]] = {}
    position = 0
    text = text.strip()
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if not match:
            raise QueryRefused("Local parameters read {!parser name=value}.")
        value = match[2]
        if value[0] in "'\"":
            value = re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
        if value.startswith("$"):
            raise QueryRefused("A local parameter cannot refer to another one with $.")
        found.setdefault(match[1] or "type", []).append(value)
        position = match.end()
    return found


def _number(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise QueryRefused("{text} is not a number.", text=text) from None


def _only(parameters: dict[str, list[str]], name: str, default: str) -> str:
    values = parameters.get(name, [default])
    if len(values) > 1:
        raise QueryRefused("The local parameter {text} stands twice.", text=name)
    return values[0]


def _of_field(parser: str, field: str, value: str) -> Node:
    if not field:
        raise QueryRefused("{text} needs the name of a field, f=…", text=f"{{!{parser}}}")
    match = _ENVELOPE.fullmatch(value)
    if not match:
        return Words(value, field, phrase=parser != "prefix", prefix=parser == "prefix")
    try:
        west, east, north, south = (float(part) for part in match[1].split(","))
    except ValueError:
        raise QueryRefused("ENVELOPE needs four numbers: west, east, north, south.") from None
    return Within(field, (west, south, east, north))
