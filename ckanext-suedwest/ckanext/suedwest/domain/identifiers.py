"""Recognises texts that lead to a person, a vehicle or a device, so that they are not stored.

It stands behind the allow-list of fields, for what comes in a field that is allowed: an id that
is a MAC address, a name that is a licence plate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import cast

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("an e-mail address", re.compile(r"[^\s@]@[^\s@]+\.\w")),
    (
        "a MAC address",
        re.compile(r"(?<![0-9a-f])([0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-f])", re.I),
    ),
    ("a device EUI", re.compile(r"(?<![0-9a-f])([0-9a-f]{2}[:-]){7}[0-9a-f]{2}(?![0-9a-f])", re.I)),
    ("a device EUI", re.compile(r"\beui-[0-9a-f]{16}\b", re.I)),
    # 12 hex digits of a MAC, 16 of an EUI, 32 to 128 of a hash; digits alone are counters' ids.
    (
        "a MAC address or a hash",
        re.compile(
            r"\b(?=[0-9]*[a-f])(?=[a-f]*[0-9])"
            r"([0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56,128})\b",
            re.I,
        ),
    ),
    (
        "a vehicle identification number",
        re.compile(r"\b(?=[A-HJ-NPR-Z0-9]*[0-9])(?=[A-HJ-NPR-Z0-9]*[A-Z])[A-HJ-NPR-Z0-9]{17}\b"),
    ),
    ("a licence plate", re.compile(r"\b[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2}[ -]?[1-9]\d{0,3}[EH]?\b")),
)
_DEEPEST = 32


def identifier_in(text: str) -> str | None:
    """What kind of identifier a text holds, in words; None when it holds none."""
    return next((kind for kind, pattern in _PATTERNS if pattern.search(text)), None)


def only_allowed(record: object, allowed: frozenset[str]) -> object:
    """A JSON value with every field left out, at any depth, whose name is not allowed.

    Names count wherever they stand. What is left out leaves no trace.

    Raises:
        ValueError: nested deeper than any format of traffic is.
    """
    return _only_allowed(record, allowed, 0)


def _only_allowed(value: object, allowed: frozenset[str], depth: int) -> object:
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value)
        return {
            name: _only_allowed(one, allowed, depth + 1)
            for name, one in fields.items()
            if name in allowed
        }
    if isinstance(value, list):
        return [_only_allowed(one, allowed, depth + 1) for one in cast("Iterable[object]", value)]
    return value
