"""Outlines of datasets as ckanext-spatial indexes them: WKT, or `ENVELOPE(w, e, n, s)`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy
import shapely
from shapely.errors import ShapelyError

from .column import Mask

_ENVELOPE = re.compile(r"ENVELOPE\s*\(([^()]*)\)", re.IGNORECASE)


def parsed(values: Sequence[str]) -> tuple[Any, Any]:
    """Geometries, None where a text is none, and their bounds `(west, south, east, north)`."""
    geometries = numpy.array([_geometry(value) for value in values], dtype=object)
    shapely.prepare(geometries)
    return geometries, shapely.bounds(geometries)


def meeting(outlines: tuple[Any, Any], box: tuple[float, float, float, float]) -> Mask:
    """Which outlines meet a box `(west, south, east, north)` in degrees.

    From 170 to -170 degrees is across the date line.
    """
    west, south, east, north = box
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    geometries, bounds = outlines
    found = numpy.zeros(len(geometries), numpy.bool_)
    for left, right in spans:
        # NaN bounds, of what is no geometry, compare false
        near = (
            (bounds[:, 0] <= right)
            & (bounds[:, 2] >= left)
            & (bounds[:, 1] <= north)
            & (bounds[:, 3] >= south)
        )
        # what lies wholly inside needs no look at its outline
        inside = (
            (bounds[:, 0] >= left)
            & (bounds[:, 2] <= right)
            & (bounds[:, 1] >= south)
            & (bounds[:, 3] <= north)
        )
        found |= inside
        unsure = numpy.flatnonzero(near & ~found)
        if unsure.size:
            span = shapely.box(left, south, right, north)
            found[unsure] = shapely.intersects(geometries[unsure], span)
    return found


def _geometry(value: str) -> Any:
    match = _ENVELOPE.fullmatch(value.strip())
    try:
        if match:
            west, east, north, south = (float(part) for part in match[1].split(","))
            return shapely.box(west, south, east, north)
        return shapely.from_wkt(value)
    except (ValueError, ShapelyError):
        # CKAN's hook let it into the index; it is given back as it is and found by no box
        return None
