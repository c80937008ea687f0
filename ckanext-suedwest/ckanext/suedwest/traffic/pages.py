"""What the pages of traffic show: of all municipalities, and of one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk

from ..charts.map_view.drawing import station_map
from ..observations.store_access import read_engine
from ..portal import roads
from ..portal.organizations import profile, profiles
from ..portal.profile import Profile
from ..store.query import stations
from . import lists, sentences, stops
from .availability import Mode
from .rows import KINDS, availabilities, language, mode_lists

ROADS, TRANSIT = "roads", "transit"
"""How the filter calls what is no mode of stations: closures, and public transport."""
_MOST_DATASETS = 50


@dataclass(frozen=True, slots=True)
class TownLine:
    """A municipality in the list of all, with a sentence; empty when nothing is known."""

    profile: Profile
    summary: str
    silent: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One box of the filter."""

    name: str
    title: str
    chosen: bool


def overview(now: datetime) -> dict[str, Any]:
    """All municipalities, each with what its stations and roads say."""
    lang = language()
    everything = [each for each in stations(read_engine()) if each.kind in KINDS]
    lines: list[TownLine] = []
    for town in profiles():
        own = [each for each in everything if town.name in dict(each.municipalities)]
        facts = availabilities(own, now)
        told = bool(own) or lists.has_roads(town.name)
        lines.append(
            TownLine(
                town,
                lists.summary(own, now, town.name) if told else "",
                sentences.none_silent(facts),
            )
        )
    return {"now": now, "heading_time": lists.heading_time(now, lang), "towns": lines}


def municipality(name: str, wanted: Collection[str], now: datetime) -> dict[str, Any] | None:
    """All modes of a municipality, or those wanted; None when it does not exist."""
    town = profile(name)
    if town is None:
        return None
    lang = language()
    rows = [each for each in stations(read_engine(), municipality=name) if each.kind in KINDS]
    told = roads.roads(name, now, lang)
    there = [mode for mode in Mode if any(each.kind == mode for each in rows)]
    transit = stops.transit(town, now, lang)
    names = [
        *map(str, there),
        *([TRANSIT] if transit else []),
        *([ROADS] if told.known else []),
    ]
    chosen = [each for each in names if each in wanted] or names
    shown = [each for each in rows if each.kind in chosen]
    facts = availabilities(shown, now)
    return {
        "now": now,
        "town": town,
        "heading_time": lists.heading_time(now, lang),
        "summary": lists.summary(rows, now, name) if names else "",
        "silent": sentences.none_silent(facts),
        "choices": [Choice(each, _choice_title(each), each in chosen) for each in names],
        "filtered": len(chosen) < len(names),
        "lists": mode_lists(facts, now, name),
        "roads": told if ROADS in chosen else None,
        "transit": transit if TRANSIT in chosen else None,
        "map": station_map(town, now, lang, ident="karte", kinds=chosen) if shown else None,
        "datasets": _datasets(name),
        "sources": list(
            dict.fromkeys(
                [
                    *lists.attributions(facts),
                    *told.attributions,
                    *(transit.sources if transit else ()),
                ]
            )
        ),
        "simulated": any(each.simulated for each in facts)
        or any(line.simulated for line in told.lines)
        or (transit is not None and transit.simulated),
    }


def _choice_title(name: str) -> str:
    others = {ROADS: tk._("Roads"), TRANSIT: tk._("Bus and train")}
    return others.get(name) or sentences.mode_title(Mode(name))


def _datasets(name: str) -> Sequence[dict[str, Any]]:
    """The datasets that carry what the page shows, with their licences."""
    kinds = " OR ".join(f"live-{name}-{kind}-*" for kind in (*sorted(KINDS), "events"))
    found = tk.get_action("package_search")(
        {"ignore_auth": False, "user": ""},
        {
            "q": "*:*",
            "fq": f"dataset_type:dataset +name:({kinds})",
            "rows": _MOST_DATASETS,
            "sort": "title_string asc",
        },
    )
    return found["results"]
