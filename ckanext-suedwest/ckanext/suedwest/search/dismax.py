"""The settings of a search for bare words: in which fields, how many must match, what they weigh.

They are those of Solr's DisMax parser, because CKAN hands them through from its callers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .fields import KEYWORD, TITLE, is_keyword, is_text
from .query import QueryRefused

TEXT = "text"
# CKAN's own settings. Keywords are looked up together, which comes to the same.
CKAN_FIELDS = "name^4 title^4 tags^2 groups^2 text"
CKAN_MATCHES = "2<-1 5<80%"
CKAN_TIE = 0.1
_MOST_FIELDS = 20
_FIELD = re.compile(r"([\w.\-]+)(?:\^(\d+(?:\.\d+)?))?")
_CONDITION = re.compile(r"(?:(\d+)\s*<\s*)?(-?\d+)(%?)")
_BY_DEFAULT: dict[str, float] = {TITLE: 4.0, KEYWORD: 2.0, TEXT: 1.0}


@dataclass(frozen=True)
class Dismax:
    """`worth` by field; the best field of a word counts wholly, the others `tie` times."""

    worth: Mapping[str, float] = field(default_factory=lambda: _BY_DEFAULT)
    matches: str = CKAN_MATCHES
    tie: float = CKAN_TIE

    def required(self, words: int) -> int:
        """How many of so many words have to match."""
        return required_matches(words, self.matches)


def dismax_of(params: Mapping[str, Any]) -> Dismax:
    """Settings from `qf`, `mm` and `tie`.

    Raises:
        QueryRefused: a setting that is not known, or a field that is not searched by words.
    """
    fields = str(params.get("qf") or CKAN_FIELDS).strip()
    matches = str(params.get("mm") or CKAN_MATCHES).strip()
    required_matches(2, matches)
    try:
        tie = float(params.get("tie") or CKAN_TIE)
    except (TypeError, ValueError):
        raise QueryRefused("{text} is not a number.", text=params["tie"]) from None
    worth = _BY_DEFAULT if fields == CKAN_FIELDS else _worth(fields)
    return Dismax(worth, matches, tie)


def required_matches(words: int, matches: str = CKAN_MATCHES) -> int:
    """How many of so many words have to match, at least one.

    `3` so many, `-1` all but so many, `75%` a part, `-25%` all but a part, rounded down; a
    condition like `5<80%` holds for more words than it names, and the last such one counts.

    Raises:
        QueryRefused: not such a rule.
    """
    required = words
    for part in re.sub(r"\s*<\s*", "<", matches).split():
        match = _CONDITION.fullmatch(part)
        if not match:
            raise QueryRefused("{text} does not say how many words must match.", text=matches)
        above, amount, percent = match.groups()
        if above is None or words > int(above):
            number = int(amount)
            part_of = int(words * abs(number) / 100) if percent else abs(number)
            required = words - part_of if number < 0 else part_of
    return min(max(required, 1), words)


def _worth(fields: str) -> dict[str, float]:
    worth: dict[str, float] = {}
    for part in fields.split():
        match = _FIELD.fullmatch(part)
        if not match:
            raise QueryRefused("{text} does not name a field and its weight.", text=part)
        name = match[1]
        if name != TEXT and not is_text(name) and not is_keyword(name):
            raise QueryRefused("The field {text} is not searched by words.", text=name)
        worth[name] = float(match[2] or 1)
    if len(worth) > _MOST_FIELDS:
        raise QueryRefused(
            "No more than {number} fields can be searched at once.", number=_MOST_FIELDS
        )
    return worth
