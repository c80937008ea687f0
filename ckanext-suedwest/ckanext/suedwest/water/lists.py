"""The table of a municipality, the tile of the home page, and the list of all gauges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ckan.common import _

from ..observations.store_access import read_engine
from ..portal import formats
from ..portal.organizations import profiles
from ..store.query import StationRow, stations
from . import summaries
from .reading import situations, sparklines
from .rows import Row, language, rows
from .situation import Situation, Urgency, by_urgency

KIND = "water"
_IN_TILE = 3


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the list of all gauges."""

    urgency: Urgency
    heading: str
    rows: list[Row]


def table_context(
    shown: Sequence[StationRow], now: datetime, municipality: str | None
) -> dict[str, Any]:
    """All gauges of a municipality, most urgent first."""
    ordered = by_urgency(situations(shown, now, municipality))
    return {
        "rows": rows(ordered, now, municipality=municipality, sparks=sparklines(ordered, now)),
        "municipality": municipality,
        "below_zero": _any_below_zero(ordered),
        "sources": attributions(ordered),
    }


def tile_context(shown: Sequence[StationRow], now: datetime) -> dict[str, Any]:
    """A summary and the most urgent gauges that have a value."""
    ordered = by_urgency(situations(shown, now))
    tellable = [each for each in ordered if each.reliable] or ordered
    return {
        "summary": summaries.summary(ordered, now, language()),
        "rows": rows(tellable[:_IN_TILE], now),
        "count": len(ordered),
    }


def found_context(shown: Sequence[StationRow], now: datetime) -> dict[str, Any]:
    """Gauges that a search has found, in the order given."""
    found = situations(shown, now)
    return {"rows": rows(found, now), "sources": attributions(found)}


def summary(shown: Sequence[StationRow], now: datetime, municipality: str) -> str:
    """One to three short sentences of plain text on the gauges of a municipality."""
    ordered = by_urgency(situations(shown, now, municipality))
    return summaries.summary(ordered, now, language())


def list_context(municipality: str | None, now: datetime) -> dict[str, Any] | None:
    """Everything the list of all gauges shows; None for a municipality that does not exist."""
    towns = profiles()
    town = next((each for each in towns if each.name == municipality), None)
    if municipality and town is None:
        return None
    shown = [
        station
        for station in stations(read_engine(), kind=KIND)
        if municipality in dict(station.municipalities)
        or (not municipality and station.municipalities)
    ]
    ordered = by_urgency(situations(shown, now, municipality))
    lang = language()
    return {
        "now": now,
        "heading_time": f"{formats.weekday_date(now, lang)}, {formats.clock(now, lang, zone=True)}",
        "town": town,
        "towns": towns,
        "groups": _groups(ordered, now, municipality),
        "summary": summaries.summary(ordered, now, lang),
        "empty": "" if ordered else summaries.none_connected(town.title if town else None, lang),
        "projected": any(each.rising and each.next_above for each in ordered),
        "in_brackets": any(not each.reliable and each.last_value is not None for each in ordered),
        "below_zero": _any_below_zero(ordered),
        "sources": attributions(ordered),
    }


def attributions(shown: Sequence[Situation]) -> list[str]:
    """What the licences ask to be said, once each."""
    found = [each.station.licence.get("attribution") for each in shown]
    return list(dict.fromkeys(text for text in found if text))


def _groups(ordered: Sequence[Situation], now: datetime, municipality: str | None) -> list[Group]:
    headings = {
        Urgency.REACHED: _("Threshold reached"),
        Urgency.UNRELIABLE: _("Without a reliable value"),
        Urgency.RISING: _("Rising"),
        Urgency.QUIET: _("Quiet"),
    }
    return [
        Group(urgency, headings[urgency], rows(members, now, municipality=municipality))
        for urgency in Urgency
        if (members := [each for each in ordered if each.urgency is urgency])
    ]


def _any_below_zero(shown: Sequence[Situation]) -> bool:
    return any(each.value is not None and each.value < 0 for each in shown)
