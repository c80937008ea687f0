"""Lists of a municipality for other sites: those of whole topics, and parts of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import ckan.plugins.toolkit as tk
from ckan.common import _
from markupsafe import Markup

from ..observations.store_access import read_engine
from ..portal.contributions import list_parts, station_kinds
from ..portal.interfaces import PartList, StationKind
from ..portal.organizations import Profile, profile
from ..store.query import StationRow, stations
from . import downloads
from .embed_code import snippet
from .embed_page import Source
from .markup import element
from .pages import source_of

HEIGHT = 600
"""Pixels of the frame, which the page in it makes as high as it needs."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as its frame shows it; `endpoint` with `values` is the page that tells more."""

    title: str
    body: Markup
    sources: list[Source]
    simulated: bool
    endpoint: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class ListCode:
    """A list of stations for other sites: `code` is the HTML to copy, both texts are plain."""

    prefix: str
    title: str
    code: str


def listed(prefix: str, municipality: str, now: datetime) -> Listed | None:
    """What the topic or part of this prefix lists of a municipality; None without such a list."""
    kind, town, part = _kind(prefix), profile(municipality), list_parts().get(prefix)
    if kind is not None and kind.list_embed is not None:
        whole = kind.list_embed(municipality, now)
        return whole and Listed(
            whole.title,
            whole.body,
            [Source(each, "", None) for each in whole.sources],
            whole.simulated,
            whole.endpoint,
            whole.values,
        )
    told = part.told(municipality, now) if part and town else None
    if part is None or town is None or told is None:
        return None
    title = f"{town.title}: {_(part.title)}"
    body = element("h1", title) + told.body
    return Listed(title, body, sources_of([told]), told.simulated, told.endpoint, dict(told.values))


def list_file(prefix: str, municipality: str, now: datetime) -> downloads.File | None:
    """The same as a table; None without such a list."""
    kind, part, name = _kind(prefix), list_parts().get(prefix), f"{prefix}-{municipality}"
    if profile(municipality) is None:
        return None
    if kind is not None:
        shown = stations(read_engine(), municipality=municipality)
        return downloads.list_file([each for each in shown if kind.holds(each.kind)], name)
    told = part.told(municipality, now) if part else None
    if told is None:
        return None
    if told.table:
        return downloads.table_file(told.table, name)
    return downloads.list_file(told.stations, name)


def sources_of(parts: Iterable[PartList], used: Iterable[StationRow] = ()) -> list[Source]:
    """Who to name beside parts and other stations: with their licence those of all stations, then
    who is named nowhere else."""
    listed = list(parts)
    shown = [*used, *(station for part in listed for station in part.stations)]
    found = [source_of(each) for each in shown]
    named = {each.attribution for each in found}
    others = (text for part in listed for text in part.sources if text not in named)
    return list(dict.fromkeys([*found, *(Source(text, "", None) for text in others)]))


def list_codes(municipality: Profile) -> list[ListCode]:
    """The lists of a municipality's stations that its own site can show."""
    return [
        ListCode(
            kind.prefix,
            title := f"{_(kind.name.capitalize())}, {municipality.title}",
            snippet(
                tk.h.url_for(
                    "suedwest_charts.embed_list",
                    prefix=kind.prefix,
                    municipality=municipality.name,
                    _external=True,
                ),
                title,
                height=HEIGHT,
            ),
        )
        for kind in station_kinds().values()
        if kind.list_embed
    ]


def _kind(prefix: str) -> StationKind | None:
    """The topic with this prefix, if it lists its stations for other sites."""
    kinds = (each for each in station_kinds().values() if each.list_embed)
    return next((each for each in kinds if each.prefix == prefix), None)
