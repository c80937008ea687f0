"""Roadworks as GeoJSON, as municipalities and their WFS serve it; options tell the names.

Each feature is an event. Coordinates are longitude and latitude in WGS 84, as the format says; a
collection that names another reference system is refused, for its numbers would be metres.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from ...domain.errors import PayloadRefused
from ...domain.event import Direction, Effect, Position
from ...domain.time import DayRule, TimeRefused, day_of, day_span
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, kind_of, load_json
from ..local_time import TimeOptions, read_instant
from ..options import read_options
from .events import EventOptions, Events, Record, position, span

_DEEPEST = 4
_Choice = TypeVar("_Choice")
_WGS84 = ("CRS84", "EPSG::4326", "EPSG:4326")


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoJsonOptions(EventOptions):
    """The names of a feed's properties; a dot leads into a nested one (`core_details.name`).

    Attributes:
        id: property of the id; the feature's own `id` without it.
        start, end: properties of the validity. Without a property `end` it is open.
        time: how they are written.
        last_day: the end is a whole day that still counts (`2026-09-14`).
        effect: property that tells the effect, and `effects` what its values mean; a value
            that is not among them is an unknown effect.
        roads: property of the road's name, or a list of them.
        description: properties whose texts are joined.
        direction, directions: like effect.
        geometry: property that draws the place better than the feature's geometry.
    """

    start: str
    end: str | None = None
    id: str | None = None
    time: TimeOptions = field(default_factory=TimeOptions)
    last_day: bool = False
    effect: str | None = None
    effects: Mapping[str, Effect] = field(default_factory=dict[str, Effect])
    roads: str | None = None
    description: tuple[str, ...] = ()
    direction: str | None = None
    directions: Mapping[str, Direction] = field(default_factory=dict[str, Direction])
    geometry: str | None = None


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one collection; one without features says that nothing is going on.

    Raises:
        PayloadRefused: no GeoJSON FeatureCollection, or not in WGS 84.
        OptionsRefused: the options are faulty.
    """
    options = read_options(GeoJsonOptions, context.options)
    events = Events("roadworks-geojson", options)
    collection = as_object(load_json(payload)) or {}
    features = as_list(collection.get("features"))
    if features is None:
        raise PayloadRefused("the reply is no FeatureCollection")
    _require_wgs84(collection)
    for number, entry in enumerate(features, start=1):
        name = f"feature {number}"
        try:
            feature = as_object(entry)
            if feature is None:
                raise FieldRefused(f"it is {kind_of(entry)}, not an object")
            events.add(_record(feature, options))
        except (FieldRefused, TimeRefused) as error:
            events.refuse(name, error)
    return events.decoded


def _require_wgs84(collection: dict[str, object]) -> None:
    system = as_object((as_object(collection.get("crs")) or {}).get("properties")) or {}
    name = system.get("name")
    if name is not None and not (isinstance(name, str) and name.endswith(_WGS84)):
        raise PayloadRefused(f"the coordinates are in {str(name)[:60]!r}, not in WGS 84")


def _record(feature: dict[str, object], options: GeoJsonOptions) -> Record:
    properties = as_object(feature.get("properties")) or {}
    identifier = feature.get("id") if options.id is None else _at(properties, options.id)
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        identifier = str(identifier)[:40]
    if not isinstance(identifier, str):
        raise FieldRefused("it has no id")
    drawn = None if options.geometry is None else as_object(_at(properties, options.geometry))
    record = Record(
        identifier=identifier,
        spans=[span(*_times(properties, options))],
        effect=_one_of(properties, options.effect, options.effects) or Effect.UNKNOWN,
        points=[],
        lines=[],
        areas=[],
        direction=_one_of(properties, options.direction, options.directions) or Direction.UNKNOWN,
        roads=_texts(properties, options.roads),
        description="\n".join(
            text for name in options.description for text in _texts(properties, name)
        ),
    )
    _draw(as_object(feature.get("geometry")) if drawn is None else drawn, record, 0)
    return record


def _at(properties: dict[str, object], name: str) -> object:
    found: object = properties
    for part in [name] if name in properties else name.split("."):
        fields = as_object(found)
        found = None if fields is None else fields.get(part)
    return found


def _texts(properties: dict[str, object], name: str | None) -> list[str]:
    found = None if name is None else _at(properties, name)
    listed = as_list(found)
    texts = [found] if listed is None else listed
    return [text for text in texts if isinstance(text, str) and text.strip()]


def _one_of(
    properties: dict[str, object], name: str | None, choices: Mapping[str, _Choice]
) -> _Choice | None:
    found = None if name is None else _at(properties, name)
    return choices.get(str(found).lower() if isinstance(found, bool) else str(found))


def _times(
    properties: dict[str, object], options: GeoJsonOptions
) -> tuple[datetime, datetime | None]:
    start = read_instant(_at(properties, options.start), options.time)
    written = None if options.end is None else _at(properties, options.end)
    if written is None or written == "":
        return start, None
    end = read_instant(written, options.time)
    if options.last_day:
        _, end = day_span(day_of(end, DayRule.CIVIL), DayRule.CIVIL)
    return start, end


def _draw(geometry: dict[str, object] | None, record: Record, depth: int) -> None:
    """Take a geometry into the record; holes of areas are left out."""
    if geometry is None:
        raise FieldRefused("it has no geometry")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    match kind:
        case "Point":
            record.points.append(_position(coordinates))
        case "MultiPoint":
            record.points += _positions(coordinates)
        case "LineString":
            record.lines.append(_positions(coordinates))
        case "MultiLineString":
            record.lines += [_positions(line) for line in _list(coordinates)]
        case "Polygon":
            record.areas += [_positions(ring) for ring in _list(coordinates)[:1]]
        case "MultiPolygon":
            areas = [_list(area)[:1] for area in _list(coordinates)]
            record.areas += [_positions(ring) for rings in areas for ring in rings]
        case "GeometryCollection" if depth < _DEEPEST:
            for one in _list(geometry.get("geometries")):
                _draw(as_object(one), record, depth + 1)
        case _:
            raise FieldRefused(f"the geometry {str(kind)[:40]!r} is not known")


def _list(written: object) -> list[object]:
    found = as_list(written)
    if found is None:
        raise FieldRefused(f"the coordinates are {kind_of(written)}, not a list")
    return found


def _positions(written: object) -> list[Position]:
    found = [_position(one) for one in _list(written)]
    if not found:
        raise FieldRefused("a part of the geometry has no positions")
    return found


def _position(written: object) -> Position:
    numbers = _list(written)
    if len(numbers) < 2 or any(isinstance(number, str) for number in numbers):
        raise FieldRefused("the coordinates are not two numbers")
    return position(numbers[0], numbers[1])
