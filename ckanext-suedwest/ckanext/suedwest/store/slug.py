"""Names of stations in addresses; also the names of their packages in the catalogue."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

_PREFIXES = {
    "water": "pegel",
    "parking": "parken",
    "counter": "zaehlstelle",
    "charging": "laden",
}
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
# CKAN takes package names of at most 100 characters; the rest is room for a number.
_LENGTH = 80


def slugify(value: str) -> str:
    """`value` in lower-case letters, digits and single hyphens; may be empty."""
    german = unicodedata.normalize("NFC", value).lower().translate(_GERMAN)
    ascii_only = unicodedata.normalize("NFKD", german).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")


def station_slug(
    kind: str, water: str | None, name: str, number: str | None, taken: Container[str]
) -> str:
    """`pegel-rhein-andernach`; a clash with `taken` gets the station's number, then a counter."""
    parts = (_PREFIXES.get(kind, kind), water or "", name)
    slug = "-".join(filter(None, map(slugify, parts)))[:_LENGTH].strip("-")
    if slug not in taken:
        return slug
    if number and slugify(number):
        slug = f"{slug}-{slugify(number)[:12].strip('-')}"
    candidate, counter = slug, 2
    while candidate in taken:
        candidate, counter = f"{slug}-{counter}", counter + 1
    return candidate
