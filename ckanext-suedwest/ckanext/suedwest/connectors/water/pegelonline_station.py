"""Stations and timeseries of PEGELONLINE's REST service, version 2."""

from __future__ import annotations

import re
from datetime import timedelta

from ...domain.errors import Refusal
from ...domain.station import Datastream, Station
from ...domain.time import DayRule
from ...domain.units import UnknownUnit, water_conversion
from ..base import Context, Decoded
from ..json_payload import (
    FieldRefused,
    as_list,
    as_object,
    clean_text,
    finite_number,
    kind_of,
    optional_text,
    record_text,
)
from .pegelonline_thresholds import read_datum, read_thresholds
from .pegelonline_values import Series, read_measurement
from .pegelonline_words import licence_of, operator_of, tidy_name

QUANTITIES = frozenset({"W", "Q"})
LONGEST_INTERVAL_MINUTES = 7 * 24 * 60

# A uuid; anonymised recordings hold other letters, and a key must only be safe in an address.
_UUID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{7,63}")


def station_key(uuid: str) -> str:
    """The platform's key of a PEGELONLINE station."""
    return f"pegelonline:{uuid.lower()}"


def read_station(
    record: dict[str, object], keys: set[str], context: Context, decoded: Decoded
) -> None:
    """Append one station with its W and Q series and their current values.

    `keys` holds the stations of this reply read before, and takes this one.

    A station whose uuid or name cannot be read is refused as a whole; anything smaller costs
    only itself. Missing coordinates are normal (about one station in fifteen).
    """
    label = "station"
    try:
        label = _label(record)
        uuid = clean_text(record, "uuid")
        if not _UUID.fullmatch(uuid):
            raise FieldRefused("uuid is no identifier")
        key = station_key(uuid)
        if key in keys:
            raise FieldRefused(f"the station {uuid} is listed twice")
        properties: dict[str, str] = {}
        station = _station(record, key, label, properties, decoded)
    except FieldRefused as error:
        decoded.refusals.append(Refusal(label, str(error), record_text(record)))
        return
    decoded.stations.append(station)
    keys.add(key)
    listed = record.get("timeseries")
    if listed is None:
        return
    timeseries = as_list(listed)
    if timeseries is None:
        decoded.refusals.append(
            Refusal(f"{label} timeseries", f"the list is {kind_of(listed)}", record_text(listed))
        )
        return
    seen: set[str] = set()
    for entry in timeseries:
        name = read_timeseries(entry, key, label, properties, seen, context, decoded)
        if name is not None:
            seen.add(name)


def _label(record: dict[str, object]) -> str:
    """The name a refusal gives the station: its own, as far as it can be read."""
    for field in ("shortname", "longname", "station", "number", "uuid"):
        try:
            return f"station {clean_text(record, field)}"
        except FieldRefused:
            continue
    return "station"


def _station(
    record: dict[str, object], key: str, label: str, properties: dict[str, str], decoded: Decoded
) -> Station:
    def optional(field: str) -> str | None:
        try:
            return optional_text(record, field)
        except FieldRefused as error:
            decoded.refusals.append(
                Refusal(f"{label} {field}", str(error), record_text(record.get(field)))
            )
            return None

    name = optional("shortname") or optional("longname")
    if name is None:
        raise FieldRefused("the station has neither shortname nor longname")
    number, agency, voice = optional("number"), optional("agency"), optional("voiceServiceNumber")
    longitude, latitude = _place(record, label, decoded)
    if voice is not None:
        properties["voice_service_number"] = voice
    if "km" in record:
        try:
            properties["river_km"] = f"{finite_number(record, 'km'):.10g}"
        except FieldRefused as error:
            decoded.refusals.append(
                Refusal(f"{label} km", str(error), record_text(record.get("km")))
            )
    return Station(
        key=key,
        kind="water",
        name=tidy_name(name),
        operator=operator_of(agency, number),
        licence=licence_of(agency),
        water=_water(record, label, decoded),
        number=number,
        longitude=longitude,
        latitude=latitude,
        remark=optional("remark"),
        properties=properties,
    )


def _water(record: dict[str, object], label: str, decoded: Decoded) -> str | None:
    listed = record.get("water")
    if listed is None:
        return None
    try:
        water = as_object(listed)
        if water is None:
            raise FieldRefused(f"the water is {kind_of(listed)}, not an object")
        name = optional_text(water, "longname") or clean_text(water, "shortname")
    except FieldRefused as error:
        decoded.refusals.append(Refusal(f"{label} water", str(error), record_text(listed)))
        return None
    return tidy_name(name)


def _place(
    record: dict[str, object], label: str, decoded: Decoded
) -> tuple[float, float] | tuple[None, None]:
    if record.get("longitude") is None and record.get("latitude") is None:
        return None, None
    try:
        longitude, latitude = finite_number(record, "longitude"), finite_number(record, "latitude")
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            raise FieldRefused("longitude and latitude are not degrees on Earth")
    except FieldRefused as error:
        place = {field: record.get(field) for field in ("longitude", "latitude")}
        decoded.refusals.append(Refusal(f"{label} place", str(error), record_text(place)))
        return None, None
    return longitude, latitude


def read_timeseries(
    record: object,
    key: str,
    station_label: str,
    properties: dict[str, str],
    seen: set[str],
    context: Context,
    decoded: Decoded,
) -> str | None:
    """Append one datastream and its current value; the name of the datastream, None if refused.

    Carried are W and Q. `properties` of the station takes what is no threshold; `seen` holds
    the names this station has had already.
    """
    label = station_label
    try:
        fields = as_object(record)
        if fields is None:
            raise FieldRefused(f"the timeseries is {kind_of(record)}, not an object")
        name = clean_text(fields, "shortname")
        label = f"{station_label} {name}"
        if name == "WV":
            raise FieldRefused("WV is a forecast, and forecasts are not observations")
        if name not in QUANTITIES:
            raise FieldRefused(f"the quantity {name!r} is not carried, only W and Q are")
        if name in seen:
            raise FieldRefused(f"the timeseries {name} is listed twice")
        unit = clean_text(fields, "unit")
        conversion = water_conversion(name, unit)
    except (FieldRefused, UnknownUnit) as error:
        decoded.refusals.append(Refusal(label, str(error), record_text(record)))
        return None
    decoded.datastreams.append(
        Datastream(
            station_key=key,
            name=name,
            observed_property=conversion.observed_property.name,
            unit=conversion.observed_property.unit,
            interval=_interval(fields, label, decoded),
            datum=read_datum(fields.get("gaugeZero"), label, decoded),
            day_rule=DayRule.MEZ,
            thresholds=read_thresholds(
                fields.get("characteristicValues"), name, label, conversion, properties, decoded
            ),
            remark=_remark(fields, label, decoded),
            source_unit=unit,
        )
    )
    if "currentMeasurement" in fields:
        series = Series(key, name, label, conversion)
        read_measurement(fields["currentMeasurement"], series, context.received_at, decoded)
    return name


def _interval(fields: dict[str, object], label: str, decoded: Decoded) -> timedelta | None:
    if fields.get("equidistance") is None:
        return None
    try:
        minutes = finite_number(fields, "equidistance")
        if not 0 < minutes <= LONGEST_INTERVAL_MINUTES:
            raise FieldRefused(f"equidistance is {minutes:g} minutes")
    except FieldRefused as error:
        decoded.refusals.append(
            Refusal(f"{label} equidistance", str(error), record_text(fields["equidistance"]))
        )
        return None
    return timedelta(minutes=minutes)


def _remark(fields: dict[str, object], label: str, decoded: Decoded) -> str | None:
    """The operator's comment; a state `commented` without one is still said."""
    listed = fields.get("comment")
    if listed is not None:
        try:
            comment = as_object(listed)
            if comment is None:
                raise FieldRefused(f"the comment is {kind_of(listed)}, not an object")
            text = optional_text(comment, "longDescription")
            text = text or optional_text(comment, "shortDescription")
            if text:
                return text
        except FieldRefused as error:
            decoded.refusals.append(Refusal(f"{label} comment", str(error), record_text(listed)))
    current = as_object(fields.get("currentMeasurement")) or {}
    if "commented" in (current.get("stateMnwMhw"), current.get("stateNswHsw")):
        return "vom Betreiber kommentiert"
    return None
