"""How series are told apart without colour: dashes, marks, fillings; the first in the one accent.

Whatever is no class of the pages is an attribute, so that a drawing looks the same as a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..markup import EMPTY, coordinate, element, join

_DASHES = (None, "9 4", "2 4", "12 4 2 4")
_MARK_EVERY = 110.0
"""Pixels between two marks on a line."""
_LEGEND = 26.0


@dataclass(frozen=True, slots=True)
class Band:
    """The smallest and largest values at places from left to right, in pixels."""

    xs: Sequence[float]
    tops: Sequence[float]
    bottoms: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle on the paper, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float


def line(points: Sequence[tuple[float, float]], number: int, *, steps: bool = False) -> Markup:
    """A line through the points, as stairs with `steps`; of one point its mark alone."""
    if len(points) == 1:
        return mark(points[0], number)
    if steps:
        first, *others = points
        path = f"M{coordinate(first[0])} {coordinate(first[1])}" + "".join(
            f"H{coordinate(x)}V{coordinate(y)}" for x, y in others
        )
    else:
        path = "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
    return _stroke(path, number)


def marks(points: Sequence[tuple[float, float]], number: int) -> Markup:
    """Its mark on a line now and then; the first line is known by having none."""
    if number == 0:
        return EMPTY
    parts: list[Markup] = []
    free_from = points[0][0] + _MARK_EVERY / 2
    for point in points:
        if point[0] >= free_from:
            parts.append(mark(point, number))
            free_from = point[0] + _MARK_EVERY
    return join(parts)


def mark(point: tuple[float, float], number: int, *, size: float = 4.0) -> Markup:
    """A disc, square, triangle or diamond, by the number of the line."""
    x, y = point
    if number == 0:
        return element("circle", class_="dot", cx=float(x), cy=float(y), r=size)
    half = size * 0.9
    at = f"{coordinate(x)} {coordinate(y)}"
    shapes = {
        1: f"M{at}m{-half} {-half}h{2 * half}v{2 * half}h{-2 * half}Z",
        2: f"M{at}m0 {-size}l{size} {2 * half}h{-2 * size}Z",
        3: f"M{at}m0 {-size - 1}l{size + 1} {size + 1}l{-size - 1} {size + 1}"
        f"l{-size - 1} {-size - 1}Z",
    }
    return element("path", d=shapes[number], fill="currentColor")


def band(shape: Band, number: int, *, edges: bool) -> Markup:
    """The room between smallest and largest values; with `edges` both are lines."""
    tops = list(zip(shape.xs, shape.tops, strict=True))
    bottoms = list(zip(shape.xs, shape.bottoms, strict=True))
    outline = "M" + "L".join(
        f"{coordinate(x)} {coordinate(y)}" for x, y in [*tops, *reversed(bottoms)]
    )
    if number == 0:
        fill = element("path", class_="bandfill", d=f"{outline}Z")
    else:
        fill = element("path", fill="currentColor", fill_opacity="0.12", d=f"{outline}Z")
    if not edges:
        return fill
    return fill + line(tops, number) + line(bottoms, number)


def fillings(count: int, ident: str) -> Markup:
    """What bars of the second and fourth series are filled with."""
    shapes = {
        1: element("path", d="M-1 7L7 -1M3 11L11 3M-5 3L3 -5", stroke="currentColor"),
        3: element("circle", cx=4, cy=4, r=1.5, fill="currentColor"),
    }
    return element(
        "defs",
        EMPTY,
        *(
            element(
                "pattern",
                shape,
                id=f"{ident}f{number}",
                width=8,
                height=8,
                patternUnits="userSpaceOnUse",
            )
            for number, shape in shapes.items()
            if number < count
        ),
    )


def bar(shape: Bar, number: int, ident: str) -> Markup:
    """A bar: full in the accent, hatched, empty or dotted, by the number of the series."""
    box = {
        "x": float(shape.x),
        "y": float(shape.y),
        "width": float(shape.width),
        "height": float(shape.height),
    }
    if number == 0:
        return element("rect", class_="amount", **box)
    fill = "none" if number == 2 else f"url(#{ident}f{number})"
    return element("rect", fill=fill, stroke="currentColor", **box)


def legend_sign(number: int, *, bars: bool, edges: bool, ident: str) -> Markup:
    """The sign of a series for the legend, 26 pixels wide and 12 high."""
    if bars:
        shape = fillings(number + 1, ident) + bar(Bar(4, 0.5, 18, 11), number, ident)
    elif edges:
        shape = band(Band([1, _LEGEND - 1], [1.5, 1.5], [10.5, 10.5]), number, edges=True)
    else:
        shape = line([(0, 6), (_LEGEND, 6)], number)
        shape += mark((_LEGEND / 2, 6), number) if number else EMPTY
    return element("svg", shape, viewBox="0 0 26 12", aria_hidden="true")


def _stroke(path: str, number: int) -> Markup:
    if number == 0:
        return element("path", class_="line", d=path)
    return element(
        "path",
        d=path,
        fill="none",
        stroke="currentColor",
        stroke_width="1.75",
        stroke_linejoin="round",
        stroke_dasharray=_DASHES[number],
    )
