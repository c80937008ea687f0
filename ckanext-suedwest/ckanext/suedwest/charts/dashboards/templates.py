"""What a new page can begin with."""

from __future__ import annotations

import ckan.plugins.toolkit as tk

from ...observations.store_access import read_engine
from ...store.query import stations
from .. import access
from .tiles import N_, ChartTile, MapTile, TextTile, Tile, TileRefused, ValueTile

TEMPLATES = {"empty": N_("Empty page"), "water": N_("Gauges")}
_MOST_VALUES = 4


def template(name: str, municipality: str) -> tuple[Tile, ...]:
    """The tiles of a template, with the stations the municipality shows now.

    Raises:
        TileRefused: there is no such template.
    """
    if name not in TEMPLATES:
        raise TileRefused("template", N_("There is no such template."))
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
