"""Roadworks and closures of the Autobahn's API (`/o/autobahn/{road}/services/…`).

The end stands only in the German description (`Ende: 28.11.2021 17:00`, local time); without it
the event is open. `isBlocked` is a text. The field `extent` has its coordinates in either order
by the age of the answer and is not read. The option `licence` matters: the API declares none.
"""

from __future__ import annotations

import re
from datetime import datetime

from ...domain.errors import PayloadRefused
from ...domain.event import Direction, Effect, Position
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, load_json
from ..local_time import TimeOptions, read_instant
from .events import Events, Record, position, span

_READ = ("roadworks", "closure")
_NOT_READ = {
    "warning": "warnings come from a commercial source",
    "parking_lorry": "lorry parking is no event",
    "electric_charging_station": "charging stations are no events",
    "webcam": "pictures of people are not read",
}
_ISO = TimeOptions()
_LOCAL = TimeOptions(format="%d.%m.%Y %H:%M", zone="Europe/Berlin")
_LINE = re.compile(r"(Beginn|Ende): ?(\d\d\.\d\d\.\d{4} \d\d:\d\d)")
_FOR_SOME = ("WEIGHT_LIMIT", "gesperrt für LKW")


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one list; an empty one says that nothing is going on.

    Raises:
        PayloadRefused: no answer of roadworks or closures.
        OptionsRefused: the options are faulty.
    """
    events = Events.of("autobahn", context)
    reply = as_object(load_json(payload)) or {}
    service = next((name for name in _READ if name in reply), None)
    if service is None:
        known = next((_NOT_READ[name] for name in _NOT_READ if name in reply), None)
        raise PayloadRefused(known or "the reply has neither roadworks nor closure")
    listed = as_list(reply[service])
    if listed is None:
        raise PayloadRefused(f"{service} is no list")
    for number, entry in enumerate(listed, start=1):
        try:
            fields = as_object(entry)
            if fields is None:
                raise FieldRefused("it is not an object")
            events.add(_record(fields))
        except (FieldRefused, TimeRefused) as error:
            events.refuse(f"{service} {number}", error)
    return events.decoded


def _record(fields: dict[str, object]) -> Record:
    identifier = fields.get("identifier")
    if not isinstance(identifier, str):
        raise FieldRefused("it has no identifier")
    lines = [line for line in as_list(fields.get("description")) or [] if isinstance(line, str)]
    said = {found[1]: found[2] for line in lines if (found := _LINE.match(line))}
    points, drawn = _place(fields)
    title, subtitle = fields.get("title"), fields.get("subtitle")
    road = title.partition("|")[0].strip() if isinstance(title, str) else ""
    return Record(
        identifier=identifier,
        spans=[span(_start(fields, said), _end(said))],
        effect=_effect(fields, lines),
        points=points,
        lines=drawn,
        areas=[],
        direction=_direction(subtitle, lines),
        roads=[road],
        description="\n".join(
            part
            for part in (title, subtitle, *(line for line in lines if not _LINE.match(line)))
            if isinstance(part, str)
        ),
    )


def _start(fields: dict[str, object], said: dict[str, str]) -> datetime:
    written = fields.get("startTimestamp")
    if written is not None:
        return read_instant(written, _ISO)
    return read_instant(said.get("Beginn"), _LOCAL)


def _end(said: dict[str, str]) -> datetime | None:
    return read_instant(said["Ende"], _LOCAL) if "Ende" in said else None


def _effect(fields: dict[str, object], lines: list[str]) -> Effect:
    """Closed only where the API says blocked; a limit of weight closes nothing for the others."""
    words = " ".join([str(fields.get("display_type")), *lines])
    if str(fields.get("isBlocked")).lower() != "true":
        return Effect.RESTRICTED if "WEIGHT_LIMIT" in words else Effect.UNKNOWN
    return Effect.RESTRICTED if any(word in words for word in _FOR_SOME) else Effect.CLOSED


def _direction(subtitle: object, lines: list[str]) -> Direction:
    if any("beiden Richtungen" in line for line in lines):
        return Direction.BOTH
    if isinstance(subtitle, str) and "Richtung" in subtitle:
        return Direction.ONE
    return Direction.UNKNOWN


def _place(fields: dict[str, object]) -> tuple[list[Position], list[list[Position]]]:
    geometry = as_object(fields.get("geometry")) or {}
    drawn = as_list(geometry.get("coordinates"))
    if geometry.get("type") == "LineString" and drawn is not None and len(drawn) > 1:
        pairs = [as_list(one) or [] for one in drawn]
        if any(len(pair) < 2 for pair in pairs):
            raise FieldRefused("the geometry is not pairs of longitude and latitude")
        return [], [[position(pair[0], pair[1]) for pair in pairs]]
    coordinate = as_object(fields.get("coordinate"))
    if coordinate is None:
        raise FieldRefused("it has no coordinate")
    return [position(coordinate.get("long"), coordinate.get("lat"))], []
