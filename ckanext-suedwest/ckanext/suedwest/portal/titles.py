"""What a station is called."""

from __future__ import annotations

from ..store.query import StationRow


def title(station: StationRow) -> str:
    """“Rhein bei Andernach”; the name alone when the water is not known or already in it."""
    if not station.water or station.water.casefold() in station.name.casefold():
        return station.name
    return f"{station.water} bei {station.name}"
