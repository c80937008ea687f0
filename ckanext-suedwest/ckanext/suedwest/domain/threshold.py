"""Levels that mean something, official ones and a municipality's own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """On which side of the level the threshold is reached."""

    ABOVE = "above"
    BELOW = "below"


class ThresholdKind(StrEnum):
    """Where a threshold comes from and how it is drawn.

    Statistical marks (MW, MNW, MHW) are orientation, not alarms.
    """

    OFFICIAL = "official"
    STATISTICAL = "statistical"
    MUNICIPAL = "municipal"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A level in the unit of its datastream, with the words its source gives it.

    `severity` is the class 1 to 4 the source assigns, None where it assigns none. Never assume
    an order between thresholds: HSW lies below MHW at Cochem (600 < 648 cm).
    """

    level: float
    direction: Direction
    code: str
    label: str
    kind: ThresholdKind
    source: str
    severity: int | None = None
