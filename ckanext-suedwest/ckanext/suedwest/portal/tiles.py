"""A background for web maps that asks nobody else: boundaries as tiles in the usual scheme.

Tiles are SVG, 256 pixels wide, in the Web Mercator projection, numbered by zoom level, column from
the west and row from the north, as map libraries ask for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy
import shapely

from .boundaries import geometry
from .profile import Profile

SIZE = 256
DEEPEST = 18
# Lines at the edge are drawn whole, so that neighbouring tiles meet.
_MARGIN = 8
_LETTER_WIDTH = 7.0
_STYLE = (
    ".ground{fill:#eef0ec}.area{fill:#fff;stroke:#6b7680;stroke-width:1.5}"
    ".name{font:600 13px sans-serif;fill:#3d474f;text-anchor:middle;"
    "paint-order:stroke;stroke:#fff;stroke-width:3px}"
)


def tile(profiles: Sequence[Profile], zoom: int, column: int, row: int) -> str:
    """One tile as an SVG document.

    Raises:
        ValueError: there is no such tile.
    """
    if not 0 <= zoom <= DEEPEST or not (0 <= column < 2**zoom and 0 <= row < 2**zoom):
        raise ValueError(f"there is no tile {zoom}/{column}/{row}")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE}" height="{SIZE}"'
        f' viewBox="0 0 {SIZE} {SIZE}"><style>{_STYLE}</style>'
        f'<rect class="ground" width="{SIZE}" height="{SIZE}"/>'
    ]
    names: list[str] = []
    for profile in profiles:
        if not profile.boundary:
            continue
        area = _on_tile(geometry(profile.boundary), zoom, column, row)
        drawn = shapely.clip_by_rect(area, -_MARGIN, -_MARGIN, SIZE + _MARGIN, SIZE + _MARGIN)
        if drawn.is_empty:
            continue
        parts.append(f'<path class="area" d="{_path(drawn.simplify(0.5))}"/>')
        names.append(_name(profile.short_title, area))
    return "".join([*parts, *names, "</svg>"])


def extent(profiles: Sequence[Profile]) -> list[list[float]] | None:
    """Corners `[[south, west], [north, east]]` around all municipalities, None without any."""
    bounds = [geometry(each.boundary).bounds for each in profiles if each.boundary]
    if not bounds:
        return None
    wests, souths, easts, norths = zip(*bounds, strict=True)
    return [[min(souths), min(wests)], [max(norths), max(easts)]]


def _on_tile(area: Any, zoom: int, column: int, row: int) -> Any:
    scale = SIZE * 2**zoom

    def project(points: Any) -> Any:
        longitude, latitude = points[:, 0], numpy.radians(points[:, 1])
        x = (longitude + 180) / 360 * scale - column * SIZE
        y = (1 - numpy.arcsinh(numpy.tan(latitude)) / math.pi) / 2 * scale - row * SIZE
        return numpy.column_stack([x, y])

    return shapely.transform(area, project)


def _path(drawn: Any) -> str:
    polygons = [each for each in shapely.get_parts(drawn) if each.geom_type == "Polygon"]
    rings = [ring for each in polygons for ring in (each.exterior, *each.interiors)]
    return "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in numpy.asarray(ring.coords)[:, :2]) + "Z"
        for ring in rings
    )


def _name(title: str, area: Any) -> str:
    """The name of an area that is wide enough, on the one tile that holds all of it."""
    west, _, east, _ = area.bounds
    middle = area.representative_point()
    half = len(title) * _LETTER_WIDTH / 2
    fits = east - west > 2 * half and half <= middle.x <= SIZE - half and 13 <= middle.y < SIZE - 4
    if not fits:
        return ""
    return f'<text class="name" x="{middle.x:.1f}" y="{middle.y:.1f}">{escape(title)}</text>'
