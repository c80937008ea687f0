"""Sharing: stations of GBFS 2 and 3, what is not available, vehicles only as counts of zones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.connectors.base import Context, Decoded
from ckanext.suedwest.connectors.options import OptionsRefused
from ckanext.suedwest.connectors.traffic.gbfs import connector
from ckanext.suedwest.domain.errors import PayloadRefused

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MARKET = {"name": "Markt", "west": 7.74, "south": 49.43, "east": 7.78, "north": 49.46}
STATION = {"name": "Bahnhof", "west": 7.78, "south": 49.43, "east": 7.80, "north": 49.46}


def read(data: dict[str, Any], *, version: int = 3, **options: object) -> Decoded:
    updated = "2026-11-20T12:55:00.123456+01:00" if version == 3 else 1795175700
    payload = json.dumps({"last_updated": updated, "ttl": 60, "data": data}).encode()
    return connector(payload, Context(NOW, options=options))


def values(decoded: Decoded) -> dict[str, float]:
    return {f"{one.station_key} {one.datastream}": one.result for one in decoded.observations}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"num_bikes_available": 3, "num_docks_available": 0}, {"vehicles": 3, "docks": 0}),
        ({"num_vehicles_available": 0}, {"vehicles": 0}),
        ({"num_vehicles_available": None}, {}),
        ({"num_vehicles_available": 4, "is_renting": False}, {}),
        (
            {"num_vehicles_available": 4, "num_docks_available": 2, "is_returning": False},
            {"vehicles": 4},
        ),
        ({"num_docks_available": 2, "is_installed": False}, {}),
        ({"capacity": 12}, {"capacity": 12}),
    ],
)
@pytest.mark.parametrize("version", [2, 3])
def test_a_station_tells_what_it_offers(
    fields: dict[str, object], expected: dict[str, int], version: int
) -> None:
    decoded = read({"stations": [{"station_id": "7", **fields}]}, version=version)
    assert values(decoded) == {f"gbfs:7 {name}": number for name, number in expected.items()}
    assert decoded.refusals == []


def test_times_of_both_versions_and_a_stations_own() -> None:
    station = {"station_id": "7", "num_vehicles_available": 1}
    (newer,) = read({"stations": [station]}).observations
    (older,) = read({"stations": [station]}, version=2).observations
    (own,) = read({"stations": [{**station, "last_reported": 1795172400}]}).observations
    assert newer.phenomenon_time == datetime(2026, 11, 20, 11, 55, 0, 123456, tzinfo=UTC)
    assert older.phenomenon_time == datetime(2026, 11, 20, 11, 55, tzinfo=UTC)
    assert own.phenomenon_time == datetime(2026, 11, 20, 11, tzinfo=UTC)


def test_of_several_languages_german_is_taken() -> None:
    name = [{"language": "en", "text": "Station"}, {"language": "de-DE", "text": "Bahnhof"}]
    decoded = read({"stations": [{"station_id": "7", "name": name, "lat": 49.4, "lon": 7.7}]})
    assert [(one.name, one.latitude, one.longitude) for one in decoded.stations] == [
        ("Bahnhof", 49.4, 7.7)
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"station_id": None}, "the id is null"),
        ({"num_bikes_available": -1}, "vehicles -1 is not between"),
        ({"num_bikes_available": 1.5}, "not a whole number"),
        ({"lat": 200, "lon": 7}, "no place on earth"),
        ({"name": "KL-AB 123"}, "looks like a licence plate"),
        ({"station_id": "8"}, "stands twice"),
    ],
)
def test_a_station_that_cannot_be_used_is_refused_alone(
    fields: dict[str, object], reason: str
) -> None:
    good = {"station_id": "8", "num_bikes_available": 2}
    decoded = read({"stations": [good, {"station_id": "7", **fields}]})
    (refusal,) = decoded.refusals
    assert reason in refusal.reason
    assert values(decoded) == {"gbfs:8 vehicles": 2}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"feeds": []}, "list of the system's files"),
        ({"de": {"feeds": []}, "en": {"feeds": []}}, "list of the system's files"),
        ({"vehicle_types": []}, "kinds of vehicles"),
        ({"datasets": []}, "manifest"),
        ({}, "neither stations nor vehicles"),
        ({"bikes": []}, "zones"),
    ],
)
def test_what_says_nothing_of_availability_is_refused(data: dict[str, Any], reason: str) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read(data)


def vehicle(longitude: float, **fields: object) -> dict[str, object]:
    return {"vehicle_id": "f00", "bike_id": "f00", "lat": 49.44, "lon": longitude, **fields}


@pytest.mark.parametrize(
    ("vehicles", "expected"),
    [
        ([vehicle(7.75)] * 3, {"market": 3, "station": 0}),
        # One or two would be found; nobody is told how many.
        ([vehicle(7.75)] * 2 + [vehicle(7.79)] * 4, {"station": 4}),
        ([vehicle(7.78)] * 3, {"market": 0, "station": 3}),
        ([vehicle(7.75, is_reserved=True)] * 3, {"market": 0, "station": 0}),
        ([vehicle(7.75, is_disabled=True)] * 3, {"market": 0, "station": 0}),
        ([vehicle(7.75, station_id="7")] * 3, {"market": 0, "station": 0}),
        ([vehicle(9.0)] * 3, {"market": 0, "station": 0}),
    ],
)
@pytest.mark.parametrize("name", ["bikes", "vehicles"])
def test_vehicles_are_counted_in_zones(
    vehicles: list[dict[str, object]], expected: dict[str, int], name: str
) -> None:
    decoded = read({name: vehicles}, zones={"market": MARKET, "station": STATION})
    assert values(decoded) == {f"gbfs:{zone} vehicles": number for zone, number in expected.items()}


@given(
    st.lists(
        st.tuples(
            st.floats(7.7, 7.82), st.floats(49.4, 49.5), st.text("abcdef0123456789", min_size=20)
        ),
        max_size=12,
    )
)
def test_no_vehicle_and_no_small_count_comes_out(places: list[tuple[float, float, str]]) -> None:
    vehicles = [
        {"vehicle_id": name, "lat": north, "lon": east, "rental_uris": {"web": f"x://{name}"}}
        for east, north, name in places
    ]
    decoded = read({"vehicles": vehicles}, zones={"market": MARKET, "station": STATION})
    assert not {1.0, 2.0} & {one.result for one in decoded.observations}
    told = repr(decoded)
    assert not any(name in told for _, _, name in places)
    assert {one.longitude for one in decoded.stations} == {7.76, 7.79}


@pytest.mark.parametrize(
    ("zones", "reason"),
    [
        ({"a": MARKET, "b": {**MARKET, "west": 7.75}}, "overlap"),
        ({"a": {**MARKET, "east": 7.743}}, "at least 500 m"),
        ({"a": {**MARKET, "east": 7.7}}, "from west to east"),
        ({"a": {**MARKET, "north": "viel"}}, "zones"),
    ],
)
def test_zones_that_would_show_single_vehicles_are_refused(
    zones: dict[str, object], reason: str
) -> None:
    with pytest.raises(OptionsRefused, match=reason):
        read({"vehicles": []}, zones=zones)
