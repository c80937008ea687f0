"""What pages and programmes ask of stations: where they are, what they measure, what is new.

Each function takes an engine or a connection and needs a fixed number of queries. Times are in
UTC. The series of values are in `series`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from .engine import connected
from .series import (
    Column,
    DayRow,
    ObservationRow,
    days,
    good_points,
    hour_means,
    observations,
    series_columns,
)

__all__ = [
    "Column",
    "DatastreamNow",
    "DatumRow",
    "DayRow",
    "ObservationRow",
    "StationRow",
    "ThresholdRow",
    "datastream_by_resource",
    "datums",
    "days",
    "good_points",
    "hour_means",
    "observations",
    "series_columns",
    "station_by_id",
    "station_by_slug",
    "stations",
    "thresholds",
    "thresholds_of",
]


# This one and the next are not frozen: a frozen one takes seven times as long to make, and a list
# of all gauges makes a thousand.
@dataclass(slots=True)
class DatastreamNow:
    """A datastream with its newest value of all and its newest good one.

    Results are in `unit`; `latest_*` and `first_time` are None when it never had a value,
    `good_*` when it never had a good one. `total` counts its values exactly. `gone`: the source
    does not list the station any more. `maintenance_since`: staff say that it is worked on now
    (by the database's clock), with a note where that is public. `changed_at`: when a value of it
    was last written or judged anew, None when there never was one.
    """

    datastream_id: int
    resource_id: str
    station_slug: str
    station_key: str
    station_name: str
    kind: str
    water: str | None
    name: str
    observed_property: str
    unit: str
    interval: timedelta | None
    day_rule: str
    visibility: str
    latest_time: datetime | None
    latest_result: float | None
    latest_quality: int | None
    good_time: datetime | None
    good_result: float | None
    first_time: datetime | None
    total: int
    gone: bool
    remark: str | None
    maintenance_since: datetime | None = None
    maintenance_note: str | None = None
    changed_at: datetime | None = None

    @property
    def out_of_service(self) -> bool:
        """Whether no value of it may speak of now, however young."""
        return self.gone or self.maintenance_since is not None


@dataclass(slots=True)
class StationRow:
    """A station with its datastreams; `municipalities` are pairs of name and relation, sorted.

    `operator` has name, url and contact; `licence` id, title, url and attribution. Longitude and
    latitude are WGS 84 degrees.
    """

    id: int
    key: str
    kind: str
    slug: str
    name: str
    water: str | None
    number: str | None
    longitude: float | None
    latitude: float | None
    operator: dict[str, Any]
    licence: dict[str, Any]
    remark: str | None
    properties: dict[str, str]
    gone_at: datetime | None
    municipalities: tuple[tuple[str, str], ...]
    datastreams: tuple[DatastreamNow, ...]


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """A level in the unit of its datastream; `municipality` is None for official ones."""

    level: float
    direction: str
    code: str
    label: str
    kind: str
    source: str
    severity: int | None
    municipality: str | None


@dataclass(frozen=True, slots=True)
class DatumRow:
    """Height of the gauge's zero in metres above `reference`, as first told at `first_seen_at`.

    `valid_from` is None when the source does not say since when.
    """

    reference: str
    metres: float
    valid_from: date | None
    first_seen_at: datetime


# A station has a row for each of its datastreams, one without any if it has none: asked for one by
# one they cost as much again. Objects come as text: a few different ones repeat over hundreds of
# rows, and are read once each.
_STATIONS = """
    SELECT s.id, s.key, s.kind, s.slug, s.name, s.water, s.number, s.longitude, s.latitude,
           s.operator::text, s.licence::text, s.remark, s.properties::text, s.gone_at,
           array_to_json(
               ARRAY(SELECT ARRAY[municipality, relation] FROM suedwest.station_municipality
                     WHERE station_id = s.id ORDER BY municipality)
           )::text,
           d.id, d.resource_id::text, d.name, d.observed_property, d.unit, d.interval_s,
           d.day_rule, d.visibility, n.latest_time, n.latest_result, n.latest_quality, n.good_time,
           n.good_result, n.first_time, coalesce(n.total, 0), d.remark, said.start, said.note,
           n.changed_at
    FROM suedwest.station s
    LEFT JOIN suedwest.datastream d
           ON d.station_id = s.id AND (:include_internal OR d.visibility = 'public')
    LEFT JOIN suedwest.datastream_state n ON n.datastream_id = d.id
    LEFT JOIN (
        SELECT DISTINCT ON (datastream_id) datastream_id, says, start, note
        FROM suedwest.public_mark
        WHERE start <= now() AND coalesce(until, 'infinity') > now()
        ORDER BY datastream_id, id DESC
    ) said ON said.datastream_id = d.id AND said.says = 'maintenance'
"""

# A station that has nothing but internal datastreams is itself internal.
_VISIBLE = """
    (:include_internal
     OR EXISTS (SELECT FROM suedwest.datastream
                WHERE station_id = s.id AND visibility = 'public')
     OR NOT EXISTS (SELECT FROM suedwest.datastream WHERE station_id = s.id))
"""


def stations(
    bind: Engine | Connection,
    *,
    municipality: str | None = None,
    kind: str | None = None,
    include_internal: bool = False,
) -> list[StationRow]:
    """Stations by water and name; those a municipality shows, those of a kind.

    Internal datastreams, and stations that have no others, only come when asked for.
    """
    return _stations(
        bind,
        """(CAST(:kind AS text) IS NULL OR s.kind = :kind)
           AND (CAST(:municipality AS text) IS NULL
                OR EXISTS (SELECT FROM suedwest.station_municipality
                           WHERE station_id = s.id AND municipality = :municipality))""",
        include_internal,
        kind=kind,
        municipality=municipality,
    )


def station_by_slug(
    bind: Engine | Connection, slug: str, *, include_internal: bool = False
) -> StationRow | None:
    """The station with this address, or None."""
    return next(iter(_stations(bind, "s.slug = :slug", include_internal, slug=slug)), None)


def station_by_id(
    bind: Engine | Connection, station_id: int, *, include_internal: bool = False
) -> StationRow | None:
    """The station with this id, or None."""
    return next(iter(_stations(bind, "s.id = :id", include_internal, id=station_id)), None)


def datastream_by_resource(bind: Engine | Connection, resource_id: str) -> DatastreamNow | None:
    """The datastream of a live resource, also an internal one (see `visibility`), or None."""
    try:
        resource = UUID(resource_id)
    except ValueError:
        return None
    condition = "d.resource_id = CAST(:resource_id AS uuid)"
    for station in _stations(bind, condition, True, resource_id=str(resource)):
        return station.datastreams[0]
    return None


def thresholds(bind: Engine | Connection, datastream_id: int) -> list[ThresholdRow]:
    """The thresholds of a datastream from the lowest level up."""
    return thresholds_of(bind, [datastream_id])[datastream_id]


def thresholds_of(
    bind: Engine | Connection, datastream_ids: Sequence[int]
) -> dict[int, list[ThresholdRow]]:
    """The thresholds of every datastream asked for, each from the lowest level up."""
    found: dict[int, list[ThresholdRow]] = {id_: [] for id_ in datastream_ids}
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT datastream_id, level, direction, code, label, kind, source, severity,
                       nullif(municipality, '')
                FROM suedwest.threshold WHERE datastream_id = ANY (CAST(:ids AS integer[]))
                ORDER BY level, kind, code, municipality
            """),
            {"ids": list(found)},
        )
        for datastream_id, *columns in rows:
            found[datastream_id].append(ThresholdRow(*columns))
    return found


def datums(bind: Engine | Connection, datastream_id: int) -> list[DatumRow]:
    """Heights of a gauge's zero, what holds now first.

    Those of a level that is reckoned are the ones of its mountings, each since it was mounted;
    there is none when nobody surveyed the zero of the mounting that holds now.
    """
    with connected(bind) as conn:
        reckoned = conn.execute(
            text("SELECT 1 FROM suedwest.derivation WHERE level_id = :id"), {"id": datastream_id}
        ).first()
        rows = conn.execute(text(_ZEROS if reckoned else _TOLD_DATUMS), {"id": datastream_id})
        return [DatumRow(*row) for row in rows]


_TOLD_DATUMS = """
    SELECT reference, metres, valid_from, first_seen_at
    FROM suedwest.datum WHERE datastream_id = :id ORDER BY id DESC
"""

_ZEROS = """
    WITH begun AS (
        SELECT *, row_number() OVER (ORDER BY valid_from DESC) = 1 AS newest
        FROM suedwest.mounting WHERE level_id = :id AND valid_from <= now()
    )
    SELECT zero_reference, zero_metres,
           coalesce(zero_valid_from, (valid_from AT TIME ZONE 'Etc/GMT-1')::date), valid_from
    FROM begun
    WHERE zero_metres IS NOT NULL
      AND EXISTS (SELECT FROM begun WHERE newest AND zero_metres IS NOT NULL
                                      AND coalesce(valid_until, 'infinity') > now())
    ORDER BY valid_from DESC
"""


def _stations(
    bind: Engine | Connection, condition: str, include_internal: bool, **values: object
) -> list[StationRow]:
    with connected(bind) as conn:
        rows = conn.execute(
            text(f"""
                {_STATIONS} WHERE {condition} AND {_VISIBLE}
                ORDER BY s.water, s.name, s.id, d.id
            """),
            {"include_internal": include_internal, **values},
        ).all()
    read, shown = lru_cache(json.loads), lru_cache(_shown)
    found: list[StationRow] = []
    # Each column by its name: slices and keywords would double the time this loop takes.
    for (
        id_,
        key,
        kind,
        slug,
        name,
        water,
        number,
        longitude,
        latitude,
        operator,
        licence,
        remark,
        properties,
        gone_at,
        municipalities,
        stream_id,
        resource_id,
        stream_name,
        observed_property,
        unit,
        seconds,
        day_rule,
        visibility,
        latest_time,
        latest_result,
        latest_quality,
        good_time,
        good_result,
        first_time,
        total,
        stream_remark,
        maintenance_since,
        maintenance_note,
        changed_at,
    ) in rows:
        if not found or found[-1].id != id_:
            found.append(
                StationRow(
                    id_,
                    key,
                    kind,
                    slug,
                    name,
                    water,
                    number,
                    longitude,
                    latitude,
                    read(operator),
                    read(licence),
                    remark,
                    read(properties),
                    gone_at,
                    shown(municipalities),
                    (),
                )
            )
        if stream_id is None:
            continue
        stream = DatastreamNow(
            stream_id,
            resource_id,
            slug,
            key,
            name,
            kind,
            water,
            stream_name,
            observed_property,
            unit,
            _interval(seconds),
            day_rule,
            visibility,
            latest_time,
            latest_result,
            latest_quality,
            good_time,
            good_result,
            first_time,
            total,
            gone_at is not None,
            stream_remark,
            maintenance_since,
            maintenance_note,
            changed_at,
        )
        found[-1].datastreams += (stream,)
    return found


@lru_cache(maxsize=100)
def _interval(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _shown(municipalities: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, relation) for name, relation in json.loads(municipalities))
