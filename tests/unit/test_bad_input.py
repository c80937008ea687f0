"""Every installed connector against the same bad input; a new one fails here until it has a row.

Others look at how each format fails in its own ways; this table is for what hits them all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded, connector_names, find_connector
from ckanext.suedwest.domain.errors import PayloadRefused

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)
MEZ = timezone(timedelta(hours=1))
FILES = Path(__file__).parents[1] / "data" / "lorawan"
LEVEL: dict[str, Any] = {"datastream": "W", "observed_property": "water_level", "unit": "cm"}


def iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def local(time: datetime) -> str:
    return time.astimezone(MEZ).strftime("%Y-%m-%dT%H:%M:%S")


def since_1970(time: datetime) -> str:
    return f"{time.timestamp():.0f}"


@dataclass(frozen=True)
class Format:
    """How a connector's messages are written.

    `write` makes a message of a time, a number and a unit as text; without `units` the message
    names none, without `numbers` it has none in plain (bytes of a sensor).
    """

    write: Callable[[str, str, str], str]
    time: Callable[[datetime], str] = iso
    options: dict[str, Any] = field(default_factory=dict)
    number: str = "12.5"
    unit: str = "cm"
    numbers: bool = True
    units: bool = True


def recorded(name: str) -> Callable[[str, str, str], str]:
    """A recorded uplink whose times are all replaced."""
    text = (FILES / name).read_text("utf-8")
    instant = re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+(Z|\+00:00)|1795155300000")
    return lambda time, _number, _unit: instant.sub(time, text)


FORMATS = {
    "pegelonline": Format(
        lambda time, number, _unit: f'[{{"timestamp": "{time}", "value": {number}}}]', units=False
    ),
    "csv-columns": Format(
        lambda time, number, unit: f"t;w;u\n{time};{number};{unit}\n",
        options={
            "time": {"column": "t"},
            "values": [{**LEVEL, "column": "w", "unit_column": "u"}],
        },
    ),
    "json-paths": Format(
        lambda time, number, unit: f'{{"t": "{time}", "w": {number}, "u": "{unit}"}}',
        options={
            "time": {"path": "$.t"},
            "values": [{**LEVEL, "path": "$.w", "unit_path": "$.u"}],
        },
    ),
    "lhp": Format(
        lambda time, number, _unit: json.dumps(
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
                            "timestamp": time,
                            "lhpClass": "NUMBER",
                            "stateId": "DE-RP",
                        },
                    }
                ],
            }
        ).replace('"NUMBER"', number),
        time=lambda time: local(time).replace("T", " "),
        number="1",
        units=False,
    ),
    "ngsi-ld": Format(
        lambda time, number, unit: (
            f'{{"id": "urn:ngsi-ld:WaterObserved:1", "type": "WaterObserved", "dateObserved": '
            f'{{"type": "Property", "value": "{time}"}}, "waterLevel": '
            f'{{"type": "Property", "value": {number}, "unitCode": "{unit}"}}}}'
        ),
        options={"quantities": {"waterLevel": LEVEL}},
        unit="CMT",
    ),
    "senml": Format(
        lambda time, number, unit: f'[{{"n": "1:W", "t": {time}, "v": {number}, "u": "{unit}"}}]',
        time=since_1970,
        options={"quantities": {"W": LEVEL}},
    ),
    "sensorthings": Format(
        lambda time, number, unit: (
            f'{{"value": [{{"@iot.id": 42, "unitOfMeasurement": {{"symbol": "{unit}"}}, '
            f'"Thing": {{"@iot.id": 7}}, "Observations": '
            f'[{{"phenomenonTime": "{time}", "result": {number}}}]}}]}}'
        ),
        options={"quantities": {"42": LEVEL}},
    ),
    "tasmota": Format(
        lambda time, number, _unit: f'{{"Time": "{time}", "SR04": {{"Distance": {number}}}}}',
        time=local,
        options={"zone": "+01:00"},
        units=False,
    ),
    "tts": Format(recorded("tts_up.json"), numbers=False, units=False),
    "chirpstack": Format(
        recorded("chirpstack_up.json"),
        options={"codec": "milesight-em500-swl"},
        numbers=False,
        units=False,
    ),
    "chirpstack3": Format(recorded("chirpstack3_up_hex.json"), numbers=False, units=False),
    "iotcreators": Format(
        recorded("iotcreators_ndds75.json"),
        time=lambda time: f"{time.timestamp() * 1000:.0f}",
        options={"codec": "dragino-ndds75"},
        numbers=False,
        units=False,
    ),
    # Objects that were saved without their times.
    # Impossible counts of car parks are kept and flagged: tests/unit/test_traffic_parking.py.
    "parkapi": Format(
        lambda time, _number, _unit: (
            f'{{"last_updated": "{time}", "lots": [{{"id": "a", "name": "a", "total": 50, '
            f'"free": 12}}]}}'
        ),
        numbers=False,
        units=False,
    ),
    "kaiserslautern-pls": Format(
        lambda time, _number, _unit: (
            f"<Daten><Zeitstempel>{time}</Zeitstempel><Parkhaus><ID>2</ID><Name>a</Name>"
            "<Gesamt>50</Gesamt><Aktuell>12</Aktuell></Parkhaus></Daten>"
        ),
        time=lambda time: time.astimezone(MEZ).strftime("%d.%m.%Y %H:%M:%S"),
        numbers=False,
        units=False,
    ),
    "datex2-parking": Format(
        lambda time, _number, _unit: (
            '<a><parkingRecordStatus><parkingRecordReference id="1"/>'
            f"<parkingStatusOriginTime>{time}</parkingStatusOriginTime><parkingOccupancy>"
            "<parkingNumberOfSpacesOverride>50</parkingNumberOfSpacesOverride>"
            "<parkingNumberOfVacantSpaces>12</parkingNumberOfVacantSpaces>"
            "</parkingOccupancy></parkingRecordStatus></a>"
        ),
        numbers=False,
        units=False,
    ),
    "eco-counter": Format(
        lambda time, number, _unit: f'[{{"date": "{time}", "counts": {number}}}]',
        number="12",
        units=False,
    ),
    "eco-counter-csv": Format(
        lambda time, _number, _unit: f"Datetime,1 (a),1-status\n{time},12,0\n",
        time=local,
        numbers=False,
        units=False,
    ),
    "bast": Format(
        lambda time, _number, _unit: f"Zst;Datum;Stunde;KFZ_R1;K_KFZ_R1\n1;{time};1;5;-\n",
        time=lambda time: time.strftime("%y%m%d"),
        numbers=False,
        units=False,
    ),
    "radar": Format(
        lambda time, _number, _unit: f"{time};00;032;01;0\n",
        time=lambda time: time.astimezone(MEZ).strftime("%d.%m.%y %H:%M:%S"),
        numbers=False,
        units=False,
    ),
    "telraam": Format(
        lambda time, number, _unit: (
            f'{{"report": [{{"segment_id": 1, "date": "{time}", "interval": "hourly", '
            f'"uptime": 0.9, "car": {number}}}]}}'
        ),
        units=False,
    ),
    "datex2-measured": Format(
        lambda time, number, _unit: (
            '<a><siteMeasurements><measurementSiteReference id="1"/><measurementTimeDefault>'
            f'{time}</measurementTimeDefault><measuredValue index="1"><measuredValue><basicData>'
            f"<vehicleFlow><vehicleFlowRate>{number}</vehicleFlowRate></vehicleFlow>"
            "</basicData></measuredValue></measuredValue></siteMeasurements></a>"
        ),
        units=False,
    ),
    "autobahn": Format(
        lambda time, _number, _unit: (
            f'{{"roadworks": [{{"identifier": "1", "startTimestamp": "{time}", '
            f'"coordinate": {{"lat": "49.4", "long": "7.7"}}}}]}}'
        ),
        numbers=False,
        units=False,
    ),
    "datex2-situations": Format(
        lambda time, _number, _unit: (
            '<a><situation><situationRecord id="1"><validity><validityTimeSpecification>'
            f"<overallStartTime>{time}</overallStartTime></validityTimeSpecification></validity>"
            "<groupOfLocations><posList>49.4 7.7 49.5 7.8</posList></groupOfLocations>"
            "</situationRecord></situation></a>"
        ),
        numbers=False,
        units=False,
    ),
    "roadworks-geojson": Format(
        lambda time, _number, _unit: (
            f'{{"features": [{{"id": "1", "properties": {{"start": "{time}"}}, '
            f'"geometry": {{"type": "Point", "coordinates": [7.7, 49.4]}}}}]}}'
        ),
        options={"start": "start"},
        numbers=False,
        units=False,
    ),
    "parking-mapping": Format(
        lambda time, _number, _unit: (
            f'{{"lots": [{{"id": "a", "total": 50, "free": 12, "t": "{time}"}}]}}'
        ),
        options={
            "format": "json",
            "records": "$.lots[*]",
            "id": "$.id",
            "capacity": "$.total",
            "free": "$.free",
            "time": {"place": "$.t"},
        },
        numbers=False,
        units=False,
    ),
    "gbfs": Format(
        lambda time, number, _unit: (
            f'{{"last_updated": "{time}", "data": {{"stations": [{{"station_id": "1", '
            f'"num_vehicles_available": {number}}}]}}}}'
        ),
        number="12",
        units=False,
    ),
    "ocpi-locations": Format(
        lambda time, _number, _unit: (
            f'[{{"publish": true, "id": "1", "last_updated": "{time}", "evses": '
            '[{"status": "AVAILABLE"}, {"status": "CHARGING"}]}]'
        ),
        numbers=False,
        units=False,
    ),
    "datex2-energy-json": Format(
        lambda time, _number, _unit: (
            '{"payload": {"aegiEnergyInfrastructureStatusPublication": '
            f'{{"publicationTime": "{time}", "energyInfrastructureSiteStatus": '
            '[{"reference": {"idG": "1"}, "energyInfrastructureStationStatus": '
            '[{"refillPointStatus": [{"aegiRefillPointStatus": {"status": '
            '{"value": "available"}}}, {"aegiRefillPointStatus": {"status": '
            '{"value": "charging"}}}]}]}]}}}'
        ),
        numbers=False,
        units=False,
    ),
    "bnetza-charging": Format(
        lambda time, _number, _unit: (
            f'{{"chargingStations": [{{"id": 1, "go_live_date": "{time}", '
            '"evses": [{}, {}]}]}'
        ),
        time=lambda time: time.strftime("%d.%m.%Y"),
        numbers=False,
        units=False,
    ),
    "lorawan-recordings": Format(recorded("objects.json"), numbers=False, units=False),
}
# Years of two digits: 2226 reads as 2026.
WITHOUT_CENTURY = ("bast", "radar")
# Roadworks are announced before they begin.
OF_EVENTS = ("autobahn", "datex2-situations", "roadworks-geojson")
# A register says when a site began, decades ago or not yet: tests/unit/test_traffic_charging.py.
OF_REGISTERS = ("bnetza-charging",)
TIMED = [
    name
    for name in FORMATS
    if name not in ("lorawan-recordings", *WITHOUT_CENTURY, *OF_EVENTS, *OF_REGISTERS)
]
NOT_JSON = (
    "bast",
    "csv-columns",
    "datex2-measured",
    "datex2-parking",
    "datex2-situations",
    "eco-counter-csv",
    "kaiserslautern-pls",
    "radar",
)
OF_JSON = [name for name in FORMATS if name not in NOT_JSON]


def read(name: str, payload: str | bytes) -> Decoded:
    content = payload if isinstance(payload, bytes) else payload.encode()
    context = Context(
        NOW, "test:1", "W", "cm", topic="tele/a/SENSOR", options=FORMATS[name].options
    )
    return find_connector(name)(content, context)


def message(name: str, time: datetime = EARLIER, number: str = "", unit: str = "") -> str:
    form = FORMATS[name]
    return form.write(form.time(time), number or form.number, unit or form.unit)


def only_refused(decoded: Decoded) -> str:
    """The reasons, when nothing was read."""
    assert decoded.observations == []
    assert decoded.events == []
    assert decoded.refusals
    return "; ".join(refusal.reason for refusal in decoded.refusals)


def test_every_connector_has_a_row() -> None:
    assert sorted(FORMATS) == connector_names()


@pytest.mark.parametrize("name", FORMATS)
def test_a_message_in_order_is_read(name: str) -> None:
    decoded = read(name, message(name))
    assert decoded.events if name in OF_EVENTS else decoded.observations


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \n\t ", id="blank"),
        pytest.param(b"\xff\xfe\x00\x01", id="no UTF-8"),
        pytest.param(b"\xc3\x28;\xa0\n", id="broken UTF-8"),
        pytest.param(b"<!DOCTYPE html><html></html>", id="a page"),
        pytest.param(b"<html>" * 50_000, id="a large page"),
        pytest.param(b"[" * 50_000, id="opened and opened"),
        pytest.param(b'{"a":' * 20_000 + b"1" + b"}" * 20_000, id="nested objects"),
        pytest.param(b'{"a": 1, "a": 2}', id="a name twice"),
        pytest.param(b"9" * 100_000, id="a number of 100,000 digits"),
        pytest.param(b'{"a": "' + b"x" * 1_000_000, id="a text that does not end"),
    ],
)
def test_what_is_no_message_is_refused_as_a_whole(name: str, payload: bytes) -> None:
    try:
        reason = only_refused(read(name, payload))
    except PayloadRefused as error:
        reason = str(error)
    else:
        # Its tables are lines of hexadecimal digits; any line may be one that is wrong.
        assert name == "lorawan-recordings"
    # It is kept and shown: a sentence, not the payload.
    assert 0 < len(reason) < 500


@pytest.mark.parametrize("name", OF_JSON)
def test_the_first_field_twice_is_refused(name: str) -> None:
    twice = re.sub(r'("[^"]+"): ', r'\1: "x", \1: ', message(name), count=1)
    with pytest.raises(PayloadRefused, match="two fields"):
        read(name, twice)


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (datetime(1970, 1, 1, 12, tzinfo=UTC), "before 1990"),
        (datetime(1989, 12, 31, tzinfo=UTC), "before 1990"),
        (NOW + timedelta(hours=1), "future"),
        (datetime(2226, 1, 1, tzinfo=UTC), "future"),
    ],
)
def test_a_time_that_cannot_be_is_refused(name: str, time: datetime, reason: str) -> None:
    if name == "senml" and time.year == 1970:
        # Small times are relative to now there: half a day ahead of it.
        reason = "future"
    assert reason in only_refused(read(name, message(name, time)))


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.numbers])
@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e400", "1e300", "-777", '"viel"', "true"]
)
def test_a_number_that_cannot_be_is_refused(name: str, number: str) -> None:
    only_refused(read(name, message(name, number=number)))


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.units])
@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        ("furlong", "the unit 'furlong' of water_level is not known"),
        ("m³/s", "the unit 'm³/s' of water_level is not known"),
        ("CM", "the unit 'CM' of water_level is not known"),
        ("m", "the payload says 'm', the source is described as 'cm'"),
    ],
)
def test_a_unit_that_is_not_the_registered_one_is_refused(
    name: str, unit: str, reason: str
) -> None:
    assert only_refused(read(name, message(name, unit=unit))) == reason
