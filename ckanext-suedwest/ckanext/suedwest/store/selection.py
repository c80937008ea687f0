"""Which municipalities show a station of a shared source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Relation = Literal["inside", "near"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a municipality picks from a source: one station by its id, or all of a water.

    An id is the station's whole key, the key without its prefix, or the operator's number.
    """

    selects: Literal["id", "water"]
    value: str
    relation: Relation = "near"


@dataclass(frozen=True, slots=True)
class SelectionRow:
    """A selection and the municipality that made it."""

    municipality: str
    selects: str
    value: str
    relation: str


def municipalities_of(
    *,
    key: str,
    number: str | None,
    water: str | None,
    owner: str | None,
    selections: Iterable[SelectionRow],
) -> dict[str, str]:
    """Municipality → relation for one station.

    A station picked by its id keeps that relation, whatever its water says. The municipality
    that owns the source (`owner`) shows all of its stations, inside unless it says otherwise.
    """
    identities = {key, key.partition(":")[2], number} - {None, ""}
    folded_water = water.casefold() if water else None
    by_id: dict[str, str] = {}
    by_water: dict[str, str] = {}
    for selection in selections:
        if selection.selects == "id" and selection.value in identities:
            by_id[selection.municipality] = selection.relation
        elif selection.selects == "water" and selection.value.casefold() == folded_water:
            by_water[selection.municipality] = selection.relation
    owned = {owner: "inside"} if owner else {}
    return owned | by_water | by_id
