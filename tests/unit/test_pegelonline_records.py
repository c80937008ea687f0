"""Single records of PEGELONLINE that are wrong in one place: they cost only themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded
from ckanext.suedwest.connectors.water.pegelonline import connector
from ckanext.suedwest.connectors.water.pegelonline_words import operator_of, tidy_name
from ckanext.suedwest.domain.errors import PayloadRefused

NOW = datetime(2026, 9, 29, 13, 32, tzinfo=UTC)
SERIES = Context(NOW, "pegelonline:test", "W", "cm")
GOOD = {"timestamp": "2026-09-29T15:15:00+02:00", "value": 1.0}
UUID = "5735892a-ec65-4b29-97c5-50939aa9584e"


def read(body: Any, context: Context = SERIES) -> Decoded:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return connector(payload, context)


def station(**changes: Any) -> dict[str, Any]:
    return {
        "uuid": UUID,
        "number": "27100400",
        "shortname": "ANDERNACH",
        "water": {"shortname": "RHEIN", "longname": "RHEIN"},
        "timeseries": [timeseries()],
    } | changes


def timeseries(**changes: Any) -> dict[str, Any]:
    return {
        "shortname": "W",
        "unit": "cm",
        "equidistance": 15,
        "currentMeasurement": GOOD,
    } | changes


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("null", "null, not a number"),
        ('"124"', "a text, not a number"),
        ("true", "true or false"),
        ("[1]", "a list"),
        ("NaN", "nan"),
        ("-Infinity", "-inf"),
        ("1e999", "inf"),
        ("1" + "0" * 400, "too large"),
        ("-777", "sentinel"),
        ("-888.0", "sentinel"),
        ("99999", "sentinel"),
        ("-32753", "sentinel"),
        ("1300000", "sentinel"),
        ("65250", "sentinel"),
        ("20001", "outside -2000 to 20000 cm"),
        ("-2001", "outside"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_its_neighbour_read(value: str, reason: str) -> None:
    body = f'[{{"timestamp": "2026-09-29T15:00:00+02:00", "value": {value}}}, {json.dumps(GOOD)}]'
    decoded = read(body.encode())
    assert [one.result for one in decoded.observations] == [1.0]
    assert len(decoded.refusals) == 1
    assert reason in decoded.refusals[0].reason
    assert "2026-09-29T15:00:00+02:00" in decoded.refusals[0].record


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("2026-09-29T15:15:00", "no offset"),
        ("29.09.2026 15:15", "not ISO 8601"),
        (1790000000, "not a text"),
        (None, "not a text"),
        ("2026-09-29T15:48:00+02:00", "future"),
        ("2030-01-01T00:00:00Z", "future"),
        ("1989-12-31T23:59:59Z", "before 1990"),
        ("0001-01-01T00:00:00+14:00", "outside the calendar"),
    ],
)
def test_a_time_that_cannot_be_is_refused(time: object, reason: str) -> None:
    decoded = read([{"timestamp": time, "value": 5}, GOOD])
    assert len(decoded.observations) == 1
    assert reason in decoded.refusals[0].reason


def test_a_clock_a_few_minutes_ahead_is_no_future() -> None:
    ahead = (NOW + timedelta(minutes=14)).isoformat()
    assert len(read([{"timestamp": ahead, "value": 5}]).observations) == 1


def test_a_forecast_among_values_is_refused() -> None:
    decoded = read([GOOD, GOOD | {"initialized": GOOD["timestamp"], "type": "forecast"}])
    assert len(decoded.observations) == 1
    assert "forecast" in decoded.refusals[0].reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"uuid": None}, "uuid is null"),
        ({"uuid": "../../etc"}, "uuid is no identifier"),
        ({"shortname": "\u0000"}, "no text"),
        ({"shortname": "a\ud800b"}, "no text"),
        ({"shortname": 7}, "a number"),
    ],
)
def test_a_station_without_identity_is_refused(changes: dict[str, Any], reason: str) -> None:
    other = station(uuid="b45359df-c020-4314-adb1-d1921db642da", shortname="OBERWINTER")
    decoded = read([station(**changes, longname=None), other])
    assert [one.name for one in decoded.stations] == ["Oberwinter"]
    assert any(reason in refusal.reason for refusal in decoded.refusals)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"longitude": 7.4}, "latitude is missing"),
        ({"longitude": 700, "latitude": 50}, "not degrees"),
        ({"longitude": "7,4", "latitude": "50,4"}, "a text"),
        ({"water": "RHEIN"}, "not an object"),
        ({"km": "613"}, "a text"),
        ({"agency": 5}, "a number"),
        ({"timeseries": {"W": 1}}, "the list is an object"),
        ({"timeseries": [None]}, "null, not an object"),
    ],
)
def test_a_wrong_field_costs_only_itself(changes: dict[str, Any], reason: str) -> None:
    decoded = read(station(**changes))
    assert [one.name for one in decoded.stations] == ["Andernach"]
    assert any(reason in refusal.reason for refusal in decoded.refusals)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"shortname": "DFH"}, "only W and Q"),
        ({"shortname": "WV"}, "forecast"),
        ({"unit": "inch"}, "'inch' of W is not known"),
        ({"unit": None}, "unit is null"),
    ],
)
def test_a_series_that_is_not_carried_is_refused(changes: dict[str, Any], reason: str) -> None:
    decoded = read(station(timeseries=[timeseries(**changes)]))
    assert len(decoded.stations) == 1
    assert decoded.datastreams == []
    assert reason in decoded.refusals[0].reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"equidistance": 0}, "equidistance is 0"),
        ({"equidistance": 1e300}, "equidistance"),
        ({"currentMeasurement": None}, "null"),
        ({"comment": "Störung"}, "not an object"),
        ({"characteristicValues": "MW"}, "a text"),
        ({"characteristicValues": [{"shortname": "MTnw", "unit": "cm", "value": 1}]}, "not known"),
        ({"characteristicValues": [{"shortname": "MW", "unit": "cm", "value": None}]}, "null"),
        ({"characteristicValues": [{"shortname": "MW", "unit": "m+NN", "value": 1}]}, "elevation"),
        ({"gaugeZero": {"unit": "m ü. A.", "value": 287.0}}, "not a German height"),
        ({"gaugeZero": {"unit": "m. ü. NHN", "value": "51"}}, "a text"),
        ({"gaugeZero": {"unit": "m. ü. NHN", "value": 5, "validFrom": "1.11.2019"}}, "no date"),
    ],
)
def test_a_wrong_part_of_a_series_costs_only_itself(changes: dict[str, Any], reason: str) -> None:
    decoded = read(station(timeseries=[timeseries(**changes)]))
    assert len(decoded.datastreams) == 1
    assert [reason in refusal.reason for refusal in decoded.refusals] == [True]


def test_a_year_is_enough_for_an_old_extreme() -> None:
    extreme = {"shortname": "NNW", "unit": "cm", "value": 284.0, "occurrences": ["1911"]}
    decoded = read(station(timeseries=[timeseries(characteristicValues=[extreme])]))
    assert decoded.datastreams[0].thresholds[0].source.endswith("eingetreten 1911")


def test_a_comment_without_words_is_still_said() -> None:
    current = GOOD | {"stateMnwMhw": "commented"}
    decoded = read(station(timeseries=[timeseries(currentMeasurement=current)]))
    assert decoded.datastreams[0].remark == "vom Betreiber kommentiert"


def test_what_is_listed_twice_counts_once() -> None:
    decoded = read([station(timeseries=[timeseries(), timeseries()]), station()])
    assert (len(decoded.stations), len(decoded.datastreams)) == (1, 1)
    assert [refusal.reason for refusal in decoded.refusals] == [
        "the timeseries W is listed twice",
        f"the station {UUID} is listed twice",
    ]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!DOCTYPE html><html>503</html>", "HTML"),
        (b"\xff\xfe[", "not UTF-8"),
        (b'[{"uuid": "5735', "not valid JSON"),
        (b"42", "a number"),
        (b"null", "null"),
        (b"{}", "neither a station nor"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 5_000, "not usable JSON"),
        (b'{"status":404,"message":"station not found"}', "station not found"),
        (b"\xef\xbb\xbftimestamp;value\n2026-10-25 02:00;102", "clock change"),
    ],
)
def test_a_reply_that_cannot_be_read_is_refused_as_a_whole(payload: bytes, reason: str) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read(payload)


def test_an_empty_list_is_a_reply() -> None:
    assert read([]) == Decoded()


def test_a_timeseries_alone_is_read_for_the_station_of_the_context() -> None:
    decoded = read(timeseries())
    assert [stream.station_key for stream in decoded.datastreams] == ["pegelonline:test"]
    assert [value.result for value in decoded.observations] == [1.0]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("SANKT GOAR", "Sankt Goar"),
        ("DUISBURG-RUHRORT", "Duisburg-Ruhrort"),
        ("KÖLN", "Köln"),
        ("HANAU BRÜCKE DFH", "Hanau Brücke DFH"),
        ("FRANKFURT AM MAIN OW", "Frankfurt am Main OW"),
        ("Koblenz OP", "Koblenz OP"),
        ("BAKE Z", "Bake Z"),
    ],
)
def test_names_are_written_as_people_write_them(written: str, read_as: str) -> None:
    assert tidy_name(written) == read_as


@pytest.mark.parametrize(
    ("agency", "name"),
    [
        ("STANDORT BINGEN", "WSV, Standort Bingen"),
        ("WSA KOBLENZ", "WSV, WSA Koblenz"),
        ("NEUWIED DEICHAMT", "Neuwied Deichamt"),
        (None, "WSV"),
    ],
)
def test_operators(agency: str | None, name: str) -> None:
    assert operator_of(agency, None).name == name
