"""Who may say something of a station: who owns its source, and who shows it.

Only the owner's role of the database sees who owns a source, so these ask with that.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from .engine import connected


@dataclass(frozen=True, slots=True)
class Responsibility:
    """A datastream, the municipality whose source brings it (None: the platform's), and those
    that show its station."""

    datastream_id: int
    resource_id: str
    name: str
    observed_property: str
    unit: str
    public: bool
    station_id: int
    station_slug: str
    owner: str | None
    shown_by: tuple[str, ...]


def responsibility(bind: Engine | Connection, resource_id: object) -> Responsibility | None:
    """Who may say something of the datastream of a live resource; None when there is none."""
    try:
        resource = UUID(str(resource_id))
    except ValueError:
        return None
    with connected(bind) as conn:
        row = conn.execute(
            text("""
                SELECT stream.id, stream.resource_id::text, stream.name, stream.observed_property,
                       stream.unit, stream.visibility = 'public', station.id, station.slug,
                       source.municipality,
                       ARRAY(SELECT municipality FROM suedwest.station_municipality
                             WHERE station_id = station.id ORDER BY municipality)
                FROM suedwest.datastream stream
                JOIN suedwest.station ON station.id = stream.station_id
                JOIN suedwest.source ON source.id = station.source_id
                WHERE stream.resource_id = CAST(:id AS uuid)
            """),
            {"id": str(resource)},
        ).one_or_none()
    return None if row is None else Responsibility(*row[:-1], shown_by=tuple(row[-1]))


def stations_of(bind: Engine | Connection, municipality: str | None) -> dict[int, bool]:
    """Ids of the stations a municipality shows or whose source it owns; True where it owns it.

    None is the platform, which shows nothing of its own.
    """
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT station.id,
                       source.municipality IS NOT DISTINCT FROM CAST(:municipality AS text)
                FROM suedwest.station JOIN suedwest.source ON source.id = station.source_id
                WHERE source.municipality IS NOT DISTINCT FROM CAST(:municipality AS text)
                   OR EXISTS (SELECT FROM suedwest.station_municipality shown
                              WHERE shown.station_id = station.id
                                AND shown.municipality = :municipality)
            """),
            {"municipality": municipality},
        )
        return dict(rows.tuples().all())


def owners(bind: Engine | Connection) -> dict[int, tuple[str | None, str]]:
    """Of every station: the municipality whose source brings it (None: the platform's), and the
    type of that source."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT station.id, source.municipality, source.type
                FROM suedwest.station JOIN suedwest.source ON source.id = station.source_id
            """)
        )
        return {station_id: (municipality, type_) for station_id, municipality, type_ in rows}
