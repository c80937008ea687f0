"""The flood portal of the German states: classes become observations, everything else is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded
from ckanext.suedwest.connectors.water.lhp import connector
from ckanext.suedwest.domain.errors import PayloadRefused

DATA = Path(__file__).parents[1] / "data" / "lhp"
STATIONS = DATA / "lhp_publicapi_stations_2026-10-02_geojson_subset.json"
ALERTS = DATA / "lhp_publicapi_alerts_test_2026-10-03_geometry_trimmed.json"
NOW = datetime(2026, 10, 2, 17, tzinfo=UTC)


def read(payload: bytes | dict[str, Any], now: datetime = NOW) -> Decoded:
    if isinstance(payload, dict):
        payload = json.dumps(payload).encode()
    return connector(payload, Context(received_at=now))


def one_gauge(**changes: Any) -> dict[str, Any]:
    """The reply with its first gauge only; `changes` are of the gauge's properties."""
    reply = json.loads(STATIONS.read_bytes())
    del reply["features"][1:]
    reply["features"][0]["properties"] |= changes
    return reply


def test_a_class_is_a_datastream_of_its_own() -> None:
    decoded = read(STATIONS.read_bytes())
    kaub = next(station for station in decoded.stations if station.key == "lhp:RP_25700100")
    assert (kaub.name, kaub.water, kaub.number) == ("Kaub", "Rhein", "25700100")
    assert (kaub.longitude, kaub.latitude) == (7.765, 50.0854)
    assert kaub.properties["state"] == "DE-RP"
    assert kaub.licence.id == "cc-by-4.0"
    assert {
        (stream.name, stream.observed_property, stream.unit) for stream in decoded.datastreams
    } == {("class", "flood_class", "class")}
    assert [
        (each.level, each.severity, each.label) for each in decoded.datastreams[0].thresholds
    ] == [
        (1.0, 1, "Kleines Hochwasser"),
        (2.0, 2, "Mittleres Hochwasser"),
        (3.0, 3, "Großes Hochwasser"),
        (4.0, 4, "Sehr großes Hochwasser"),
    ]
    assert len(decoded.stations) == len(decoded.datastreams) == 10
    assert decoded.refusals == []


def test_times_are_legal_local_time() -> None:
    (value,) = read(one_gauge()).observations
    assert value.phenomenon_time == datetime(2026, 10, 2, 16, 30, tzinfo=UTC)
    assert (value.station_key, value.datastream, value.result) == ("lhp:BW_143", "class", 3.0)


@pytest.mark.parametrize("absent", [-1, None])
def test_no_data_is_no_class(absent: int | None) -> None:
    decoded = read(one_gauge(lhpClass=absent))
    assert len(decoded.datastreams) == 1
    assert decoded.observations == decoded.refusals == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lhpClass": "4"}, "lhpClass is a text, not a number"),
        ({"lhpClass": 5}, "lhpClass is 5, not one of 0 to 4"),
        ({"lhpClass": 0.5}, "lhpClass is 0.5, not one of 0 to 4"),
        ({"timestamp": "Heute, 11:30 Uhr"}, "is not ISO 8601"),
        ({"timestamp": None}, "the time is null, not a text"),
        ({"timestamp": "2027-01-01 00:00:00"}, "lies in the future"),
        ({"timestamp": "2026-03-29 02:30:00"}, "does not exist"),
        ({"timestamp": "2025-10-26 02:30:00"}, "happens twice"),
        ({"name": ""}, "name is blank"),
    ],
)
def test_a_gauge_that_cannot_be_used_is_refused(changes: dict[str, Any], reason: str) -> None:
    decoded = read(one_gauge(**changes))
    assert decoded.stations == decoded.observations == []
    (refusal,) = decoded.refusals
    assert refusal.record == "BW_143"
    assert reason in refusal.reason


def without_licence(reply: dict[str, Any]) -> None:
    reply["licence"] = "https://example.org/all-rights-reserved"


def as_list_of_gauges(reply: dict[str, Any]) -> None:
    reply["type"] = "List"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without_licence, "is not CC BY 4.0"),
        (as_list_of_gauges, "no GeoJSON FeatureCollection"),
    ],
)
def test_a_reply_of_another_kind_is_refused(
    change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    reply = one_gauge()
    change(reply)
    with pytest.raises(PayloadRefused, match=reason):
        read(reply)


def test_the_service_that_closed_is_refused() -> None:
    with pytest.raises(PayloadRefused, match="closed in July 2023"):
        read({"PN": "Musterdorf", "GW": "Musterbach", "HW_TXT": "Kein Hochwasser", "W": "12 cm"})


def test_warnings_are_no_values_of_gauges() -> None:
    with pytest.raises(PayloadRefused, match="warnings of areas"):
        read(ALERTS.read_bytes())


def test_a_gauge_that_two_states_list_has_two_keys_and_a_repeated_one_is_refused() -> None:
    reply = one_gauge()
    (gauge,) = reply["features"]
    reply["features"] += [{**gauge, "id": "HE_143"}, gauge]
    decoded = read(reply)
    assert [station.key for station in decoded.stations] == ["lhp:BW_143", "lhp:HE_143"]
    assert [refusal.reason for refusal in decoded.refusals] == [
        "the gauge stands twice in the reply"
    ]
