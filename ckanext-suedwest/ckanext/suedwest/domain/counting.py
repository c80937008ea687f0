"""From the readings of a counter that only ever goes up to what it counted in between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_NEAR = 4
"""A reading in the last quarter of the range followed by one in the first quarter is a wrap."""


class StepKind(StrEnum):
    """How far a difference can be believed."""

    COUNTED = "counted"
    WRAPPED = "wrapped"
    """The counter reached its end and began again; nothing is lost."""
    RESET = "reset"
    """The device began again at zero: what it counted before is lost, the number is a least."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a counter showed at `time` (UTC)."""

    time: datetime
    number: int

    def __post_init__(self) -> None:
        if self.time.tzinfo is None:
            raise ValueError("a reading needs a time zone")
        if self.number < 0:
            raise ValueError("a counter shows no negative number")


@dataclass(frozen=True, slots=True)
class Step:
    """`number` passages in `[start, end)`."""

    start: datetime
    end: datetime
    number: int
    kind: StepKind


def difference(
    before: Reading | None, now: Reading, capacity: int | None = None
) -> tuple[Reading, Step | None]:
    """The new state, and what was counted since the state before.

    `capacity` is where the counter begins again (65,536 for 16 bits); without it every smaller
    reading is a reset. The first reading tells nothing. One that is not later than the state
    (late, repeated) changes nothing: its passages are part of a difference already made.

    Raises:
        ValueError: the reading is beyond the capacity.
    """
    if capacity is not None and now.number >= capacity:
        raise ValueError(f"the reading {now.number} is beyond the counter's capacity {capacity}")
    if before is None:
        return now, None
    if now.time <= before.time:
        return before, None
    if now.number >= before.number:
        counted, kind = now.number - before.number, StepKind.COUNTED
    elif capacity is not None and _wrapped(before.number, now.number, capacity):
        counted, kind = capacity - before.number + now.number, StepKind.WRAPPED
    else:
        counted, kind = now.number, StepKind.RESET
    return now, Step(before.time, now.time, counted, kind)


def _wrapped(before: int, now: int, capacity: int) -> bool:
    return before >= capacity - capacity // _NEAR and now < capacity // _NEAR
