"""Roadworks and closures: what happens to a road, where, and from when to when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .station import Licence, Operator

Position = tuple[float, float]
"""Longitude and latitude in degrees, WGS 84."""


class Effect(StrEnum):
    """What traffic notices; never a guess from the cause."""

    CLOSED = "closed"
    """Nobody passes, in the direction named."""
    LANES_CLOSED = "lanes_closed"
    RESTRICTED = "restricted"
    """Narrower, slower, one way at a time, or closed for some vehicles only."""
    UNKNOWN = "unknown"
    """The source tells of works and not of what they do to traffic."""


class Direction(StrEnum):
    """Which directions of the road are affected."""

    BOTH = "both"
    ONE = "one"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Span:
    """`[start, end)` in UTC; without an end it lasts until the source says otherwise."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or (self.end is not None and self.end.tzinfo is None):
            raise ValueError("a span needs time zones")
        if self.end is not None and self.end <= self.start:
            raise ValueError("a span ends after it starts")

    def holds(self, instant: datetime) -> bool:
        """Whether the instant lies in the span."""
        return self.start <= instant and (self.end is None or instant < self.end)


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is, as the source drew it: points, lines along the road, outlines of areas.

    A line has at least two positions, the outline of an area at least four and is closed.
    """

    points: tuple[Position, ...] = ()
    lines: tuple[tuple[Position, ...], ...] = ()
    areas: tuple[tuple[Position, ...], ...] = ()

    def __post_init__(self) -> None:
        if any(len(line) < 2 for line in self.lines):
            raise ValueError("a line has at least two positions")
        if any(len(area) < 4 or area[0] != area[-1] for area in self.areas):
            raise ValueError("the outline of an area is closed and has at least four positions")

    @property
    def positions(self) -> Iterator[Position]:
        """All positions of all parts."""
        yield from self.points
        for part in (*self.lines, *self.areas):
            yield from part

    @property
    def is_known(self) -> bool:
        """Whether there is any position."""
        return bool(self.points or self.lines or self.areas)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One effect on a road.

    `key` is stable and unique on the platform (`<network>:<id of the record>`). `spans` are
    sorted and do not overlap. An `intermittent` one is in force only at certain hours within
    them (nights, working days), which the source tells in words. `roads` are names and numbers,
    `version` is the source's.
    """

    key: str
    place: Place
    spans: tuple[Span, ...]
    effect: Effect
    operator: Operator
    licence: Licence
    direction: Direction = Direction.UNKNOWN
    roads: tuple[str, ...] = ()
    description: str = ""
    intermittent: bool = False
    version: str | None = None

    def __post_init__(self) -> None:
        if not self.spans:
            raise ValueError("an event needs a span")
        for earlier, later in zip(self.spans, self.spans[1:], strict=False):
            if earlier.end is None or later.start < earlier.end:
                raise ValueError("the spans of an event are sorted and do not overlap")
        if not self.place.is_known:
            raise ValueError("an event needs a place")

    def holds(self, instant: datetime) -> bool:
        """Whether one of its spans holds the instant."""
        return any(span.holds(instant) for span in self.spans)


def closed_at(events: Iterable[Event], instant: datetime) -> list[Event]:
    """What is closed at an instant, in the order given.

    Intermittent closures are among them: who asks must know that the road may be closed.
    """
    return [one for one in events if one.effect is Effect.CLOSED and one.holds(instant)]


def joined_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans sorted, with those that touch or overlap made one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        last = joined[-1] if joined else None
        if last is None or (last.end is not None and last.end < span.start):
            joined.append(span)
        elif last.end is not None:
            end = None if span.end is None else max(last.end, span.end)
            joined[-1] = Span(last.start, end)
    return tuple(joined)


def joined_lines(lines: Iterable[tuple[Position, ...]]) -> tuple[tuple[Position, ...], ...]:
    """Lines with pieces that continue each other made one, and repeated positions left out.

    Geographic information systems cut one roadwork into hundreds of pieces of a few decimetres.
    A piece without length is no line and falls away.
    """
    joined: list[list[Position]] = []
    for line in lines:
        steps = [one for at, one in enumerate(line) if at == 0 or one != line[at - 1]]
        if joined and steps and joined[-1][-1] == steps[0]:
            joined[-1] += steps[1:]
        elif joined and steps and joined[-1][-1] == steps[-1]:
            joined[-1] += steps[-2::-1]
        elif steps:
            joined.append(steps)
    return tuple(tuple(line) for line in joined if len(line) > 1)
