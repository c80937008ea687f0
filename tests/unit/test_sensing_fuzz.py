"""Whatever comes, a connector reads it or refuses it, and never fails otherwise."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ckanext.suedwest.connectors.base import Connector, Context, Decoded
from ckanext.suedwest.connectors.plausibility import EARLIEST, FUTURE_TOLERANCE, SENTINELS
from ckanext.suedwest.connectors.sensing import (
    csv_columns,
    json_paths,
    ngsi_ld,
    senml,
    sensorthings,
    tasmota,
)
from ckanext.suedwest.connectors.water import lhp
from ckanext.suedwest.domain.errors import PayloadRefused

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LEVEL: dict[str, Any] = {"datastream": "W", "observed_property": "water_level", "unit": "cm"}

# For each connector: the options of a source, and a payload in order.
PLAIN = {"time": "2026-11-20T11:00:00Z", "value": 123.5, "unit": "cm", "id": "a"}
SOURCES: dict[str, tuple[Connector, dict[str, Any], object]] = {
    "senml": (
        senml.connector,
        {"quantities": {"W": LEVEL}},
        [
            {"bn": "urn:dev:1:", "bt": 1700000000, "bu": "cm", "bver": 5, "n": "W", "v": 12.5},
            {"n": "W", "t": 60, "v": 13, "u": "cm"},
            {"n": "open", "vb": True},
            {"n": "W", "s": 4},
        ],
    ),
    "sensorthings": (
        sensorthings.connector,
        {"quantities": {"42": LEVEL}, "untimed": "received"},
        {
            "value": [
                {
                    "@iot.id": 42,
                    "name": "Level",
                    "unitOfMeasurement": {"symbol": "cm"},
                    "observationType": "http://www.opengis.net/def/OM_Measurement",
                    "Thing": {"@iot.id": 7},
                    "ObservedProperty": {"name": "level", "definition": "x"},
                    "Observations": [
                        {"phenomenonTime": "2026-11-20T10:00:00Z", "result": 12},
                        {"phenomenonTime": "2026-11-20T10:00Z/2026-11-20T11:00Z", "result": 13},
                    ],
                }
            ]
        },
    ),
    "ngsi-ld": (
        ngsi_ld.connector,
        {"quantities": {"waterLevel": {**LEVEL, "unit": "m"}}},
        [
            {
                "id": "urn:ngsi-ld:WaterObserved:1",
                "type": "WaterObserved",
                "location": {
                    "type": "GeoProperty",
                    "value": {"type": "Point", "coordinates": [7, 50]},
                },
                "dateObserved": {"type": "Property", "value": "2026-11-20T10:00:00Z"},
                "waterLevel": {"type": "Property", "value": 2.4, "unitCode": "MTR"},
                "referenceLevel": 4.2,
                "measuredDistance": 1.8,
                "currentLevel": 2.4,
            }
        ],
    ),
    "tasmota": (
        tasmota.connector,
        {"zone": "Europe/Berlin"},
        {
            "Time": "2026-11-20T11:00:00",
            "SR04": {"Distance": 16.754},
            "DS18B20": {"Id": "0", "Temperature": 5.5},
            "TempUnit": "C",
        },
    ),
    "json-paths": (
        json_paths.connector,
        {
            "stations": "$.stations[*]",
            "device": {"path": "$.id"},
            "records": "$.values[*]",
            "time": {"path": "$.time", "zone": "Europe/Berlin", "fold": "order"},
            "values": [{**LEVEL, "path": "$.value", "unit_path": "$.unit"}],
            "missing": [-777, "-", None],
        },
        {"stations": [{"id": "a", "values": [PLAIN, PLAIN]}, {"id": 5, "values": [PLAIN]}]},
    ),
    "lhp": (
        lhp.connector,
        {},
        {
            "type": "FeatureCollection",
            "licence": "https://creativecommons.org/licenses/by/4.0/deed.de",
            "features": [
                {
                    "kind": "Station",
                    "id": "RP_1",
                    "geometry": {"type": "Point", "coordinates": [7.1, 50.1]},
                    "properties": {
                        "name": "Musterdorf",
                        "timestamp": "2026-11-20 11:00:00",
                        "lhpClass": 1,
                        "stateId": "DE-RP",
                    },
                }
            ],
        },
    ),
}
CSV_OPTIONS: dict[str, Any] = {
    "device": {"column": "station"},
    "time": {"column": "time", "zone": "Europe/Berlin", "fold": "order"},
    "values": [{**LEVEL, "column": "value"}],
    "decimal": ",",
    "missing": [-777, "-"],
}
CSV_TABLE = b"station;time;value\na;2026-10-25 02:30;12,5\na;2026-10-25 02:00;-777\nb;x;-\n"
ALL = {
    **{name: (connector, options) for name, (connector, options, _) in SOURCES.items()},
    "csv-columns": (csv_columns.connector, CSV_OPTIONS),
}

HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -(10**30), 0, 99999, -777, 9999]),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(
        [
            "",
            "\x00",
            "\ud800",
            "1970-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "0001-01-01",
            "2026-10-25 02:30",
            "/",
            "a" * 5000,
            "NaN",
            "cm",
            "m",
        ]
    ),
    st.just([]),
    st.just({}),
    st.just({"value": [{"value": [{"value": [{"value": [{"value": []}]}]}]}]}),
)


def read(connector: Connector, options: dict[str, Any], payload: bytes) -> Decoded | None:
    """What is read, checked; None when the payload was refused."""
    context = Context(received_at=NOW, topic="tele/a/SENSOR", options=options)
    try:
        decoded = connector(payload, context)
    except PayloadRefused:
        return None
    streams = {(stream.station_key, stream.name) for stream in decoded.datastreams}
    assert len(streams) == len(decoded.datastreams)
    for value in decoded.observations:
        assert (value.station_key, value.datastream) in streams
        assert math.isfinite(value.result)
        assert value.result not in SENTINELS
        assert EARLIEST <= value.phenomenon_time <= NOW + FUTURE_TOLERANCE
    for refusal in decoded.refusals:
        assert refusal.record
        assert refusal.reason
        "".join((refusal.record, refusal.reason, refusal.payload)).encode()
    return decoded


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    found = [path]
    if isinstance(value, dict):
        for name, part in value.items():
            found += places(part, (*path, name))
    elif isinstance(value, list):
        for position, part in enumerate(value):
            found += places(part, (*path, position))
    return found


def changed(value: Any, path: tuple[Any, ...], by: object) -> Any:
    """A copy with one thing replaced."""
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], by)
    return copy


@pytest.mark.parametrize("name", SOURCES)
def test_the_payload_in_order_is_read(name: str) -> None:
    connector, options, payload = SOURCES[name]
    decoded = read(connector, options, json.dumps(payload).encode())
    assert decoded is not None
    assert decoded.observations


@pytest.mark.parametrize("name", ALL)
@given(payload=st.binary(max_size=300))
@example(b"[" * 100_000)
@example(b'{"value":' * 900 + b"1" + b"}" * 900)
@example(b'{"a": 1, "a": 2}')
@example(b"[NaN, Infinity, -Infinity]")
@example(b"\xff\xfe\x00")
@example(b"9" * 10_000)
@example(b"a;b\n" + b'"' + b"x" * 200_000)
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_read_or_refused(name: str, payload: bytes) -> None:
    connector, options = ALL[name]
    read(connector, options, payload)


@pytest.mark.parametrize("name", SOURCES)
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_payload_with_things_replaced_is_read_or_refused(name: str, data: st.DataObject) -> None:
    connector, options, payload = SOURCES[name]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(payload)))
        payload = changed(payload, path, data.draw(HOSTILE))
    read(connector, options, json.dumps(payload).encode("utf-8", "surrogatepass"))


@given(
    cells=st.lists(
        st.lists(
            st.one_of(
                st.text(max_size=12),
                st.sampled_from(["2026-10-25 02:30", "12,5", "a", "-777", "1970-01-01 00:00", '"']),
            ),
            max_size=4,
        ),
        max_size=8,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_rows_are_read_or_refused(cells: list[list[str]]) -> None:
    rows = "\n".join(";".join(row) for row in cells)
    table = CSV_TABLE + rows.encode("utf-8", "surrogatepass")
    read(csv_columns.connector, CSV_OPTIONS, table)


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("name", ALL)
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_any_options_are_used_or_refused(name: str, data: st.DataObject) -> None:
    connector, options = ALL[name]
    payload = CSV_TABLE if name == "csv-columns" else json.dumps(SOURCES[name][2]).encode()
    known = ["network", "quantities", "ignored", "missing", *options]
    option = data.draw(st.sampled_from(known))
    read(connector, {**options, option: data.draw(JSON_VALUES)}, payload)


@pytest.mark.parametrize("seconds", [16 * 60, 86_400, 10 * 365 * 86_400])
def test_a_value_of_the_future_is_refused(seconds: int) -> None:
    connector, options, _ = SOURCES["senml"]
    later = (NOW + timedelta(seconds=seconds)).timestamp()
    decoded = read(
        connector, options, json.dumps([{"n": "1:W", "t": later, "v": 5, "u": "cm"}]).encode()
    )
    assert decoded is not None
    assert decoded.observations == []
    assert "lies in the future" in decoded.refusals[0].reason
