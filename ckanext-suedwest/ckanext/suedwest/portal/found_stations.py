"""Stations that a search of the dataset page finds: who types a place gets its gauge, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk

from ..observations.store_access import read_engine
from ..store.query import stations
from .contributions import station_kinds
from .interfaces import StationKind
from .stations import PACKAGE_TYPE

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class FoundStations:
    """Stations of one kind, the best first, with what the kind's template gets as `view`."""

    kind: StationKind
    view: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """`total` counts all that were found, `shown` those the parts show."""

    parts: tuple[FoundStations, ...]
    shown: int
    total: int


def found_stations(
    q: str, filters: Sequence[tuple[str, str]], extras: Mapping[str, str], now: datetime
) -> Found:
    """The stations that fit a search of datasets best.

    `filters` are fields and values as the page's address has them, `extras` its parameters that
    begin with `ext_`. A search without anything asks for no station.

    Raises:
        SearchQueryError: the words cannot be understood.
    """
    if not (q.strip() or filters or extras):
        return Found((), 0, 0)
    # the page has refused already what cannot stand in a filter; CKAN writes it the same way
    wanted = " ".join(f'{field}:"{value}"' for field, value in filters)
    answer = tk.get_action("package_search")(
        {},
        {
            "q": q,
            "fq": f"{wanted} +dataset_type:{PACKAGE_TYPE}".strip(),
            "fl": ["name"],
            "rows": _SHOWN,
            "facet": "false",
            **extras,
        },
    )
    slugs = [package["name"] for package in answer["results"]]
    if not slugs:
        return Found((), 0, 0)
    by_slug = {row.slug: row for row in stations(read_engine())}
    rows = [by_slug[slug] for slug in slugs if slug in by_slug]
    parts = [
        FoundStations(kind, kind.found_context(own, now))
        for kind in station_kinds().values()
        if (own := [row for row in rows if kind.holds(row.kind)])
    ]
    return Found(tuple(parts), len(rows), answer["count"])
