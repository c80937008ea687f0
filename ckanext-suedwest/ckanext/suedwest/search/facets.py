"""How many of the hits have each value of a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy
from ckan.lib.search.common import SearchQueryError

from .column import Column, Mask
from .fields import NOTES
from .query import QueryRefused, require_storable

MOST_FACETS = 100
_NEVER_COUNTED = (NOTES, "text")


def facet_fields(params: Mapping[str, Any]) -> list[str]:
    """Fields to count; none when `facet` says so.

    Raises:
        QueryRefused: too many of them, or one that holds whole texts.
    """
    fields = params.get("facet.field") or []
    if str(params.get("facet", "true")).lower() not in ("true", "on", "1"):
        return []
    fields = list(dict.fromkeys(fields.split() if isinstance(fields, str) else fields))
    if len(fields) > MOST_FACETS:
        raise QueryRefused(f"No more than {MOST_FACETS} facets can be counted.")
    for field in fields:
        require_storable(field)
        if field in _NEVER_COUNTED:
            raise QueryRefused(f"The values of {field} are whole texts and cannot be counted.")
    return fields


def counts(column: Column, hits: Mask, field: str, params: Mapping[str, Any]) -> list[str | int]:
    """Values and how many hits have each, in turns: most frequent first, then by code points.

    Raises:
        SearchQueryError: a limit that is no number.
    """
    limit = _number(params.get(f"f.{field}.facet.limit", params.get("facet.limit", 100)))
    at_least = max(_number(params.get("facet.mincount") or 0), 1)
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
        raise SearchQueryError(f"{value!r} is not a number of values.") from None
