"""What a batch says of stations and datastreams, made storable and checked; no database here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ..domain.errors import Refusal
from ..domain.station import Datastream, Station
from ..domain.threshold import Threshold
from .text import (
    NAME_LENGTH,
    REMARK_LENGTH,
    clean,
    clean_mapping,
    clean_or_none,
    identifies,
)

_LONGEST_INTERVAL = 366 * 24 * 3600

StreamKey = tuple[str, str]
"""A station's key and a datastream's name."""


@dataclass(frozen=True, slots=True)
class StreamDefinition:
    """A datastream as it shall be stored; each part compares equal to what the store gives back."""

    key: StreamKey
    columns: dict[str, Any]
    day_rule: str
    thresholds: frozenset[tuple[Any, ...]]
    datum: tuple[str, float, date | None] | None


@dataclass(slots=True)
class Definitions:
    """The usable definitions of a batch, and what is wrong with the others.

    `refused` maps a station's key, or a datastream's, to the reason why none of its values can
    be stored; `notes` are the rows the quarantine gets for definitions.
    """

    stations: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    streams: dict[StreamKey, StreamDefinition] = field(
        default_factory=dict[StreamKey, StreamDefinition]
    )
    refused: dict[str | StreamKey, str] = field(default_factory=dict[str | StreamKey, str])
    notes: list[Refusal] = field(default_factory=list[Refusal])

    def refuse(self, key: str | StreamKey, reason: str, payload: object) -> None:
        """Refuse a station or datastream and all its values in this batch."""
        self.refused[key] = reason
        self.note(key, reason, payload)

    def note(self, key: str | StreamKey, reason: str, payload: object) -> None:
        """Tell the quarantine of a flaw that keeps no value from being stored."""
        record = key if isinstance(key, str) else " ".join(key)
        self.notes.append(Refusal(record, reason, "" if payload is None else repr(payload)))


def read_definitions(stations: Iterable[Station], streams: Iterable[Datastream]) -> Definitions:
    """Clean and check; a definition that comes twice counts as it came last."""
    found = Definitions()
    for station in stations:
        if not identifies(station.key):
            found.refuse(
                station.key, "the station's key is empty, too long or not storable text", station
            )
        else:
            found.stations[station.key] = _station_columns(station, found)
    for stream in streams:
        key = (stream.station_key, stream.name)
        if not (identifies(stream.station_key) and identifies(stream.name)):
            found.refuse(
                key, "the datastream's name is empty, too long or not storable text", stream
            )
            continue
        definition = _stream_definition(key, stream, found)
        earlier = found.streams.get(key)
        if earlier and unit_of(earlier) != unit_of(definition):
            found.refuse(key, "the batch gives the datastream in two units", stream)
        found.streams[key] = definition
    return found


def unit_of(definition: StreamDefinition) -> tuple[str, str]:
    """Observed property and unit."""
    return definition.columns["observed_property"], definition.columns["unit"]


def _station_columns(station: Station, found: Definitions) -> dict[str, Any]:
    longitude, latitude = station.longitude, station.latitude
    if longitude is not None or latitude is not None:
        if not _is_position(longitude, latitude):
            found.note(station.key, "the station's position is not on the earth", station)
            longitude = latitude = None
        else:
            longitude, latitude = float(longitude or 0), float(latitude or 0)
    return {
        "kind": clean(station.kind, NAME_LENGTH),
        "name": clean(station.name, NAME_LENGTH),
        "water": clean_or_none(station.water, NAME_LENGTH),
        "number": clean_or_none(station.number, NAME_LENGTH),
        "longitude": longitude,
        "latitude": latitude,
        "operator": {
            "name": clean(station.operator.name, NAME_LENGTH),
            "url": clean_or_none(station.operator.url, REMARK_LENGTH),
            "contact": clean_or_none(station.operator.contact, REMARK_LENGTH),
        },
        "licence": {
            "id": clean(station.licence.id, NAME_LENGTH),
            "title": clean(station.licence.title, NAME_LENGTH),
            "url": clean(station.licence.url, REMARK_LENGTH),
            "attribution": clean(station.licence.attribution, REMARK_LENGTH),
        },
        "remark": clean_or_none(station.remark, REMARK_LENGTH),
        "properties": clean_mapping(station.properties),
    }


def _stream_definition(key: StreamKey, stream: Datastream, found: Definitions) -> StreamDefinition:
    seconds = round(stream.interval.total_seconds()) if stream.interval else 0
    datum = stream.datum
    if datum is not None and not math.isfinite(datum.metres):
        found.note(key, "the height of the gauge's zero is not a finite number", stream)
        datum = None
    thresholds: dict[tuple[str, str], tuple[Any, ...]] = {}
    for threshold in stream.thresholds:
        if math.isfinite(threshold.level):
            columns = _threshold_columns(threshold)
            thresholds[columns[0], columns[1]] = columns
        else:
            found.note(key, "the level of a threshold is not a finite number", threshold)
    return StreamDefinition(
        key=key,
        columns={
            "observed_property": clean(stream.observed_property, NAME_LENGTH),
            "unit": clean(stream.unit, NAME_LENGTH),
            "interval_s": seconds if 0 < seconds <= _LONGEST_INTERVAL else None,
            "visibility": str(stream.visibility),
            "remark": clean_or_none(stream.remark, REMARK_LENGTH),
        },
        day_rule=str(stream.day_rule),
        thresholds=frozenset(thresholds.values()),
        datum=datum
        and (clean(datum.reference, NAME_LENGTH), float(datum.metres), datum.valid_from),
    )


def _threshold_columns(threshold: Threshold) -> tuple[Any, ...]:
    return (
        str(threshold.kind),
        clean(threshold.code, NAME_LENGTH),
        float(threshold.level),
        str(threshold.direction),
        clean(threshold.label, NAME_LENGTH),
        clean(threshold.source, REMARK_LENGTH),
        threshold.severity,
    )


def _is_position(longitude: float | None, latitude: float | None) -> bool:
    # A comparison with NaN is False, so it is no position either.
    return (
        longitude is not None
        and latitude is not None
        and -180 <= longitude <= 180
        and -90 <= latitude <= 90
    )
