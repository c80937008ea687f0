"""Datastreams whose history somebody may bring from a file: those of a municipality's sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from .engine import connected


@dataclass(frozen=True, slots=True)
class Target:
    """A datastream, its station, and the source that brings its values.

    `owner` is the municipality of the source, None the platform. `reckoned` says that its values
    are levels made of another datastream. `first_time` and `latest_time` (UTC) are None without
    a value.
    """

    datastream_id: int
    resource_id: str
    name: str
    observed_property: str
    unit: str
    interval: timedelta | None
    station_key: str
    station_name: str
    source_id: str
    owner: str | None
    reckoned: bool
    first_time: datetime | None
    latest_time: datetime | None


_TARGETS = """
    SELECT stream.id, stream.resource_id::text, stream.name, stream.observed_property,
           stream.unit, make_interval(secs => stream.interval_s), station.key, station.name,
           source.id, source.municipality,
           EXISTS (SELECT FROM suedwest.derivation WHERE level_id = stream.id),
           state.first_time, state.latest_time
    FROM suedwest.datastream stream
    JOIN suedwest.station ON station.id = stream.station_id
    JOIN suedwest.source ON source.id = station.source_id
    LEFT JOIN suedwest.datastream_state state ON state.datastream_id = stream.id
"""


def history_targets(bind: Engine | Connection, municipality: str | None) -> list[Target]:
    """The datastreams of a municipality's own sources by station and name; None: the platform's."""
    with connected(bind) as conn:
        rows = conn.execute(
            text(f"""
                {_TARGETS}
                WHERE source.municipality IS NOT DISTINCT FROM CAST(:municipality AS text)
                ORDER BY station.name, station.key, stream.name
            """),
            {"municipality": municipality},
        )
        return [Target(*row) for row in rows]


def history_target(bind: Engine | Connection, resource_id: object) -> Target | None:
    """The datastream of a live resource; None when there is none."""
    try:
        resource = UUID(str(resource_id))
    except ValueError:
        return None
    with connected(bind) as conn:
        row = conn.execute(
            text(f"{_TARGETS} WHERE stream.resource_id = CAST(:id AS uuid)"),
            {"id": str(resource)},
        ).one_or_none()
    return None if row is None else Target(*row)
