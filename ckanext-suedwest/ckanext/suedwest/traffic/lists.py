"""What traffic gives to pages of the portal: table, tile, found stations, a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.common import _

from ..observations.store_access import read_engine
from ..portal import formats, roads
from ..portal.interfaces import StationList
from ..portal.organizations import profile
from ..store.query import DatastreamNow, StationRow, stations
from . import sentences
from .availability import RELIABLE, Availability, Mode, availability_of
from .rows import KINDS, availabilities, language, mode_lists, row

TOPIC = "traffic"
_IN_TILE = 3


def has_roads(municipality: str) -> bool:
    """Whether a feed tells of the roads of a municipality."""
    return roads.is_told(municipality)


def table_context(
    shown: Sequence[StationRow], now: datetime, municipality: str | None
) -> dict[str, Any]:
    """The lists of all modes, and the roads of a municipality."""
    lang = language()
    facts = availabilities(shown, now)
    return {
        "lists": mode_lists(facts, now, municipality),
        "roads": roads.roads(municipality, now, lang) if municipality else None,
        "municipality": municipality,
        "sources": attributions(facts),
    }


def tile_context(shown: Sequence[StationRow], now: datetime) -> dict[str, Any]:
    """A sentence, and the car parks with the most free spaces; without any, other stations."""
    lang = language()
    facts = availabilities(shown, now)
    parks = [each for each in facts if each.mode is Mode.PARKING]
    telling = [each for each in parks or facts if each.value is not None]
    telling.sort(key=lambda each: -(each.value or 0))
    return {
        "parking": bool(parks),
        "summary": sentences.summary(facts, lang),
        "rows": [row(each, now, lang) for each in telling[:_IN_TILE]],
    }


def found_context(shown: Sequence[StationRow], now: datetime) -> dict[str, Any]:
    """Stations that a search has found, in the order given."""
    lang = language()
    facts = availabilities(shown, now)
    return {"rows": [row(each, now, lang) for each in facts], "sources": attributions(facts)}


def summary(shown: Sequence[StationRow], now: datetime, municipality: str) -> str:
    """Sentences of plain text on the traffic of a municipality."""
    lang = language()
    facts = availabilities(shown, now)
    told = (sentences.summary(facts, lang), roads.summary(roads.roads(municipality, now, lang)))
    found = " ".join(part for part in told if part)
    return found or sentences.none_silent(facts) or _("Traffic is counted here.")


def meaning_of(station: StationRow, stream: DatastreamNow, now: datetime, lang: str) -> str:
    """`46 of 240 spaces are free.`: what the newest value of a station's series means."""
    # Where it goes is not told here, and a map asks this of every station.
    one = availability_of(station, (), now=now)
    if one.closed:
        return sentences.full_sentence(one, lang)
    if one.datastream is None or one.datastream.datastream_id != stream.datastream_id:
        return ""
    return sentences.full_sentence(one, lang) if one.state in RELIABLE else ""


def attributions(shown: Sequence[Availability]) -> list[str]:
    """What the licences ask to be said, once each."""
    found = [each.station.licence.get("attribution") for each in shown]
    return list(dict.fromkeys(text for text in found if text))


def list_embed(municipality: str, now: datetime) -> StationList | None:
    """Roads and stations of a municipality for a frame on its own site."""
    town = profile(municipality)
    if town is None:
        return None
    shown = [
        each for each in stations(read_engine(), municipality=municipality) if each.kind in KINDS
    ]
    view = table_context(shown, now, municipality)
    title = _("Traffic in {municipality}").format(municipality=town.title)
    told = view["roads"]
    body = tk.render("traffic/list_embed.html", {"title": title, "view": view, "framed": True})
    return StationList(
        title=title,
        body=tk.literal(body),
        sources=tuple(dict.fromkeys([*view["sources"], *told.attributions])),
        simulated=any(each.properties.get("simulated") == "true" for each in shown)
        or any(line.simulated for line in told.lines),
        endpoint="suedwest_traffic.municipality",
        values={"municipality": municipality},
    )


def heading_time(now: datetime, lang: str) -> str:
    """When the page was made."""
    return f"{formats.weekday_date(now, lang)}, {formats.clock(now, lang, zone=True)}"
