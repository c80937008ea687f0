"""From the dictionary CKAN hands to its index to the row that is stored."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from .fields import RANKED_WEIGHTS, column_of, is_instant, is_searched, weight_of
from .words import fold, lexemes, quoted, words_of

_SEPARATE = frozenset({"data_dict", "validated_data_dict"})
# PostgreSQL keeps at most 16,383 positions of a tsvector.
_MOST_WORDS = 16_000
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def row_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of `suedwest_search.document` for one document of CKAN's index.

    Raises:
        KeyError: without `index_id`, `id` or `site_id`.
    """
    fields: dict[str, list[str]] = {}
    stored: dict[str, Any] = {}
    for key, value in document.items():
        if value is None or key in _SEPARATE:
            continue
        values = found = _texts(value)
        if is_instant(key):
            # what is no date is given back as it is, but no range of dates finds it
            found = [instant for text in values if (instant := _to_milliseconds(text))]
            values = found or values
        if values:
            stored[key] = values if isinstance(value, (list, tuple, set)) else values[0]
        if found:
            fields[key] = found
    box = _box(fields)
    by_column: dict[str, dict[str, list[str]]] = {"short": {}, "long": {}}
    for key, values in fields.items():
        by_column[column_of(key)][key] = values
    return {
        "index_id": str(document["index_id"]),
        "site_id": str(document["site_id"]),
        "id": str(document["id"]),
        "name": str(document.get("name") or ""),
        "short": json.dumps(by_column["short"]),
        "long": json.dumps(by_column["long"]),
        "stored": json.dumps(stored),
        "words": _vector(fields),
        "ranked_words": _vector(
            {key: values for key, values in fields.items() if weight_of(key) in RANKED_WEIGHTS}
        ),
        "title_order": fold(fields.get("title_string", fields.get("title", [""]))[0])[:500],
        "metadata_modified": _first(fields, "metadata_modified"),
        "metadata_created": _first(fields, "metadata_created"),
        "box": None if box is None else "(({},{}),({},{}))".format(*box),
        "data_dict": _clean(document.get("data_dict")),
        "validated_data_dict": _clean(document.get("validated_data_dict")),
    }


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, (list, tuple, set)) else [value]
    return list(dict.fromkeys(_text(item) for item in values if item is not None))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value).replace("\x00", "")


def _clean(value: Any) -> str | None:
    # an escaped NUL inside JSON text is two harmless characters; a bare one cannot be stored
    return None if value is None else str(value).replace("\x00", "")


def _to_milliseconds(text: str) -> str | None:
    """An instant as Solr gives it back: UTC, cut to milliseconds, without a fraction of zero.

    None for what is no date.
    """
    try:
        instant = datetime.fromisoformat(text)
        instant = instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    milliseconds = instant.microsecond // 1000
    fraction = f".{milliseconds:03d}".rstrip("0") if milliseconds else ""
    return f"{instant:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _first(fields: Mapping[str, list[str]], key: str) -> datetime | None:
    for value in fields.get(key, []):
        instant = datetime.fromisoformat(value)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return None


def _vector(fields: Mapping[str, list[str]]) -> str:
    """A tsvector as text. Titles come first: no description is long enough to crowd them out."""
    entries: list[str] = []
    position = 0
    for key in sorted(fields, key=_order):
        if not is_searched(key):
            continue
        weight = weight_of(key)
        for value in fields[key]:
            for word in words_of(value):
                position += 1
                if position > _MOST_WORDS:
                    return " ".join(entries)
                entries += [f"{quoted(lexeme)}:{position}{weight}" for lexeme in lexemes(word)]
            position += 1  # a phrase does not reach from one value into the next
    return " ".join(entries)


def _order(key: str) -> tuple[str, str]:
    return (weight_of(key), key)


def _box(fields: Mapping[str, list[str]]) -> tuple[float, float, float, float] | None:
    """Box around all outlines of the dataset that ckanext-spatial indexes: WKT, or four numbers."""
    xs: list[float] = []
    ys: list[float] = []
    for text in fields.get("spatial_geom", []):
        numbers = [float(number) for number in _NUMBER.findall(text)]
        if text.upper().startswith("ENVELOPE") and len(numbers) == 4:
            west, east, north, south = numbers
            numbers = [west, south, east, north]
        if len(numbers) % 2 == 0:
            xs += numbers[0::2]
            ys += numbers[1::2]
    if xs:
        return (min(xs), min(ys), max(xs), max(ys))
    try:
        west, south, east, north = (float(fields[k][0]) for k in ("minx", "miny", "maxx", "maxy"))
    except (KeyError, ValueError):
        return None
    return (west, south, east, north)
