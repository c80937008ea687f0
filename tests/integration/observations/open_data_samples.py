"""Stations of two municipalities and three operators, for the tests of the open live data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import (
    Datastream,
    Licence,
    Operator,
    Station,
    Visibility,
)
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.selection import Selection
from ckanext.suedwest.store.sources import register_source, set_selections
from ckanext.suedwest.store.writer import write_batch

STEP = timedelta(minutes=15)
BASE = "/api/live/v1"
OWN = Licence("dl-de-by-2.0", "Datenlizenz", "https://www.govdata.de/dl-de/by-2-0", "LK Kusel")
ZERO = Licence("dl-de-zero-2.0", "Zero", "https://www.govdata.de/dl-de/zero-2-0", "WSV")
FORMULA = "=HYPERLINK(1)"

BRIDGE = Station(
    key="own:1",
    kind="water",
    name="Brücke, Öhlbach",
    water="Öhlbach",
    number="-7",
    operator=Operator("Landkreis Kusel", "https://www.landkreis-kusel.de"),
    licence=OWN,
    longitude=7.4,
    latitude=49.5,
    remark=FORMULA,
)
INVENTED = replace(BRIDGE, key="own:2", name="Mühle", remark=None, properties={"simulated": "true"})
NOWHERE = replace(BRIDGE, key="own:3", name="Ohne Ort", longitude=None, latitude=None, remark=None)
SECRET = replace(BRIDGE, key="own:4", name="Geheim")
RHINE = Station(
    key="wsv:1",
    kind="water",
    name="Andernach",
    water="Rhein",
    number="27100400",
    operator=Operator("WSA Rhein"),
    licence=ZERO,
    longitude=7.39,
    latitude=50.44,
)
UNSHOWN = replace(RHINE, key="wsv:2", name="Worms", water="Altrhein", number="2")


def level(station: Station, name: str = "W", **changes: object) -> Datastream:
    stream = Datastream(station.key, name, "water_level", "cm", interval=STEP)
    return replace(stream, **changes)


STREAMS = (
    level(BRIDGE),
    level(BRIDGE, "Q", observed_property="discharge", unit="m³/s", visibility=Visibility.INTERNAL),
    level(INVENTED),
    level(NOWHERE),
    level(SECRET, visibility=Visibility.INTERNAL),
    level(RHINE),
    level(UNSHOWN),
)


def fill(engine: Engine, newest: datetime) -> None:
    """Values up to `newest`: a day of them at the bridge, one each elsewhere, none nowhere."""
    with engine.begin() as connection:
        for source, municipality in (("own", "landkreis-kusel"), ("wsv", None)):
            register_source(
                connection,
                id=source,
                type="pegelonline",
                municipality=municipality,
                url="https://source.example/",
                options={},
                interval=STEP,
                managed_by="file",
            )
        set_selections(connection, "wsv", "landkreis-kusel", [Selection("water", "Rhein")])
    values = [
        *(Observation("own:1", "W", newest - n * STEP, 100 - n * 0.25) for n in range(96)),
        Observation("own:1", "Q", newest, 4.711),
        Observation("own:2", "W", newest, -3.5),
        Observation("own:4", "W", newest, 4.711),
        Observation("wsv:1", "W", newest, 0.0, Quality.SUSPECT),
        Observation("wsv:2", "W", newest, 5.0),
    ]
    add(engine, values, newest)


def add(engine: Engine, values: Iterable[Observation], now: datetime | None = None) -> None:
    """Write values of any of the stations."""
    received = now or datetime.now(UTC)
    for source, stations in (
        ("own", (BRIDGE, INVENTED, NOWHERE, SECRET)),
        ("wsv", (RHINE, UNSHOWN)),
    ):
        keys = {each.key for each in stations}
        batch = Batch(
            source_id=source,
            received_at=received,
            stations=stations,
            datastreams=[each for each in STREAMS if each.station_key in keys],
            observations=[each for each in values if each.station_key in keys],
        )
        write_batch(engine, batch, lease=None, now=received)
