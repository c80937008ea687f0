"""What a new page can begin with."""

from __future__ import annotations

import ckan.plugins.toolkit as tk

from ...observations.store_access import read_engine
from ...portal.contributions import station_kinds
from ...store.query import stations
from .. import access
from .tiles import N_, ChartTile, ListTile, MapTile, TextTile, Tile, TileRefused, ValueTile

TEMPLATES = {"empty": N_("Empty page"), "water": N_("Gauges"), "traffic": N_("Traffic")}
_MOST_VALUES = 4


def template(name: str, municipality: str) -> tuple[Tile, ...]:
    """The tiles of a template, with the stations the municipality shows now.

    Raises:
        TileRefused: there is no such template.
    """
    if name not in TEMPLATES:
        raise TileRefused("template", N_("There is no such template."))
    if name == "traffic":
        return _traffic(municipality)
    return _gauges(municipality) if name == "water" else ()


def _gauges(municipality: str) -> tuple[Tile, ...]:
    """The first gauge as a chart, some as values, all on a map, and how to read them."""
    shown = [
        public
        for row in stations(read_engine(), municipality=municipality)
        if row.kind == "water" and (public := access.first_of_station(row.slug))
    ]
    # Visitors ask for the level first; a station that tells only its discharge follows.
    shown.sort(key=lambda each: each.datastream.observed_property != "water_level")
    places = [{"station": each.station.slug, "datastream": each.datastream.name} for each in shown]
    reading = tk._(
        "A gauge measures how high the water stands above a fixed zero. It does not say how deep "
        "the river is."
    )
    return (
        *(ChartTile(**place, width="full") for place in places[:1]),
        *(ValueTile(**place) for place in places[1 : 1 + _MOST_VALUES]),
        MapTile(width="full"),
        TextTile(title=tk._("How to read the values"), text=reading, width="full"),
    )


def _traffic(municipality: str) -> tuple[Tile, ...]:
    """Every list that has something to tell, the first counter as a chart, all on a map."""
    topic = station_kinds().get("traffic")
    if topic is None:
        return ()
    rows = [
        row for row in stations(read_engine(), municipality=municipality) if topic.holds(row.kind)
    ]
    there = {row.kind for row in rows}
    if topic.has_more is not None and topic.has_more(municipality):
        there |= {part.name for part in topic.parts} - topic.kinds
    counted = [
        public
        for row in rows
        if row.kind == "counter" and (public := access.first_of_station(row.slug))
    ]
    return (
        *(ListTile(stations=part.name) for part in topic.parts if part.name in there),
        *(
            ChartTile(station=each.station.slug, datastream=each.datastream.name, width="full")
            for each in counted[:1]
        ),
        MapTile(width="full"),
    )
