"""Tiles as checked values, read from JSON; nothing else is asked or changed here.

The same reading happens when a page is saved and when it is shown, so that what came into the
database another way is never drawn unchecked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from ...domain.errors import SuedwestError
from ..ranges import RANGES

MOST_TILES = 40
WIDTHS = ("half", "full")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,199}")
_KIND = re.compile(r"[a-z][a-z_]{0,49}")
# A file of this platform: no other host (`//`), no way up, nothing that ends the attribute.
_PATH = re.compile(r"/(?!/)[\w./%-]{1,300}", re.ASCII)
_TITLE, _NAME, _TEXT, _ALTERNATIVE, _WORDS = 150, 100, 10_000, 300, 200


def N_(msgid: str) -> str:  # noqa: N802 - the name that tools which collect texts know
    """Mark a text that is translated where it is shown."""
    return msgid


class TileRefused(SuedwestError):
    """A tile or page cannot be used; `sentence` is an English msgid about the key `field`."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field, self.sentence = field, sentence
        super().__init__(f"{field}: {sentence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """What all tiles have; `title` is empty where the tile names itself."""

    kind: ClassVar[str]
    title: str = ""
    width: str = "half"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTile(Tile):
    """The newest value of a station's datastream, both by their names in addresses."""

    kind: ClassVar[str] = "value"
    station: str
    datastream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartTile(Tile):
    """The chart of a datastream; `range` is one of `RANGES`."""

    kind: ClassVar[str] = "chart"
    station: str
    datastream: str
    range: str = "7d"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapTile(Tile):
    """The stations of the municipality on its map."""

    kind: ClassVar[str] = "map"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTile(Tile):
    """The newest values of all stations of one kind (`water`) that the municipality shows."""

    kind: ClassVar[str] = "list"
    stations: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTile(Tile):
    """A text in Markdown; HTML in it is shown as text."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTile(Tile):
    """A picture of this platform, `/uploads/…`, with the words that stand for it."""

    kind: ClassVar[str] = "image"
    path: str
    alternative: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetsTile(Tile):
    """The newest datasets of the municipality that fit the words, all without words."""

    kind: ClassVar[str] = "datasets"
    words: str = ""


KINDS: Mapping[str, type[Tile]] = {
    each.kind: each
    for each in (ValueTile, ChartTile, ListTile, MapTile, TextTile, ImageTile, DatasetsTile)
}


@dataclass(frozen=True, slots=True)
class Page:
    """A dashboard: its title and its tiles in the order of reading."""

    title: str
    tiles: tuple[Tile, ...] = field(default=())


def parse_tile(data: object) -> Tile:
    """One tile.

    Raises:
        TileRefused: for anything that is not exactly a tile.
    """
    if not isinstance(data, Mapping):
        raise TileRefused("tiles", N_("This is not a tile."))
    name = data.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise TileRefused("kind", N_("There is no such kind of tile."))
    known = {each.name for each in fields(kind)}
    if set(data) - known - {"kind"}:
        raise TileRefused("tiles", N_("This tile has settings that its kind does not know."))
    values = {key: _text(key, value) for key, value in data.items() if key != "kind"}
    for each in sorted(known):
        _check(each, values.get(each, ""), given=each in values)
    return kind(**values)


def parse_page(data: object) -> Page:
    """A page with all its tiles.

    Raises:
        TileRefused: for the first thing that cannot be used.
    """
    if not isinstance(data, Mapping) or set(data) - {"title", "tiles"}:
        raise TileRefused("tiles", N_("This is not a page of tiles."))
    tiles = data.get("tiles", [])
    if not isinstance(tiles, Sequence) or isinstance(tiles, str):
        raise TileRefused("tiles", N_("This is not a page of tiles."))
    if len(tiles) > MOST_TILES:
        raise TileRefused("tiles", N_("A page has at most 40 tiles."))
    return Page(read_title(data.get("title")), tuple(parse_tile(each) for each in tiles))


def parse_stored(data: object) -> tuple[str, tuple[Tile | None, ...]]:
    """Title and tiles of a stored page; None for each tile that cannot be used."""
    if not isinstance(data, Mapping):
        return "", ()
    title, tiles = data.get("title"), data.get("tiles")
    listed = tiles[:MOST_TILES] if isinstance(tiles, list) else []
    return title if isinstance(title, str) else "", tuple(_tile_or_none(each) for each in listed)


def read_title(value: object) -> str:
    """The title of a page without blanks around it.

    Raises:
        TileRefused: when it is missing or too long.
    """
    title = _text("title", value if value is not None else "").strip()
    if not title:
        raise TileRefused("title", N_("Please give the page a title."))
    if len(title) > _TITLE:
        raise TileRefused("title", N_("This is too long."))
    return title


def as_data(tile: Tile) -> dict[str, str]:
    """A tile as JSON keeps it."""
    return {"kind": tile.kind, **asdict(tile)}


def page_data(page: Page) -> dict[str, Any]:
    """A page as JSON keeps it."""
    return {"title": page.title, "tiles": [as_data(each) for each in page.tiles]}


def _tile_or_none(data: object) -> Tile | None:
    try:
        return parse_tile(data)
    except TileRefused:
        return None


def _text(key: str, value: object) -> str:
    # PostgreSQL's jsonb does not take the zero character.
    if not isinstance(value, str) or "\x00" in value:
        raise TileRefused(key, N_("This is not a text."))
    return value


_LENGTHS = {
    "title": _TITLE,
    "datastream": _NAME,
    "text": _TEXT,
    "alternative": _ALTERNATIVE,
    "words": _WORDS,
}
_REQUIRED = {
    "datastream": N_("Please choose what is shown."),
    "text": N_("Please write a text."),
    "alternative": N_("Please say in words what the picture shows."),
}


def _check(key: str, value: str, *, given: bool) -> None:
    if key in _REQUIRED and not value.strip():
        raise TileRefused(key, _REQUIRED[key])
    if len(value) > _LENGTHS.get(key, len(value)):
        raise TileRefused(key, N_("This is too long."))
    if key == "station" and not _SLUG.fullmatch(value):
        raise TileRefused(key, N_("Please choose a station."))
    if key == "stations" and not _KIND.fullmatch(value):
        raise TileRefused(key, N_("Please choose what is shown."))
    if key == "path" and (not _PATH.fullmatch(value) or ".." in value):
        raise TileRefused(
            key, N_("A picture is a file of this platform: its address begins with /uploads/.")
        )
    if given and key == "width" and value not in WIDTHS:
        raise TileRefused(key, N_("A tile is half or full."))
    if given and key == "range" and value not in RANGES:
        raise TileRefused(key, N_("There is no such range."))
