"""Charging: points added up to their sites, nothing private, no single point."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.connectors.base import Context, Decoded
from ckanext.suedwest.connectors.traffic import bnetza_charging, datex2_energy, ocpi_locations
from ckanext.suedwest.connectors.traffic.charging import PointState, site_counts
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.quality import Quality

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONTEXT = Context(NOW)
EARLIER = "2026-11-20T12:50:00+01:00"


def values(decoded: Decoded) -> dict[str, float]:
    return {one.datastream: one.result for one in decoded.observations}


@given(st.lists(st.sampled_from(PointState)))
def test_no_site_tells_of_a_single_point(states: list[PointState]) -> None:
    counts = site_counts(states)
    known = [counts[name] for name in ("available", "occupied", "out_of_service")]
    total = counts["total"]
    assert total is not None
    if total < 2:
        assert known == [None, None, None]
    elif None not in known:
        assert sum(filter(None, known)) + states.count(PointState.UNKNOWN) == total


def location(*states: str, **fields: object) -> dict[str, object]:
    return {
        "country_code": "DE",
        "party_id": "ABC",
        "id": "7",
        "publish": True,
        "name": "Am Markt",
        "coordinates": {"latitude": "49.44", "longitude": "7.77"},
        "evses": [{"uid": f"{n}", "status": state} for n, state in enumerate(states)],
        "last_updated": "2026-11-20T11:50:00Z",
        **fields,
    }


def ocpi(document: object) -> Decoded:
    return ocpi_locations.connector(json.dumps(document).encode(), CONTEXT)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (
            ["AVAILABLE", "CHARGING", "BLOCKED", "RESERVED", "OUTOFORDER"],
            {"available": 1, "occupied": 3, "out_of_service": 1, "total": 5},
        ),
        (
            ["INOPERATIVE", "UNKNOWN", "REMOVED", "PLANNED"],
            {"available": 0, "occupied": 0, "out_of_service": 1, "total": 2},
        ),
        (["UNKNOWN", "UNKNOWN"], {"total": 2}),
        (["CHARGING"], {"total": 1}),
        (["CHARGING", "REMOVED"], {"total": 1}),
    ],
)
def test_states_of_ocpi_are_added_up(states: list[str], expected: dict[str, int]) -> None:
    decoded = ocpi([location(*states)])
    assert values(decoded) == expected
    (station,) = decoded.stations
    assert (station.key, station.kind, station.name) == ("ocpi:DE*ABC*7", "charging", "Am Markt")
    assert (station.longitude, station.latitude) == (7.77, 49.44)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: one,
        lambda one: [one],
        lambda one: {"items": [one], "next": None},
        lambda one: {"data": [one], "status_code": 1000},
        lambda one: {"data": one, "status_code": 1000},
    ],
)
def test_a_location_is_read_in_every_wrapping(wrap: Any) -> None:
    decoded = ocpi(wrap(location("AVAILABLE", "AVAILABLE")))
    assert values(decoded)["available"] == 2
    assert decoded.observations[0].phenomenon_time == datetime(2026, 11, 20, 11, 50, tzinfo=UTC)


def test_the_time_of_a_page_is_that_of_its_states() -> None:
    page = {"data": [location("AVAILABLE", "AVAILABLE")], "timestamp": "2026-11-20T11:58:00"}
    assert {one.phenomenon_time for one in ocpi(page).observations} == {
        datetime(2026, 11, 20, 11, 58, tzinfo=UTC)
    }


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"publish": False, "publish_allowed_to": [{"uid": "12345678905880"}]}, "not publish"),
        ({"publish": "true"}, "not publish"),
        ({"parking_type": "ON_DRIVEWAY"}, "private"),
        ({"evses": []}, "no charging points"),
        ({"evses": [{"status": "FREE"}]}, "is not known"),
        ({"id": None}, "the id is null"),
        ({"coordinates": {"latitude": "x", "longitude": "7"}}, "not two numbers"),
        ({"last_updated": "2031-01-01T00:00:00Z"}, "future"),
    ],
)
def test_a_location_that_cannot_be_used_is_refused_alone(
    fields: dict[str, object], reason: str
) -> None:
    bad = location("AVAILABLE", "CHARGING", **fields)
    decoded = ocpi([bad, location("AVAILABLE", "AVAILABLE", id="8")])
    (refusal,) = decoded.refusals
    assert reason in refusal.reason
    assert "12345678905880" not in repr(decoded)
    assert {one.station_key for one in decoded.observations} == {"ocpi:DE*ABC*8"}


def test_an_answer_without_locations_says_why() -> None:
    with pytest.raises(PayloadRefused, match="status 2001"):
        ocpi({"status_code": 2001, "status_message": "no"})


def message(*states: str, protocol: str = "snapshotPush", **publication: object) -> bytes:
    points = [
        {"aegiRefillPointStatus": {"status": {"value": state}, "lastUpdated": EARLIER}}
        for state in states
    ]
    site = {
        "reference": {"idG": "S1", "versionG": "1"},
        "energyInfrastructureStationStatus": [{"refillPointStatus": points}],
    }
    status = {
        "publicationTime": "2026-11-20T12:40:00+01:00",
        "energyInfrastructureSiteStatus": [site],
        **publication,
    }
    exchange = {"exchangeContext": {"codedExchangeProtocol": {"value": protocol}}}
    payload = [{"aegiEnergyInfrastructureStatusPublication": status}]
    container = {"payload": payload, "exchangeInformation": exchange}
    return json.dumps({"messageContainer": container}).encode()


@pytest.mark.parametrize(
    ("protocol", "points", "quality"),
    [
        ("snapshotPush", None, Quality.NOT_EVALUATED),
        ("deltaPull", None, Quality.SUSPECT),
        ("deltaPull", 3, Quality.NOT_EVALUATED),
        ("deltaPull", 8, Quality.SUSPECT),
        ("snapshotPull", 8, Quality.SUSPECT),
    ],
)
def test_states_of_afir_are_doubted_where_points_are_missing(
    protocol: str, points: int | None, quality: Quality
) -> None:
    devices = {} if points is None else {"S1": {"name": "x", "points": points}}
    decoded = datex2_energy.connector(
        message("available", "charging", "faulted", protocol=protocol),
        Context(NOW, options={"devices": devices}),
    )
    assert values(decoded) == {"available": 1, "occupied": 1, "out_of_service": 1}
    assert {one.quality for one in decoded.observations} == {quality}
    assert {one.phenomenon_time for one in decoded.observations} == {
        datetime(2026, 11, 20, 11, 50, tzinfo=UTC)
    }


@pytest.mark.parametrize(
    ("states", "reason"),
    [(["available"], "single point"), ([], "single point"), (["free", "free"], "not known")],
)
def test_a_site_of_afir_that_cannot_be_told_is_refused(states: list[str], reason: str) -> None:
    (refusal,) = datex2_energy.connector(message(*states), CONTEXT).refusals
    assert refusal.record == "site S1"
    assert reason in refusal.reason


def test_what_is_not_for_the_public_is_refused() -> None:
    header = {"confidentiality": {"value": "restrictedToAuthorities"}}
    with pytest.raises(PayloadRefused, match="not for the public"):
        datex2_energy.connector(message("available", headerInformation=header), CONTEXT)


def register(**fields: object) -> bytes:
    entry = {
        "id": 1000001,
        "city": "Musterstadt",
        "street": "Am Markt",
        "house_no": "1",
        "coordinates": {"latitude": 49.4, "longitude": 7.7},
        "evses": [{}, {}],
        "go_live_date": "04.08.2016",
        "operator": {"companyName": "Stadtwerke Musterstadt"},
        "status": {"operational": "In Betrieb"},
        **fields,
    }
    return json.dumps({"chargingStations": [entry]}).encode()


TABLE = """Ladesäulenregister der Bundesnetzagentur;;;
Stand: 20.11.2026;;;

Ladeeinrichtungs-ID;Betreiber;Status;Anzahl Ladepunkte;Inbetriebnahmedatum;Straße;Hausnummer;Ort;\
Breitengrad;Längengrad
1000001;Stadtwerke Musterstadt;In Betrieb;2;04.08.2016;Am Markt;1;Musterstadt;49,4;7,7
"""


@pytest.mark.parametrize(
    "payload",
    [
        register(),
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("cp1252"),
        TABLE.replace("\n", "\r\n").encode("cp1252"),
    ],
)
def test_the_register_is_read_in_both_forms(payload: bytes) -> None:
    decoded = bnetza_charging.connector(payload, CONTEXT)
    assert decoded.refusals == []
    (station,) = decoded.stations
    assert (station.key, station.name) == ("bnetza:1000001", "Am Markt 1 Musterstadt")
    assert station.operator.name == "Stadtwerke Musterstadt"
    assert (station.longitude, station.latitude) == (7.7, 49.4)
    assert values(decoded) == {"total": 2}
    assert decoded.observations[0].phenomenon_time == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"go_live_date": "01.12.2026"}, "does not begin before"),
        ({"go_live_date": "2016-08-04"}, "not of the form"),
        ({"status": {"operational": "Außer Betrieb"}}, "Außer Betrieb"),
        ({"evses": []}, "no charging points"),
        ({"id": None}, "the id is null"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused(fields: dict[str, object], reason: str) -> None:
    decoded = bnetza_charging.connector(register(**fields), CONTEXT)
    assert reason in decoded.refusals[0].reason
    assert decoded.stations == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"PK\x03\x04", "workbook"),
        (b"a;b\n1;2\n", "no line with Betreiber"),
        (b"Betreiber;Breitengrad;L\xe4ngengrad\nx;1;2\n", "no Ladeeinrichtungs-ID"),
    ],
)
def test_what_is_no_register_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        bnetza_charging.connector(payload, CONTEXT)
