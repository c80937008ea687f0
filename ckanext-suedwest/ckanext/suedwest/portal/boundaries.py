"""Boundaries, read and built once for as long as their text stays the same.

Nearly every page shows a map or the corners of one, and a municipality's boundary has thousands of
points: to read it and to build its geometry takes longer than the rest of the page.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

# More than there will be municipalities, with some old versions.
_KEPT = 64


class Boundary(dict[str, Any]):
    """A GeoJSON geometry that nobody changes; what is made of it may be kept under it."""

    def __hash__(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return id(self)


@lru_cache(maxsize=_KEPT)
def read_boundary(text: str) -> Boundary:
    """The geometry of a text; the same text gives the same object."""
    return Boundary(json.loads(text))


def geometry(boundary: dict[str, Any]) -> BaseGeometry:
    """The geometry to calculate with."""
    return _kept(boundary) if isinstance(boundary, Boundary) else shape(boundary)


@lru_cache(maxsize=_KEPT)
def _kept(boundary: Boundary) -> BaseGeometry:
    return shape(boundary)
