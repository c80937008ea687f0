"""“My gauges”: what somebody chose stands in the link and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import ckan.plugins.toolkit as tk
from ckan.common import _

from ..observations.store_access import read_engine
from ..portal.organizations import profiles
from ..portal.profile import Profile
from ..portal.stations import title
from ..store.query import StationRow, stations
from .crisis import lines, named, notes, page_time
from .lists import KIND
from .reading import situations
from .rows import language
from .situation import by_urgency

LIMIT = 30
"""So many gauges a link shows: what is read in one go, and what an address can hold."""
_MOST_READ = 100
_LONGEST_SHOWN = 60
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True, slots=True)
class Choice:
    """What a link names, in its order: gauges shown, gauges beyond `LIMIT`, and no gauges."""

    shown: tuple[StationRow, ...]
    beyond: tuple[StationRow, ...]
    unknown: tuple[str, ...]

    @property
    def slugs(self) -> list[str]:
        """Everything the link names; what is unknown now may be a gauge again tomorrow."""
        return [*(each.slug for each in (*self.shown, *self.beyond)), *self.unknown]


@dataclass(frozen=True, slots=True)
class Entry:
    """A gauge, or a name that is none, with the address of the page without it."""

    name: str
    without_url: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Gauges of a municipality that can be added."""

    town: Profile
    stations: list[StationRow]


def parse(values: Sequence[str]) -> list[str]:
    """The slugs a link names, each once, in their order; at most a hundred are read.

    People type them, too: letters may be large, and blanks may stand between them.
    """
    named = (each for value in values for each in re.split(r"[,\s]+", value.casefold()))
    return list(dict.fromkeys(each for each in named if each))[:_MOST_READ]


def choose(slugs: Sequence[str], known: Sequence[StationRow]) -> Choice:
    """The gauges behind slugs; nothing is dropped in silence."""
    by_slug = {station.slug: station for station in known}
    found = [by_slug[slug] for slug in slugs if slug in by_slug]
    unknown = tuple(slug for slug in slugs if slug not in by_slug)
    return Choice(tuple(found[:LIMIT]), tuple(found[LIMIT:]), unknown)


def address(slugs: Sequence[str], *, absolute: bool = False) -> str:
    """The link to a choice. Commas stay commas, so that a person can read it."""
    page = tk.url_for("suedwest_water.own_gauges", _external=absolute)
    return f"{page}?pegel={quote(','.join(slugs), safe=',')}" if slugs else page


def matching(known: Sequence[StationRow], query: str) -> list[StationRow]:
    """The gauges in whose name or number every word of the query occurs."""
    words = _folded(query).split()
    return [
        each
        for each in known
        if all(word in _folded(f"{title(each)} {each.number or ''}") for word in words)
    ]


def own_gauges_context(slugs: Sequence[str], query: str, now: datetime) -> dict[str, Any]:
    """Everything the page shows, for the slugs of its link and the words of its search."""
    known = [each for each in stations(read_engine(), kind=KIND) if each.municipalities]
    choice = choose(slugs, known)
    ordered = by_urgency(situations(choice.shown, now))
    lang = language()
    free = [each for each in matching(known, query) if each.slug not in choice.slugs]
    heading = _("My gauges")
    return {
        "now": now,
        "heading_time": page_time(now, lang),
        "page_title": f"{heading}: {named(choice.shown, lang)}" if choice.shown else heading,
        "choice": choice,
        "limit": LIMIT,
        "lines": lines(ordered, now),
        "chosen": [
            Entry(title(each), _without(choice, each.slug))
            for each in (*choice.shown, *choice.beyond)
        ],
        "unknown": [Entry(_short(slug), _without(choice, slug)) for slug in choice.unknown],
        "link": address(choice.slugs, absolute=True),
        "load_again": address(choice.slugs),
        "query": query,
        "offers": _offers(free),
        "full": len(choice.shown) >= LIMIT,
        **notes(ordered, ordered),
    }


def _without(choice: Choice, slug: str) -> str:
    return address([each for each in choice.slugs if each != slug])


def _offers(free: Sequence[StationRow]) -> list[Offer]:
    offers = [
        Offer(town, [each for each in free if town.name in dict(each.municipalities)])
        for town in profiles()
    ]
    return [each for each in offers if each.stations]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _folded(text: str) -> str:
    return text.casefold().translate(_UMLAUTS)
