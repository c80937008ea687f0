"""What the privacy gate holds back until it may be published: single counts, readings and bays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .privacy import PrivacyRule
from .quality import Quality

TOTAL_CELL = ""
"""Name of the cell in which a source's own total stands beside its parts."""


@dataclass(frozen=True, slots=True)
class Counter:
    """A total of a station with the parts it is split into; `total` and `cells` are names of
    datastreams. The cells of one message may be fewer than those that are known."""

    station_key: str
    total: str
    cells: frozenset[str]
    rule: PrivacyRule

    @property
    def id(self) -> str:
        """Of all counters on the platform."""
        return f"{self.station_key} {self.total}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What one message says of the time that begins at `start` (UTC); `id` is the same when it
    comes again."""

    counter: str
    id: str
    start: datetime
    cells: Mapping[str, float]
    quality: Quality = Quality.NOT_EVALUATED


@dataclass(frozen=True, slots=True)
class CellReading:
    """A cumulative reading of one cell at `time` (UTC); see `counting.difference`."""

    counter: str
    cell: str
    time: datetime
    number: int
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class BayGroup:
    """Bays whose occupancy is published together, as `occupied` and `free` of a station; `id`
    is another one when the list of bays is."""

    station_key: str
    id: str
    size: int
    rule: PrivacyRule


@dataclass(frozen=True, slots=True)
class BaySeen:
    """Whether the bay at a position of its group's list was taken at `time` (UTC)."""

    group: str
    position: int
    occupied: bool
    time: datetime


BAY_KNOWN_FOR = timedelta(hours=26)
"""Parking sensors report a change, and once a day that they live."""


@dataclass(slots=True)
class Gated:
    """What one batch brings to the gate; `suppressed` are values that can never pass it."""

    counters: list[Counter] = field(default_factory=list[Counter])
    frames: list[Frame] = field(default_factory=list[Frame])
    readings: list[CellReading] = field(default_factory=list[CellReading])
    groups: list[BayGroup] = field(default_factory=list[BayGroup])
    bays: list[BaySeen] = field(default_factory=list[BaySeen])
    suppressed: int = 0

    @property
    def received(self) -> int:
        """How many records it holds, for the receipt."""
        return len(self.frames) + len(self.readings) + len(self.bays) + self.suppressed
