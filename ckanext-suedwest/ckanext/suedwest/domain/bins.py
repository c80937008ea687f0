"""Counting into bins of time before anything is stored: what single frames add, and merging.

A partial bin belongs to one counter and one span of time that is not over. It keeps what each
frame (an uplink, a page of a reply) added, so that a frame that comes twice counts once, in
whatever order and by whatever process. Frames leave with the bin when it is closed; nothing of
them is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from .time import BERLIN

Cells = Mapping[str, int]
"""How many were counted in each cell of the counter's split (`in`, `out`; `bike·north`)."""


@dataclass(frozen=True, slots=True)
class PartialBin:
    """`[start, start + step)` in UTC of one counter, with the cells of each frame by its id."""

    counter: str
    start: datetime
    step: timedelta
    frames: Mapping[str, Cells] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError("a bin needs a time zone")
        if any(number < 0 for cells in self.frames.values() for number in cells.values()):
            raise ValueError("a frame adds no negative number")

    @property
    def end(self) -> datetime:
        """The first instant after the bin."""
        return self.start + self.step

    def cells(self) -> dict[str, int]:
        """The sums over all frames, by cell; a cell nobody reported is absent, not zero."""
        sums: dict[str, int] = {}
        for cells in self.frames.values():
            for name, number in cells.items():
                sums[name] = sums.get(name, 0) + number
        return sums


def bin_start(instant: datetime, step: timedelta) -> datetime:
    """Start (UTC) of the bin an instant lies in; bins start with the civil day in Germany.

    On the days of the clock changes the bins are 92 or 100 quarters of an hour: they are counted
    in elapsed time from local midnight, not by what the clock shows.
    """
    local = instant.astimezone(BERLIN)
    midnight = datetime(local.year, local.month, local.day, tzinfo=BERLIN).astimezone(UTC)
    return midnight + (instant.astimezone(UTC) - midnight) // step * step


def merge(one: PartialBin, other: PartialBin) -> PartialBin:
    """Both bins as one: each frame once.

    Merging is associative, commutative and idempotent, so that processes may merge in any order
    and again after a crash. Should two say different things of one frame, the larger counts
    stand in each cell.

    Raises:
        ValueError: they are not the same bin of the same counter.
    """
    if (one.counter, one.start, one.step) != (other.counter, other.start, other.step):
        raise ValueError("only partial bins of one counter and one span can be merged")
    frames: dict[str, Cells] = dict(one.frames)
    for frame, cells in other.frames.items():
        known = frames.get(frame, {})
        names = known.keys() | cells.keys()
        frames[frame] = {name: max(known.get(name, 0), cells.get(name, 0)) for name in names}
    return PartialBin(one.counter, one.start, one.step, frames)
