"""JSON and tables of other services, read by paths and columns the way a source's options say.

Most of these recordings have no open licence, so they lie beside the checkout of a developer and
not in the repository; look-alikes of each shape are read in test_csv_columns and test_json_paths.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded, find_connector
from ckanext.suedwest.domain.errors import PayloadRefused, Refusal

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "water"
RECORDINGS = sorted(
    path for path in SAMPLES.rglob("*") if path.is_file() and path.stat().st_size < 20_000
)

LEVEL: dict[str, Any] = {"datastream": "W", "observed_property": "water_level", "unit": "cm"}
ELEVATION = {"datastream": "W", "observed_property": "water_elevation", "unit": "m"}
MEZ_TABLE = {"format": "%d.%m.%Y %H:%M", "zone": "+01:00"}
WISKI = {
    "stations": "$[*]",
    "device": {"path": "$.station_no"},
    "time": {"path": "$.timestamp"},
    "values": [{**LEVEL, "path": "$.ts_value", "unit_path": "$.ts_unitsymbol"}],
}
RLP_INDEX = '$["GET /api/v1/index (trimmed)"].measurementSites.*'
RLP_SITE = '$["GET /api/v1/measurement-site/25400750 (trimmed)"]'

READ: list[tuple[str, str, dict[str, Any], list[tuple[str, str, float]], list[str]]] = [
    (
        "rlp_geodaten_wasserstand_2540075000.csv",
        "csv-columns",
        {
            "device": {"column": "Messstellennummer"},
            "time": {"column": "Datum", **MEZ_TABLE},
            "values": [{**LEVEL, "column": "Wasserstand in cm"}],
            "missing": ["-"],
        },
        [
            ("2540075000", "2026-06-24T21:15:00+00:00", 245),
            ("2540075000", "2026-09-23T20:00:00+00:00", 240),
        ],
        [],
    ),
    (
        "rlp_api_v1_config_index_site_lake_vs_river.json",
        "json-paths",
        {
            "stations": RLP_INDEX,
            "device": {"key": True},
            "records": "$.measurements[*]",
            "time": {"path": "$.x"},
            "values": [{**ELEVATION, "path": "$.y"}],
        },
        [("26600128", "2026-08-23T21:30:00+00:00", 483.53)],
        [],
    ),
    (
        "rlp_api_v1_config_index_site_lake_vs_river.json",
        "json-paths",
        {
            "stations": RLP_SITE,
            "device": {"name": "25400750"},
            "records": "$.W.measurements[*]",
            "time": {"path": "$.x"},
            "values": [{**LEVEL, "path": "$.y"}],
        },
        [("25400750", "2026-09-18T20:00:00+00:00", 240)],
        [],
    ),
    (
        "saarland_Daten.js.excerpt.txt",
        "csv-columns",
        {
            "row_prefix": "Pegel(",
            "separator": ",",
            "quote": "'",
            "header": False,
            "device": {"column": 3},
            "time": {"column": 8, **MEZ_TABLE},
            "values": [{**LEVEL, "column": 7}],
            "missing": ["****"],
        },
        [
            ("1464130", "2026-08-23T20:45:00+00:00", 62),
            ("1062220", "2023-02-23T05:00:00+00:00", 144),
        ],
        [],
    ),
    ("hessen_hlnug_wiski_row.json", "json-paths", WISKI,
     [("23940359", "2026-09-23T20:00:00+00:00", 41)], []),
    ("nrw_lanuk_layer10_with_stale_null.json", "json-paths", WISKI,
     [("2829100000100", "2026-09-23T19:45:00+00:00", 32)],
     ["the value is null, not a number"]),
    ("nrw_lanuk_layer10_with_stale_null.json", "json-paths", {**WISKI, "missing": [None]},
     [("2829100000100", "2026-09-23T19:45:00+00:00", 32)], []),
    (
        "nrw_lanuk_week.json",
        "json-paths",
        {
            "stations": "$[*]",
            "device": {"path": "$.station_name"},
            "records": "$.data[*]",
            "time": {"path": "$[0]"},
            "values": [{**LEVEL, "path": "$[1]"}],
        },
        [("Stah", "2026-09-16T22:00:00+00:00", 39)],
        [],
    ),
    (
        "nrw_lanuk_messwerte_excerpt.txt",
        "csv-columns",
        {
            "device": {"column": "station_no"},
            "time": {"column": "time"},
            "values": [{**LEVEL, "column": "value(cm)"}],
        },
        [("2829100000100", "2026-09-23T20:00:00+00:00", 32)],
        ["the row has 2 columns, and no 'value(cm)'"],
    ),
    (
        "niedersachsen_nlwkn_datenspuren.json",
        "json-paths",
        {
            "stations": "$.getPegelDatenspurenChartResult[?@.IstVorhersage == false]",
            "device": {"name": "pegel"},
            "records": "$.Pegelstaende[*]",
            "time": {"path": "$.DatumUTC", "format": "dotnet"},
            "values": [{**LEVEL, "path": "$.Wert"}],
        },
        [
            ("pegel", "2026-08-23T22:00:00+00:00", 83),
            ("pegel", "2026-08-23T23:00:00+00:00", 84),
        ],
        ["the time is null, not a text"],
    ),
    (
        "schleswig_holstein_hsidata_4243000W.txt",
        "csv-columns",
        {
            "separator": ",",
            "header": False,
            "skip_lines": 1,
            "device": {"name": "4243000"},
            "time": {"column": 1, "zone": "+01:00"},
            "values": [{**LEVEL, "column": 2}],
            "missing": ["NULL"],
        },
        [
            ("4243000", "2026-08-23T20:40:00+00:00", 581),
            ("4243000", "2026-08-23T20:55:00+00:00", 582),
        ],
        [],
    ),
    (
        "brandenburg_wasserstand_sentinel_-777.csv",
        "csv-columns",
        {
            "device": {"name": "6650100"},
            "time": {"column": "Datum", "format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"},
            "values": [{**LEVEL, "column": "Wasserstand in cm"}],
            "missing": [-777],
        },
        [
            ("6650100", "2026-08-23T15:00:00+00:00", 75),
            ("6650100", "2026-08-23T15:15:00+00:00", 76),
            ("6650100", "2026-08-23T15:45:00+00:00", 78.5),
        ],
        [],
    ),
    (
        "baden_wuerttemberg_hvz_rows_excerpt.txt",
        "csv-columns",
        {
            "row_prefix": "[",
            "row_suffix": "]",
            "separator": ",",
            "quote": "'",
            "header": False,
            "device": {"column": 1},
            "time": {"column": 2, "format": "%d.%m.%Y %H:%M %Z"},
            "values": [
                {**LEVEL, "column": 3, "where": {"5": "cm"}},
                {**ELEVATION, "column": 3, "where": {"5": "müM"}},
            ],
        },
        [
            ("00111", "2026-09-23T20:15:00+00:00", 14),
            ("09056", "2026-09-23T20:00:00+00:00", 382.23),
        ],
        [],
    ),
    (
        "edis_52n_water_message_eitze.json",
        "json-paths",
        {
            "device": {"path": "$.uuid"},
            "records": '$.timeseries[?@.shortname == "W"].currentMeasurement',
            "time": {"path": "$.timestamp"},
            "values": [{**LEVEL, "path": "$.value"}],
        },
        [("47174d8f-1b8e-4599-8a59-b580dd55bc87", "2023-01-04T18:15:00+00:00", 369)],
        [],
    ),
    (
        "synthetic/duplicates_outoforder_late_revision.json",
        "json-paths",
        {
            "records": "$[*]",
            "device": {"topic_level": 2},
            "time": {"path": "$.timestamp"},
            "values": [{**LEVEL, "path": "$.value"}],
            "missing": [104],
        },
        [
            ("brunnen", "2026-09-29T13:00:00+00:00", 102),
            ("brunnen", "2026-09-29T13:15:00+00:00", 103),
            ("brunnen", "2026-09-29T13:30:00+00:00", 99),
        ],
        ["the value is null, not a number", "nothing stands at '$.value'"],
    ),
    (
        "tasmota_tele_SENSOR.jsonl",
        "tasmota",
        {"zone": "Europe/Berlin"},
        [("brunnen", "2019-01-01T21:42:35+00:00", 167.54)],
        [],
    ),
    (
        "ogc_sta_observation_payloads.jsonl",
        "sensorthings",
        {"quantities": {"999": LEVEL}},
        [("Datastreams(999)", "2020-10-11T10:13:14+00:00", 49)],
        ["the option quantities does not describe 'Observation'"] * 3,
    ),
    (
        "ngsi_v2_keyvalues_WaterObserved.json",
        "ngsi-ld",
        {
            "extent": [-10, 0, 60, 60],
            "quantities": {"waterLevel": {**LEVEL, "unit": "m"}},
            "ignored": ["flow", "height"],
        },
        [
            ("WaterObserved:MNCA-001", "2020-03-17T08:45:00.209000+00:00", 240),
            ("WaterObserved:MNCA-001", "2020-03-17T08:45:00.209000+00:00", 3),
        ],
        [],
    ),
    ("ngsi_v2_keyvalues_WaterObserved.json", "ngsi-ld", {"extent": [5, 40, 10, 50]}, [],
     ["are swapped: longitude comes first"]),
    ("ngsi_ld_WaterObserved_swapped_coordinates.jsonld", "ngsi-ld", {}, [],
     ["they seem to be swapped"]),
    ("ngsi_ld_FloodMonitoring_inconsistent_levels.jsonld", "ngsi-ld", {}, [],
     ["the reference 4.2 less the distance 4.22 is not the level 1.98"]),
]  # fmt: skip


found = cache(find_connector)


def read(path: Path, name: str, options: dict[str, Any]) -> Decoded:
    context = Context(received_at=NOW, topic="tele/brunnen/SENSOR", options=options)
    return found(name)(path.read_bytes(), context)


@pytest.mark.parametrize(
    ("name", "connector", "options", "values", "reasons"),
    [row for row in READ if (SAMPLES / row[0]).is_file()],
)
def test_a_service_is_read_as_its_options_say(
    name: str,
    connector: str,
    options: dict[str, Any],
    values: list[tuple[str, str, float]],
    reasons: list[str],
) -> None:
    decoded = read(SAMPLES / name, connector, options)
    assert [
        (value.station_key.partition(":")[2], value.phenomenon_time.isoformat(), value.result)
        for value in decoded.observations
    ] == values
    assert len(decoded.refusals) == len(reasons)
    for refusal, reason in zip(decoded.refusals, reasons, strict=True):
        assert reason in refusal.reason


@pytest.mark.parametrize(
    "connector",
    ["csv-columns", "json-paths", "lhp", "ngsi-ld", "senml", "sensorthings", "tasmota"],
)
def test_every_recording_is_read_or_refused(connector: str) -> None:
    options = next((options for _, name, options, *_ in READ if name == connector), {})
    for path in RECORDINGS:
        try:
            refusals = read(path, connector, options).refusals
        except PayloadRefused as error:
            refusals = [Refusal(path.name, str(error))]
        assert all(refusal.record and refusal.reason for refusal in refusals)
