"""Two gauges, a municipality's file, and a topic that draws them in the plainest way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ckan.plugins as plugins
import ckan.plugins.toolkit as tk
from flask import Blueprint
from sqlalchemy import Engine

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.station import Datastream, Datum, Licence, Operator, Station
from ckanext.suedwest.portal.interfaces import IStationKind, StationKind
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.query import StationRow
from ckanext.suedwest.store.writer import write_batch

CONFIG = Path(__file__).parents[3] / "config"
MAYEN = CONFIG / "municipalities" / "landkreis-mayen-koblenz.yaml"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OPERATOR = Operator("WSA Rhein", "https://www.wsa-rhein.wsv.de")
LICENCE = Licence(
    "dl-de-zero-2.0",
    "Datenlizenz Deutschland – Zero – Version 2.0",
    "https://www.govdata.de/dl-de/zero-2-0",
    "WSV über PEGELONLINE",
)
ANDERNACH = Station(
    key="pegelonline:5735892a-ec65-4b29-97c5-50939aa9584e",
    kind="water",
    name="Andernach",
    operator=OPERATOR,
    licence=LICENCE,
    water="Rhein",
    number="27100400",
    longitude=7.39,
    latitude=50.44,
)
ALKEN = replace(
    ANDERNACH,
    key="pegelonline:16578824-88de-4700-ab09-f61dbb1182bd",
    name="Alken",
    water="Mosel",
    longitude=7.45,
    latitude=50.25,
)
FAR_AWAY = replace(ANDERNACH, key="pegelonline:nobody-shows-me", name="Worms")
TEMPLATES = Path(__file__).with_name("templates")


def poll(
    engine: Engine,
    stations: Sequence[Station] = (ANDERNACH, ALKEN, FAR_AWAY),
    *,
    now: datetime = NOW,
    metres: float = 51.504,
) -> None:
    """What one poll of PEGELONLINE would write: each station with one value."""
    streams = [
        Datastream(
            each.key,
            "W",
            "water_level",
            "cm",
            interval=timedelta(minutes=15),
            datum=Datum("NHN", metres),
        )
        for each in stations
    ]
    values = [Observation(each.key, "W", now - timedelta(minutes=5), 124) for each in stations]
    batch = Batch("pegelonline", now, stations, streams, values, complete=True)
    write_batch(engine, batch, lease=None, now=now)


gauges = Blueprint("portal_test", __name__)


@gauges.route("/pegel-test")
def all_gauges() -> str:
    return ""


class PlainWaterPlugin(plugins.SingletonPlugin):
    """A topic as the portal expects it."""

    plugins.implements(plugins.IConfigurer)
    plugins.implements(plugins.IBlueprint)
    plugins.implements(IStationKind)

    def update_config(self, config: Any) -> None:
        tk.add_template_directory(config, str(TEMPLATES))

    def get_blueprint(self) -> Blueprint:
        return gauges

    def station_kind(self) -> StationKind:
        def rows(shown: list[StationRow], *_rest: Any) -> dict[str, Any]:
            return {"names": [each.name for each in shown]}

        return StationKind(
            name="water",
            prefix="pegel",
            list_url_endpoint="portal_test.all_gauges",
            list_url_title="All, most urgent first",
            page_template="portal_test/page.html",
            page_context=lambda station, _package, _now: {"value": station.datastreams[0].total},
            table_template="portal_test/names.html",
            table_context=rows,
            tile_template="portal_test/names.html",
            tile_context=rows,
            found_template="portal_test/names.html",
            found_context=rows,
            summary=lambda shown, _now, _town: f"{len(shown)} Pegel gezeigt.",
            meaning=lambda _station, _datastream, _now, _lang: "",
        )
