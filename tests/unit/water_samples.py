"""A gauge in every situation, made without a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ckanext.suedwest.store.query import DatastreamNow, StationRow, ThresholdRow
from ckanext.suedwest.water.situation import Situation, situation_of

NOW = datetime(2026, 9, 29, 13, 39, tzinfo=UTC)  # 15:39 MESZ
NINE_MINUTES_AGO = NOW - timedelta(minutes=9)
YESTERDAY = datetime(2026, 9, 28, 16, 15, tzinfo=UTC)  # 18:15 MESZ


def stream(**changes: Any) -> DatastreamNow:
    described: dict[str, Any] = {
        "datastream_id": 1,
        "resource_id": "00000000-0000-0000-0000-000000000001",
        "station_slug": "pegel-glan-odenbach",
        "station_key": "test:odenbach",
        "station_name": "Odenbach",
        "kind": "water",
        "water": "Glan",
        "name": "W",
        "observed_property": "water_level",
        "unit": "cm",
        "interval": timedelta(minutes=15),
        "day_rule": "mez",
        "visibility": "public",
        "latest_time": NINE_MINUTES_AGO,
        "latest_result": 124.0,
        "latest_quality": 2,
        "good_time": NINE_MINUTES_AGO,
        "good_result": 124.0,
        "first_time": NOW - timedelta(days=30),
        "total": 2880,
        "gone": False,
        "remark": None,
    }
    return DatastreamNow(**described | changes)


def station(*streams: DatastreamNow, **changes: Any) -> StationRow:
    described: dict[str, Any] = {
        "id": 1,
        "key": "test:odenbach",
        "kind": "water",
        "slug": "pegel-glan-odenbach",
        "name": "Odenbach",
        "water": "Glan",
        "number": "25600500",
        "longitude": 7.65,
        "latitude": 49.69,
        "operator": {"name": "WSV"},
        "licence": {"id": "dl-de-zero-2.0", "attribution": "WSV"},
        "remark": None,
        "properties": {},
        "gone_at": None,
        "municipalities": (("landkreis-kusel", "inside"),),
        "datastreams": streams,
    }
    return StationRow(**described | changes)


def threshold(level: float, code: str = "MS1", **changes: Any) -> ThresholdRow:
    described: dict[str, Any] = {
        "direction": "above",
        "label": "Meldestufe 1: Radweg gesperrt",
        "kind": "municipal",
        "source": "Gemeinde",
        "severity": None,
        "municipality": "landkreis-kusel",
    }
    return ThresholdRow(level=level, code=code, **described | changes)


def mark(level: float, code: str) -> ThresholdRow:
    """A statistical mark; lows count from below."""
    direction = "below" if code.startswith("N") or code == "MNW" else "above"
    return threshold(
        level, code, label=code, kind="statistical", direction=direction, municipality=None
    )


def official(level: float, code: str, label: str, **changes: Any) -> ThresholdRow:
    return threshold(level, code, label=label, kind="official", municipality=None, **changes)


def going(cm_per_hour: float, *, level: float = 124.0) -> list[tuple[datetime, float]]:
    """Three hours of quarter-hourly values that end at `level`, in centimetres."""
    return [
        (NINE_MINUTES_AGO - step * timedelta(minutes=15), level - cm_per_hour * step / 4)
        for step in range(11)
    ]


def situation(
    thresholds: Sequence[ThresholdRow] = (),
    *,
    points: Sequence[tuple[datetime, float]] = (),
    gone_at: datetime | None = None,
    **changes: Any,
) -> Situation:
    """A gauge with one datastream; `changes` are fields of its datastream."""
    shown = stream(gone=gone_at is not None, **changes)
    return situation_of(station(shown, gone_at=gone_at), thresholds, points, now=NOW)


def level(value: float) -> dict[str, Any]:
    """A good value of nine minutes ago."""
    return {"latest_result": value, "good_result": value}
