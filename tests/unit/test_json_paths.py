"""JSON of any shape, read by the paths of the options."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded
from ckanext.suedwest.connectors.options import OptionsRefused
from ckanext.suedwest.connectors.sensing.json_paths import MOST_RECORDS, connector
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.station import Visibility

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LEVEL: dict[str, Any] = {
    "datastream": "W",
    "observed_property": "water_level",
    "unit": "cm",
    "path": "$.level",
}
OPTIONS: dict[str, Any] = {"time": {"path": "$.time"}, "values": [LEVEL]}
MESSAGE = {"time": "2026-11-20T10:00:00Z", "level": 12.5}


def read(payload: object, *, topic: str | None = "orte/brunnen/up", **options: Any) -> Decoded:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    context = Context(
        received_at=NOW, station_key="own:1", topic=topic, options={**OPTIONS, **options}
    )
    return connector(content, context)


def rows(decoded: Decoded) -> list[tuple[str, str, str, float]]:
    return [
        (value.station_key, value.datastream, f"{value.phenomenon_time:%H:%M}", value.result)
        for value in decoded.observations
    ]


LISTED = {
    "gauges": {
        "100": {"name": "Dorf", "data": [["2026-11-20T10:00:00Z", "1,5"]]},
        "200": {"name": "Stadt", "data": [["2026-11-20T10:00:00Z", "-0,3"]]},
    }
}


@pytest.mark.parametrize(
    ("payload", "options", "expected"),
    [
        (MESSAGE, {}, [("own:1", "W", "10:00", 12.5)]),
        (
            MESSAGE,
            {"device": {"topic_level": 2}, "network": "kreis"},
            [("kreis:brunnen", "W", "10:00", 12.5)],
        ),
        ({"level": 7}, {"time": "received"}, [("own:1", "W", "12:00", 7)]),
        (
            LISTED,
            {
                "stations": "$.gauges.*",
                "device": {"key": True},
                "records": "$.data[*]",
                "time": {"path": "$[0]"},
                "values": [{**LEVEL, "path": "$[1]", "unit": "m"}],
                "decimal": ",",
            },
            [("json-paths:100", "W", "10:00", 150), ("json-paths:200", "W", "10:00", -30)],
        ),
        (
            [{**MESSAGE, "kind": "measured"}, {**MESSAGE, "kind": "forecast", "level": 99}],
            {"records": '$[?@.kind != "forecast"]'},
            [("own:1", "W", "10:00", 12.5)],
        ),
        (
            {**MESSAGE, "unit": "m"},
            {"values": [{**LEVEL, "unit": None, "unit_path": "$.unit"}]},
            [("own:1", "W", "10:00", 1250)],
        ),
        (
            {**MESSAGE, "unit": "cm ü. PNP"},
            {"values": [{**LEVEL, "unit_path": "$.unit", "written_unit": "cm ü. PNP"}]},
            [("own:1", "W", "10:00", 12.5)],
        ),
        (
            {**MESSAGE, "id": 42, "air": 4},
            {
                "device": {"path": "$.id"},
                "values": [
                    LEVEL,
                    {
                        "path": "$.flow",
                        "datastream": "Q",
                        "observed_property": "discharge",
                        "unit": "l/s",
                        "optional": True,
                    },
                ],
            },
            [("json-paths:42", "W", "10:00", 12.5)],
        ),
        (
            b'{"time": "2026-11-20T10:00:00Z", "level": 1}\n'
            b'{"time": "2026-11-20T10:15:00Z", "level": 2}\n',
            {},
            [("own:1", "W", "10:00", 1), ("own:1", "W", "10:15", 2)],
        ),
        ([MESSAGE, {**MESSAGE, "level": None}], {"records": "$[*]", "missing": [None, 12.5]}, []),
    ],
)
def test_a_payload_is_read_as_it_is_described(
    payload: object, options: dict[str, Any], expected: list[tuple[str, str, str, float]]
) -> None:
    decoded = read(payload, **options)
    assert rows(decoded) == expected
    assert decoded.refusals == []


@pytest.mark.parametrize(
    ("message", "options", "reason"),
    [
        ({"time": "2026-11-20T10:00:00Z"}, {}, "nothing stands at '$.level'"),
        ({**MESSAGE, "level": True}, {}, "the value is true or false, not a number"),
        ({**MESSAGE, "level": "12 cm"}, {}, 'the value "12 cm" is not a number'),
        ({**MESSAGE, "level": [1, 2]}, {"values": [{**LEVEL, "path": "$.level[*]"}]}, "2 values"),
        ({**MESSAGE, "level": -888}, {}, "-888 is a sentinel"),
        ({"level": 3}, {}, "the time is null, not a text"),
        ({**MESSAGE, "unit": "m"}, {"values": [{**LEVEL, "unit_path": "$.unit"}]}, "described as"),
        (MESSAGE, {"values": [{**LEVEL, "unit_path": "$.unit"}]}, "no unit stands at '$.unit'"),
        (MESSAGE, {"device": {"path": "$.id"}}, "nothing stands at '$.id', not the device's id"),
        (MESSAGE, {"device": {"topic_level": 9}}, "has no level 9"),
        ({**MESSAGE, "level": float("inf")}, {}, "the value is inf, not a finite number"),
    ],
)
def test_a_record_that_cannot_be_used_is_refused(
    message: object, options: dict[str, Any], reason: str
) -> None:
    decoded = read(message, **options)
    assert decoded.observations == []
    (refusal,) = decoded.refusals
    assert reason in refusal.reason


@pytest.mark.parametrize(
    ("payload", "options", "reason"),
    [
        (b"", {}, "the reply is empty"),
        (b"\xff{}", {}, "the reply is not UTF-8"),
        (b'{"level": 1, "level": 2}', {}, "two fields 'level'"),
        (b"[" * 100_000, {}, "nested too deeply"),
        ([], {"records": "$[*]"}, "nothing stands at"),
        ({"a": 1}, {"stations": "$.gauges[*]"}, "nothing stands at"),
        ([0] * (MOST_RECORDS + 1), {"records": "$[*]"}, "more than 100,000 records"),
    ],
)
def test_what_holds_no_record_is_refused(
    payload: object, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read(payload, **options)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"records": "level"}, "the options: 'level' is no JSON path"),
        ({"records": "$[?match(@.a, '(a+)+$')]"}, "is no JSON path"),
        ({"records": "$..*..*"}, "is no plain JSON path"),
        ({"time": None}, "option time: Expected"),
        ({"time": {"path": "time"}}, "option time: 'time' is no JSON path"),
        ({"values": [{**LEVEL, "path": "$["}]}, r"option values\[0\]: '\$\[' is no JSON path"),
        ({"values": [{**LEVEL, "observed_property": "height"}]}, "'height' is not one of"),
        ({"device": {}}, "option device: exactly one of path, key, topic_level and name"),
    ],
)
def test_faulty_options_are_told_by_name(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(OptionsRefused, match=reason):
        read(MESSAGE, **options)


def test_what_a_sensor_sees_by_itself_is_internal() -> None:
    distance = {**LEVEL, "datastream": "distance", "observed_property": "distance", "unit": "mm"}
    (stream,) = read(MESSAGE, values=[distance]).datastreams
    assert stream.visibility is Visibility.INTERNAL
