"""Reading JSON that others wrote: every field is checked, what is wrong is said in a sentence."""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8
from typing import cast

from ..domain.errors import PayloadRefused

LONGEST_TEXT = 500
LONGEST_PAYLOAD = 2_000
"""Characters of a refused record that the quarantine keeps."""


class FieldRefused(ValueError):
    """A field of a record cannot be used; the message says which and why."""


def load_json(payload: bytes) -> object:
    """The JSON value of a reply in UTF-8.

    `NaN` and `Infinity` are let through as numbers, so that `finite_number` refuses the one
    record that holds them and not its neighbours.

    Raises:
        PayloadRefused: empty, an HTML page, no UTF-8, not JSON (with the position), nested
            deeper than the parser goes, or an object with two fields of one name.
    """
    if not payload.strip():
        raise PayloadRefused("the reply is empty")
    try:
        text = payload.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise PayloadRefused(f"the reply is not UTF-8 (byte {error.start})") from None
    if text.lstrip().startswith("<"):
        raise PayloadRefused("the reply is an HTML or XML page, not JSON")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise PayloadRefused(
            f"the reply is not valid JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from None
    except RecursionError:
        raise PayloadRefused("the reply is nested too deeply to be read") from None
    except ValueError as error:  # an integer of thousands of digits
        raise PayloadRefused(f"the reply is not usable JSON: {error}") from None


def _distinct_fields(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of its fields; which of two fields of one name is meant, nobody can know."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in fields if names.count(name) > 1)
        raise PayloadRefused(f"the reply has an object with two fields {twice[:60]!r}")
    return fields


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct_fields)


def load_json_lines(payload: bytes) -> list[object]:
    """The JSON values of a reply: one, or one for each line (JSON lines, as recordings have).

    Raises:
        PayloadRefused: as `load_json`, or a line of several that is not JSON.
    """
    lines = [line for line in payload.splitlines() if line.strip()]
    # A document over several lines never has two lines that begin an object at the margin.
    if len(lines) < 2 or not all(line.startswith(b"{") for line in lines):
        return [load_json(payload)]
    return [load_json(line) for line in lines]


def as_object(value: object) -> dict[str, object] | None:
    """`value` when it is a JSON object, else None."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """`value` when it is a JSON array, else None."""
    return cast("list[object]", value) if isinstance(value, list) else None


def kind_of(value: object) -> str:
    """What a JSON value is, in one English word or two."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an object"


def finite_number(record: dict[str, object], field: str) -> float:
    """A field that must be a finite JSON number.

    Raises:
        FieldRefused: absent, null, a text, true or false, not finite, or beyond a float.
    """
    if field not in record:
        raise FieldRefused(f"{field} is missing")
    value = record[field]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldRefused(f"{field} is {kind_of(value)}, not a number")
    try:
        number = float(value)
    except OverflowError:
        raise FieldRefused(f"{field} is too large a number") from None
    if not math.isfinite(number):
        raise FieldRefused(f"{field} is {number}, not a finite number")
    return number


def clean_text(record: dict[str, object], field: str) -> str:
    """A field that must be a text with something in it; outer blanks are cut off.

    Raises:
        FieldRefused: absent, no text, blank, longer than `LONGEST_TEXT`, or with characters no
            database column takes (NUL, other control characters, half a surrogate pair).
    """
    value = record.get(field)
    if not isinstance(value, str):
        problem = "missing" if field not in record else f"{kind_of(value)}, not a text"
        raise FieldRefused(f"{field} is {problem}")
    text = " ".join(value.split())
    if not text:
        raise FieldRefused(f"{field} is blank")
    if len(text) > LONGEST_TEXT:
        raise FieldRefused(f"{field} is longer than {LONGEST_TEXT} characters")
    if not text.isprintable():
        raise FieldRefused(f"{field} holds characters that are no text")
    return text


def optional_text(record: dict[str, object], field: str) -> str | None:
    """Like `clean_text`, but None when the field is absent, null or blank."""
    value = record.get(field)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return clean_text(record, field)


def record_text(record: object) -> str:
    """A refused record as text for the quarantine, cut and safe to store."""
    try:
        text = json.dumps(record, ensure_ascii=False)[:LONGEST_PAYLOAD]
    except RecursionError:  # it was read with fewer calls on the stack
        return "(nested too deeply to be written)"
    return text.encode("utf-8", "replace").decode("utf-8")
