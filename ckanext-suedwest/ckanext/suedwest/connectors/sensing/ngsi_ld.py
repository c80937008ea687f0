"""NGSI-LD and NGSI v2 entities with water levels, like WaterObserved of the Smart Data Models.

Attributes are read in the normalized form (`{"type": "Property", "value": …, "unitCode": …}`) and
in the simplified one (`keyValues`), single, as a list or in a notification. The published
examples carry swapped coordinates, levels that contradict each other and dates in fields of
another type; what can be told apart is read, what cannot is refused.

Options: those of `SensingOptions`, keyed by the attribute (`waterLevel`); without a description
only what the attribute defines by itself is read. `extent` (west, south, east, north; degrees) is
where entities may lie; Germany unless given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused, parse_instant
from ..base import Context, Decoded
from ..json_payload import (
    FieldRefused,
    as_list,
    as_object,
    clean_text,
    finite_number,
    kind_of,
    load_json,
)
from ..options import read_options
from .readings import Quantity, Readings, SensingOptions, undescribed

Extent = tuple[float, float, float, float]
GERMANY: Extent = (5.5, 47.0, 15.5, 55.2)
_MOST_ENTITIES = 10_000

# The data model gives waterDischarge in m³/s and measuredDistance as what the sensor sees; a
# level or height may stand above anything, so it needs a description.
_KNOWN = {
    "waterDischarge": Quantity("Q", "discharge", "m³/s"),
    "measuredDistance": Quantity("distance", "distance"),
}
_MEASURED = frozenset({"waterLevel", "height", "flow", "currentLevel", *_KNOWN})
"""Attributes that are measured values; others (names, thresholds) are passed over."""
_TIMES = ("dateObserved", "observationDateTime")
_LEVEL_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class NgsiOptions(SensingOptions):
    """The options of this connector, as the module says."""

    extent: Extent = GERMANY

    def __post_init__(self) -> None:
        SensingOptions.__post_init__(self)
        west, south, east, north = self.extent
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError("extent is not west, south, east, north in degrees")


def connector(payload: bytes, context: Context) -> Decoded:
    """Read entities.

    Raises:
        PayloadRefused: no JSON, or no entity in it.
        OptionsRefused: the options are faulty.
    """
    options = read_options(NgsiOptions, context.options)
    readings = Readings("ngsi-ld", options, context)
    for position, entity in enumerate(_entities(load_json(payload)), start=1):
        label = f"entity {position}"
        try:
            fields = as_object(entity)
            if fields is None:
                raise FieldRefused(f"it is {kind_of(entity)}, not an object")
            label = clean_text(fields, "id")
            _read(label, fields, options, readings)
        except FieldRefused as error:
            readings.refuse(label, error, entity)
    return readings.decoded


def _entities(reply: object) -> Iterator[object]:
    """The entities of a list, a notification (`data`) or a single one."""
    fields = as_object(reply)
    listed = as_list(reply)
    if fields is not None and fields.get("type") == "Notification":
        listed = as_list(fields.get("data"))
        if listed is None:
            raise PayloadRefused("the notification has no list of entities")
    elif fields is not None:
        if "id" not in fields or "type" not in fields:
            raise PayloadRefused("the object is no entity: it has no id and type")
        listed = [fields]
    if listed is None:
        raise PayloadRefused(f"the reply is {kind_of(reply)}, not an entity or a list of them")
    if len(listed) > _MOST_ENTITIES:
        raise PayloadRefused(f"the reply holds more than {_MOST_ENTITIES:,} entities")
    yield from listed


def _read(
    entity_id: str, fields: dict[str, object], options: NgsiOptions, readings: Readings
) -> None:
    _check_place(fields, options.extent)
    _check_levels(fields)
    measured = [
        name
        for name in fields
        if name not in options.ignored and (name in options.quantities or name in _MEASURED)
    ]
    if not measured:
        raise FieldRefused("the entity has no measured value that is described")
    instant = None
    for name in measured:
        try:
            quantity = options.quantities.get(name) or _KNOWN.get(name)
            if quantity is None:
                raise undescribed(name, None)
            attribute = as_object(fields[name])
            instant = _observed_at(attribute) or _time(fields)
            value = finite_number({name: _plain(fields[name])}, name)
            readings.add(entity_id, quantity, instant, value, unit=_unit(name, attribute))
        except FieldRefused as error:
            readings.refuse(f"{entity_id} {name}", error, fields)


def _plain(attribute: object) -> object:
    """The value of an attribute in either form; a date may stand in a Relationship."""
    fields = as_object(attribute)
    if fields is None:
        return attribute
    return fields.get("value", fields.get("object"))


def _unit(name: str, attribute: dict[str, object] | None) -> str | None:
    """The unit of an attribute (UN/CEFACT code), None when it names none."""
    unit = None if attribute is None else attribute.get("unitCode")
    if attribute is not None and unit is None:
        # NGSI v2 keeps it in the metadata of the attribute.
        metadata = as_object(attribute.get("metadata")) or {}
        unit = _plain(metadata.get("unitCode"))
    if unit is not None and not isinstance(unit, str):
        raise FieldRefused(f"the unit of {name} is {kind_of(unit)}, not a text")
    return unit


def _observed_at(attribute: dict[str, object] | None) -> datetime | None:
    written = None if attribute is None else attribute.get("observedAt")
    return None if written is None else _instant(written)


def _time(fields: dict[str, object]) -> datetime:
    for name in _TIMES:
        if name in fields:
            written = _plain(fields[name])
            # A span (FIWARE writes it with a slash) is stored by its start.
            return _instant(written.partition("/")[0] if isinstance(written, str) else written)
    raise FieldRefused("the entity does not say when it was observed")


def _instant(written: object) -> datetime:
    try:
        return parse_instant(written)
    except TimeRefused as error:
        raise FieldRefused(str(error)) from None


def _check_place(fields: dict[str, object], extent: Extent) -> None:
    """Refuse an entity that lies outside the extent, and say when swapping would mend it."""
    if "location" not in fields:
        return
    geometry = as_object(_plain(fields["location"])) or as_object(fields["location"])
    pair = None if geometry is None else as_list(geometry.get("coordinates"))
    if geometry is None or geometry.get("type") != "Point" or pair is None or len(pair) < 2:
        raise FieldRefused("the location is no point with two coordinates")
    longitude, latitude = (finite_number({"coordinate": part}, "coordinate") for part in pair[:2])
    if _within(longitude, latitude, extent):
        return
    if _within(latitude, longitude, extent):
        raise FieldRefused(
            f"the coordinates {longitude:g}, {latitude:g} are swapped: longitude comes first"
        )
    south_first = abs(longitude) > abs(latitude) and 35 <= longitude <= 72 and -25 <= latitude <= 45
    raise FieldRefused(
        f"the coordinates {longitude:g}, {latitude:g} lie outside where the source may measure"
        + ("; they seem to be swapped" if south_first else "")
    )


def _within(longitude: float, latitude: float, extent: Extent) -> bool:
    west, south, east, north = extent
    return west <= longitude <= east and south <= latitude <= north


def _check_levels(fields: dict[str, object]) -> None:
    """Refuse an entity whose level is not the reference less the distance it states itself."""
    names = ("referenceLevel", "measuredDistance", "currentLevel")
    if not all(name in fields for name in names):
        return
    reference, distance, level = (
        finite_number({name: _plain(fields[name])}, name) for name in names
    )
    units = {_unit(name, as_object(fields[name])) for name in names} - {None}
    difference = abs(reference - distance - level)
    if len(units) <= 1 and difference > _LEVEL_TOLERANCE * max(1, abs(level)):
        raise FieldRefused(
            f"the levels contradict each other: the reference {reference:g} less the distance "
            f"{distance:g} is not the level {level:g}"
        )
