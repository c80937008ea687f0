"""Arithmetic over numeric fields, as `{!frange}` and `bf` write it: `mul(max(0,minx),2)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import numpy

from .query import DEEPEST_NESTING, LONGEST_QUERY, QueryRefused

# Gives the numbers of a field, one for each document, NaN where there is none.
Numbers = Callable[[str], Any]
Function = Callable[[Numbers], Any]

_TOKEN = re.compile(r"\s*(?:(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|([(),]))")


def _quotient(dividend: Any, divisor: Any) -> Any:
    with numpy.errstate(divide="ignore", invalid="ignore"):
        return numpy.divide(dividend, divisor)


# Solr's names, each with the least and the most number of its arguments.
_FUNCTIONS: dict[str, tuple[Callable[[Any, Any], Any], int, int]] = {
    "mul": (numpy.multiply, 2, 50),
    "product": (numpy.multiply, 2, 50),
    "sum": (numpy.add, 2, 50),
    "add": (numpy.add, 2, 50),
    "sub": (numpy.subtract, 2, 2),
    "div": (_quotient, 2, 2),
    "max": (numpy.maximum, 2, 50),
    "min": (numpy.minimum, 2, 50),
}


def parse_function(text: str) -> tuple[Function, set[str]]:
    """A function and the fields it reads.

    A document without a value counts as 0, as in Solr.

    Raises:
        QueryRefused: not such an expression.
    """
    if len(text) > LONGEST_QUERY:
        raise QueryRefused("The function is longer than {number} characters.", number=LONGEST_QUERY)
    fields: set[str] = set()
    tokens = list(_tokens(text))
    function, rest = _expression(tokens, fields, 0)
    if rest:
        raise QueryRefused("The function goes on behind its end: {text}.", text=rest[0])
    return function, fields


def _tokens(text: str) -> Iterator[str]:
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise QueryRefused(
                "The function cannot be read from {text} on.", text=text[position : position + 20]
            )
        yield match[0].strip()
        position = match.end()


def _expression(tokens: list[str], fields: set[str], depth: int) -> tuple[Function, list[str]]:
    if depth > DEEPEST_NESTING:
        raise QueryRefused("The function is nested too deep.")
    if not tokens or tokens[0] in "(),":
        raise QueryRefused("A function reads name(value, value).")
    first, rest = tokens[0], tokens[1:]
    if not first[0].isalpha() and first[0] != "_":
        number = float(first)
        return (lambda _numbers: number), rest
    if not rest or rest[0] != "(":
        fields.add(first)
        return (lambda numbers: numpy.nan_to_num(numbers(first), nan=0.0)), rest
    if first not in _FUNCTIONS:
        raise QueryRefused("The function {text} is not known.", text=first)
    arguments: list[Function] = []
    while rest[:1] != [")"]:
        if not rest or rest[0] not in "(,":
            raise QueryRefused("The function {text} is never closed.", text=first)
        argument, rest = _expression(rest[1:], fields, depth + 1)
        arguments.append(argument)
    operation, least, most = _FUNCTIONS[first]
    if not least <= len(arguments) <= most:
        raise QueryRefused(
            "The function {text} cannot take {number} values.", text=first, number=len(arguments)
        )
    return (lambda numbers: reduce(operation, [argument(numbers) for argument in arguments])), rest[
        1:
    ]
