"""Makes the catalogue that two search engines are compared with, of `catalogue.toml`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from ckan.tests import factories

CATALOGUE = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))


def make() -> None:
    """Make all datasets in an empty catalogue; every thirteenth is private."""
    groups = {
        name: factories.Group(name=name, title=name.capitalize())["id"]
        for name in sorted({theme["group"] for theme in CATALOGUE["theme"]})
    }
    number = 0
    for town in CATALOGUE["town"]:
        owner = factories.Organization(name=town["name"], title=town["title"])["id"]
        for position, theme in enumerate(CATALOGUE["theme"]):
            number += 1
            factories.Dataset(
                owner_org=owner,
                groups=[{"id": groups[theme["group"]]}],
                **_dataset(number, town, theme, position),
            )


def _dataset(
    number: int, town: dict[str, Any], theme: dict[str, Any], position: int
) -> dict[str, Any]:
    title = theme["title"].format(town["title"].split(" ", 1)[1])
    address = f"https://daten.example.org/{town['name']}/{position}"
    year = 2000 + number % 25
    extras = {
        "jahr": str(year),
        "stichtag_date": f"{year}-{1 + number % 12:02}-15T12:00:00Z",
        "sprache": "Deutsch" if number % 3 else "Französisch",
    }
    # Some datasets have no place, as some have none in any catalogue.
    if number % 7:
        extras["spatial"] = json.dumps(_outline(town["box"], position))
    return {
        "name": f"{town['name']}-{position:02}",
        "title": title,
        "notes": theme["notes"],
        "tags": [{"name": tag} for tag in theme["tags"]],
        "license_id": theme["licence"],
        "author": f"Amt {position % 5} der Verwaltung",
        "maintainer": "Geodatenstelle" if number % 2 else "",
        "version": f"1.{number % 4}",
        "url": address,
        "private": number % 13 == 0,
        "extras": [{"key": key, "value": value} for key, value in extras.items()],
        "resources": [
            {
                "name": f"{title} als {file_format}",
                "description": "Datei zum Herunterladen" if number % 2 else "Schnittstelle",
                "url": f"{address}.{file_format.lower()}",
                "format": file_format,
            }
            for file_format in theme["formats"]
        ],
    }


def _outline(box: list[float], position: int) -> dict[str, Any]:
    """A point, a box or a triangle inside `box`, in turn."""
    west, south, east, north = box
    match position % 3:
        case 0:
            ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
            return {"type": "Polygon", "coordinates": [ring]}
        case 1:
            ring = [[west, south], [east, south], [west, north], [west, south]]
            return {"type": "Polygon", "coordinates": [ring]}
        case _:
            return {"type": "Point", "coordinates": [(west + east) / 2, (south + north) / 2]}
