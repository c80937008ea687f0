"""The lists of traffic that stand by themselves, as a tile of a dashboard and as a frame on other
sites: one for each mode, and what is closed today."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import ckan.plugins.toolkit as tk

from ..observations.store_access import read_engine
from ..portal import formats, roads
from ..portal.interfaces import N_, ListPart, PartList
from ..store.events import read_events
from ..store.query import stations
from .availability import Mode, in_order
from .rows import availabilities, language, row

ROADS = "roads"
_PAGE = "suedwest_traffic.municipality"
_EVENT_HEADER = (
    *("roads", "effect", "direction", "start", "end", "intermittent", "description"),
    *("simulated", "attribution", "licence"),
)


_TITLES = {
    Mode.PARKING: N_("Parking"),
    Mode.CHARGING: N_("Charging"),
    Mode.SHARING: N_("Sharing"),
    Mode.COUNTER: N_("Counting sites"),
}


def parts() -> tuple[ListPart, ...]:
    """All of them, by what a tile calls them: the kinds of stations, and `roads`."""
    return (
        *(ListPart(str(mode), _TITLES[mode], partial(_stations, mode)) for mode in Mode),
        ListPart(ROADS, N_("What is closed today?"), _closures),
    )


def _stations(mode: Mode, municipality: str, now: datetime) -> PartList | None:
    """Every station of a mode with its newest value and age."""
    shown = stations(read_engine(), kind=str(mode), municipality=municipality)
    if not shown:
        return None
    lang = language()
    facts = in_order(availabilities(shown, now))
    listed = [row(each, now, lang, municipality) for each in facts]
    attributions = (each.station.licence.get("attribution") for each in facts)
    return PartList(
        body=tk.literal(tk.render("traffic/part_stations.html", {"rows": listed})),
        stations=tuple(shown),
        sources=tuple(dict.fromkeys(text for text in attributions if text)),
        simulated=any(each.simulated for each in facts),
        endpoint=_PAGE,
        values={"municipality": municipality, "art": str(mode)},
    )


def _closures(municipality: str, now: datetime) -> PartList:
    """What is closed today, or that nobody tells it; as a table everything that is not over."""
    told = roads.roads(municipality, now, language())
    return PartList(
        body=tk.literal(tk.render("traffic/part_roads.html", {"roads": told})),
        sources=told.attributions,
        simulated=any(line.simulated for line in told.lines),
        table=(_EVENT_HEADER, *_event_rows(municipality, now)),
        endpoint=_PAGE,
        values={"municipality": municipality, "art": ROADS},
    )


def _event_rows(municipality: str, now: datetime) -> list[tuple[str, ...]]:
    """A row for each span that is not over; times are UTC, an end that is not known is empty."""
    found = (
        (
            ", ".join(event.roads),
            str(event.effect),
            str(event.direction),
            formats.iso(span.start),
            formats.iso(span.end) if span.end else "",
            str(event.intermittent).lower(),
            event.description,
            str(each.simulated).lower(),
            event.licence.attribution or event.operator.name,
            event.licence.url or event.licence.title,
        )
        for each in read_events(read_engine(), municipality=municipality)
        for event in [each.event]
        for span in event.spans
        if span.end is None or span.end > now
    )
    return sorted(found, key=lambda cells: (cells[3], cells[0]))
