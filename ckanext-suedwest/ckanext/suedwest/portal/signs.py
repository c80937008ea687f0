"""Which sign of `suedwest/symbols.html` stands for a state; shape first, colour second."""

from __future__ import annotations

from ..domain.freshness import Freshness
from ..domain.trend import Direction

_FRESHNESS = {
    Freshness.LIVE: "f-live",
    Freshness.LATE: "f-late",
    Freshness.SILENT: "f-silent",
    Freshness.IMPLAUSIBLE: "f-implausible",
    Freshness.OUT_OF_SERVICE: "f-out",
}
_TRENDS = {
    Direction.RISING_FAST: "t-up2",
    Direction.RISING: "t-up1",
    Direction.STEADY: "t-flat",
    Direction.FALLING: "t-dn1",
    Direction.FALLING_FAST: "t-dn2",
}
HIGHEST_CLASS = 4
"""There is a sign for each of the classes 1 to this one, `l1` and so on."""


def freshness_sign(state: Freshness) -> str:
    """Id of the sign that stands directly before an age."""
    return _FRESHNESS[state]


def trend_sign(direction: Direction) -> str:
    """Id of the arrow that stands before a trend's words."""
    return _TRENDS[direction]


def class_sign(severity: int | None) -> str | None:
    """Id of the sign of a threshold's class; None where its source assigns none."""
    if severity is None or not 1 <= severity <= HIGHEST_CLASS:
        return None
    return f"l{severity}"
