"""What is kept of a refused message under the privacy gate: why, and nothing of what it holds."""

from __future__ import annotations

import hashlib
import json

from ..domain.errors import Refusal
from ..domain.identifiers import identifier_in

_MOST_FIELDS = 40


def without_contents(refusal: Refusal, payload: bytes) -> Refusal:
    """A refusal as it is kept for kinds under the gate: its reason, the names of the fields of
    the message, and a hash of it."""
    fields = ", ".join(_field_names(payload))
    digest = hashlib.sha256(payload).hexdigest() if payload else ""
    said = f"fields: {fields or '(none)'}; sha256: {digest}" if payload else ""
    return Refusal(without_identifiers(refusal.record), without_identifiers(refusal.reason), said)


def without_identifiers(told: str) -> str:
    """A text that is told of a message, or that it holds what leads to a person or a device."""
    kind = identifier_in(told)
    return told if kind is None else f"(withheld: it looks like {kind})"


def _field_names(payload: bytes) -> list[str]:
    """Names of fields, as far as they are names; a key that is an id is none."""
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return []
    found: set[str] = set()
    waiting = [content]
    while waiting and len(found) < _MOST_FIELDS:
        one = waiting.pop()
        if isinstance(one, dict):
            found |= {name for name in one if _is_name(name)}
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one[:_MOST_FIELDS]
    return sorted(found)[:_MOST_FIELDS]


def _is_name(key: str) -> bool:
    letters = key.replace("_", "").replace("-", "")
    return letters.isascii() and letters.isalpha() and len(key) <= 40 and identifier_in(key) is None
