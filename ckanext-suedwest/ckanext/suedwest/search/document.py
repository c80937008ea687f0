"""From the dictionary CKAN hands to its index to the row that is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from .fields import (
    KEYWORD,
    NOTES,
    OUTLINES,
    TITLE,
    column_of,
    is_instant,
    is_keyword,
    is_searched,
    is_text,
    order_of,
)
from .words import fold, forms, lexemes, marked, pair, vector, words_of

TITLE_ORDER = "title_order"
_SEPARATE = frozenset({"data_dict", "validated_data_dict"})
# PostgreSQL takes a tsvector of at most 1,048,575 bytes, and a character takes up to four.
_MOST_CHARACTERS = 250_000


def row_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of `suedwest_search.document`, and `lexemes` for its words, of one document.

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
        elif is_text(key):
            # a text without a word is no value: `maintainer:*` does not find it
            found = [text for text in values if text.strip()]
        if values:
            stored[key] = values if isinstance(value, (list, tuple, set)) else values[0]
        if found:
            fields[key] = found
    _lexemes = _lexemes_of(fields)
    title = fields.get("title_string", fields.get(TITLE, [""]))[0]
    # the titles people compare by eye: Ä beside A, whatever the case
    fields[TITLE_ORDER] = [fold(title)[:500]]
    if OUTLINES not in fields and (box := _box(fields)):
        fields[OUTLINES] = [box]
    by_column: dict[str, dict[str, list[str]]] = {"short": {}, "long": {}}
    for key, values in fields.items():
        by_column[column_of(key)][key] = values
    return {
        "index_id": str(document["index_id"]),
        "site_id": str(document["site_id"]),
        "id": str(document["id"]),
        "name": str(document.get("name") or ""),
        "fields": sorted(fields),
        "short": json.dumps(by_column["short"]),
        "long": json.dumps(by_column["long"]),
        "stored": json.dumps(stored),
        "lexemes": _lexemes,
        "title_words": min(len(list(words_of(title))), 1000),
        "metadata_modified": _first(fields, "metadata_modified"),
        "metadata_created": _first(fields, "metadata_created"),
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
    """An instant in UTC, cut to milliseconds; None for what is no date.

    Unlike Solr this keeps zeros at the end of a fraction. CKAN compares the first 22 characters
    with its own table's before it trusts the index, so that with Solr one dataset in a hundred is
    read from the tables instead.
    """
    try:
        instant = datetime.fromisoformat(text)
        instant = instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    fraction = f".{instant.microsecond // 1000:03d}" if instant.microsecond else ""
    return f"{instant:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _first(fields: Mapping[str, list[str]], key: str) -> datetime | None:
    for value in fields.get(key, []):
        instant = datetime.fromisoformat(value)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return None


def _lexemes_of(fields: Mapping[str, list[str]]) -> str:
    """What a document is found by, as the text of a tsvector.

    Its words in all their forms, and pairs of neighbours for phrases. What is also asked for by
    field, or ranked by, stands there once more with the mark of its field.
    """
    found: set[str] = set()
    size = 0
    for field in sorted(fields, key=order_of):
        marks = [field, KEYWORD] if is_keyword(field) else [field] if is_text(field) else []
        if not is_searched(field) and not marks:
            continue
        for value in fields[field]:
            words = list(words_of(value))
            pairs = [pair(*neighbours) for neighbours in pairwise(words)]
            new: set[str] = set()
            if is_searched(field):
                new.update(pairs, *map(lexemes, words))
            for mark in marks:
                forms_of = lexemes if mark == TITLE else forms
                new.update(marked(mark, form) for word in words for form in forms_of(word))
                if field != NOTES:
                    new.update(marked(mark, both) for both in pairs)
            new -= found
            size += sum(len(lexeme) for lexeme in new)
            if size > _MOST_CHARACTERS:
                break
            found |= new
    return vector(found)


def _box(fields: Mapping[str, list[str]]) -> str | None:
    """The box of a dataset whose outline ckanext-spatial indexes as four numbers."""
    try:
        west, south, east, north = (float(fields[k][0]) for k in ("minx", "miny", "maxx", "maxy"))
    except (KeyError, ValueError):
        return None
    return f"ENVELOPE({west!r}, {east!r}, {north!r}, {south!r})"
