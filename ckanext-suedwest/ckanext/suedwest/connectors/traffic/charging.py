"""Charging: the states of single points, added up to the numbers of their site.

The state of one point tells when one person charges. It is used for the sum and kept nowhere; of
a site with only one point nothing but that number is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from ...domain.units import (
    CHARGING_AVAILABLE,
    CHARGING_OCCUPIED,
    CHARGING_OUT_OF_SERVICE,
    CHARGING_POINTS,
)

STREAMS = {
    "available": CHARGING_AVAILABLE,
    "occupied": CHARGING_OCCUPIED,
    "out_of_service": CHARGING_OUT_OF_SERVICE,
    "total": CHARGING_POINTS,
}
SMALLEST_SITE = 2
"""Points of the smallest site whose availability is told."""


class PointState(StrEnum):
    """What a point is to somebody who wants to charge now."""

    AVAILABLE = "available"
    OCCUPIED = "occupied"
    OUT_OF_SERVICE = "out_of_service"
    UNKNOWN = "unknown"
    ABSENT = "absent"
    """Planned or removed: it is no point of the site."""


def site_counts(states: Iterable[PointState], *, complete: bool = True) -> dict[str, int | None]:
    """The numbers of a site.

    `complete` says that these are all of its points; else their number is no total. Points whose
    state is unknown are in the total only, and a site none of whose states is known has no
    availability.
    """
    present = [state for state in states if state is not PointState.ABSENT]
    known = [state for state in present if state is not PointState.UNKNOWN]
    told = len(present) >= SMALLEST_SITE and bool(known)
    return {
        "available": known.count(PointState.AVAILABLE) if told else None,
        "occupied": known.count(PointState.OCCUPIED) if told else None,
        "out_of_service": known.count(PointState.OUT_OF_SERVICE) if told else None,
        "total": len(present) if complete else None,
    }
