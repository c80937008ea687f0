"""Machine-written fields that people may change: who wrote the value last decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merge:
    """`changes` to write, the machine's memory afterwards, and the fields left to people."""

    changes: dict[str, str]
    written: dict[str, str]
    kept: tuple[str, ...]


def merge(
    current: Mapping[str, str], written: Mapping[str, str], wanted: Mapping[str, str]
) -> Merge:
    """Bring `current` to `wanted`, except where it differs from what the machine wrote last.

    A field the machine never wrote is taken over only when it is empty. A kept field keeps its
    memory too: put back to that value, it follows the machine again.
    """
    changes: dict[str, str] = {}
    memory = dict(written)
    kept: list[str] = []
    for field, value in wanted.items():
        present = current.get(field, "")
        if present == value:
            memory[field] = value
        elif present == written.get(field, ""):
            changes[field] = value
            memory[field] = value
        else:
            kept.append(field)
    return Merge(changes, memory, tuple(kept))
