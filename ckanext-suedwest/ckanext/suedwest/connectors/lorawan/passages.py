"""What the people and vehicle counters have in common: cumulative readings and short periods.

All of them are internal: a reading becomes a count by `domain.counting`, a period of one uplink is
far shorter than what may be published.
"""

from __future__ import annotations

from ...domain.units import BAY_OCCUPIED, COUNTER_READING
from ..sensing.readings import Quantity
from .codec import Limits, Measured, ObjectField

LARGEST_16 = 65_535.0
LARGEST_32 = 4_294_967_295.0


def reading(name: str, number: int) -> Measured:
    """A cumulative reading."""
    return Measured(Quantity(name, COUNTER_READING.name, COUNTER_READING.unit), float(number))


def occupied(taken: bool) -> Measured:
    """Whether a bay is taken."""
    return Measured(Quantity("occupied", BAY_OCCUPIED.name, BAY_OCCUPIED.unit), float(taken))


def reading_limits(*names: str, most: float) -> dict[str, Limits]:
    """Limits of cumulative readings of a width."""
    return {name: Limits(0.0, most) for name in names}


def reading_fields(**fields: str) -> dict[str, ObjectField]:
    """Fields of the maker's formatter that are cumulative readings, with their datastreams."""
    return {
        field: ObjectField(name, COUNTER_READING.name, COUNTER_READING.unit)
        for field, name in fields.items()
    }
