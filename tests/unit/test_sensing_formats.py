"""SenML, SensorThings, NGSI-LD and Tasmota: what their rules say, and what they leave open."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded
from ckanext.suedwest.connectors.options import OptionsRefused
from ckanext.suedwest.connectors.sensing import ngsi_ld, senml, sensorthings, tasmota
from ckanext.suedwest.domain.errors import PayloadRefused

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW_SECONDS = int(NOW.timestamp())
LEVEL: dict[str, Any] = {"datastream": "W", "observed_property": "water_level", "unit": "cm"}
CONNECTORS = {
    "senml": senml.connector,
    "sensorthings": sensorthings.connector,
    "ngsi-ld": ngsi_ld.connector,
    "tasmota": tasmota.connector,
}


def read(name: str, payload: object, *, topic: str | None = None, **options: Any) -> Decoded:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return CONNECTORS[name](content, Context(received_at=NOW, topic=topic, options=options))


def rows(decoded: Decoded) -> list[tuple[str, str, str, float]]:
    return [
        (value.station_key, value.datastream, f"{value.phenomenon_time:%H:%M:%S}", value.result)
        for value in decoded.observations
    ]


def reasons(decoded: Decoded) -> list[str]:
    return [refusal.reason for refusal in decoded.refusals]


# --- SenML -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pack", "expected"),
    [
        # base name, time, unit and value hold until they are set anew
        (
            [
                {"bn": "urn:dev:1:", "bt": NOW_SECONDS - 600, "bu": "cm", "bv": 100},
                {"n": "W", "v": 1},
                {"n": "W", "t": 60, "v": 2},
                {"bn": "urn:dev:2:", "bv": 0, "n": "W", "u": "m", "v": 0.5},
            ],
            [
                ("senml:urn:dev:1", "W", "11:50:00", 101),
                ("senml:urn:dev:1", "W", "11:51:00", 102),
                ("senml:urn:dev:2", "W", "11:50:00", 50),
            ],
        ),
        # below 2^28 a time counts from now
        (
            [{"bn": "urn:dev:1:", "n": "W", "u": "cm", "t": -90, "v": 7}],
            [("senml:urn:dev:1", "W", "11:58:30", 7)],
        ),
        # without a base name the name is parted at its last separator
        (
            [{"n": "urn:dev:1:W", "u": "cm", "v": 7}],
            [("senml:urn:dev:1", "W", "12:00:00", 7)],
        ),
        # some units measure one thing only
        (
            [{"bn": "urn:dev:1:", "n": "water", "u": "Cel", "v": 5.5}],
            [("senml:urn:dev:1", "water", "12:00:00", 5.5)],
        ),
    ],
)
def test_a_pack_is_resolved(
    pack: list[dict[str, Any]], expected: list[tuple[str, str, str, float]]
) -> None:
    decoded = read("senml", pack, quantities={"W": {**LEVEL, "unit": None}})
    assert rows(decoded) == expected
    assert decoded.refusals == []


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"vs": "high"}, "the value is a text, not a number"),
        ({"vb": True}, "the value is true or false, not a number"),
        ({"vd": "aGkg"}, "the value is binary data, not a number"),
        ({"v": 1, "vs": "1"}, "several values: v, vs"),
        ({"s": 12}, "a sum over time is no reading"),
        ({}, "the record has no value"),
        ({"v": "1"}, "v is a text, not a number"),
        ({"v": 1, "u": "V"}, "the unit 'V' of water_level is not known"),
        ({"v": 1, "magic_": 1}, "the field 'magic_' must be understood"),
        ({"v": 1, "t": 1e300}, "outside the calendar"),
        ({"v": 1, "t": 3600}, "lies in the future"),
        ({"v": 1, "n": "a b"}, "is none RFC 8428 allows"),
        ({"v": 1, "n": "battery"}, "the option quantities does not describe 'battery' (in 'cm')"),
    ],
)
def test_a_record_that_is_no_reading_is_refused_beside_its_neighbours(
    record: dict[str, Any], reason: str
) -> None:
    pack = [{"bn": "urn:dev:1:", "bu": "cm", "n": "W", "v": 5}, {"n": "W", **record}]
    decoded = read("senml", pack, quantities={"W": LEVEL})
    assert len(decoded.observations) == 1
    (refusal,) = decoded.refusals
    assert reason in refusal.reason


@pytest.mark.parametrize(
    ("pack", "reason"),
    [
        ({"n": "W"}, "a SenML pack is a list"),
        ([{"bver": 11, "n": "W", "v": 1}], "of SenML version 11, 10 is known"),
        ([{"bt": "now", "n": "W", "v": 1}], "record 1: bt is a text"),
        ([{"bn": 5, "n": "W", "v": 1}], "record 1: bn is 5, not a text"),
    ],
)
def test_a_pack_that_cannot_be_resolved_is_refused(pack: object, reason: str) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read("senml", pack)


def test_what_nobody_wants_is_left_out_without_a_word() -> None:
    pack = [{"bn": "urn:dev:1:", "n": "battery", "u": "%EL", "v": 98}]
    decoded = read("senml", pack, ignored=["battery"])
    assert decoded.observations == decoded.refusals == []


# --- SensorThings ------------------------------------------------------------------------------

TOPIC = "v1.1/Datastreams(42)/Observations"
STREAM = {
    "@iot.id": 42,
    "name": "Pegel Dorf",
    "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "ucum:m"},
    "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
    "ObservedProperty": {"name": "Wasserstand", "definition": "https://example.org/level"},
}
AT_TEN = {"phenomenonTime": "2026-11-20T10:00:00Z", "result": 1.5}
METRES = {**LEVEL, "unit": None}


@pytest.mark.parametrize(
    ("payload", "topic", "quantities", "expected"),
    [
        (AT_TEN, TOPIC, {"42": LEVEL}, [("sensorthings:Datastreams(42)", "W", "10:00:00", 1.5)]),
        (
            {"phenomenonTime": "2026-11-20T10:00:00Z/2026-11-20T10:15:00Z", "result": 2},
            "FROST/v1.1/Datastreams('a-b')/Observations",
            {"a-b": LEVEL},
            [("sensorthings:Datastreams(a-b)", "W", "10:00:00", 2)],
        ),
        (
            {**AT_TEN, "Datastream": {**STREAM, "Thing": {"@iot.id": 7}}},
            None,
            {"Wasserstand": METRES},
            [("sensorthings:7", "W", "10:00:00", 150)],
        ),
        (
            {"value": [{**STREAM, "Thing": {"@iot.id": "t-1"}, "Observations": [AT_TEN, AT_TEN]}]},
            None,
            {"https://example.org/level": METRES},
            [("sensorthings:t-1", "W", "10:00:00", 150)] * 2,
        ),
        (
            {
                "@iot.nextLink": "https://example.org/v1.1/Things?$skip=1",
                "value": [
                    {
                        "@iot.id": 7,
                        "name": "Dorf",
                        "Datastreams": [{**STREAM, "Observations": [AT_TEN]}],
                    },
                    {"@iot.id": 8, "name": "Stadt", "description": "no datastream"},
                ],
            },
            None,
            {"Pegel Dorf": METRES},
            [("sensorthings:7", "W", "10:00:00", 150)],
        ),
        ({"value": []}, TOPIC, {}, []),
    ],
)
def test_entities_are_read(
    payload: object,
    topic: str | None,
    quantities: dict[str, Any],
    expected: list[tuple[str, str, str, float]],
) -> None:
    decoded = read("sensorthings", payload, topic=topic, quantities=quantities)
    assert rows(decoded) == expected
    assert decoded.refusals == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"result": "1.5"}, "result is a text, not a number"),
        ({"result": True}, "result is true or false, not a number"),
        ({"result": [1]}, "result is a list, not a number"),
        ({"phenomenonTime": None}, "the observation has no phenomenonTime"),
        ({"phenomenonTime": "2026-11-20T10:00:00"}, "has no offset"),
        ({"phenomenonTime": "2026-11-20T10:00:00Z/.."}, "is not ISO 8601"),
        ({"phenomenonTime": "2026-11-20T10:00:00Z/2026-11-20T09:00:00Z"}, "ends before it starts"),
        (
            {"Datastream": {**STREAM, "observationType": "x/OM_CategoryObservation"}},
            "results of the type 'x/OM_CategoryObservation' are no numbers",
        ),
        ({"Datastream": {**STREAM, "unitOfMeasurement": {"symbol": "mm"}}}, "described as 'cm'"),
        ({"Datastream": {**STREAM, "@iot.id": 43, "name": "x"}}, "does not describe '43' (in 'm')"),
    ],
)
def test_an_observation_that_cannot_be_used_is_refused(
    changes: dict[str, Any], reason: str
) -> None:
    decoded = read("sensorthings", {**AT_TEN, **changes}, topic=TOPIC, quantities={"42": LEVEL})
    assert decoded.observations == []
    (refusal,) = decoded.refusals
    assert reason in refusal.reason


def test_a_result_without_a_time_may_be_dated_by_its_receipt() -> None:
    decoded = read(
        "sensorthings", {"result": 5}, topic=TOPIC, quantities={"42": LEVEL}, untimed="received"
    )
    assert rows(decoded) == [("sensorthings:Datastreams(42)", "W", "12:00:00", 5)]


def test_the_servers_own_error_is_told() -> None:
    with pytest.raises(PayloadRefused, match='the server answered: "Nothing found'):
        read("sensorthings", {"code": 404, "type": "error", "message": "Nothing found."})


def test_what_is_no_entity_is_told() -> None:
    decoded = read("sensorthings", {"value": [{"@iot.id": 5, "a": 1}, {"b": 1}, 7]})
    assert [(refusal.record, refusal.reason) for refusal in decoded.refusals] == [
        ("entity 5", "it is no Observation, Datastream or Thing"),
        ("entity without an id", "it is no Observation, Datastream or Thing"),
        ("entity", "it is a number, not an object"),
    ]


def test_endless_nesting_ends() -> None:
    payload: dict[str, Any] = {"value": []}
    for _ in range(300):
        payload = {"value": [payload]}
    assert reasons(read("sensorthings", payload)) == ["its entities are nested too deeply"]


# --- NGSI-LD -----------------------------------------------------------------------------------

ENTITY: dict[str, Any] = {
    "id": "urn:ngsi-ld:WaterObserved:Dorf",
    "type": "WaterObserved",
    "dateObserved": {"type": "Property", "value": "2026-11-20T10:00:00Z"},
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [7.2, 50.3]}},
    "name": {"type": "Property", "value": "Dorf"},
    "waterLevel": {"type": "Property", "value": 2.4, "unitCode": "MTR"},
}
SIMPLE: dict[str, Any] = {
    "id": "WaterObserved:Dorf",
    "type": "WaterObserved",
    "dateObserved": "2026-11-20T10:00:00Z/2026-11-20T10:15:00Z",
    "location": {"type": "Point", "coordinates": [7.2, 50.3]},
    "waterLevel": 2.4,
}
FLOOD = {
    **ENTITY,
    "waterLevel": None,
    "referenceLevel": {"type": "Property", "value": 4.2},
    "measuredDistance": {"type": "Property", "value": 1.8, "unitCode": "MTR"},
    "currentLevel": {"type": "Property", "value": 2.4},
}
KEY = "ngsi-ld:urn:ngsi-ld:WaterObserved:Dorf"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (ENTITY, [(KEY, "W", "10:00:00", 240)]),
        (SIMPLE, [("ngsi-ld:WaterObserved:Dorf", "W", "10:00:00", 240)]),
        (
            {"id": "n", "type": "Notification", "data": [ENTITY, SIMPLE]},
            [(KEY, "W", "10:00:00", 240), ("ngsi-ld:WaterObserved:Dorf", "W", "10:00:00", 240)],
        ),
        (
            {
                **ENTITY,
                "waterLevel": {
                    "value": 240,
                    "unitCode": "CMT",
                    "observedAt": "2026-11-20T10:05:00Z",
                },
            },
            [],
        ),
        (
            {**ENTITY, "waterLevel": {"value": 2.4, "metadata": {"unitCode": {"value": "MTR"}}}},
            [(KEY, "W", "10:00:00", 240)],
        ),
        (
            {**ENTITY, "dateObserved": {"type": "Relationship", "object": "2026-11-20T10:00:00Z"}},
            [(KEY, "W", "10:00:00", 240)],
        ),
    ],
)
def test_an_entity_is_read_in_either_form(
    payload: object, expected: list[tuple[str, str, str, float]]
) -> None:
    decoded = read("ngsi-ld", payload, quantities={"waterLevel": {**LEVEL, "unit": "m"}})
    assert rows(decoded) == expected
    if not expected:
        assert reasons(decoded) == ["the payload says 'CMT', the source is described as 'm'"]


def test_a_distance_that_agrees_with_the_level_is_read() -> None:
    decoded = read("ngsi-ld", FLOOD, ignored=["waterLevel", "currentLevel"])
    assert decoded.refusals == []
    assert rows(decoded) == [(KEY, "distance", "10:00:00", 1800)]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (
            {**ENTITY, "location": {"type": "Point", "coordinates": [50.3, 7.2]}},
            "the coordinates 50.3, 7.2 are swapped: longitude comes first",
        ),
        (
            {**ENTITY, "location": {"type": "Point", "coordinates": [0, 0]}},
            "the coordinates 0, 0 lie outside where the source may measure",
        ),
        ({**ENTITY, "location": {"type": "Polygon", "coordinates": []}}, "is no point"),
        (
            {**FLOOD, "currentLevel": {"type": "Property", "value": 1.98}},
            "the levels contradict each other: the reference 4.2 less the distance 1.8",
        ),
        ({**ENTITY, "waterLevel": {"value": "2.4"}}, "waterLevel is a text, not a number"),
        ({**ENTITY, "waterLevel": {"value": 2.4, "unitCode": 7}}, "the unit of waterLevel is"),
        ({"id": "x", "type": "WaterObserved"}, "no measured value that is described"),
        ({"id": "x", "type": "WaterObserved", "waterLevel": 2}, "does not say when"),
        ({**ENTITY, "id": ""}, "id is blank"),
    ],
)
def test_an_entity_that_contradicts_itself_is_refused(payload: dict[str, Any], reason: str) -> None:
    decoded = read("ngsi-ld", payload, quantities={"waterLevel": {**LEVEL, "unit": "m"}})
    assert decoded.observations == []
    assert any(reason in told for told in reasons(decoded)), reasons(decoded)


def test_an_attribute_whose_meaning_is_open_needs_a_description() -> None:
    assert reasons(read("ngsi-ld", ENTITY)) == [
        "the option quantities does not describe 'waterLevel'"
    ]


# --- Tasmota -----------------------------------------------------------------------------------

TELEMETRY: dict[str, Any] = {
    "Time": "2026-11-20T11:00:00",
    "SR04": {"Distance": 120.5},
    "DS18B20": {"Id": "01131B", "Temperature": 5.4},
    "TempUnit": "C",
}


@pytest.mark.parametrize(
    ("time", "options", "instant"),
    [
        ("2026-11-20T11:00:00", {"zone": "Europe/Berlin"}, "10:00:00"),
        ("2026-11-20T11:00:00", {"zone": "+02:00"}, "09:00:00"),
        ("2026-11-20T11:00:00+00:00", {"zone": "Europe/Berlin"}, "11:00:00"),
        ("2026-11-20T11:00:00+01:00", {}, "10:00:00"),
    ],
)
def test_telemetry_is_read(time: str, options: dict[str, Any], instant: str) -> None:
    decoded = read("tasmota", {**TELEMETRY, "Time": time}, topic="tele/bach/SENSOR", **options)
    assert rows(decoded) == [
        ("tasmota:bach", "distance", instant, 1205),
        ("tasmota:bach", "temperature", instant, 5.4),
    ]
    assert decoded.refusals == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"TempUnit": "F"}, "the unit 'F' of temperature is not known"),
        ({"TempUnit": None}, "nothing says in which unit temperature is measured"),
        ({"SR04": {"Distance": None}}, "Distance is null, not a number"),
        ({"SR04": {"Distance": -1}}, "value -10 mm is outside 0 to 100000 mm"),
        ({"AM2301": {"Humidity": 60}}, "does not describe 'AM2301.Humidity'"),
    ],
)
def test_a_reading_that_cannot_be_used_is_refused(changes: dict[str, Any], reason: str) -> None:
    decoded = read(
        "tasmota", {**TELEMETRY, **changes}, topic="tele/bach/SENSOR", zone="Europe/Berlin"
    )
    assert len(decoded.refusals) == 1
    assert reason in decoded.refusals[0].reason


def test_two_sensors_of_a_kind_have_to_be_told_apart() -> None:
    message = {**TELEMETRY, "DS18B20-2": {"Id": "02", "Temperature": 9.9}}
    air = {"datastream": "air", "observed_property": "temperature"}
    water = {"datastream": "temperature", "observed_property": "temperature"}
    both = read("tasmota", message, topic="tele/bach/SENSOR", zone="Europe/Berlin")
    assert [row[1] for row in rows(both)] == ["distance"]
    told = read(
        "tasmota",
        message,
        topic="tele/bach/SENSOR",
        zone="Europe/Berlin",
        quantities={"DS18B20.Temperature": water, "DS18B20-2.Temperature": air},
    )
    assert [row[1] for row in rows(told)] == ["distance", "temperature", "air"]


@pytest.mark.parametrize(
    ("message", "topic", "reason"),
    [
        ({"POWER": "ON"}, "stat/bach/RESULT", "it has no Time"),
        ({"Time": "2026-11-20T11:00:00"}, "tele/bach/STATE", "no reading of a sensor"),
        ({**TELEMETRY, "Time": "2026-10-25T02:30:00"}, "tele/bach/SENSOR", "happens twice"),
        ({**TELEMETRY, "Time": "1970-01-01T00:00"}, "bach", "has no level 2"),
    ],
)
def test_a_message_that_is_no_telemetry_is_refused(
    message: dict[str, Any], topic: str, reason: str
) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read("tasmota", message, topic=topic, zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("senml", {"quantities": {"W": {"datastream": "W"}}}, "option quantities"),
        ("senml", {"quantities": {"W": {**LEVEL, "unit": "V"}}}, "the unit 'V'"),
        (
            "senml",
            {"quantities": {"W": {**LEVEL, "unit": None, "written_unit": "cm"}}},
            "written_unit stands for a unit",
        ),
        ("senml", {"ignored": "battery"}, "option ignored: Expected `array`"),
        ("sensorthings", {"untimed": "now"}, "option untimed: Invalid enum value"),
        ("tasmota", {"zone": "Mars"}, "zone 'Mars' is neither"),
        ("ngsi-ld", {"extent": [9, 50, 7, 52]}, "extent is not west, south, east, north"),
    ],
)
def test_faulty_options_are_told_by_name(name: str, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(OptionsRefused, match=reason):
        read(name, [], **options)
