"""Which feeds of simulated traffic there are: invented places in the six municipalities.

Towns and waters in their names exist; no car park, counter, station or closure named here does.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .traffic import (
    Feed,
    Place,
    counts,
    gbfs,
    ocpi,
    parking_now,
    parking_table,
    pls,
    roadworks,
)

_PARKING_NOW = {
    "format": "csv",
    "id": "id",
    "name": "name",
    "capacity": "kapazitaet",
    "free": "frei",
    "opening": "status",
    "open": ["offen"],
    "time": {"place": "zeit", "format": "epoch"},
}
_PARKING_TABLE = {
    "device": {"column": "id"},
    "time": {"column": "zeit", "format": "iso"},
    "values": [
        {
            "column": column,
            "datastream": name,
            "observed_property": f"parking_{name}",
            "unit": "vehicles",
        }
        for column, name in (("frei", "free"), ("kapazitaet", "capacity"))
    ],
}
_COUNT_TABLE = {
    "device": {"column": "zaehlstelle"},
    "time": {"column": "beginn", "format": "iso"},
    "values": [
        {
            "column": "anzahl",
            "datastream": "bicycles",
            "observed_property": "bicycle_count",
            "unit": "count",
        }
    ],
}


def _roadworks_options(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return {
        "start": "von",
        "end": "bis",
        "effect": "art",
        "effects": {"Vollsperrung": "closed", "halbseitig": "restricted"},
        "direction": "richtung",
        "directions": {"beide": "both"},
        "roads": "strasse",
        "description": ["info"],
        "region": {"west": west, "south": south, "east": east, "north": north},
    }


_CSV, _JSON, _XML = "text/csv; charset=utf-8", "application/json", "application/xml"
FEEDS: tuple[Feed, ...] = (
    Feed(
        "parken-kaiserslautern", "kaiserslautern", "kaiserslautern-pls", pls, _XML, 5, "parking",
        (
            Place("1", "Parkhaus Mitte", 7.7689, 49.4441, 460),
            Place("2", "Parkhaus am Bahnhof", 7.7687, 49.4362, 259),
            Place("3", "Tiefgarage Nord", 7.7712, 49.4457, 240),
            Place("4", "Parkplatz Süd", 7.7815, 49.4486, 620),
            Place("5", "Parkhaus West", 7.7571, 49.4402, 180),
            Place("6", "Tiefgarage Ost", 7.7744, 49.4438, 150),
        ),
    ),
    Feed(
        "parken-kaiserslautern-pr", "kaiserslautern", "parking-mapping", parking_now, _CSV, 5,
        "parking",
        (
            Place("kl-pr-1", "Pendlerparkplatz Ost", 7.8010, 49.4480, 96),
            Place("kl-pr-2", "Pendlerparkplatz West", 7.7100, 49.4400, 72),
        ),
        {**_PARKING_NOW, "network": "parken-kaiserslautern-pr"},
    ),
    Feed(
        "strassen-kaiserslautern", "kaiserslautern", "roadworks-geojson", roadworks, _JSON, 15,
        places=(
            Place("kl-1", "Musterstraße", 7.7602, 49.4470, 0),
            Place("kl-2", "Beispielallee", 7.7795, 49.4410, 0),
            Place("kl-3", "Probeweg", 7.7500, 49.4500, 0),
            Place("kl-4", "Modellring", 7.7900, 49.4550, 0),
        ),
        options=_roadworks_options(7.5, 49.3, 8.0, 49.6),
    ),
    Feed(
        "parken-mayen-koblenz", "landkreis-mayen-koblenz", "csv-columns", parking_table, _CSV,
        15, "parking",
        (
            Place("m-1", "Mayen, Tiefgarage Markt", 7.2230, 50.3280, 120),
            Place("m-2", "Andernach, Bahnhof P+R", 7.4040, 50.4350, 94),
            Place("m-3", "Polch, Parkdeck", 7.3150, 50.3010, 60),
        ),
        {**_PARKING_TABLE, "network": "parken-mayen-koblenz"},
    ),
    Feed(
        "strassen-mayen-koblenz", "landkreis-mayen-koblenz", "roadworks-geojson", roadworks,
        _JSON, 15,
        places=(
            Place("myk-1", "L 000 zwischen Musterdorf und Beispielheim", 7.3800, 50.3900, 0),
            Place("myk-2", "K 000, Ortsdurchfahrt Musterdorf", 7.3100, 50.3000, 0),
            Place("myk-3", "B 000 bei Probstadt", 7.2500, 50.3300, 0),
            Place("myk-4", "Uferstraße in Beispielheim", 7.4000, 50.4300, 0),
        ),
        options=_roadworks_options(6.9, 50.1, 7.8, 50.6),
    ),
    Feed(
        "rad-mayen-koblenz", "landkreis-mayen-koblenz", "csv-columns", counts, _CSV, 60, "counter",
        (Place("r-1", "Radweg am Rhein bei Andernach", 7.4105, 50.4395, 180),),
        {**_COUNT_TABLE, "network": "rad-mayen-koblenz"},
    ),
    Feed(
        "rad-linz", "linz-am-rhein", "csv-columns", counts, _CSV, 60, "counter",
        (
            Place("l-1", "Linz, Uferweg", 7.2760, 50.5680, 240),
            Place("l-2", "Linz, Radweg Süd", 7.2900, 50.5590, 90),
        ),
        {**_COUNT_TABLE, "network": "rad-linz"},
    ),
    Feed(
        "leihrad-st-wendel", "landkreis-st-wendel", "gbfs", gbfs, _JSON, 5, "sharing",
        (
            Place("w-1", "St. Wendel, Leihstation Bahnhof", 7.1690, 49.4650, 12),
            Place("w-2", "Bostalsee, Leihstation Ufer", 7.0640, 49.5600, 16),
            Place("w-3", "Tholey, Leihstation Markt", 7.0370, 49.4840, 8),
        ),
    ),
    Feed(
        "parken-kusel", "landkreis-kusel", "parking-mapping", parking_now, _CSV, 5, "parking",
        (
            Place("ku-1", "Kusel, Parkdeck Mitte", 7.4040, 49.5395, 60),
            Place("ku-2", "Kusel, Parkplatz Bahn", 7.4010, 49.5360, 48),
        ),
        {**_PARKING_NOW, "network": "parken-kusel"},
    ),
    Feed(
        "laden-kusel", "landkreis-kusel", "ocpi-locations", ocpi, _JSON, 5, "charging",
        (
            Place("k-1", "Kusel, Ladeplatz Mitte", 7.4030, 49.5390, 4),
            Place("k-2", "Altenglan, Bahnhof", 7.4620, 49.5490, 2),
        ),
        {"network": "ocpi-kusel"},
    ),
    Feed(
        "laden-eifelkreis", "eifelkreis-bitburg-pruem", "ocpi-locations", ocpi, _JSON, 5,
        "charging",
        (
            Place("e-1", "Bitburg, Schnellladepark", 6.5260, 49.9740, 8),
            Place("e-2", "Prüm, Ladeplatz Mitte", 6.4240, 50.2080, 4),
            Place("e-3", "Neuerburg, Ladeplatz Markt", 6.2960, 50.0110, 2),
        ),
        {"network": "ocpi-eifel"},
    ),
)  # fmt: skip
_BY_PATH = {feed.path: feed for feed in FEEDS}


def answer(path: str, now: datetime) -> tuple[str, bytes] | None:
    """Content type and body of the feed at a path; None when there is none."""
    feed = _BY_PATH.get(path)
    return feed and (feed.content_type, feed.answer(feed, now).encode())
