"""Parking: free or occupied, sums that contradict each other, closed, single bays, samples."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.connectors.base import Connector, Context, Decoded
from ckanext.suedwest.connectors.traffic import datex2_parking, kaiserslautern_pls, parkapi
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.quality import Quality

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONTEXT = Context(received_at=NOW)
# A developer may have recordings beside the checkout.
MORE = Path(__file__).parents[3] / "shared" / "samples" / "traffic"


def values(decoded: Decoded) -> dict[str, float]:
    return {one.datastream: one.result for one in decoded.observations}


def site(**fields: object) -> bytes:
    described = {
        "uid": "a",
        "name": "Am Markt",
        "lat": "49.4",
        "lon": 7.7,
        "capacity": 100,
        "realtime_data_updated_at": "2026-11-20T12:55:00+01:00",
    }
    return json.dumps({"items": [{**described, **fields}]}).encode()


@pytest.mark.parametrize(
    ("fields", "expected", "doubted"),
    [
        (
            {"realtime_free_capacity": 15, "realtime_opening_status": "OPEN"},
            {"free": 15, "occupied": 85, "capacity": 100, "opening": 1},
            False,
        ),
        ({"realtime_free_capacity": 0}, {"free": 0, "occupied": 100, "capacity": 100}, False),
        ({"realtime_free_capacity": 130}, {"free": 130, "occupied": -30, "capacity": 100}, True),
        ({"realtime_free_capacity": -3}, {"free": -3, "occupied": 103, "capacity": 100}, True),
        ({}, {"capacity": 100}, False),
        ({"realtime_free_capacity": None}, {"capacity": 100}, False),
        (
            {"realtime_free_capacity": 100, "realtime_opening_status": "CLOSED"},
            {"occupied": 0, "capacity": 100, "opening": 0},
            False,
        ),
    ],
)
def test_counts_are_kept_as_sent_and_flagged_where_they_contradict(
    fields: dict[str, object], expected: dict[str, float], doubted: bool
) -> None:
    decoded = parkapi.connector(site(**fields), CONTEXT)
    assert values(decoded) == expected
    counts = [one for one in decoded.observations if one.datastream != "opening"]
    assert {one.quality for one in counts} == {
        Quality.SUSPECT if doubted else Quality.NOT_EVALUATED
    }
    assert decoded.refusals == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"capacity": 4}, "at least 5 bays"),
        ({"capacity": None}, "at least 5 bays"),
        ({"capacity": 1.5}, "whole number"),
        ({"realtime_free_capacity": "many"}, "whole number"),
        ({"lat": 491.0}, "no place on earth"),
        ({"lat": None}, "not two numbers"),
        ({"uid": None}, "uid is null"),
        ({"realtime_data_updated_at": "2031-01-01T00:00:00Z"}, "future"),
    ],
)
def test_a_site_that_cannot_be_used_is_refused_alone(
    fields: dict[str, object], reason: str
) -> None:
    (bad,) = json.loads(site(**fields))["items"]
    (good,) = json.loads(site(uid="b"))["items"]
    decoded = parkapi.connector(json.dumps({"items": [bad, good]}).encode(), CONTEXT)
    (refusal,) = decoded.refusals
    assert reason in refusal.reason
    assert {one.station_key for one in decoded.observations} == {"parkapi:b"}


def test_aktuell_of_kaiserslautern_is_occupied_and_its_time_local() -> None:
    payload = (
        b"<Daten><Zeitstempel>13.07.2026 14:46:00</Zeitstempel><Parkhaus><ID>2</ID>"
        b"<Name>PH Musterstra&#223;e</Name><Gesamt>127</Gesamt><Aktuell>104</Aktuell>"
        b"<Status>Offen</Status></Parkhaus></Daten>"
    )
    decoded = kaiserslautern_pls.connector(payload, CONTEXT)
    assert values(decoded) == {"free": 23, "occupied": 104, "capacity": 127, "opening": 1}
    assert decoded.observations[0].phenomenon_time == datetime(2026, 7, 13, 12, 46, tzinfo=UTC)
    assert decoded.stations[0].name == "PH Musterstraße"


def test_the_state_of_the_old_german_model_stands_twice_in_any_order() -> None:
    payload = b"""<parkingFacilityTableStatusPublication><parkingFacilityStatus>
      <parkingFacilityReference id="7" version="1"/>
      <parkingFacilityStatus>closed</parkingFacilityStatus>
      <parkingFacilityStatus>spacesAvailable</parkingFacilityStatus>
      <parkingFacilityStatusTime>2026-11-20T12:00:00+01:00</parkingFacilityStatusTime>
      <totalNumberOfOccupiedParkingSpaces>25</totalNumberOfOccupiedParkingSpaces>
      <totalNumberOfVacantParkingSpaces>75</totalNumberOfVacantParkingSpaces>
      </parkingFacilityStatus></parkingFacilityTableStatusPublication>"""
    assert values(datex2_parking.connector(payload, CONTEXT)) == {"occupied": 25, "opening": 0}


ALL: list[Connector] = [
    parkapi.connector,
    kaiserslautern_pls.connector,
    datex2_parking.connector,
]


@pytest.mark.parametrize("read", ALL)
@given(payload=st.one_of(st.binary(max_size=200), st.text(alphabet='<>/{}[]":,1a', max_size=60)))
def test_nothing_but_its_own_refusal_comes_out(read: Connector, payload: bytes | str) -> None:
    with contextlib.suppress(PayloadRefused):
        read(payload if isinstance(payload, bytes) else payload.encode(), CONTEXT)


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]),
    st.just({}),
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(
            ["uid", "name", "lat", "lon", "capacity", "realtime_free_capacity",
             "realtime_opening_status", "realtime_data_updated_at"]
        ),
        ODD,
    )
)  # fmt: skip
def test_odd_fields_are_refused_with_a_reason(fields: dict[str, object]) -> None:
    parkapi.connector(site(**fields), CONTEXT)


RECORDINGS: list[tuple[Connector, str, tuple[int, int, int, int]]] = [
    (parkapi.connector, "parking/parkapi_v3_parking-site-list.json", (1, 4, 4, 1)),
    (parkapi.connector, "parking/parkendd_v1_city_response_herrenberg.json", (21, 72, 44, 4)),
    (kaiserslautern_pls.connector, "parking/legacy_kaiserslautern_pls.xml", (11, 43, 42, 0)),
    (
        datex2_parking.connector,
        "datex2/v2_parking_status_friedrichshafen_single_bays_PRIVACY.xml",
        (0, 0, 0, 55),
    ),
    (
        datex2_parking.connector,
        "datex2/v2_parking_table_friedrichshafen_single_bays.xml",
        (0, 0, 0, 55),
    ),
    (
        datex2_parking.connector,
        "datex2/v2_parking_table_muenchen_XSS_in_values.xml",
        (13, 39, 0, 1),
    ),
    (
        datex2_parking.connector,
        "datex2/v2_parkingfacility_status_stuttgart_STALE.xml",
        (0, 109, 109, 11),
    ),
    (
        datex2_parking.connector,
        "datex2/v2_parkingfacility_table_muenchen_pr_MOJIBAKE.xml",
        (13, 39, 0, 1),
    ),
    (
        datex2_parking.connector,
        "datex2/v2_parkingfacility_table_stuttgart_weekday_openings.xml",
        (39, 117, 0, 58),
    ),
    (datex2_parking.connector, "datex2/v3_parking_status_ndw_wrong_prefix.xml", (0, 12, 12, 2)),
]


@pytest.mark.parametrize(
    ("read", "name", "expected"), [row for row in RECORDINGS if (MORE / row[1]).exists()]
)
def test_recordings_are_read_or_refused(
    read: Connector, name: str, expected: tuple[int, int, int, int]
) -> None:
    decoded = read((MORE / name).read_bytes(), CONTEXT)
    found = (decoded.stations, decoded.datastreams, decoded.observations, decoded.refusals)
    assert tuple(map(len, found)) == expected
