"""Pages of tiles in the files of municipalities: what is told of a faulty one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ckanext.suedwest.charts.dashboards.loading import faults

FILES = sorted((Path(__file__).parents[2] / "config" / "municipalities").glob("*.yaml"))
MAP = {"kind": "map"}


def page(*tiles: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "lage", "title": "Lage", "tiles": list(tiles), **more}


@pytest.mark.parametrize(
    ("pages", "path"),
    [
        ([page({"kind": "script"})], (0, "tiles", 0, "kind")),
        ([page(MAP, {"kind": "value", "station": "a"})], (0, "tiles", 1)),
        ([page({**MAP, "width": "9"})], (0, "tiles", 0, "width")),
        ([page({**MAP, "title": 7})], (0, "tiles", 0, "title")),
        ([page({**MAP, "onclick": "x"})], (0, "tiles", 0)),
        ([page(*[MAP] * 41)], (0, "tiles")),
        ([page(), page()], (1, "name")),
        ([page(landing=True), page(name="zwei", landing=True)], (1, "landing")),
    ],
)
def test_a_fault_is_told_with_its_place(pages: list[dict[str, Any]], path: tuple[Any, ...]) -> None:
    (fault,) = faults(pages)
    assert fault.path == path
    assert fault.message


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_files_here_have_one_page_each_that_lands(file: Path) -> None:
    pages = YAML(typ="safe").load(file)["dashboards"]
    assert list(faults(pages)) == []
    assert [each["landing"] for each in pages] == [True]


def test_each_municipality_shows_another_page() -> None:
    pages = [YAML(typ="safe").load(file)["dashboards"][0] for file in FILES]
    assert len(pages) == 6
    arranged = {tuple(tile["kind"] for tile in each["tiles"]) for each in pages}
    assert len(arranged) == 6
    assert len({each["title"] for each in pages}) == 6
