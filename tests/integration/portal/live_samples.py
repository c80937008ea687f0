"""Gauges that send to a municipality, invented ones and an internal one, beside PEGELONLINE's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from portal_samples import ALKEN, ANDERNACH, poll
from sqlalchemy import Engine

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.station import Datastream, Licence, Operator, Station, Visibility
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch

KUSEL = "landkreis-kusel"
LICENCE = Licence(
    "dl-de-by-2.0",
    "Datenlizenz Deutschland – Namensnennung – Version 2.0",
    "https://www.govdata.de/dl-de/by-2-0",
    "Landkreis Kusel",
)
ULMET = Station(
    key="own:ulmet",
    kind="water",
    name="Ulmet",
    operator=Operator("Landkreis Kusel", "https://www.landkreis-kusel.de"),
    licence=LICENCE,
    water="Glan",
    longitude=7.4,
    latitude=49.5,
)
MILL = replace(
    ULMET,
    key="own:mill",
    name="Mühle",
    operator=Operator("Förderverein für Öhringer Mühlen " + "und Äcker " * 12),
    properties={"simulated": "true"},
)
SECRET = replace(ULMET, key="own:secret", operator=Operator("Geheimer Betreiber"))
NAMES = {
    "own": "live-landkreis-kusel-water-landkreis-kusel",
    "mayen": "live-landkreis-mayen-koblenz-water-wsa-rhein",
    "linz": "live-linz-am-rhein-water-wsa-rhein",
}
"""Addresses of the datasets that are not simulated."""


def send(engine: Engine, *stations: Station, complete: bool = False) -> None:
    """What the devices of the municipality send: one value each, of now."""
    now = datetime.now(UTC).replace(microsecond=0)
    quarter = timedelta(minutes=15)
    streams = [
        Datastream(
            each.key,
            "W",
            "water_level",
            "cm",
            quarter,
            visibility=Visibility.INTERNAL if each is SECRET else Visibility.PUBLIC,
        )
        for each in stations
    ]
    values = [Observation(each.key, "W", now - quarter, 124) for each in stations]
    batch = Batch("devices", now, stations, streams, values, complete=complete)
    write_batch(engine, batch, lease=None, now=now)


def fill(engine: Engine) -> None:
    """Gauges of PEGELONLINE, and those that send to the district of Kusel."""
    poll(engine, [ANDERNACH, ALKEN])
    with engine.begin() as connection:
        register_source(
            connection,
            id="devices",
            type="mqtt",
            municipality=KUSEL,
            url="mqtt://127.0.0.1:9",
            options={},
            interval=timedelta(minutes=15),
            managed_by="file",
        )
    send(engine, ULMET, MILL, SECRET)
