"""From what a feed of roadworks says of one record to an event, checked against its region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ...domain.contacts import without_contacts
from ...domain.errors import Refusal
from ...domain.event import (
    Direction,
    Effect,
    Event,
    Place,
    Position,
    Span,
    joined_lines,
    joined_spans,
)
from ...domain.station import Licence, Operator
from ..base import Context, Decoded
from ..json_payload import FieldRefused, clean_text
from ..options import read_options
from ..plausibility import EARLIEST
from .parking import UNKNOWN_LICENCE, UNKNOWN_OPERATOR

LONGEST_DESCRIPTION = 2_000
LONGEST_SOURCE = 200
MOST_POSITIONS = 20_000
"""Positions of one record; a municipality's largest roadworks have some hundreds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Surroundings of a municipality in degrees (WGS 84)."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not (-180 <= self.west < self.east <= 180 and -90 <= self.south < self.north <= 90):
            raise ValueError("the region is not west < east and south < north in degrees")

    def holds(self, position: Position) -> bool:
        """Whether a position lies in it."""
        longitude, latitude = position
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOptions:
    """What a feed does not say of itself.

    Attributes:
        network: first part of the events' keys; the connector's name without it.
        operator: who publishes the events; without it whom the feed names.
        licence: licence of the events.
        region: what lies wholly outside is refused; without it nothing is known of swapped
            coordinates.
    """

    network: str | None = None
    operator: Operator | None = None
    licence: Licence | None = None
    region: Region | None = None


@dataclass(slots=True, kw_only=True)
class Record:
    """What one record says; `place` is as it was drawn, `spans` in any order."""

    identifier: str
    spans: list[Span]
    effect: Effect
    points: list[Position]
    lines: list[list[Position]]
    areas: list[list[Position]]
    direction: Direction = Direction.UNKNOWN
    roads: Iterable[str] = ()
    description: str = ""
    intermittent: bool = False
    version: str | None = None
    publisher: str | None = None


def span(start: datetime, end: datetime | None) -> Span:
    """A span of validity.

    Raises:
        FieldRefused: it ends before it starts, or starts before the years that are kept.
    """
    if start < EARLIEST:
        raise FieldRefused(f"the start {start.isoformat()} is before {EARLIEST.year}")
    try:
        return Span(start, end)
    except ValueError as error:
        raise FieldRefused(str(error)) from None


def position(longitude: object, latitude: object) -> Position:
    """A position of two numbers or texts in degrees.

    Raises:
        FieldRefused: no numbers, or no place on earth.
    """
    pair: list[float] = []
    for written, most in ((longitude, 180.0), (latitude, 90.0)):
        if isinstance(written, bool) or not isinstance(written, int | float | str):
            raise FieldRefused("the coordinates are not two numbers")
        try:
            number = float(written)
        except (ValueError, OverflowError):
            raise FieldRefused("the coordinates are not two numbers") from None
        if not -most <= number <= most:
            raise FieldRefused(f"the coordinate {number:g} is no place on earth")
        pair.append(number)
    return pair[0], pair[1]


class Events:
    """Collects the events of one payload; `decoded` is the result."""

    def __init__(self, connector: str, options: EventOptions) -> None:
        self.decoded = Decoded()
        self._options = options
        self._network = options.network or connector
        self._keys: set[str] = set()

    @classmethod
    def of(cls, connector: str, context: Context) -> Events:
        """For a connector without options of its own.

        Raises:
            OptionsRefused: the options are faulty.
        """
        return cls(connector, read_options(EventOptions, context.options))

    def refuse(self, record: str, reason: Exception | str) -> None:
        """Keep what cannot be used, with its reason.

        The record itself is not kept: its comments may name people.
        """
        self.decoded.refusals.append(Refusal(record[:200], str(reason)[:400]))

    def add(self, record: Record) -> None:
        """Take one record.

        Raises:
            FieldRefused: no usable id or one that stands twice, no span, or no place in the
                region.
        """
        identifier = clean_text({"id": record.identifier}, "id")
        key = f"{self._network}:{identifier}"
        if key in self._keys:
            raise FieldRefused("the record stands twice in the reply")
        if not record.spans:
            raise FieldRefused("nothing says from when it holds")
        place = self._place(identifier, record)
        self._keys.add(key)
        publisher = record.publisher[:LONGEST_SOURCE] if record.publisher else None
        self.decoded.events.append(
            Event(
                key=key,
                place=place,
                spans=joined_spans(record.spans),
                effect=record.effect,
                operator=self._options.operator
                or (Operator(publisher) if publisher else UNKNOWN_OPERATOR),
                licence=self._options.licence or UNKNOWN_LICENCE,
                direction=record.direction,
                roads=tuple(dict.fromkeys(_plain(road)[:200] for road in record.roads if road)),
                description=_plain(without_contacts(record.description))[:LONGEST_DESCRIPTION],
                intermittent=record.intermittent,
                version=record.version,
            )
        )

    def _place(self, identifier: str, record: Record) -> Place:
        """The parts of the place that can be believed.

        One part in swapped order (longitude first where the other belongs) is left out with a
        refusal; when none is left, the record is refused.
        """
        parts = [*([one] for one in record.points), *record.lines, *record.areas]
        if not parts:
            raise FieldRefused("it has no coordinates")
        if sum(map(len, parts)) > MOST_POSITIONS:
            raise FieldRefused(f"its place has more than {MOST_POSITIONS:,} positions")
        wrong = [(part, fault) for part in parts if (fault := self._fault(part)) is not None]
        if len(wrong) == len(parts):
            raise FieldRefused(wrong[0][1])
        for fault in dict.fromkeys(fault for _, fault in wrong):
            self.refuse(f"{identifier} (part of its place)", fault)
        outside = {id(part) for part, _ in wrong}
        kept = [part for part in record.lines if id(part) not in outside]
        try:
            place = Place(
                tuple(one for one in record.points if self._fault([one]) is None),
                joined_lines(tuple(line) for line in kept),
                tuple(tuple(area) for area in record.areas if id(area) not in outside),
            )
        except ValueError as error:
            raise FieldRefused(str(error)) from None
        if place.is_known:
            return place
        # A line without length is a point.
        return Place(points=(kept[0][0],))

    def _fault(self, part: list[Position]) -> str | None:
        """Why a part of a place cannot be: it never touches the region."""
        region = self._options.region
        if region is None or any(region.holds(one) for one in part):
            return None
        if all(region.holds((one[1], one[0])) for one in part):
            return "longitude and latitude are swapped: only the other order lies in the region"
        return "it lies outside the region"


def _plain(text: str) -> str:
    """Printable text in lines without outer blanks; what is not printable becomes a blank."""
    lines = ("".join(c if c.isprintable() else " " for c in line) for line in text.splitlines())
    joined = (" ".join(line.split()) for line in lines)
    return "\n".join(line for line in joined if line)
