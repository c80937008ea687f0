"""What programmes read of a station, of a datastream and of its newest value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...domain.freshness import LIMITS, Freshness, freshness, live_until
from ...domain.quality import Quality
from ...store.query import DatastreamNow, StationRow
from ...store.slug import slugify

KINDS = tuple(sorted(LIMITS))

STATION_COLUMNS = (
    "station",
    "kind",
    "name",
    "water",
    "number",
    "longitude",
    "latitude",
    "municipalities",
    "datastreams",
    "in_service",
    "simulated",
    "remark",
    "operator_key",
    "operator",
    "operator_url",
    "licence",
    "licence_title",
    "licence_url",
    "attribution",
)
LATEST_COLUMNS = (
    "station",
    "kind",
    "name",
    "water",
    "number",
    "longitude",
    "latitude",
    "municipalities",
    "datastream_id",
    "datastream",
    "observed_property",
    "unit",
    "interval_seconds",
    "time",
    "result",
    "quality",
    "freshness",
    "live_until",
    "good_time",
    "good_result",
    "out_of_service_since",
    "out_of_service_note",
    "simulated",
    "remark",
    "operator_key",
    "operator",
    "operator_url",
    "licence",
    "licence_title",
    "licence_url",
    "attribution",
)


@dataclass(frozen=True, slots=True)
class Selected:
    """Stations that were asked for, and until when what is said of them as live holds.

    `stops_being_live` is None when nothing is live.
    """

    stations: tuple[StationRow, ...]
    stops_being_live: datetime | None
    changed_at: datetime | None


def operator_key(station: StationRow) -> str:
    """The operator in addresses: its name in small letters, digits and hyphens."""
    return slugify(station.operator["name"])


def selected(stations: Iterable[StationRow], now: datetime) -> Selected:
    """These stations, with what their answers' caches have to know."""
    kept = tuple(stations)
    ends: list[datetime] = []
    changes: list[datetime] = []
    for station in kept:
        for stream in station.datastreams:
            _freshness, until = state(station, stream, now)
            if until is not None:
                ends.append(until)
            if stream.changed_at is not None:
                changes.append(stream.changed_at)
    return Selected(kept, min(ends, default=None), max(changes, default=None))


def state(
    station: StationRow, stream: DatastreamNow, now: datetime
) -> tuple[Freshness, datetime | None]:
    """Freshness at an instant, and when it stops being live; None where it is not live."""
    quality = None if stream.latest_quality is None else Quality(stream.latest_quality)
    current = freshness(
        station.kind,
        stream.interval,
        stream.latest_time,
        quality,
        out_of_service=stream.out_of_service,
        now=now,
    )
    if current is not Freshness.LIVE or stream.latest_time is None:
        return current, None
    return current, live_until(station.kind, stream.interval, stream.latest_time)


def latest_record(station: StationRow, stream: DatastreamNow, now: datetime) -> dict[str, Any]:
    """A datastream with its newest value, by the names of `LATEST_COLUMNS`."""
    current, until = state(station, stream, now)
    since = station.gone_at or stream.maintenance_since
    return {
        **_place(station),
        "datastream_id": stream.resource_id,
        "datastream": stream.name,
        "observed_property": stream.observed_property,
        "unit": stream.unit,
        "interval_seconds": stream.interval and round(stream.interval.total_seconds()),
        "time": instant(stream.latest_time),
        "result": stream.latest_result,
        "quality": quality_word(stream.latest_quality),
        "freshness": str(current),
        "live_until": instant(until),
        "good_time": instant(stream.good_time),
        "good_result": stream.good_result,
        "out_of_service_since": instant(since),
        "out_of_service_note": stream.maintenance_note,
        "remark": stream.remark or station.remark,
        **_rights(station),
    }


def station_record(station: StationRow) -> dict[str, Any]:
    """A station by the names of `STATION_COLUMNS`; its datastreams by name and id."""
    return {
        **_place(station),
        "datastreams": [
            {
                "datastream_id": stream.resource_id,
                "datastream": stream.name,
                "observed_property": stream.observed_property,
                "unit": stream.unit,
                "interval_seconds": stream.interval and round(stream.interval.total_seconds()),
                "day_rule": stream.day_rule,
                "first_time": instant(stream.first_time),
                "latest_time": instant(stream.latest_time),
                "values": stream.total,
            }
            for stream in station.datastreams
        ],
        "in_service": station.gone_at is None,
        "remark": station.remark,
        **_rights(station),
    }


def features(records: Iterable[dict[str, Any]], identity: str) -> dict[str, Any]:
    """Records as a GeoJSON FeatureCollection (RFC 7946); without a position, without geometry."""
    return {
        "type": "FeatureCollection",
        "features": [_feature(record, identity) for record in records],
    }


def quality_word(quality: int | None) -> str | None:
    """`pass`, `not_evaluated`, `suspect`, `fail` or `missing` after QARTOD."""
    return None if quality is None else Quality(quality).name.lower()


def instant(time: datetime | None) -> str | None:
    """ISO 8601 with the offset."""
    return None if time is None else time.isoformat()


def _place(station: StationRow) -> dict[str, Any]:
    return {
        "station": station.slug,
        "kind": station.kind,
        "name": station.name,
        "water": station.water,
        "number": station.number,
        "longitude": station.longitude,
        "latitude": station.latitude,
        "municipalities": [name for name, _relation in station.municipalities],
    }


def _rights(station: StationRow) -> dict[str, Any]:
    operator, licence = station.operator, station.licence
    return {
        "simulated": station.properties.get("simulated") == "true",
        "operator_key": operator_key(station),
        "operator": operator["name"],
        "operator_url": operator.get("url"),
        "licence": licence.get("id"),
        "licence_title": licence.get("title"),
        "licence_url": licence.get("url"),
        "attribution": licence.get("attribution"),
    }


def _feature(record: dict[str, Any], identity: str) -> dict[str, Any]:
    longitude, latitude = record["longitude"], record["latitude"]
    placed = longitude is not None and latitude is not None
    return {
        "type": "Feature",
        "id": record[identity],
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]} if placed else None,
        "properties": {
            name: value for name, value in record.items() if name not in ("longitude", "latitude")
        },
    }
