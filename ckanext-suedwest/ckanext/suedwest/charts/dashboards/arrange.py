"""Steps in which a page is arranged; each makes a new page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .tiles import WIDTHS, Page, Tile

STEPS = ("up", "down", "wider", "narrower", "remove")


def arranged(page: Page, step: str, index: int) -> Page:
    """The page after one step with the tile at `index`; unchanged where the step leads nowhere.

    Raises:
        LookupError: there is no such step or tile.
    """
    if step not in STEPS or not 0 <= index < len(page.tiles):
        raise LookupError(f"{step} {index}")
    if step == "remove":
        return replace(page, tiles=page.tiles[:index] + page.tiles[index + 1 :])
    if step in ("wider", "narrower"):
        width = "full" if step == "wider" else "half"
        return with_tile(page, index, replace(page.tiles[index], width=width))
    return moved(page, index, index + (-1 if step == "up" else 1))


def moved(page: Page, index: int, to: int) -> Page:
    """The page with a tile taken from `index` to `to`, at most to its ends."""
    tiles = list(page.tiles)
    tile = tiles.pop(index)
    tiles.insert(max(0, min(to, len(tiles))), tile)
    return replace(page, tiles=tuple(tiles))


def with_tile(page: Page, index: int, tile: Tile) -> Page:
    """The page with another tile at `index`; added at the end where there is none."""
    return replace(page, tiles=(*page.tiles[:index], tile, *page.tiles[index + 1 :]))


def with_widths(page: Page, widths: Sequence[str | None]) -> Page:
    """The page with the width of each tile in turn; what is no width changes nothing."""
    tiles = (
        replace(tile, width=width) if width in WIDTHS else tile
        for tile, width in zip(page.tiles, widths, strict=True)
    )
    return replace(page, tiles=tuple(tiles))


def in_order(page: Page, order: Sequence[int]) -> Page:
    """The page with the tiles of these indexes one after the other.

    Raises:
        LookupError: the order does not name each tile once.
    """
    if sorted(order) != list(range(len(page.tiles))):
        raise LookupError(f"order {list(order)}")
    return replace(page, tiles=tuple(page.tiles[index] for index in order))
