"""Boundaries as tiles of a web map."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from ckanext.suedwest.portal.profile import Profile
from ckanext.suedwest.portal.tiles import extent, tile

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [90, 0], [90, 60], [0, 60], [0, 0]]]}


def profile_of(boundary: dict[str, object] | None, title: str = "Muster & Söhne") -> Profile:
    return Profile(
        name="muster",
        title=title,
        short_title=title,
        kind="landkreis",
        colour=None,
        website=None,
        contact_name=None,
        contact_email=None,
        programme=None,
        embed_hosts=(),
        population=None,
        area=None,
        statistics_date=None,
        statistics_attribution=None,
        boundary=boundary,
        boundary_attribution=None,
    )


def corners(drawing: str) -> tuple[float, float, float, float]:
    numbers = [float(n) for n in re.findall(r"-?\d+\.\d", re.findall(r' d="([^"]*)"', drawing)[0])]
    return min(numbers[0::2]), min(numbers[1::2]), max(numbers[0::2]), max(numbers[1::2])


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        # the whole earth in one tile: 0 degrees is in the middle, 90 degrees at three quarters,
        # and 60 degrees north is at a height of 1.317 of pi from the equator
        ((0, 0, 0), (128.0, 74.3, 192.0, 128.0)),
        ((1, 1, 0), (0.0, 148.7, 128.0, 256.0)),
        # beyond the edge only as far as a line is wide
        ((2, 2, 1), (0.0, 41.4, 256.0, 256.0)),
        ((3, 4, 3), (0.0, -8.0, 264.0, 256.0)),
    ],
)
def test_a_boundary_lies_where_the_projection_says(
    place: tuple[int, int, int], expected: tuple[float, float, float, float]
) -> None:
    assert corners(tile([profile_of(SQUARE)], *place)) == pytest.approx(expected, abs=0.1)


def test_a_tile_is_a_document_with_the_escaped_name() -> None:
    drawing = tile([profile_of(SQUARE), profile_of(None)], 1, 1, 0)
    root = etree.fromstring(drawing)
    assert root.attrib["viewBox"] == "0 0 256 256"
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] == [
        "Muster & Söhne"
    ]


def test_a_name_that_does_not_fit_is_left_out() -> None:
    assert "<text" not in tile([profile_of(SQUARE, "Verbandsgemeinde " * 4)], 1, 1, 0)


def test_a_tile_elsewhere_is_ground_only() -> None:
    assert "<path" not in tile([profile_of(SQUARE)], 2, 0, 3)


@pytest.mark.parametrize("place", [(-1, 0, 0), (19, 0, 0), (2, 4, 0), (2, 0, 4), (2, -1, 0)])
def test_there_are_no_tiles_off_the_earth(place: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no tile"):
        tile([], *place)


def test_the_extent_is_around_all() -> None:
    other = {"type": "Polygon", "coordinates": [[[-10, 5], [1, 5], [1, 70], [-10, 5]]]}
    assert extent([profile_of(SQUARE), profile_of(other), profile_of(None)]) == [[0, -10], [70, 90]]
    assert extent([profile_of(None)]) is None
