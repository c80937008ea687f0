"""What a station is called."""

from __future__ import annotations

import re

from ..store.query import StationRow


def title(station: StationRow) -> str:
    """“Rhein bei Andernach”; the name alone when the water is not known or already in it."""
    return named(station.name, station.water)


def named(name: str, water: str | None) -> str:
    """As `title`, from a station's name and its water; Altenglan does not name the Glan."""
    if not water or re.search(rf"\b{re.escape(water)}", name, re.IGNORECASE):
        return name
    return f"{water} bei {name}"
