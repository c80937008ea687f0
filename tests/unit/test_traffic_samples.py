"""Every recorded payload of traffic, when it is there: read as expected, or refused with a reason.

A file that no row names is read by no connector; what a person could be found in is in neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded, connector_names, find_connector
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.ingest.decode_timetable import DECODERS, report

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "traffic"
FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file() and path.suffix != ".md")
# What is tried with every connector; the largest tables would take a minute.
SMALL = [path for path in FILES if path.stat().st_size < 100_000]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
# Without options these read nothing by themselves.
DESCRIBED = {"csv-columns", "json-paths", "parking-mapping", "roadworks-geojson"}
CONNECTORS = {name: find_connector(name) for name in connector_names() if name not in DESCRIBED}
# Stations, observations, events and refusals.
READ: tuple[tuple[str, str, tuple[int, int, int, int]], ...] = (
    ("charging/bnetza_ladesaeulenregister_api_trimmed25.json", "bnetza-charging", (25, 25, 0, 0)),
    ("charging/ocpi_chargecloud_ludwigsburg_real_trimmed6.json", "ocpi-locations", (6, 24, 0, 0)),
    ("charging/ocpi_location_example.json", "ocpi-locations", (1, 4, 0, 0)),
    ("counters/bast_hourly_one_line.csv", "bast", (1, 24, 0, 0)),
    (
        "counters/eco_muenster_15min_2020-04_status4_modified.csv",
        "eco-counter-csv",
        (1, 8640, 0, 0),
    ),
    ("counters/eco_muenster_15min_2024-02_ragged_rows.csv", "eco-counter-csv", (1, 13440, 0, 0)),
    ("counters/eco_muenster_15min_2024-08_gaps.csv", "eco-counter-csv", (1, 19680, 0, 0)),
    ("counters/eco_muenster_15min_2025-03_DST_spring.csv", "eco-counter-csv", (1, 8628, 0, 0)),
    ("counters/ecovisio_publicwebpageplus_data_berlin_MMDDYYYY.json", "eco-counter", (0, 22, 0, 0)),
    ("counters/moers_radar_single_vehicle_records_PRIVACY.txt", "radar", (0, 48, 0, 0)),
    ("counters/telraam_report_traffic_hourly.json", "telraam", (0, 12, 0, 0)),
    ("counters/telraam_segment_response_PRIVACY.json", "telraam", (1, 0, 0, 0)),
    ("counters/telraam_segments_area.json", "telraam", (1, 0, 0, 0)),
    ("datex2/v2_measureddata_ndw_soap_trimmed.xml", "datex2-measured", (0, 68, 0, 0)),
    ("datex2/v2_measurementsitetable_ndw_soap.xml", "datex2-measured", (1, 0, 0, 0)),
    ("datex2/v2_parking_table_muenchen_XSS_in_values.xml", "datex2-parking", (13, 0, 0, 1)),
    ("datex2/v2_parkingfacility_status_stuttgart_STALE.xml", "datex2-parking", (0, 109, 0, 11)),
    ("datex2/v2_parkingfacility_table_muenchen_pr_MOJIBAKE.xml", "datex2-parking", (13, 0, 0, 1)),
    (
        "datex2/v2_parkingfacility_table_stuttgart_weekday_openings.xml",
        "datex2-parking",
        (39, 0, 0, 58),
    ),
    ("datex2/v2_situation_france_vehicle_obstruction.xml", "datex2-situations", (0, 0, 1, 0)),
    ("datex2/v2_situation_roadworks_bw_single.xml", "datex2-situations", (0, 0, 2, 0)),
    ("datex2/v3_5_afir_status_enbw_real.json", "datex2-energy-json", (0, 9, 0, 0)),
    ("datex2/v3_5_afir_table_giroe_real.json", "datex2-energy-json", (8, 8, 0, 0)),
    ("datex2/v3_5_afir_table_mobilithek_profile_01-00-00.json", "datex2-energy-json", (1, 1, 0, 0)),
    ("datex2/v3_measureddata_ndw_messagecontainer_cutdown.xml", "datex2-measured", (0, 4, 0, 0)),
    ("datex2/v3_messagecontainer_situation_ndw.xml", "datex2-situations", (0, 0, 8, 3)),
    ("datex2/v3_parking_status_ndw_wrong_prefix.xml", "datex2-parking", (0, 12, 0, 2)),
    ("parking/legacy_kaiserslautern_pls.xml", "kaiserslautern-pls", (11, 42, 0, 0)),
    ("parking/parkapi_src_herrenberg.json", "parkapi", (21, 33, 0, 5)),
    ("parking/parkapi_src_mannheim.json", "parkapi", (1, 3, 0, 0)),
    ("parking/parkapi_v3_parking-site-list.json", "parkapi", (1, 4, 0, 1)),
    ("parking/parkendd_v1_city_response_herrenberg.json", "parkapi", (21, 44, 0, 4)),
    ("roadworks/autobahn_api_closure.json", "autobahn", (0, 0, 1, 0)),
    ("roadworks/autobahn_api_roadworks.json", "autobahn", (0, 0, 1, 0)),
    ("sharing/gbfs_v2.3_fixture_station_information.json", "gbfs", (2, 0, 0, 0)),
    ("sharing/gbfs_v2.3_fixture_station_status.json", "gbfs", (0, 4, 0, 0)),
    ("sharing/gbfs_v2_DUPLICATE_station_information.json", "gbfs", (3, 3, 0, 0)),
    ("sharing/gbfs_v2_DUPLICATE_station_status.json", "gbfs", (0, 6, 0, 1)),
    ("sharing/gbfs_v2_real_lillestrom_station_information.json", "gbfs", (6, 6, 0, 0)),
    ("sharing/gbfs_v2_real_lillestrom_station_status.json", "gbfs", (0, 12, 0, 0)),
    ("sharing/gbfs_v3.0_fixture_station_information.json", "gbfs", (23, 4, 0, 0)),
    ("sharing/gbfs_v3.0_fixture_station_status.json", "gbfs", (0, 1, 0, 0)),
)
TIMETABLES: tuple[tuple[str, str, str], ...] = (
    ("transit/gtfs_google_sample_feed.zip", "gtfs", '"trips": 8'),
    ("transit/gtfs_vbb_m5_real_route_type_900.zip", "gtfs", '"trips": 1'),
    ("transit/gtfs_vvs_bus_751_real.zip", "gtfs", '"trips": 134'),
    ("transit/gtfsrt_alert_or_cancel_mmri_3e.pb", "gtfs-realtime", '"cancelled": 1'),
    ("transit/gtfsrt_septa.pb", "gtfs-realtime", '"trips": 35'),
    ("transit/gtfsrt_trip_update_mmri_3b.pb", "gtfs-realtime", '"trips": 2'),
    (
        "transit/gtfsrt_vehicle_positions_king_county_1.pb",
        "gtfs-realtime",
        '"places_of_vehicles_not_read": 627',
    ),
)


def present(rows: tuple[tuple[str, str, object], ...]) -> list[tuple[str, str, object]]:
    return [row for row in rows if (SAMPLES / row[0]).is_file()]


def decoded(file: Path, connector: str) -> Decoded | None:
    """What a connector makes of a file; None when it refuses it as a whole."""
    context = Context(
        received_at=NOW, topic="x", station_key=f"{connector}:unknown", datastream="unknown"
    )
    try:
        return CONNECTORS[connector](file.read_bytes(), context)
    except PayloadRefused:
        return None


@pytest.mark.parametrize(("name", "connector", "expected"), present(READ))
def test_a_payload_is_read_as_expected(
    name: str, connector: str, expected: tuple[int, int, int, int]
) -> None:
    found = decoded(SAMPLES / name, connector)
    assert found is not None
    assert (
        len(found.stations),
        len(found.observations),
        len(found.events),
        len(found.refusals),
    ) == expected
    assert all(each.reason for each in found.refusals)


def reading(file: Path) -> Iterator[str]:
    for connector in CONNECTORS:
        found = decoded(file, connector)
        if found and (found.stations or found.observations or found.events):
            yield connector


@pytest.mark.parametrize("file", SMALL, ids=lambda file: file.name)
def test_no_connector_reads_what_is_not_its_own_and_none_breaks(file: Path) -> None:
    name = file.relative_to(SAMPLES).as_posix()
    assert list(reading(file)) == [row[1] for row in READ if row[0] == name]


@pytest.mark.parametrize(("name", "connector", "expected"), present(TIMETABLES))
def test_public_transport_is_read_as_expected(name: str, connector: str, expected: str) -> None:
    told, something = report(connector, (SAMPLES / name).read_bytes(), {}, NOW)
    assert expected in told
    assert something is ('"trips": 0' not in told)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_timetable_is_made_of_anything_else(file: Path) -> None:
    name = file.relative_to(SAMPLES).as_posix()
    listed = {row[1] for row in TIMETABLES if row[0] == name}
    for connector in DECODERS.keys() - listed:
        with pytest.raises(PayloadRefused):
            report(connector, file.read_bytes(), {}, NOW)
