"""Maps as plain geometry for an inline SVG: no tiles, nobody else is asked.

Longitudes are squeezed by the cosine of the middle latitude, which is true enough for an area of
100 km. All numbers are SVG user units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shapely import prepare, unary_union
from shapely.geometry import box as rectangle
from shapely.geometry.base import BaseGeometry

from ..store.query import StationRow
from . import boundaries
from .boundaries import Boundary
from .profile import Profile
from .titles import title

_TEXT_HEIGHT = 13.0
_LETTER_WIDTH = 7.0
_PIN = 6.0
_REACH = 0.25
"""How far beyond the boundary a station may lie to be drawn, as a share of its extent."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a baseline point; `anchor` is start, middle or end."""

    text: str
    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Area:
    """A municipality: `path` is the `d` of an SVG path."""

    name: str
    title: str
    path: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class Pin:
    """A station; `inside` says whether it lies in the municipality."""

    slug: str
    title: str
    x: float
    y: float
    inside: bool
    label: Label | None


@dataclass(frozen=True, slots=True)
class MapView:
    """A drawing of `width` × `height`; `omitted` stations lie too far away to be on it."""

    width: float
    height: float
    areas: tuple[Area, ...]
    pins: tuple[Pin, ...] = ()
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class Spot:
    """Something at a place, WGS 84 degrees; in a drawing `x` and `y` are its units."""

    slug: str
    title: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Ways:
    """Lines and places of a municipality: `paths` are the `d` of SVG paths, `spots` signs."""

    width: float
    height: float
    area: str
    paths: tuple[str, ...]
    spots: tuple[Spot, ...]


class _Projection:
    def __init__(self, bounds: Box, width: float, margin: float) -> None:
        self._west, _south, _east, self._north = bounds
        self._squeeze = math.cos(math.radians((bounds[1] + bounds[3]) / 2))
        span = max((bounds[2] - bounds[0]) * self._squeeze, 1e-9)
        self._scale = (width - 2 * margin) / span
        self._margin = margin
        self.width = width
        self.height = (bounds[3] - bounds[1]) * self._scale + 2 * margin

    def point(self, longitude: float, latitude: float) -> tuple[float, float]:
        x = (longitude - self._west) * self._squeeze * self._scale + self._margin
        y = (self._north - latitude) * self._scale + self._margin
        return round(x, 1), round(y, 1)

    def rectangle(self, area: Box) -> BaseGeometry:
        """A rectangle of the drawing as a geometry on the earth."""
        x_scale, y_scale = self._squeeze * self._scale, self._scale
        return rectangle(
            self._west + (area[0] - self._margin) / x_scale,
            self._north - (area[3] - self._margin) / y_scale,
            self._west + (area[2] - self._margin) / x_scale,
            self._north - (area[1] - self._margin) / y_scale,
        )

    def path(self, geometry: BaseGeometry) -> str:
        # Half a unit is less than a line's width: nothing visible is lost.
        simple = geometry.simplify(0.5 / self._scale)
        parts = getattr(simple, "geoms", [simple])
        rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
        return "".join(
            "M" + "L".join("{} {}".format(*self.point(*pair[:2])) for pair in ring.coords) + "Z"
            for ring in rings
        )

    def box(self, geometry: BaseGeometry) -> Box:
        west, south, east, north = geometry.bounds
        return (*self.point(west, north), *self.point(east, south))


def overview(profiles: Sequence[Profile], width: float = 320) -> MapView | None:
    """All municipalities with their short names; None when none has a boundary."""
    bounded = tuple(each for each in profiles if each.boundary)
    if all(isinstance(each.boundary, Boundary) for each in bounded):
        return _kept_overview(bounded, width)
    return _overview(bounded, width)


@lru_cache(maxsize=4)
def _kept_overview(profiles: tuple[Profile, ...], width: float) -> MapView | None:
    return _overview(profiles, width)


def _overview(profiles: Sequence[Profile], width: float) -> MapView | None:
    shapes = [(each, boundaries.geometry(each.boundary)) for each in profiles if each.boundary]
    if not shapes:
        return None
    projection = _Projection(_union_of(geometry.bounds for _, geometry in shapes), width, 18)
    taken: list[Box] = []
    areas: list[Area] = []
    for each, geometry in shapes:
        others = unary_union([other for town, other in shapes if town.name != each.name])
        prepare(others)

        def free(placed: Box, others: BaseGeometry = others) -> bool:
            if any(_overlap(placed, one) for one in taken):
                return False
            return not others.intersects(projection.rectangle(placed))

        around = projection.box(geometry)
        label = _label(each.short_title, around, free, projection, centre_first=True)
        if label:
            taken.append(_box_of(label))
        areas.append(Area(each.name, each.title, projection.path(geometry), label))
    return MapView(projection.width, projection.height, tuple(areas))


def municipality_map(
    profile: Profile,
    stations: Sequence[StationRow],
    width: float = 400,
    *,
    pin: float = _PIN,
    texts: Mapping[str, str] | None = None,
) -> MapView | None:
    """One municipality with the stations in and near it; None when it has no boundary.

    `pin` is half the size of their signs, `texts` says by slug what stands beside them where
    there is room, their name unless told.
    """
    if not profile.boundary:
        return None
    geometry = boundaries.geometry(profile.boundary)
    west, south, east, north = geometry.bounds
    reach_x, reach_y = (east - west) * _REACH, (north - south) * _REACH
    located = [each for each in stations if each.longitude is not None]
    drawn = [
        each
        for each in located
        if west - reach_x <= _longitude(each) <= east + reach_x
        and south - reach_y <= _latitude(each) <= north + reach_y
    ]
    points = [(_longitude(each), _latitude(each)) for each in drawn]
    bounds = _union_of([geometry.bounds, *((x, y, x, y) for x, y in points)])
    projection = _Projection(bounds, width, 20)
    places = [projection.point(*point) for point in points]
    taken = [(x - pin, y - pin, x + pin, y + pin) for x, y in places]
    pins: list[Pin] = []
    for station, (x, y) in zip(drawn, places, strict=True):
        around = (x - pin, y - pin, x + pin, y + pin)

        def free(placed: Box, around: Box = around) -> bool:
            return not any(_overlap(placed, one) for one in taken if one != around)

        text = station.name if texts is None else texts.get(station.slug, "")
        label = _label(text, around, free, projection, centre_first=False) if text else None
        if label:
            taken.append(_box_of(label))
        inside = dict(station.municipalities).get(profile.name) == "inside"
        pins.append(Pin(station.slug, title(station), x, y, inside, label))
    area = Area(profile.name, profile.title, projection.path(geometry), None)
    omitted = len(stations) - len(drawn)
    return MapView(projection.width, projection.height, (area,), tuple(pins), omitted)


def ways(
    profile: Profile,
    lines: Iterable[Sequence[tuple[float, float]]],
    spots: Iterable[Spot],
    width: float = 640,
) -> Ways | None:
    """Lines (longitude and latitude) and places on a municipality; None without a boundary.

    What lies further away than a quarter of its extent is left out.
    """
    if not profile.boundary:
        return None
    geometry = boundaries.geometry(profile.boundary)
    west, south, east, north = geometry.bounds
    reach_x, reach_y = (east - west) * _REACH, (north - south) * _REACH

    def near(longitude: float, latitude: float) -> bool:
        return (
            west - reach_x <= longitude <= east + reach_x
            and south - reach_y <= latitude <= north + reach_y
        )

    drawn = [each for each in spots if near(each.x, each.y)]
    kept = [[point for point in line if near(*point)] for line in lines]
    points = [(each.x, each.y) for each in drawn] + [point for line in kept for point in line]
    bounds = _union_of([geometry.bounds, *((x, y, x, y) for x, y in points)])
    projection = _Projection(bounds, width, 20)
    paths = (
        "M" + "L".join(f"{x} {y}" for x, y in (projection.point(*point) for point in line))
        for line in kept
        if len(line) > 1
    )
    return Ways(
        projection.width,
        projection.height,
        projection.path(geometry),
        tuple(paths),
        tuple(Spot(each.slug, each.title, *projection.point(each.x, each.y)) for each in drawn),
    )


def _longitude(station: StationRow) -> float:
    return station.longitude or 0.0


def _latitude(station: StationRow) -> float:
    return station.latitude or 0.0


def _label(
    text: str,
    around: Box,
    free: Callable[[Box], bool],
    projection: _Projection,
    *,
    centre_first: bool,
) -> Label | None:
    """The first place at `around` where the text covers nothing and stays on the map."""
    left, top, right, bottom = around
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2 + _TEXT_HEIGHT / 3
    candidates = [
        Label(text, right + 4, middle_y, "start"),
        Label(text, left - 4, middle_y, "end"),
        Label(text, middle_x, top - 5, "middle"),
        Label(text, middle_x, bottom + _TEXT_HEIGHT, "middle"),
        Label(text, right, bottom + _TEXT_HEIGHT, "end"),
        Label(text, left, bottom + _TEXT_HEIGHT, "start"),
        Label(text, right, top - 5, "end"),
    ]
    if centre_first and right - left > len(text) * _LETTER_WIDTH:
        candidates.insert(0, Label(text, middle_x, middle_y, "middle"))
    for label in candidates:
        placed = _box_of(label)
        on_map = (
            min(placed) >= 0 and placed[2] <= projection.width and placed[3] <= projection.height
        )
        if on_map and free(placed):
            return label
    return None


def _box_of(label: Label) -> Box:
    width = len(label.text) * _LETTER_WIDTH
    left = {"start": label.x, "middle": label.x - width / 2, "end": label.x - width}[label.anchor]
    return left, label.y - _TEXT_HEIGHT + 2, left + width, label.y + 2


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _union_of(boxes: Iterable[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
