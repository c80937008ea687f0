"""Joins signs that would cover each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cluster:
    """Signs at one place of the drawing; `members` are positions in the list they came from."""

    x: float
    y: float
    members: tuple[int, ...]


def clusters(points: Sequence[tuple[float, float]], distance: float) -> list[Cluster]:
    """Every point in exactly one cluster, and no two clusters nearer than `distance`.

    The nearest two are joined first, at the mean of all their points, until all are far enough
    apart; so the order of the points does not matter for who is joined.
    """
    found = [Cluster(x, y, (index,)) for index, (x, y) in enumerate(points)]
    while len(found) > 1:
        apart, first, second = min(
            (math.dist((one.x, one.y), (other.x, other.y)), first, second)
            for first, one in enumerate(found)
            for second, other in enumerate(found[first + 1 :], start=first + 1)
        )
        if apart >= distance:
            break
        members = tuple(sorted(found[first].members + found[second].members))
        mean_x = sum(points[each][0] for each in members) / len(members)
        mean_y = sum(points[each][1] for each in members) / len(members)
        found[first] = Cluster(mean_x, mean_y, members)
        del found[second]
    return sorted(found, key=lambda each: each.members)
