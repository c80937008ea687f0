"""What a level means beside its thresholds, in one short sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ..domain.threshold import Direction, ThresholdKind
from ..portal import formats
from ..store.query import ThresholdRow
from .words import threshold_name


def meaning(centimetres: float, thresholds: Sequence[ThresholdRow], lang: str) -> str:
    """The highest alarm that is reached, else the way to the next, else low water; or nothing.

    Means of long years are orientation and never „reached“.
    """
    german = lang == "de"
    alarms = [
        each
        for each in thresholds
        if each.kind != ThresholdKind.STATISTICAL and each.direction == Direction.ABOVE
    ]
    reached = [each for each in alarms if each.level <= centimetres]
    if reached:
        name = threshold_name(max(reached, key=lambda each: each.level))
        return f"{name} ist überschritten." if german else f"{name} is exceeded."
    low = [
        each
        for each in thresholds
        if each.direction == Direction.BELOW and centimetres < each.level
    ]
    if low:
        nearest = min(low, key=lambda each: each.level)
        size = formats.difference(nearest.level - centimetres, lang)
        name = threshold_name(nearest)
        if german:
            return f"Niedrigwasser: {size} unter der Marke {name}."
        return f"Low water: {size} below the mark {name}."
    following = min(alarms, key=lambda each: each.level, default=None)
    if following is None:
        return ""
    size = formats.difference(following.level - centimetres, lang)
    name = threshold_name(following)
    return f"Noch {size} bis {name}." if german else f"{size} to {name}."
