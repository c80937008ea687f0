"""DATEX II situations, versions 2 and 3: the effects on roads, each with its own validity.

A situation holds records of causes (works, an accident) and of what is done about them (a road
closed, lanes narrowed). A cause that another record names is not told a second time; its words
and roads go to the effects. A record that tells of a diversion or of ferries is refused, so is
all that is not for the public, only an exercise, or cancelled. Version 3 needs no other reading:
names differ by prefix only, and local names count.

Places are `posList` (latitude before longitude), coordinates for display and those of points.
Codes of a location table (AlertC) and distances along a road are no coordinates.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ...domain.errors import PayloadRefused
from ...domain.event import Direction, Position, Span
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused
from ..local_time import TimeOptions, read_instant
from .datex2_effects import CAUSES, NO_EFFECTS, effect_of
from .events import Events, Record, position, span
from .xml_payload import Element, mended, parse, records

_TIME = TimeOptions()
_PLACES = ("groupOfLocations", "locationReference")
_POINTS = frozenset(
    {"locationForDisplay", "coordinatesForDisplay", "pointCoordinates", "openlrCoordinates"}
)
_PUBLIC = (None, "noRestriction")
_NOT_IN_FORCE = frozenset({"rejected", "terminated"})
_MINUTE = timedelta(minutes=1)
_BOTH = frozenset({"both", "bothWays", "bothDirections"})
_ONE = frozenset({"positive", "negative", "aligned", "opposite"})


def connector(payload: bytes, context: Context) -> Decoded:
    """Read the situations of one publication; one without any says that nothing is going on.

    Raises:
        PayloadRefused: no XML, or no publication of situations.
        OptionsRefused: the options are faulty.
    """
    events = Events.of("datex2", context)
    found = False
    for situation in records(payload, frozenset({"situation"})):
        found = True
        _read_situation(situation, events)
    if not found and not _is_publication(payload):
        raise PayloadRefused("the XML holds no situations of DATEX II")
    return events.decoded


def _is_publication(payload: bytes) -> bool:
    return any(
        one.type == "SituationPublication" or one.name == "situationPublication"
        for one in parse(payload).descendants()
    )


def _read_situation(situation: Element, events: Events) -> None:
    name = f"situation {situation.attributes.get('id', '')}"
    header = situation.first("headerInformation")
    confidentiality = None if header is None else header.value("confidentiality")
    status = None if header is None else header.value("informationStatus")
    if confidentiality not in _PUBLIC:
        events.refuse(name, f"it is not for the public ({confidentiality})")
        return
    if status not in (None, "real"):
        events.refuse(name, f"it is not real ({status})")
        return
    described = situation.every("situationRecord")
    causes = [one for one in described if one.type in CAUSES]
    effects = [one for one in described if one.type not in CAUSES and one.type not in NO_EFFECTS]
    told = {id(cause) for effect in effects for cause in _causes(effect, causes)}
    for one in described:
        if id(one) in told:
            continue
        of_one = _causes(one, causes) if one in effects else []
        try:
            events.add(_record(one, of_one[0] if of_one else None))
        except (FieldRefused, TimeRefused) as error:
            events.refuse(f"situationRecord {one.attributes.get('id', '')}", error)


def _causes(effect: Element, causes: list[Element]) -> list[Element]:
    """The records that are the cause of this one: named by it, else of its time and place."""
    parts = (part for cause in effect.every("cause") for part in cause.descendants())
    named = {part.attributes.get("id") for part in parts if part.name == "managedCause"}
    if named:
        return [one for one in causes if one.attributes.get("id") in named]
    where = _time_and_place(effect)
    return [one for one in causes if _time_and_place(one) == where]


def _time_and_place(record: Element) -> list[str]:
    parts = (child for child in record.children if child.name in ("validity", *_PLACES))
    return [one.text.strip() for part in parts for one in part.descendants()]


def _record(record: Element, cause: Element | None) -> Record:
    if record.type in NO_EFFECTS:
        raise FieldRefused(f"{record.type}: {NO_EFFECTS[record.type]}")
    _require_in_force(record)
    spans, intermittent = _spans(record)
    points, lines = _place(record)
    both = [record] if cause is None else [record, cause]
    return Record(
        identifier=record.attributes.get("id", ""),
        spans=spans,
        effect=effect_of(record),
        points=points,
        lines=lines,
        areas=[],
        direction=_direction(record),
        roads=[road for one in both for road in _roads(one)],
        description=next((text for one in both if (text := _description(one))), ""),
        intermittent=intermittent,
        version=record.attributes.get("version"),
        publisher=_source(record),
    )


def _require_in_force(record: Element) -> None:
    for life in record.descendants():
        if life.name == "lifeCycleManagement" and "true" in (
            life.value("cancel"),
            life.value("end"),
        ):
            raise FieldRefused("it is cancelled or ended")
    status = record.value("operatorActionStatus")
    if status in _NOT_IN_FORCE:
        raise FieldRefused(f"it is {status}")
    if record.value("validity", "validityStatus") == "suspended":
        raise FieldRefused("it is suspended")


def _spans(record: Element) -> tuple[list[Span], bool]:
    """The overall span cut to the periods within it, and whether hours of the day limit it.

    Raises:
        FieldRefused: no start, or only periods outside the overall span.
    """
    specification = record.first("validity", "validityTimeSpecification")
    if specification is None:
        raise FieldRefused("it has no validityTimeSpecification")
    overall = span(
        read_instant(specification.value("overallStartTime"), _TIME),
        _end(specification.value("overallEndTime")),
    )
    periods = specification.every("validPeriod")
    intermittent = bool(specification.every("exceptionPeriod")) or any(
        part.name.startswith("recurring") for period in periods for part in period.children
    )
    limits = [
        _within(overall, start, end)
        for period in periods
        for start, end in [(period.value("startOfPeriod"), period.value("endOfPeriod"))]
        if start is not None or end is not None
    ]
    kept = [one for one in limits if one is not None]
    if limits and not kept:
        raise FieldRefused("its periods lie outside its overall time")
    return kept or [overall], intermittent


def _end(written: str | None) -> datetime | None:
    if written is None:
        return None
    end = read_instant(written, _TIME)
    # The last minute, second or millisecond of an hour is written where its end is meant.
    if end.minute == 59 and end.second in (0, 59):
        return end.replace(second=0, microsecond=0) + _MINUTE
    return end


def _within(overall: Span, start: str | None, end: str | None) -> Span | None:
    first = overall.start if start is None else max(overall.start, read_instant(start, _TIME))
    ends = [one for one in (overall.end, _end(end)) if one is not None]
    last = min(ends) if ends else None
    return None if last is not None and last <= first else Span(first, last)


def _place(record: Element) -> tuple[list[Position], list[list[Position]]]:
    """Points and lines; the display's point is left out where a line says it better.

    Raises:
        FieldRefused: coordinates that are none, or nothing but codes.
    """
    points: list[Position] = []
    lines: list[list[Position]] = []
    coded = False
    for place in (child for child in record.children if child.name in _PLACES):
        for part in place.descendants():
            if part.name == "posList":
                lines.append(_line(part.text))
            elif part.name in _POINTS:
                points.append(position(part.value("longitude"), part.value("latitude")))
            coded = coded or part.name.startswith("alertC")
    if not points and not lines and coded:
        raise FieldRefused("its place is only a code of a location table (AlertC)")
    # A line with one position is a point.
    points += [line[0] for line in lines if len(line) == 1]
    return points, [line for line in lines if len(line) > 1]


def _line(text: str) -> list[Position]:
    numbers = text.split()
    if not numbers or len(numbers) % 2:
        raise FieldRefused("a posList is not pairs of latitude and longitude")
    return [
        position(longitude, latitude)
        for latitude, longitude in zip(numbers[::2], numbers[1::2], strict=True)
    ]


def _places(record: Element) -> list[Element]:
    found = [place for name in _PLACES for place in record.every(name)]
    return [part for place in found for part in place.descendants()]


def _direction(record: Element) -> Direction:
    said = {
        part.text.strip()
        for part in _places(record)
        if part.name
        in ("alertCDirectionCoded", "tpegDirection", "directionRelativeOnLinearSection",
            "directionRelativeAtPoint")
    }  # fmt: skip
    if said & _BOTH:
        return Direction.BOTH
    return (
        Direction.ONE if said & _ONE or any("Bound" in one for one in said) else (Direction.UNKNOWN)
    )


def _roads(record: Element) -> list[str]:
    """Numbers and names of roads, as linear elements and TPEG's names of links tell them."""
    roads: list[str] = []
    for part in _places(record):
        if part.name == "roadNumber" and part.text.strip():
            roads.append(part.text.strip())
        elif part.name == "roadName":
            name = part.value("values", "value") or part.text.strip()
            roads += [mended(name)] if name else []
        elif part.value("tpegOtherPointDescriptorType") == "linkName":
            name = part.value("descriptor", "values", "value")
            roads += [mended(name)] if name else []
    return roads


def _description(record: Element) -> str:
    """The comments for the public, German where there is a choice; never internal ones."""
    comments = (one.first("comment", "values") for one in record.every("generalPublicComment"))
    chosen = [_in_german(values) for values in comments if values is not None]
    return "\n".join(dict.fromkeys(mended(text) for text in chosen if text))


def _in_german(values: Element) -> str:
    texts = {
        one.attributes.get("lang", "").lower()[:2]: one.text.strip()
        for one in reversed(values.every("value"))
    }
    return texts.get("de") or texts.get("ge") or next(reversed(texts.values()), "")


def _source(record: Element) -> str | None:
    source = record.first("source")
    if source is None:
        return None
    name = source.value("sourceName", "values", "value") or source.value("sourceIdentification")
    return None if name is None else mended(name)
