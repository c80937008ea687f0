"""LHP, the flood portal of the German states (public API): the class of each gauge, no level.

`/stations` as GeoJSON gives every gauge a class from 0 (no flood) to 4 (very great flood). A class
is a judgement of the state's flood centre and no height, so it becomes a datastream of its own,
`class` (observed property `flood_class`), and is never mixed with a level. Class −1 and null say
that there are no data at present: no observation.

Times are legal local time without an offset (`updated` of the reply carries +01:00 all year and is
not used). Licence: CC BY 4.0, the source and the time of the values are to be shown.
"""

from __future__ import annotations

from ...domain.errors import PayloadRefused, Refusal
from ...domain.observation import Observation
from ...domain.station import Datastream, Licence, Operator, Station
from ...domain.threshold import Direction, Threshold, ThresholdKind
from ...domain.time import DayRule, TimeRefused
from ...domain.units import FLOOD_CLASS
from ..base import Context, Decoded
from ..json_payload import (
    FieldRefused,
    as_list,
    as_object,
    clean_text,
    finite_number,
    kind_of,
    load_json,
    optional_text,
    record_text,
)
from ..local_time import TimeOptions, read_instant
from ..plausibility import check_time

DATASTREAM = "class"
NO_DATA = -1
CLASSES = range(5)
# The legend of the portal; from class 1 on there is a flood.
CLASS_NAMES = {
    1: "Kleines Hochwasser",
    2: "Mittleres Hochwasser",
    3: "Großes Hochwasser",
    4: "Sehr großes Hochwasser",
}
OPERATOR = Operator(
    name="Länderübergreifendes Hochwasserportal (LHP)", url="https://www.hochwasserzentralen.de"
)
LICENCE = Licence(
    id="cc-by-4.0",
    title="Creative Commons Namensnennung 4.0 International",
    url="https://creativecommons.org/licenses/by/4.0/deed.de",
    attribution="Länderübergreifendes Hochwasserportal (LHP)",
)
THRESHOLDS = tuple(
    Threshold(
        level=float(number),
        direction=Direction.ABOVE,
        code=f"LHP_{number}",
        label=label,
        kind=ThresholdKind.OFFICIAL,
        source="LHP",
        severity=number,
    )
    for number, label in CLASS_NAMES.items()
)
"""The classes as thresholds of the datastream, so that a flood is one for every page and alarm."""
_LOCAL = TimeOptions(zone="Europe/Berlin")


def connector(payload: bytes, context: Context) -> Decoded:
    """Read the gauges of one reply.

    Raises:
        PayloadRefused: no GeoJSON of gauges (warnings of areas are another document), an error,
            another licence than the one known, or a reply of the service closed in 2023.
    """
    reply = as_object(load_json(payload))
    if reply is None:
        raise PayloadRefused("the reply is no object")
    if "HW_TXT" in reply or "PN" in reply:
        raise PayloadRefused(
            "the reply is of the PHP service that closed in July 2023; its times are words and "
            "its levels out of date"
        )
    _refuse_alert(reply)
    features = as_list(reply.get("features"))
    if reply.get("type") != "FeatureCollection" or features is None:
        raise PayloadRefused("the reply is no GeoJSON FeatureCollection")
    licence = reply.get("licence")
    if not isinstance(licence, str) or "/licenses/by/4.0" not in licence:
        raise PayloadRefused(f"the licence {record_text(licence)[:100]} is not CC BY 4.0")
    decoded = Decoded()
    keys: set[str] = set()
    for position, feature in enumerate(features, start=1):
        name = f"feature {position}"
        try:
            fields = as_object(feature)
            if fields is None:
                raise FieldRefused(f"it is {kind_of(feature)}, not an object")
            _refuse_alert(fields)
            identifier = clean_text(fields, "id")
            name = identifier
            station = _station(identifier, fields)
            if station.key in keys:
                raise FieldRefused("the gauge stands twice in the reply")
            observation = _observation(station.key, fields, context)
        except (FieldRefused, TimeRefused) as error:
            decoded.refusals.append(Refusal(name, str(error), record_text(feature)))
            continue
        keys.add(station.key)
        decoded.stations.append(station)
        decoded.datastreams.append(
            Datastream(
                station_key=station.key,
                name=DATASTREAM,
                observed_property=FLOOD_CLASS.name,
                unit=FLOOD_CLASS.unit,
                day_rule=DayRule.CIVIL,
                thresholds=THRESHOLDS,
            )
        )
        if observation is not None:
            decoded.observations.append(observation)
    return decoded


def _refuse_alert(fields: dict[str, object]) -> None:
    """Warnings count their classes on another scale (1 is the all-clear) and hold for areas."""
    features = as_list(fields.get("features")) or []
    first = as_object(features[0]) if features else None
    if "AlertArea" in (fields.get("kind"), None if first is None else first.get("kind")):
        raise PayloadRefused(
            "the reply holds warnings of areas, and a warning is no value of a gauge"
        )


def _station(identifier: str, fields: dict[str, object]) -> Station:
    """The gauge; ids are the state's letters and its number (`RP_25900700`)."""
    properties = _properties(fields)
    state, underscore, number = identifier.partition("_")
    if not underscore or not state.isalpha() or not number:
        raise FieldRefused("the id is not of the form RP_25900700")
    longitude, latitude = _place(fields)
    link = optional_text(properties, "stationLink")
    shown = {"state": clean_text(properties, "stateId")}
    if link is not None and link.startswith("https://"):
        shown["link"] = link
    return Station(
        key=f"lhp:{identifier}",
        kind="water",
        name=clean_text(properties, "name"),
        operator=OPERATOR,
        licence=LICENCE,
        water=optional_text(properties, "water"),
        number=number,
        longitude=longitude,
        latitude=latitude,
        properties=shown,
    )


def _properties(fields: dict[str, object]) -> dict[str, object]:
    properties = as_object(fields.get("properties"))
    if properties is None:
        raise FieldRefused("the gauge has no properties")
    return properties


def _place(fields: dict[str, object]) -> tuple[float | None, float | None]:
    """Longitude and latitude in degrees; both None where the gauge has no point."""
    geometry = as_object(fields.get("geometry"))
    if geometry is None:
        return None, None
    pair = as_list(geometry.get("coordinates"))
    if geometry.get("type") != "Point" or pair is None or len(pair) != 2:
        raise FieldRefused("the geometry is no point with two coordinates")
    longitude, latitude = (finite_number({"coordinate": part}, "coordinate") for part in pair)
    if not (5 <= longitude <= 16 and 46 <= latitude <= 56):
        raise FieldRefused(f"the coordinates {longitude:g}, {latitude:g} are not in Germany")
    return longitude, latitude


def _observation(key: str, fields: dict[str, object], context: Context) -> Observation | None:
    properties = _properties(fields)
    if properties.get("lhpClass", NO_DATA) in (None, NO_DATA):
        return None
    number = finite_number(properties, "lhpClass")
    if number not in CLASSES:
        raise FieldRefused(f"lhpClass is {number:g}, not one of 0 to 4")
    instant = read_instant(properties.get("timestamp"), _LOCAL)
    return Observation(key, DATASTREAM, check_time(instant, context.received_at), number)
