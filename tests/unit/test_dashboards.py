"""Dashboards: what is a tile, how tiles are arranged, which signs of a map are joined."""

from __future__ import annotations

import pytest

from ckanext.suedwest.charts.dashboards.arrange import arranged, in_order, with_widths
from ckanext.suedwest.charts.dashboards.tiles import (
    KINDS,
    Page,
    TextTile,
    TileRefused,
    page_data,
    parse_page,
    parse_stored,
    parse_tile,
)
from ckanext.suedwest.charts.map_view.clusters import clusters

GOOD = (
    {"kind": "value", "station": "pegel-glan-odenbach", "datastream": "W"},
    {"kind": "chart", "station": "pegel-glan-odenbach", "datastream": "W", "range": "30d"},
    {"kind": "list", "stations": "water"},
    {"kind": "map", "width": "full"},
    {"kind": "text", "text": "**Ein Pegel**", "title": "So lesen Sie die Werte"},
    {"kind": "image", "path": "/uploads/group/wappen.png", "alternative": "Wappen"},
    {"kind": "datasets", "words": "Schule"},
)
PAGE_OF_THREE = Page("Lage", tuple(TextTile(title=name, text="x") for name in "abc"))


def test_a_page_of_every_kind_is_kept_as_it_was():
    page = parse_page({"title": " Hochwasser ", "tiles": list(GOOD)})
    assert page.title == "Hochwasser"
    assert {tile.kind for tile in page.tiles} == set(KINDS)
    assert parse_page(page_data(page)) == page
    assert parse_stored(page_data(page)) == (page.title, page.tiles)


@pytest.mark.parametrize(
    ("tile", "field"),
    [
        (None, "tiles"),
        ([], "tiles"),
        ({"kind": "script"}, "kind"),
        ({"kind": ["map"]}, "kind"),
        ({"kind": "map", "onclick": "alert(1)"}, "tiles"),
        ({"kind": "map", "width": "900px"}, "width"),
        ({"kind": "map", "title": {"a": 1}}, "title"),
        ({"kind": "value", "station": "../x", "datastream": "W"}, "station"),
        ({"kind": "value", "station": "pegel"}, "datastream"),
        ({"kind": "chart", "station": "pegel", "datastream": "W", "range": "9y"}, "range"),
        ({"kind": "list"}, "stations"),
        ({"kind": "list", "stations": "<b>"}, "stations"),
        ({"kind": "text"}, "text"),
        ({"kind": "text", "text": "a\x00b"}, "text"),
        ({"kind": "text", "text": "a" * 10_001}, "text"),
        ({"kind": "image", "path": "/uploads/a.png"}, "alternative"),
        ({"kind": "image", "path": "//evil.example/a.png", "alternative": "a"}, "path"),
        ({"kind": "image", "path": "https://evil.example/a", "alternative": "a"}, "path"),
        ({"kind": "image", "path": "/uploads/../user/x", "alternative": "a"}, "path"),
        ({"kind": "image", "path": "javascript:alert(1)", "alternative": "a"}, "path"),
    ],
)
def test_what_is_no_tile_is_refused_by_field_and_left_out_of_what_is_shown(tile, field):
    with pytest.raises(TileRefused) as refused:
        parse_tile(tile)
    assert refused.value.field == field
    assert parse_stored({"title": "A", "tiles": [tile, GOOD[2]]})[1] == (None, parse_tile(GOOD[2]))


@pytest.mark.parametrize(
    "page",
    [None, [], {"title": ""}, {"title": "A", "tiles": "map"}, {"title": "A", "css": "x"}]
    + [{"title": "A", "tiles": [GOOD[2]] * 41}],
)
def test_what_is_no_page_is_refused(page):
    with pytest.raises(TileRefused):
        parse_page(page)


def page_of(texts: str) -> Page:
    return Page("A", tuple(TextTile(text=each) for each in texts))


@pytest.mark.parametrize(
    ("step", "index", "order"),
    [
        ("up", 1, "bac"),
        ("down", 1, "acb"),
        ("up", 0, "abc"),
        ("down", 2, "abc"),
        ("remove", 1, "ac"),
    ],
)
def test_tiles_are_moved_and_removed(step, index, order):
    tiles = arranged(page_of("abc"), step, index).tiles
    assert "".join(tile.text for tile in tiles if isinstance(tile, TextTile)) == order


def test_a_tile_gets_wider_and_narrower_and_unknown_steps_are_none():
    wide = arranged(page_of("ab"), "wider", 1)
    assert [tile.width for tile in wide.tiles] == ["half", "full"]
    assert arranged(wide, "narrower", 1) == page_of("ab")
    for step, index in (("jump", 0), ("up", 2), ("up", -1)):
        with pytest.raises(LookupError):
            arranged(page_of("ab"), step, index)


def test_near_signs_are_joined_until_all_are_apart():
    points = [(0.0, 0.0), (100.0, 0.0), (8.0, 0.0), (16.0, 0.0), (100.0, 50.0)]
    found = clusters(points, 20)
    assert [each.members for each in found] == [(0, 2, 3), (1,), (4,)]
    assert (found[0].x, found[0].y) == (8.0, 0.0)
    assert sorted(each for one in found for each in one.members) == [0, 1, 2, 3, 4]
    assert clusters([], 20) == []
    assert [each.members for each in clusters([(5, 5)] * 3, 20)] == [(0, 1, 2)]


def test_widths_are_those_of_the_form_and_nothing_else():
    widths = [tile.width for tile in with_widths(PAGE_OF_THREE, ["full", None, "900px"]).tiles]
    assert widths == ["full", "half", "half"]


def test_tiles_take_the_order_that_was_dragged():
    assert [tile.title for tile in in_order(PAGE_OF_THREE, [2, 0, 1]).tiles] == ["c", "a", "b"]


@pytest.mark.parametrize("order", [[], [0, 1], [0, 1, 1], [0, 1, 3], [-1, 0, 1]])
def test_an_order_that_loses_or_doubles_a_tile_is_refused(order: list[int]):
    with pytest.raises(LookupError):
        in_order(PAGE_OF_THREE, order)
