"""Pages of tiles that a municipality's file describes: `dashboards` in `config/municipalities`.

A page follows its file as long as nobody changed it in the portal; one that staff deleted stays
deleted. What was loaded once is remembered by name in the platform's settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ckan import model
from ckan.model.system_info import get_system_info, set_system_info

from ...portal.interfaces import FileFault
from . import storage
from .tiles import MOST_TILES, TileRefused, page_data, parse_page, parse_tile

_MEMORY = "suedwest.loaded_pages"


def faults(pages: Sequence[Mapping[str, Any]]) -> Iterator[FileFault]:
    """What is wrong with the pages of one file."""
    names: set[str] = set()
    for at, page in enumerate(pages):
        if page["name"] in names:
            yield FileFault((at, "name"), f"“{page['name']}” is the name of another page")
        names.add(page["name"])
        if len(page["tiles"]) > MOST_TILES:
            yield FileFault((at, "tiles"), f"a page has at most {MOST_TILES} tiles")
        for number, tile in enumerate(page["tiles"]):
            try:
                parse_tile(tile)
            except TileRefused as error:
                field = (error.field,) if error.field in tile else ()
                yield FileFault((at, "tiles", number, *field), f"{error.field}: {error.sentence}")
    landing = [at for at, page in enumerate(pages) if page.get("landing")]
    for at in landing[1:]:
        yield FileFault((at, "landing"), "another page stands on the municipality's own page")


def load(municipality: str, pages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Make and publish the pages, or bring them up to date; the names of those that staff
    changed or deleted.

    Raises:
        TileRefused: a tile is faulty; `faults` says which.
    """
    memory: dict[str, list[str]] = json.loads(get_system_info(_MEMORY, "{}") or "{}")
    known = memory.get(municipality, [])
    kept: list[str] = []
    for page in pages:
        name = page["name"]
        wanted = page_data(parse_page({"title": page["title"], "tiles": page["tiles"]}))
        stored = storage.dashboard(municipality, name)
        if stored is None and name in known:
            kept.append(name)
        elif stored is None:
            _make(municipality, name, wanted, landing=bool(page.get("landing")))
        elif stored.loaded == wanted:
            continue
        elif stored.draft == stored.published == stored.loaded:
            _bring(stored, wanted)
        else:
            kept.append(name)
    names = sorted({*known, *(page["name"] for page in pages)})
    if names != known:
        set_system_info(_MEMORY, json.dumps({**memory, municipality: names}, sort_keys=True))
    model.Session.commit()
    return kept


def _make(municipality: str, name: str, wanted: dict[str, Any], *, landing: bool) -> None:
    made = storage.create(municipality, name, wanted, loaded=wanted)
    storage.publish(made, made.version)
    if landing and storage.landing(municipality) is None:
        storage.set_landing(made, landing=True)


def _bring(stored: storage.Stored, wanted: dict[str, Any]) -> None:
    storage.write(stored, stored.version, wanted)
    storage.publish(stored, stored.version + 1)
    storage.remember(stored, wanted)
