"""How many of the hits have each value of a field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy

from .column import Column, Mask
from .fields import NOTES
from .query import QueryRefused, require_storable

MOST_FACETS = 100
_NEVER_COUNTED = (NOTES, "text")


@dataclass(frozen=True)
class Facet:
    """A field to count: the most values to give back, -1 for all, and the least hits of each."""

    field: str
    limit: int = 100
    at_least: int = 1


def facets_of(params: Mapping[str, Any]) -> list[Facet]:
    """Fields to count; none when `facet` says so.

    Raises:
        QueryRefused: too many of them, one that holds whole texts, or a limit that is no number.
    """
    fields = params.get("facet.field") or []
    if str(params.get("facet", "true")).lower() not in ("true", "on", "1"):
        return []
    fields = list(dict.fromkeys(fields.split() if isinstance(fields, str) else fields))
    if len(fields) > MOST_FACETS:
        raise QueryRefused("No more than {number} facets can be counted.", number=MOST_FACETS)
    for field in fields:
        require_storable(field)
        if field in _NEVER_COUNTED:
            raise QueryRefused(
                "The values of {text} are whole texts and cannot be counted.", text=field
            )
    at_least = max(_number(params.get("facet.mincount") or 0), 1)
    limit = params.get("facet.limit", 100)
    return [
        Facet(field, _number(params.get(f"f.{field}.facet.limit", limit)), at_least)
        for field in fields
    ]


def counts(column: Column, hits: Mask, facet: Facet) -> list[str | int]:
    """Values and how many hits have each, in turns: most frequent first, then by code points."""
    limit, at_least = facet.limit, facet.at_least
    frequencies = column.counts(hits)
    found = numpy.flatnonzero(frequencies >= at_least)
    if 0 <= limit < len(found):
        # of many values only those that can be among the first are put in order
        least = numpy.partition(-frequencies[found], max(limit - 1, 0))[max(limit - 1, 0)]
        found = found[-frequencies[found] <= least]
    ranks = column.vocabulary.ranks()
    ordered = found[numpy.lexsort([ranks[found], -frequencies[found]])]
    ordered = ordered if limit < 0 else ordered[:limit]
    values = column.vocabulary.values
    return [item for n in ordered.tolist() for item in (values[n], int(frequencies[n]))]


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise QueryRefused("{text} is not a number of values.", text=value) from None
