"""Gauges with names and values that nothing else has: some public, some internal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal_samples import LICENCE, OPERATOR
from sqlalchemy import Engine, text

from ckanext.suedwest.domain.device import DeviceReport
from ckanext.suedwest.domain.errors import Refusal
from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.station import Datastream, Station, Visibility
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch

TOWN = "landkreis-kusel"
SOURCE = "quelle-verschwiegen"
SHOWN = Station("own:offenbach", "water", "Offenbach", OPERATOR, LICENCE, water="Glan")
HIDDEN = Station("own:hohlweide", "water", "Hohlweide", OPERATOR, LICENCE, water="Talgrundbach")
PUBLIC_VALUE = 1234.567
INTERNAL_VALUE = 4321.987
SECRETS = (
    *("verborgenstrom", "hohlweide", "talgrundbach", "4321.987", "4321,987", "4.321,987"),
    *("4,321.987", SOURCE, "own:offenbach-sensor"),
)
"""What nobody without the right may read: in small letters, as pages and programmes write it."""


@dataclass(frozen=True)
class Internal:
    """Ids of internal things, one in a public station and one in a station wholly internal.

    `public` are resource, slug and datastream that everybody may see.
    """

    resources: tuple[str, ...]
    datastreams: tuple[int, ...]
    slugs: tuple[str, ...]
    public: tuple[str, str, int]


def fill(engine: Engine, *, visibility: Visibility = Visibility.INTERNAL) -> Internal:
    """Write both stations; `visibility` is that of the internal series."""
    now = datetime.now(UTC).replace(microsecond=0)
    with engine.begin() as conn:
        register_source(
            conn,
            id=SOURCE,
            type="mqtt",
            municipality=TOWN,
            url="mqtt://127.0.0.1:9",
            options={},
            interval=timedelta(minutes=15),
            managed_by="file",
        )
    quarter = timedelta(minutes=15)
    streams = [
        Datastream(SHOWN.key, "W", "water_level", "cm", quarter),
        Datastream(SHOWN.key, "verborgenstrom", "distance", "mm", quarter, visibility=visibility),
        Datastream(
            HIDDEN.key, "verborgenstrom", "water_level", "cm", quarter, visibility=visibility
        ),
    ]
    values = [
        Observation(
            stream.station_key,
            stream.name,
            now - steps * quarter,
            PUBLIC_VALUE if stream.name == "W" else INTERNAL_VALUE,
        )
        for stream in streams
        for steps in range(8)
    ]
    batch = Batch(
        SOURCE,
        now,
        [SHOWN, HIDDEN],
        streams,
        values,
        refusals=[Refusal("verborgenstrom 1", "4321.987 is refused", "verborgenstrom")],
        device_reports=[DeviceReport("own:offenbach-sensor", now, battery_percent=88)],
    )
    write_batch(engine, batch, lease=None, now=now)
    with engine.connect() as conn:
        rows = conn.execute(
            text("""
                SELECT stream.id, resource_id::text, station.slug, stream.name
                FROM suedwest.datastream stream
                JOIN suedwest.station ON station.id = stream.station_id
                WHERE station.source_id = :source ORDER BY stream.name = 'W', station.key
            """),
            {"source": SOURCE},
        ).all()
    *internal, public = rows
    return Internal(
        resources=tuple(row.resource_id for row in internal),
        datastreams=tuple(row.id for row in internal),
        slugs=tuple(row.slug for row in internal),
        public=(public.resource_id, public.slug, public.id),
    )
