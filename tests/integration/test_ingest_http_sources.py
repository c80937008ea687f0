"""Services that are polled: any address, SensorThings servers and the flood portal."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ingest_servers import Server, plain
from sqlalchemy import Engine, text
from store_samples import empty, rows

from ckanext.suedwest.ingest.runner import Runner
from ckanext.suedwest.store.query import stations
from ckanext.suedwest.store.sources import Selection, register_source, set_selections
from ckanext.suedwest.store.status import SourceStatus, ingest_status

QUARTER = timedelta(minutes=15)
NOW = datetime.now(UTC).replace(microsecond=0)
OWNER = "landkreis-kusel"
REGISTERED: dict[str, Any] = {
    "trusted_address": True,
    "operator": {"name": "Landkreis Kusel"},
    "licence": {
        "id": "dl-de-by-2.0",
        "title": "Datenlizenz Deutschland",
        "url": "https://www.govdata.de/dl-de/by-2-0",
        "attribution": "Landkreis Kusel",
    },
    "devices": {"7": {"name": "Dorf", "water": "Glan", "longitude": 7.4, "latitude": 49.5}},
}
LEVEL: dict[str, Any] = {"datastream": "W", "observed_property": "water_level", "unit": "cm"}


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    with store_engine.begin() as conn:
        conn.execute(text("DELETE FROM suedwest.source"))
    return store_engine


@pytest.fixture
def server() -> Iterator[Server]:
    with Server().serving() as serving:
        yield serving


def register(engine: Engine, kind: str, url: str, **options: Any) -> None:
    with engine.begin() as conn:
        register_source(
            conn,
            id="polled",
            type=kind,
            municipality=OWNER,
            url=url,
            options=options,
            interval=QUARTER,
            managed_by="file",
        )


def poll(engine: Engine) -> SourceStatus:
    """One poll, due at once; the status of the source after it."""
    with engine.begin() as conn:
        conn.execute(text("UPDATE suedwest.source SET next_poll_at = '-infinity'"))
    assert Runner(engine, stop=threading.Event()).work_once()
    return ingest_status(engine, datetime.now(UTC))[0]


def stored(engine: Engine) -> list[tuple[str, str, float]]:
    return [
        (row[0], row[1], row[2])
        for row in rows(
            engine,
            """
            SELECT station.key, datastream.name, result FROM suedwest.observation
            JOIN suedwest.datastream ON datastream.id = datastream_id
            JOIN suedwest.station ON station.id = station_id
            ORDER BY station.key, phenomenon_time
            """,
        )
    ]


def quarantined(engine: Engine) -> list[tuple[str, str]]:
    return [
        (row[0], row[1])
        for row in rows(engine, "SELECT record, reason FROM suedwest.quarantine ORDER BY id")
    ]


def ago(minutes: int) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


# --- any address ----------------------------------------------------------------------------------

TABLE_OPTIONS: dict[str, Any] = {
    **REGISTERED,
    "connector": "csv-columns",
    "device": {"column": "nr"},
    "time": {"column": "time"},
    "values": [{**LEVEL, "column": "level"}],
    "missing": ["-"],
}


def test_a_table_is_polled_and_only_registered_stations_are_stored(
    engine: Engine, server: Server
) -> None:
    table = f"nr;time;level\n7;{ago(30)};12\n7;{ago(15)};-\n7;{ago(0)};13\n9;{ago(0)};99\n"
    server.answer = plain(table.encode(), kind="text/csv", ETag='"1"')
    register(engine, "http", f"{server.url}/levels.csv?key=secret", **TABLE_OPTIONS)
    after = poll(engine)
    assert after.last_error is None
    assert stored(engine) == [("csv-columns:7", "W", 12.0), ("csv-columns:7", "W", 13.0)]
    assert quarantined(engine) == [
        ("csv-columns:9", "the device is not registered with this source")
    ]
    (station,) = stations(engine)
    assert (station.name, station.water) == ("Dorf", "Glan")
    assert station.municipalities == ((OWNER, "inside"),)
    assert (after.received, after.stored, after.quarantined) == (3, 2, 1)
    assert "secret" not in json.dumps(quarantined(engine))


def test_the_next_poll_is_conditional(engine: Engine, server: Server) -> None:
    table = f"nr;time;level\n7;{ago(30)};12\n"
    server.answer = plain(table.encode(), kind="text/csv", ETag='"1"')
    register(engine, "http", f"{server.url}/levels.csv", **TABLE_OPTIONS)
    poll(engine)
    server.answer = plain(b"", status=304)
    after = poll(engine)
    assert after.last_error is None
    assert server.asked[1][1]["If-None-Match"] == '"1"'
    assert "text/csv" in server.asked[1][1]["Accept"]
    assert after.stored == 1


def test_json_is_polled_by_paths(engine: Engine, server: Server) -> None:
    body = {"gauges": [{"id": 7, "at": ago(5), "level": "1,5"}]}
    server.answer = plain(json.dumps(body).encode())
    register(
        engine,
        "http",
        server.url,
        **REGISTERED,
        connector="json-paths",
        stations="$.gauges[*]",
        device={"path": "$.id"},
        time={"path": "$.at"},
        values=[{**LEVEL, "path": "$.level", "unit": "m"}],
        decimal=",",
    )
    poll(engine)
    assert stored(engine) == [("json-paths:7", "W", 150.0)]


@pytest.mark.parametrize(
    ("body", "options", "error"),
    [
        (b"nr;time;level\n", TABLE_OPTIONS, "the table has no row"),
        (b"nr;time\n7;x\n", TABLE_OPTIONS, "the table has no column 'level'"),
        (b"nr;time;level\n7;x;1\n", TABLE_OPTIONS, "all 1 records were refused"),
        (b"x", {**TABLE_OPTIONS, "connector": "csv"}, "there is no connector 'csv'"),
        (b"x", {**TABLE_OPTIONS, "decimal": "'"}, "the option decimal: Invalid enum value"),
        (b"x", {**TABLE_OPTIONS, "devices": []}, "the option devices is not an object"),
    ],
)
def test_what_cannot_be_read_is_the_sources_error(
    engine: Engine, server: Server, body: bytes, options: dict[str, Any], error: str
) -> None:
    server.answer = plain(body, kind="text/csv")
    register(engine, "http", server.url, **options)
    after = poll(engine)
    assert error in (after.last_error or "")
    assert after.failures == 1
    assert stored(engine) == []


# --- SensorThings ---------------------------------------------------------------------------------


class Frost:
    """A server of Observations every quarter of an hour, two on a page."""

    def __init__(self, server: Server) -> None:
        self._url = server.url
        self.values = {NOW - n * QUARTER: 100.0 + n for n in range(5)}
        self.next_root = f"{server.url}/v1.1"
        server.answer = self.answer

    def answer(self, handler: Any) -> None:
        target = urlsplit(handler.path)
        if not target.path.startswith("/v1.1/Datastreams(42)/"):
            plain(b'{"code": 404, "message": "Nothing found."}', status=404)(handler)
            return
        query = parse_qs(target.query)
        since = datetime.fromisoformat(query["$filter"][0].removeprefix("phenomenonTime gt "))
        skip = int(query.get("$skip", ["0"])[0])
        wanted = sorted(time for time in self.values if time > since)
        page: dict[str, Any] = {
            "value": [
                {
                    "phenomenonTime": time.isoformat(),
                    "result": self.values[time],
                    "Datastream": {
                        "@iot.id": 42,
                        "unitOfMeasurement": {"symbol": "cm"},
                        "Thing": {"@iot.id": 7},
                    },
                }
                for time in wanted[skip : skip + 2]
            ]
        }
        if skip + 2 < len(wanted):
            rest = target.query.partition("&$skip")[0]
            page["@iot.nextLink"] = f"{self.next_root}{target.path[5:]}?{rest}&$skip={skip + 2}"
        plain(json.dumps(page).encode())(handler)


def register_frost(engine: Engine, server: Server, **options: Any) -> None:
    given = {"datastreams": [42], "quantities": {"42": LEVEL}, **REGISTERED, **options}
    register(engine, "sensorthings", f"{server.url}/v1.1/", **given)


def test_pages_are_followed_and_the_next_poll_goes_on(engine: Engine, server: Server) -> None:
    frost = Frost(server)
    register_frost(engine, server)
    after = poll(engine)
    assert after.last_error is None
    assert [value for *_, value in stored(engine)] == [104.0, 103.0, 102.0, 101.0, 100.0]
    assert {key for key, *_ in stored(engine)} == {"sensorthings:7"}
    assert len(server.asked) == 3
    frost.values[NOW + timedelta(minutes=1)] = 99.0
    after = poll(engine)
    assert [value for *_, value in stored(engine)][-1] == 99.0
    (since,) = parse_qs(urlsplit(server.asked[3][0]).query)["$filter"]
    assert since == f"phenomenonTime gt {NOW - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
    assert (after.stored, after.corrected) == (6, 0)


def test_a_datastream_that_is_gone_does_not_stop_the_others(engine: Engine, server: Server) -> None:
    Frost(server)
    register_frost(engine, server, datastreams=["it's gone", 42])
    after = poll(engine)
    assert after.last_error is None
    assert len(stored(engine)) == 5
    assert server.asked[0][0].startswith("/v1.1/Datastreams('it''s%20gone')/Observations?$filter=")
    assert quarantined(engine) == [("Datastreams(it's gone)", "the source answered HTTP 404")]


@pytest.mark.parametrize(
    ("next_root", "options", "error"),
    [
        ("http://127.0.0.1:9/v1.1", {}, "lies outside the service"),
        ("https://elsewhere.example/v1.1", {}, "lies outside the service"),
        ("/private", {}, "lies outside the service"),
        (None, {"datastreams": []}, "the option datastreams is not a list"),
        (None, {"datastreams": [43]}, "the source answered HTTP 404"),
        (None, {"quantities": {}}, "does not describe '42'"),
        (None, {"devices": {}}, "the device is not registered"),
    ],
)
def test_a_server_that_cannot_be_read_is_the_sources_error(
    engine: Engine, server: Server, next_root: str | None, options: dict[str, Any], error: str
) -> None:
    frost = Frost(server)
    frost.next_root = next_root or frost.next_root
    register_frost(engine, server, **options)
    after = poll(engine)
    assert error in (after.last_error or "")


def test_a_next_page_that_was_read_already_ends_the_poll(engine: Engine, server: Server) -> None:
    page = {"value": [], "@iot.nextLink": "?again"}
    server.answer = plain(json.dumps(page).encode())
    register_frost(engine, server)
    after = poll(engine)
    assert "the next page is one that was read already" in (after.last_error or "")
    assert len(server.asked) == 2


# --- the flood portal -----------------------------------------------------------------------------


def gauge(identifier: str, flood_class: int | None) -> dict[str, Any]:
    return {
        "kind": "Station",
        "id": identifier,
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [7.4, 49.5]},
        "properties": {
            "name": "Musterdorf",
            "water": "Glan",
            "timestamp": "2026-07-01 12:00:00",
            "lhpClass": flood_class,
            "stateId": "DE-RP",
        },
    }


def portal_reply(*gauges: dict[str, Any]) -> bytes:
    licence = "https://creativecommons.org/licenses/by/4.0/deed.de"
    listed = {"type": "FeatureCollection", "licence": licence, "features": list(gauges)}
    return json.dumps(listed).encode()


def test_the_classes_of_the_gauges_wanted_are_stored(engine: Engine, server: Server) -> None:
    server.answer = plain(portal_reply(gauge("RP_1", 2), gauge("RP_2", 0)), ETag='"1"')
    register(engine, "lhp", server.url, trusted_address=True, states=["SL", "RP"])
    with engine.begin() as conn:
        conn.execute(text("UPDATE suedwest.source SET municipality = NULL"))
        set_selections(conn, "polled", OWNER, [Selection("id", "RP_1", "inside")])
    after = poll(engine)
    assert after.last_error is None
    assert server.asked[0][0] == "/stations?states=RP,SL&format=geojson"
    assert stored(engine) == [("lhp:RP_1", "class", 2.0)]
    (station,) = stations(engine)
    assert station.licence["id"] == "cc-by-4.0"
    (stream,) = station.datastreams
    assert (stream.observed_property, stream.unit) == ("flood_class", "class")
    poll(engine)
    assert server.asked[1][1]["If-None-Match"] == '"1"'


@pytest.mark.parametrize(
    ("answer", "options", "error"),
    [
        (portal_reply(gauge("RP_2", 0)), {}, "lists none of the stations wanted"),
        (b"[]", {}, "the reply is no object"),
        (portal_reply(), {"states": "RP"}, "the option states is not a list"),
    ],
)
def test_a_portal_that_cannot_be_read_is_the_sources_error(
    engine: Engine, server: Server, answer: bytes, options: dict[str, Any], error: str
) -> None:
    server.answer = plain(answer)
    register(engine, "lhp", server.url, trusted_address=True, **options)
    with engine.begin() as conn:
        set_selections(conn, "polled", OWNER, [Selection("id", "RP_1", "inside")])
    after = poll(engine)
    assert error in (after.last_error or "")
