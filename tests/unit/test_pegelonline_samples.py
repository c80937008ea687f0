"""Recorded replies of PEGELONLINE: what is read of each, and what is refused and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded
from ckanext.suedwest.connectors.water.pegelonline import connector
from ckanext.suedwest.domain.errors import PayloadRefused, Refusal
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Datum
from ckanext.suedwest.domain.threshold import Direction, ThresholdKind

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ANDERNACH = "pegelonline:5735892a-ec65-4b29-97c5-50939aa9584e"
OWN = Path(__file__).parents[1] / "data" / "pegelonline"
# A developer may have more recordings beside the checkout.
MORE = Path(__file__).parents[3] / "shared" / "samples"
RECORDINGS = sorted(path for root in (OWN, MORE) for path in root.rglob("*") if path.is_file())


def read(data: Path, name: str, **context: str) -> Decoded:
    payload = (data / "pegelonline" / name).read_bytes()
    return connector(payload, Context(received_at=NOW, **context))


@pytest.mark.parametrize(
    ("name", "read_counts", "refused"),
    [
        ("pegelonline_2026_rhein_mosel_current.json", (21, 26, 26), 0),
        ("pegelonline_2026_characteristic_values.json", (7, 11, 0), 0),
        ("pegelonline_characteristic_values_year_only_occurrence.json", (0, 0, 0), 1),
        ("pegelonline_currentmeasurement_variants.json", (0, 0, 3), 0),
        ("pegelonline_errors.json", (0, 0, 0), 3),
        ("pegelonline_measurements_perl_natural_flatline_8h.json", (0, 0, 204), 0),
        ("pegelonline_measurements_ruhrwehr_ow_1min_constant_mNN.json", (0, 0, 219), 0),
        ("dst_fold_2026-10-25_json_with_offset.json", (0, 0, 10), 0),
        ("duplicates_outoforder_late_revision.json", (0, 0, 5), 2),
        ("wsv_andernach_daily_minmax_2000_2025.json", (1, 2, 18994), 0),
        ("wsv_lobith_2026_sentinel_99999_and_future_values.json", (1, 2, 459), 9),
    ],
)
def test_a_recording_is_read(
    data: Path, name: str, read_counts: tuple[int, int, int], refused: int
) -> None:
    decoded = read(data, name, station_key="pegelonline:test", datastream="W")
    assert (
        len(decoded.stations),
        len(decoded.datastreams),
        len(decoded.observations),
    ) == read_counts
    assert len(decoded.refusals) == refused
    assert all(refusal.record and refusal.reason for refusal in decoded.refusals)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pegelonline_forecast_WV.json", "forecasts are not observations"),
        ("pegelonline_measurements.csv", "local time without offset"),
        ("wsv_archive_invalid_json_fragment.txt", "line 1 column 27"),
        ("wsv_archive_manifest_gappy_stations.json", "no measured values"),
        ("wsv_daily_snapshot_2026-08_with_nulls.json", "when the list was fetched"),
        ("wsv_units_by_station_2026-08.json", "units of stations"),
    ],
)
def test_a_recording_is_refused(data: Path, name: str, reason: str) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read(data, name, station_key="pegelonline:test", datastream="W")


def test_a_bare_list_of_values_needs_to_know_its_series(data: Path) -> None:
    name = "pegelonline_measurements_perl_natural_flatline_8h.json"
    with pytest.raises(PayloadRefused, match="which station"):
        read(data, name)
    with pytest.raises(PayloadRefused, match="which timeseries"):
        read(data, name, station_key="pegelonline:test")
    with pytest.raises(PayloadRefused, match="unit 'furlong'"):
        read(data, name, station_key="pegelonline:test", datastream="W", unit="furlong")


def test_the_gauges_of_rhine_and_mosel(data: Path) -> None:
    decoded = read(data, "pegelonline_2026_rhein_mosel_current.json")
    stations = {station.key: station for station in decoded.stations}
    andernach = stations[ANDERNACH]
    assert (andernach.name, andernach.water, andernach.number) == ("Andernach", "Rhein", "27100400")
    assert (andernach.longitude, andernach.latitude) == (7.392056, 50.44339)
    assert andernach.operator.name == "WSV, Standort Bingen"
    assert andernach.licence.id == "dl-de-zero-2.0"
    assert "ungeprüfte Rohdaten" in andernach.licence.attribution
    neuwied = stations["pegelonline:dc407f1e-e25f-4995-9feb-5bacc8658149"]
    assert neuwied.licence.id == "notspecified", "no licence is guessed for another agency's gauge"
    assert "Deichinformationszentrum" in neuwied.licence.attribution
    levels = {value.station_key: value for value in decoded.observations if value.datastream == "W"}
    assert levels[ANDERNACH].result == -1.0
    assert levels[ANDERNACH].phenomenon_time == datetime(2026, 9, 29, 13, 30, tzinfo=UTC)
    discharge = next(
        value
        for value in decoded.observations
        if (value.station_key, value.datastream) == (ANDERNACH, "Q")
    )
    assert discharge.phenomenon_time == datetime(2026, 9, 29, 13, 15, tzinfo=UTC)
    stream = next(
        one for one in decoded.datastreams if (one.station_key, one.name) == (ANDERNACH, "W")
    )
    assert stream.interval == timedelta(minutes=15)
    assert stream.datum == Datum("m. ü. NHN", 51.504, date(2019, 11, 1))


def test_a_station_without_place_and_with_a_comment(data: Path) -> None:
    decoded = read(data, "pegelonline_2026_rhein_mosel_current.json")
    mehring = next(station for station in decoded.stations if station.name == "Mehring AMS")
    assert mehring.longitude is None
    stream = next(one for one in decoded.datastreams if one.station_key == mehring.key)
    assert stream.remark == "Techn. Störung"
    assert stream.datum is None


def test_an_agency_that_is_not_wsv_is_named(data: Path) -> None:
    decoded = read(data, "pegelonline_2026_rhein_mosel_current.json")
    neuwied = next(station for station in decoded.stations if station.name == "Neuwied Stadt")
    assert neuwied.operator.name == "Deichinformationszentrum Neuwied"
    assert neuwied.licence.attribution.startswith("Deichinformationszentrum Neuwied")


def test_characteristic_values_become_thresholds(data: Path) -> None:
    decoded = read(data, "pegelonline_2026_characteristic_values.json")
    stream = next(
        one for one in decoded.datastreams if (one.station_key, one.name) == (ANDERNACH, "W")
    )
    marks = {mark.code: mark for mark in stream.thresholds}
    assert set(marks) == {
        "NNW", "NW", "MNW", "GlW", "MW", "MHW", "HW", "HHW", "HSW", "M_I", "M_II",
    }  # fmt: skip
    assert marks["HHW"].level == 1051.0
    assert marks["HHW"].source == "WSV, PEGELONLINE, eingetreten 1993-12-23"
    assert marks["MNW"].direction is Direction.BELOW
    assert marks["MNW"].label == "Mittel der Niedrigwasserstände"
    assert marks["HSW"].kind is ThresholdKind.OFFICIAL
    assert marks["MHW"].kind is ThresholdKind.STATISTICAL


def test_the_depth_of_the_fairway_is_no_level(data: Path) -> None:
    decoded = read(data, "pegelonline_2026_characteristic_values.json")
    station = next(one for one in decoded.stations if one.key == ANDERNACH)
    assert station.properties["TuGLW"] == "250 cm"
    assert all(mark.code != "TuGLW" for one in decoded.datastreams for mark in one.thresholds)


def test_errors_say_what_the_service_said(data: Path) -> None:
    reasons = [refusal.reason for refusal in read(data, "pegelonline_errors.json").refusals]
    assert reasons[0] == 'PEGELONLINE answered 404: "Timeseries does not exist."'
    assert reasons[2] == 'PEGELONLINE answered 404: "station not found"'


def test_the_hour_that_happens_twice_stays_two_hours(data: Path) -> None:
    name = "dst_fold_2026-10-25_json_with_offset.json"
    decoded = read(data, name, station_key="pegelonline:test", datastream="W")
    times = [value.phenomenon_time for value in decoded.observations]
    assert times == sorted(set(times))
    assert times[-1] - times[0] == timedelta(minutes=135)


def test_repeated_and_revised_values_are_passed_on_in_their_order(data: Path) -> None:
    name = "duplicates_outoforder_late_revision.json"
    decoded = read(data, name, station_key="pegelonline:test", datastream="W")
    half_past = datetime(2026, 9, 29, 13, 30, tzinfo=UTC)
    assert [
        value.result for value in decoded.observations if value.phenomenon_time == half_past
    ] == [104.0, 104.0, 99.0]
    assert [refusal.reason for refusal in decoded.refusals] == [
        "value is null, not a number",
        "value is missing",
    ]


def test_metres_become_the_unit_of_the_store(data: Path) -> None:
    name = "pegelonline_measurements_ruhrwehr_ow_1min_constant_mNN.json"
    series = {"station_key": "pegelonline:test", "datastream": "W"}
    assert read(data, name, **series, unit="m+NN").observations[0].result == 25.0
    assert read(data, name, **series, unit="m+PNP").observations[0].result == 2500.0


def test_extremes_of_days_are_no_readings(data: Path) -> None:
    decoded = read(data, "wsv_andernach_daily_minmax_2000_2025.json")
    assert {stream.name for stream in decoded.datastreams} == {"W_day_min", "W_day_max"}
    first = decoded.observations[0]
    assert first.phenomenon_time == datetime(1999, 12, 31, 23, tzinfo=UTC)
    doubted = {
        value.phenomenon_time.date()
        for value in decoded.observations
        if value.quality is Quality.SUSPECT
    }
    assert date(2025, 12, 30) in doubted
    assert {(day.month, day.day) for day in doubted} == {(12, 30)}


def test_sentinels_and_days_not_over_are_refused_one_by_one(data: Path) -> None:
    decoded = read(data, "wsv_lobith_2026_sentinel_99999_and_future_values.json")
    assert max(value.result for value in decoded.observations) == 1300.0
    reasons = [refusal.reason for refusal in decoded.refusals]
    assert sum("sentinel" in reason for reason in reasons) == 3
    assert sum("not over" in reason for reason in reasons) == 6
    captured = datetime(2026, 8, 20, 21, 31, 3, tzinfo=UTC)
    assert all(
        value.phenomenon_time + timedelta(days=1) <= captured for value in decoded.observations
    )


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_any_recording_of_any_source_is_read_or_refused(path: Path) -> None:
    context = Context(NOW, "pegelonline:test", "W")
    try:
        refusals = connector(path.read_bytes(), context).refusals
    except PayloadRefused as refused:
        refusals = [Refusal(path.name, str(refused))]
    assert all(refusal.record and refusal.reason for refusal in refusals)
