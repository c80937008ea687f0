"""Counters: totals and parts, civil days at the changes of the clock, wraps, nobody's identity."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.connectors.base import (
    Connector,
    Context,
    Decoded,
    find_connector,
)
from ckanext.suedwest.connectors.traffic import (
    bast,
    datex2_measured,
    eco_counter,
    eco_counter_csv,
    radar,
    telraam,
)
from ckanext.suedwest.domain.counting import Reading, StepKind, difference
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Visibility
from ckanext.suedwest.domain.time import DayRule, day_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONTEXT = Context(NOW, station_key="eco:1", datastream="count", options={"mode": "bicycle"})
QUARTER = timedelta(minutes=15)


def quarters(day: str, count: int, *, doubled: bool = False, skipped: bool = False) -> list[str]:
    """Local times of quarters of an hour as a table lists them, one after the other."""
    first = datetime.fromisoformat(day)
    times = [first + at * QUARTER for at in range(count)]
    shifted = []
    for at, time in enumerate(times):
        late = at >= 12 and doubled
        ahead = at >= 8 and skipped
        shifted.append(time - timedelta(hours=late) + timedelta(hours=ahead))
    return [f"{time:%Y-%m-%d %H:%M}" for time in shifted]


def table(times: list[str]) -> bytes:
    header = "Datetime,100031300 (Hafenstraße),101031300 (Channel 1 IN),100031300-status"
    return "\n".join([header, *(f"{time},4,3,0" for time in times)]).encode()


def totals(decoded: Decoded) -> list[datetime]:
    return [one.phenomenon_time for one in decoded.observations if one.datastream == "count"]


@pytest.mark.parametrize(
    ("times", "count"),
    [
        (quarters("2026-03-29", 92, skipped=True), 92),
        (quarters("2026-10-25", 100, doubled=True), 100),
        (quarters("2026-11-19", 96), 96),
    ],
)
def test_a_civil_day_has_as_many_quarters_as_it_lasts(times: list[str], count: int) -> None:
    decoded = eco_counter_csv.connector(table(times), CONTEXT)
    starts = totals(decoded)
    assert decoded.refusals == []
    assert len(set(starts)) == count
    assert {later - earlier for earlier, later in zip(starts, starts[1:], strict=False)} == {
        QUARTER
    }
    assert {day_of(start, DayRule.CIVIL).isoformat() for start in starts} == {times[0][:10]}


def test_an_hour_that_happens_twice_and_stands_once_is_refused() -> None:
    decoded = eco_counter_csv.connector(table(quarters("2026-10-25", 96)), CONTEXT)
    assert len(totals(decoded)) == 92
    assert len(decoded.refusals) == 4
    assert all("happens twice" in refusal.reason for refusal in decoded.refusals)


def test_a_total_and_its_parts_are_told_apart() -> None:
    decoded = eco_counter_csv.connector(table(["2026-11-19 10:00"]), CONTEXT)
    total, part = decoded.datastreams
    assert (total.name, total.part_of, total.visibility) == ("count", None, Visibility.PUBLIC)
    assert (part.name, part.part_of) == ("101031300", "count")
    assert part.visibility is Visibility.INTERNAL
    assert total.observed_property == "bicycle_count"
    assert total.day_rule is DayRule.CIVIL
    assert decoded.stations[0].key == "eco-counter:100031300"


@pytest.mark.parametrize(
    ("status", "quality"),
    [
        ("0", Quality.NOT_EVALUATED),
        ("", Quality.NOT_EVALUATED),
        ("4", Quality.PASS),
        ("9", Quality.SUSPECT),
    ],
)
def test_what_the_status_says(status: str, quality: Quality) -> None:
    payload = f"Datetime,1 (a),1-status\n2026-11-19 10:00,5,{status}\n".encode()
    (value,) = eco_counter_csv.connector(payload, CONTEXT).observations
    assert value.quality is quality


def test_an_empty_field_is_no_zero_and_a_ragged_row_is_refused() -> None:
    payload = (
        b"Datetime,1 (a),2 (b)\n2026-11-19 10:00,,0\n2026-11-19 10:15,1\n2026-11-19 10:30,1,x\n"
    )
    decoded = eco_counter_csv.connector(payload, CONTEXT)
    assert [(one.datastream, one.result) for one in decoded.observations[:1]] == [("2", 0)]
    assert [refusal.record for refusal in decoded.refusals] == ["line 3", "line 4"]


def bare(*rows: tuple[str, object]) -> bytes:
    return json.dumps(rows).encode()


@pytest.mark.parametrize(
    ("date", "rows", "step"),
    [
        ("11/19/2026", 1, timedelta(days=1)),
        ("11/19/2026", 24, timedelta(hours=1)),
        ("11/19/2026", 96, QUARTER),
        ("03/29/2026", 23, timedelta(hours=1)),
        ("03/29/2026", 92, QUARTER),
        ("10/25/2026", 25, timedelta(hours=1)),
        ("10/25/2026", 100, QUARTER),
        ("03/29/2026", 24, None),
        ("10/25/2026", 24, None),
        ("11/19/2026", 7, None),
    ],
)
def test_rows_without_an_hour_count_only_when_the_day_is_whole(
    date: str, rows: int, step: timedelta | None
) -> None:
    decoded = eco_counter.connector(bare(*[(date, "12")] * rows), CONTEXT)
    if step is None:
        assert decoded.observations == []
        assert "neither its hours nor its quarters" in decoded.refusals[0].reason
        return
    starts = totals(decoded)
    assert len(starts) == rows
    if rows > 1:
        assert {b - a for a, b in zip(starts, starts[1:], strict=False)} == {step}
    days = {day_of(start, DayRule.CIVIL).strftime("%m/%d/%Y") for start in starts}
    assert days == {date}


def test_the_month_comes_first() -> None:
    decoded = eco_counter.connector(bare(("01/02/2026", "7"), ("13/01/2026", "1")), CONTEXT)
    assert totals(decoded) == [datetime(2026, 1, 1, 23, tzinfo=UTC)]
    assert "MM/DD/YYYY" in decoded.refusals[0].reason


def test_flows_of_version_2_are_parts_where_a_site_has_several_of_a_mode() -> None:
    rows = [{"timestamp": "2026-11-19T10:00:00+01:00", "counts": 3}]
    flows = [
        {"siteId": 1, "flowId": 11, "travelMode": "bike", "direction": "in", "data": rows},
        {"siteId": 1, "flowId": 12, "travelMode": "bike", "direction": "out", "data": rows},
        {"siteId": 1, "flowId": 13, "travelMode": "pedestrian", "data": rows},
        {"siteId": 1, "flowId": 14, "travelMode": "bike"},
    ]
    decoded = eco_counter.connector(json.dumps(flows).encode(), CONTEXT)
    told = {one.name: (one.observed_property, one.visibility) for one in decoded.datastreams}
    assert told == {
        "11": ("bicycle_count", Visibility.INTERNAL),
        "12": ("bicycle_count", Visibility.INTERNAL),
        "13": ("pedestrian_count", Visibility.PUBLIC),
    }
    assert decoded.refusals[0].record == "entry 4"


def test_sites_of_an_organisation_with_fields_nobody_asked_for() -> None:
    site = {
        "idPdc": 100, "nom": "Brücke", "lat": 49.4, "lon": "7.7", "mainPratique": 1,
        "today": "1", "photo": ["http://example.org/people.jpg"], "contact": "SECRET",
    }  # fmt: skip
    decoded = eco_counter.connector(json.dumps([site, {**site, "idPdc": None}]).encode(), CONTEXT)
    assert decoded.stations[0].name == "Brücke"
    assert decoded.datastreams[0].observed_property == "pedestrian_count"
    assert "SECRET" not in repr(decoded)
    assert "people.jpg" not in repr(decoded)
    assert len(decoded.refusals) == 1


def test_a_site_named_like_a_device_is_refused() -> None:
    site = {"idPdc": "24:0A:C4:9B:1F:00", "nom": "x", "mainPratique": 2}
    decoded = eco_counter.connector(json.dumps([site]).encode(), CONTEXT)
    assert decoded.stations == []
    assert decoded.refusals[0].reason == "the id looks like a MAC address"


HEADER = "Zst;Datum;Stunde;KFZ_R1;K_KFZ_R1;Lkw_R1;K_Lkw_R1"


def hours(*rows: str) -> Decoded:
    return bast.connector("\n".join([HEADER, *rows]).encode(), Context(NOW))


def test_the_hour_of_bast_is_the_one_that_ends() -> None:
    decoded = hours("5014;260101;1;246;-;4;a", "5014;260101;24;10;-;;-")
    first, heavy, last = decoded.observations
    assert first.phenomenon_time == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert last.phenomenon_time == datetime(2026, 1, 1, 22, tzinfo=UTC)
    assert heavy.quality is Quality.SUSPECT
    assert [one.part_of for one in decoded.datastreams] == [None, "KFZ_R1"]


def test_bast_at_the_changes_of_the_clock() -> None:
    spring = hours(*(f"1;260329;{hour};5;-;0;-" for hour in range(1, 25)))
    assert len(spring.refusals) == 1
    assert "does not exist" in spring.refusals[0].reason
    # Hour 3 happens twice. Once in the list it may be either; twice it may be a row twice.
    for listed in ([*range(1, 25)], [1, 2, 3, *range(3, 25)]):
        autumn = hours(*(f"1;261025;{hour};5;-;0;-" for hour in listed))
        assert {refusal.reason for refusal in autumn.refusals} == {
            "the local time 2026-10-25T02:00:00 happens twice: the clock was put back"
        }
        assert len({one.phenomenon_time for one in autumn.observations}) == 23


def report(**fields: object) -> Decoded:
    entry = {
        "segment_id": 9000011165, "date": "2026-11-19T11:00:00.000Z", "interval": "hourly",
        "uptime": 0.9, "car": 20.0, "car_lft": 6.5, "car_rgt": 13.5,
        "car_speed_hist_0to70plus": [95.0, 5.0], "v85": 43.5, "mac": 350000000000, **fields,
    }  # fmt: skip
    return telraam.connector(json.dumps({"report": [entry]}).encode(), Context(NOW))


def test_a_report_of_telraam() -> None:
    decoded = report()
    assert {one.datastream: one.result for one in decoded.observations} == {
        "car": 20, "car_lft": 6.5, "car_rgt": 13.5,
    }  # fmt: skip
    assert [one.part_of for one in decoded.datastreams] == [None, "car", "car"]
    for hidden in ("350000000000", "43.5", "95"):
        assert hidden not in repr(decoded)
    assert {one.quality for one in report(uptime=0.4).observations} == {Quality.SUSPECT}
    assert report(car=-1).refusals[0].reason.startswith("car is not between")
    assert report(interval="weekly").observations == []


def measured(inner: str) -> Decoded:
    payload = (
        '<a><siteMeasurements><measurementSiteReference id="S"/>'
        "<measurementTimeDefault>2026-11-19T10:00:00Z</measurementTimeDefault>"
        f'<measuredValue index="1"><measuredValue><basicData>{inner}</basicData></measuredValue>'
        "</measuredValue></siteMeasurements></a>"
    )
    return datex2_measured.connector(payload.encode(), Context(NOW))


def speed(number: str, sample: str = 'numberOfInputValuesUsed="12"', error: str = "") -> str:
    return f"<averageVehicleSpeed {sample}>{error}<speed>{number}</speed></averageVehicleSpeed>"


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<vehicleFlow><vehicleFlowRate>60</vehicleFlowRate></vehicleFlow>", [("flow_1", 60)]),
        (
            "<vehicleFlow><dataError>true</dataError><vehicleFlowRate>0</vehicleFlowRate>"
            "</vehicleFlow>",
            [],
        ),
        (speed("72"), [("speed_1", 72)]),
        (speed("-1"), []),
        (speed("72", ""), []),
        (speed("72", 'numberOfInputValuesUsed="9"'), []),
        (speed("0", error="<dataError>true</dataError>"), []),
    ],
)
def test_measured_data_without_what_is_no_value(
    inner: str, expected: list[tuple[str, float]]
) -> None:
    decoded = measured(inner)
    assert [(one.datastream, one.result) for one in decoded.observations] == expected
    assert {one.visibility for one in decoded.datastreams} <= {Visibility.INTERNAL}
    assert decoded.refusals == []


def test_single_vehicles_are_counted_by_the_hour_and_forgotten() -> None:
    lines = [
        f"24.10.26 0{hour}:{minute:02}:29;00;077;13;1 " for hour in (7, 8, 9) for minute in (1, 5)
    ]
    decoded = radar.connector("\n".join([*lines, "x;y"]).encode(), CONTEXT)
    assert [(one.result, one.quality) for one in decoded.observations] == [
        (2, Quality.SUSPECT),
        (2, Quality.NOT_EVALUATED),
        (2, Quality.SUSPECT),
    ]
    assert decoded.observations[0].phenomenon_time == datetime(2026, 10, 24, 5, tzinfo=UTC)
    assert "077" not in repr(decoded)
    assert ":29" not in repr(decoded)
    assert decoded.refusals[0].record == "1 lines"


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


@pytest.mark.parametrize(
    ("before", "now", "capacity", "expected"),
    [
        (10, 25, None, (15, StepKind.COUNTED)),
        (10, 10, None, (0, StepKind.COUNTED)),
        (65_530, 4, 65_536, (10, StepKind.WRAPPED)),
        (65_530, 4, None, (4, StepKind.RESET)),
        (30_000, 4, 65_536, (4, StepKind.RESET)),
    ],
)
def test_differences_of_a_counter(
    before: int, now: int, capacity: int | None, expected: tuple[int, StepKind]
) -> None:
    state, step = difference(Reading(at(0), before), Reading(at(10), now), capacity)
    assert state == Reading(at(10), now)
    assert step
    assert (step.number, step.kind) == expected
    assert (step.start, step.end) == (at(0), at(10))


def test_the_first_and_late_readings_count_nothing() -> None:
    first = Reading(at(0), 100)
    assert difference(None, first) == (first, None)
    assert difference(first, Reading(at(-5), 90)) == (first, None)
    assert difference(first, Reading(at(0), 101)) == (first, None)
    with pytest.raises(ValueError, match="capacity"):
        difference(first, Reading(at(1), 256), 256)


@given(st.lists(st.integers(0, 3_000), min_size=2, max_size=30), st.integers(0, 65_535))
def test_a_counter_of_16_bits_loses_nothing(passed: list[int], begin: int) -> None:
    state: Reading | None = None
    counted, shown = 0, begin
    for minute, number in enumerate(passed):
        shown = (shown + number) % 65_536
        state, step = difference(state, Reading(at(minute), shown), 65_536)
        counted += step.number if step else 0
    assert counted == sum(passed[1:])


SECRET = "SECRET-7f3a"
TREE = st.recursive(
    st.one_of(st.just(SECRET), st.integers(0, 99)),
    lambda inner: st.dictionaries(
        st.sampled_from(["mac", "user_id", "vehicle_id", "plate", "rfid", "data"]),
        inner,
        max_size=3,
    ),
    max_leaves=5,
)
SHAPES: list[tuple[Connector, Any]] = [
    (telraam.connector, {"report": [{
        "segment_id": 1, "date": "2026-11-19T11:00:00Z", "interval": "hourly", "uptime": 1,
        "car": 5,
    }]}),
    (telraam.connector, {"features": [{
        "geometry": {"type": "LineString", "coordinates": []}, "properties": {"oidn": 1},
    }]}),
    (eco_counter.connector, [{"idPdc": 1, "nom": "x", "mainPratique": 2}]),
    (eco_counter.connector, [{"date": "2026-11-19T10:00:00Z", "counts": 5}]),
]  # fmt: skip


def planted(shape: Any, extra: dict[str, Any]) -> Any:
    """The shape with extra fields in every object of it."""
    if isinstance(shape, list):
        return [planted(one, extra) for one in shape]
    if isinstance(shape, dict):
        own = {name: planted(one, extra) for name, one in shape.items()}
        return {**{name: one for name, one in extra.items() if name != "data"}, **own}
    return shape


@pytest.mark.parametrize(("connector", "shape"), SHAPES)
@given(extra=st.dictionaries(st.sampled_from(["mac", "user_id", "plate", "data"]), TREE))
def test_no_field_that_is_not_allowed_comes_out(
    connector: Connector, shape: Any, extra: dict[str, Any]
) -> None:
    payload = json.dumps(planted(shape, extra)).encode()
    decoded = connector(payload, CONTEXT)
    assert SECRET not in repr(decoded)
    assert decoded.stations or decoded.observations


ALL: list[Connector] = [
    bast.connector,
    datex2_measured.connector,
    eco_counter.connector,
    eco_counter_csv.connector,
    radar.connector,
    telraam.connector,
]


@pytest.mark.parametrize("connector", ALL)
@given(payload=st.one_of(st.binary(max_size=200), st.text(alphabet='<>/{}[]":,;1a', max_size=60)))
def test_nothing_but_its_own_refusal_comes_out(connector: Connector, payload: bytes | str) -> None:
    with contextlib.suppress(PayloadRefused):
        connector(payload if isinstance(payload, bytes) else payload.encode(), Context(NOW))


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([]),
    st.just({}), st.just([[1]]), st.just("2026-11-19T11:00:00Z"),
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(
            ["idPdc", "nom", "lat", "lon", "mainPratique", "date", "counts", "status", "timestamp",
             "siteId", "flowId", "travelMode", "comptage"]
        ),
        ODD,
    ),
    st.lists(ODD, max_size=3),
)  # fmt: skip
def test_odd_answers_of_eco_counter_are_refused_with_a_reason(
    fields: dict[str, object], others: list[object]
) -> None:
    for document in ([fields, *others], [{**fields, "data": [fields, *others]}], others):
        with contextlib.suppress(PayloadRefused):
            eco_counter.connector(json.dumps(document).encode(), CONTEXT)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "segment_id",
                "date",
                "interval",
                "uptime",
                "car",
                "bike_lft",
                "geometry",
                "properties",
            ]
        ),
        ODD,
    )
)
def test_odd_reports_of_telraam_are_refused_with_a_reason(fields: dict[str, object]) -> None:
    for name in ("report", "features"):
        telraam.connector(json.dumps({name: [fields]}).encode(), CONTEXT)


@given(
    st.lists(
        st.sampled_from(["Datetime", "1 (a)", "1-status", "x", "1", "2026-11-19 10:00", "-3", '"']),
        max_size=12,
    )
)
def test_odd_tables_are_refused_with_a_reason(cells: list[str]) -> None:
    payload = (
        "Datetime,1 (a),1-status\n" + ",".join(cells[:6]) + "\n" + ",".join(cells[6:])
    ).encode()
    with contextlib.suppress(PayloadRefused):
        eco_counter_csv.connector(payload, CONTEXT)


# A developer may have recordings beside the checkout.
MORE = Path(__file__).parents[3] / "shared" / "samples" / "traffic"
KOELN = {
    "separator": ",",
    "time": {"column": "Datum", "format": "%d.%m.%Y", "zone": "Europe/Berlin"},
    "values": [{
        "column": "Zaehlerstand", "datastream": "count", "observed_property": "bicycle_count",
        "unit": "count",
    }],
}  # fmt: skip
# Connector, options, then stations, datastreams, observations, events, refusals (None: all of it).
EXPECTED: dict[str, tuple[str, dict[str, Any], tuple[int, int, int, int, int] | None]] = {
    "counters/at_dauerzaehlstellen_coords.geojson": ("telraam", {}, (0, 0, 0, 0, 44)),
    "counters/bast_hourly_one_line.csv": ("bast", {}, (1, 24, 24, 0, 0)),
    "counters/eco_koeln_daily_hohenzollernbruecke.csv": ("csv-columns", KOELN, (0, 1, 3593, 0, 0)),
    "counters/eco_muenster_15min_2020-04_status4_modified.csv": (
        "eco-counter-csv", {}, (1, 3, 8640, 0, 0)),
    "counters/eco_muenster_15min_2024-02_ragged_rows.csv": (
        "eco-counter-csv", {}, (1, 7, 13440, 0, 0)),
    "counters/eco_muenster_15min_2024-08_gaps.csv": ("eco-counter-csv", {}, (1, 7, 19680, 0, 0)),
    "counters/eco_muenster_15min_2025-03_DST_spring.csv": (
        "eco-counter-csv", {}, (1, 3, 8628, 0, 0)),
    "counters/eco_muenster_SITE_INDEX.md": ("eco-counter", {}, None),
    "counters/eco_muenster_site_min.json": ("eco-counter", {}, None),
    "counters/ecovisio_public_counters_de_head500.csv": ("eco-counter", {}, None),
    "counters/ecovisio_publicwebpageplus_data_berlin_MMDDYYYY.json": (
        "eco-counter", {}, (0, 1, 22, 0, 0)),
    "counters/moers_radar_README_original.txt": ("radar", {}, None),
    "counters/moers_radar_single_vehicle_records_PRIVACY.txt": ("radar", {}, (0, 1, 48, 0, 0)),
    "counters/opentrafficcam_sections_flows.otflow.json": ("eco-counter", {}, None),
    "counters/sensorthings_hamburg_zaehlfeld.json": ("sensorthings", {}, (0, 0, 0, 0, 0)),
    "counters/telraam_report_traffic_hourly.json": ("telraam", {}, (0, 12, 12, 0, 0)),
    "counters/telraam_segment_response_PRIVACY.json": ("telraam", {}, (1, 4, 0, 0, 0)),
    "counters/telraam_segments_area.json": ("telraam", {}, (1, 4, 0, 0, 0)),
    "datex2/v2_measureddata_ndw_soap_trimmed.xml": ("datex2-measured", {}, (0, 68, 68, 0, 0)),
    "datex2/v2_measurementsitetable_ndw_soap.xml": ("datex2-measured", {}, (1, 4, 0, 0, 0)),
    "datex2/v3_measureddata_ndw_messagecontainer_cutdown.xml": (
        "datex2-measured", {}, (0, 4, 4, 0, 0)),
    "roadworks/autobahn_api_electric_charging_station.json": ("autobahn", {}, None),
    "roadworks/autobahn_api_parking_lorry.json": ("autobahn", {}, None),
    "roadworks/autobahn_api_warning.json": ("autobahn", {}, None),
    **{
        f"iot/{name}.json": (connector, {"codec": codec}, (0, streams, values, 0, refused))
        for name, connector, codec, streams, values, refused in (
            ("chirpstack_bosch_parking", "chirpstack", "bosch-tps110", 1, 1, 0),
            ("chirpstack_bosch_parking_1", "chirpstack", "bosch-tps110", 1, 1, 0),
            ("chirpstack_bosch_parking_2", "chirpstack", "bosch-tps110", 1, 1, 0),
            ("chirpstack_milesight_vs121", "chirpstack", "milesight-vs133", 0, 0, 1),
            ("chirpstack_milesight_vs121_1", "chirpstack", "milesight-vs133", 0, 0, 1),
            ("chirpstack_milesight_vs133", "chirpstack", "milesight-vs133", 8, 8, 0),
            ("chirpstack_v4_status_event_doc", "chirpstack", "milesight-vs133", 0, 0, 0),
            ("chirpstack_v4_up_event_doc", "chirpstack", "milesight-vs133", 0, 0, 1),
            ("tti_milesight_vs121", "tts", "milesight-vs133", 0, 0, 1),
            ("ttn_v3_bosch_parking", "tts", "bosch-tps110", 1, 1, 0),
            ("ttn_v3_bosch_parking_1", "tts", "bosch-tps110", 1, 1, 0),
            ("ttn_v3_bosch_parking_2", "tts", "bosch-tps110", 1, 1, 0),
            ("ttn_v3_event_envelope_decoded_payload", "tts", "bosch-tps110", 0, 0, 1),
            ("ttn_v3_milesight_vs351", "tts", "milesight-vs350", 2, 2, 0),
            ("bosch_tps110_decoded_examples", "lorawan-recordings", "bosch-tps110", 0, 0, 3),
            ("milesight_decoded_examples", "lorawan-recordings", "milesight-vs350", 0, 0, 1),
            ("parametric_pcr2_decoded_example", "lorawan-recordings", "parametric-pcr2", 0, 0, 1),
        )
    },
    "roadworks/cifs_spec_example.json": ("roadworks-geojson", {"start": "von"}, None),
    "roadworks/karlsruhe_baustellen_changelog.json": ("roadworks-geojson", {"start": "von"}, None),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in EXPECTED if (MORE / name).exists()])
def test_recordings_are_read_or_refused(name: str) -> None:
    connector, options, expected = EXPECTED[name]
    context = Context(NOW, "test:1", "count", options=options)
    payload = (MORE / name).read_bytes()
    if expected is None:
        with pytest.raises(PayloadRefused) as refused:
            find_connector(connector)(payload, context)
        assert str(refused.value)
        return
    found = find_connector(connector)(payload, context)
    lists = (found.stations, found.datastreams, found.observations, found.events, found.refusals)
    assert tuple(map(len, lists)) == expected
    if "PRIVACY" in name:
        for secret in ("350000000000000", "10000", "14298", "08:37:29", ";032;"):
            assert secret not in repr(found)


# Read by the connectors of events, and tried beside them.
EVENTS = {
    "roadworks/autobahn_api_closure.json",
    "roadworks/autobahn_api_roadworks.json",
    "roadworks/karlsruhe_baustellen_derived_full.geojson",
    "roadworks/wzdx_4.2_laneshift.geojson",
    "roadworks/wzdx_4.2_local_access_only.geojson",
}


def test_no_recording_of_these_kinds_is_left_out() -> None:
    there = {
        f"{folder}/{path.name}"
        for folder in ("counters", "iot", "roadworks")
        for path in (MORE / folder).glob("*")
    }
    assert there - EVENTS - EXPECTED.keys() == set()
