"""What programmes read of a station, of a datastream and of its newest value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
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
    "privacy",
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


_QUALITY_WORDS = {int(each): each.name.lower() for each in Quality}
# A handful of operators stands at hundreds of stations.
_operator_key = lru_cache(maxsize=1000)(slugify)


def operator_key(station: StationRow) -> str:
    """The operator in addresses: its name in small letters, digits and hyphens."""
    return _operator_key(station.operator["name"])


def changed_at(stations: Iterable[StationRow]) -> datetime | None:
    """When a value of these stations was last written or judged; None without a value."""
    return max(
        (
            stream.changed_at
            for station in stations
            for stream in station.datastreams
            if stream.changed_at is not None
        ),
        default=None,
    )


def _state(
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


def latest_records(
    stations: Iterable[StationRow], now: datetime
) -> tuple[list[dict[str, Any]], datetime | None]:
    """The record of every datastream, and when the first of them stops being live.

    None when nothing is live.
    """
    records: list[dict[str, Any]] = []
    stops_being_live: datetime | None = None
    for station in stations:
        place, rights = _place(station), _rights(station)
        for stream in station.datastreams:
            current, until = _state(station, stream, now)
            if until is not None and (stops_being_live is None or until < stops_being_live):
                stops_being_live = until
            since = station.gone_at or stream.maintenance_since
            records.append(
                {
                    **place,
                    "datastream_id": stream.resource_id,
                    "datastream": stream.name,
                    "observed_property": stream.observed_property,
                    "unit": stream.unit,
                    "interval_seconds": _seconds(stream.interval),
                    "time": instant(stream.latest_time),
                    "result": stream.latest_result,
                    "quality": quality_word(stream.latest_quality),
                    "freshness": current.value,
                    "live_until": instant(until),
                    "good_time": instant(stream.good_time),
                    "good_result": stream.good_result,
                    "out_of_service_since": instant(since),
                    "out_of_service_note": stream.maintenance_note,
                    "remark": stream.remark or station.remark,
                    **rights,
                }
            )
    return records, stops_being_live


def station_record(
    station: StationRow, withheld: Mapping[int, tuple[int, int]] | None = None
) -> dict[str, Any]:
    """A station by the names of `STATION_COLUMNS`; its datastreams by name and id.

    `privacy` is the rule in force, with the spans of closed days whose split is held back by the
    id of the station (`withheld`); None where no rule holds.
    """
    return {
        **_place(station),
        "datastreams": [
            {
                "datastream_id": stream.resource_id,
                "datastream": stream.name,
                "observed_property": stream.observed_property,
                "unit": stream.unit,
                "interval_seconds": _seconds(stream.interval),
                "day_rule": stream.day_rule,
                "first_time": instant(stream.first_time),
                "latest_time": instant(stream.latest_time),
                "values": stream.total,
            }
            for stream in station.datastreams
        ],
        "in_service": station.gone_at is None,
        "privacy": _privacy(station, withheld or {}),
        "remark": station.remark,
        **_rights(station),
    }


def _privacy(station: StationRow, withheld: Mapping[int, tuple[int, int]]) -> dict[str, Any] | None:
    rule = station.properties.get("privacy")
    if rule is None:
        return None
    spans, held_back = withheld.get(station.id, (0, 0))
    return {**json.loads(rule), "spans": spans, "spans_withheld": held_back}


def features(records: Iterable[dict[str, Any]], identity: str) -> dict[str, Any]:
    """Records as a GeoJSON FeatureCollection (RFC 7946); without a position, without geometry."""
    return {
        "type": "FeatureCollection",
        "features": [_feature(record, identity) for record in records],
    }


def quality_word(quality: int | None) -> str | None:
    """`pass`, `not_evaluated`, `suspect`, `fail` or `missing` after QARTOD."""
    return None if quality is None else _QUALITY_WORDS[quality]


def instant(time: datetime | None) -> str | None:
    """ISO 8601 with the offset."""
    return None if time is None else time.isoformat()


def _seconds(interval: timedelta | None) -> int | None:
    return None if interval is None else round(interval.total_seconds())


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
