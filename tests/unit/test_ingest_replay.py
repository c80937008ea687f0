"""The sandbox's PEGELONLINE: the same answer for the same instant, in the shape of the real one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import pytest

from ckanext.suedwest.connectors.base import Context
from ckanext.suedwest.connectors.water.pegelonline import connector
from ckanext.suedwest.ingest.replay.service import Service
from ckanext.suedwest.ingest.replay.values import (
    RECORDED_AT,
    STEP,
    PlayedSeries,
    River,
    recording,
)

NOW = datetime(2026, 11, 20, 12, 3, tzinfo=UTC)
EVERYTHING = (
    "includeTimeseries=true&includeCurrentMeasurement=true&includeCharacteristicValues=true"
    "&timeseries=W,Q"
)
SERVICE = Service.recorded()


def ask(target: str, now: datetime = NOW) -> Any:
    status, body = SERVICE.answer(target, now)
    assert status == 200
    return body


def current(name: str, now: datetime = NOW) -> dict[str, Any]:
    return ask(f"/stations/{name}/currentmeasurement.json", now)


def test_at_the_recorded_instant_the_recorded_values_are_played() -> None:
    recorded = recording("stations_2026-09-29.json")
    played = ask(f"/stations.json?{EVERYTHING}", RECORDED_AT + timedelta(minutes=2))
    for before, after in zip(recorded, played, strict=True):
        for old, new in zip(before["timeseries"], after["timeseries"], strict=True):
            was, now = old["currentMeasurement"], new["currentMeasurement"]
            assert now["timestamp"] == was["timestamp"]
            # The noise of the lock is all that moves them away at this instant.
            assert now["value"] == pytest.approx(was["value"], abs=5, rel=0.05)


def test_the_connector_reads_all_of_it() -> None:
    payload = json.dumps(ask(f"/stations.json?{EVERYTHING}")).encode()
    decoded = connector(payload, Context(NOW))
    assert decoded.refusals == []
    assert len(decoded.stations) == 21
    assert len(decoded.observations) == len(decoded.datastreams) == 26
    assert any(value.result < 0 for value in decoded.observations)
    assert any(stream.thresholds for stream in decoded.datastreams)


@pytest.mark.parametrize("series", ["ANDERNACH/W", "ANDERNACH/Q", "Cochem/W", "Trier%20OP/W"])
def test_the_past_agrees_with_every_poll(series: str) -> None:
    past = ask(f"/stations/{series}/measurements.json?start=P2D")
    values = {point["timestamp"]: point["value"] for point in past}
    for step in range(96):
        point = current(series, NOW - step * timedelta(minutes=15))
        assert values[point["timestamp"]] == point["value"]
    assert past[-1]["timestamp"] == current(series)["timestamp"]


def test_a_value_comes_out_two_minutes_after_its_time() -> None:
    quarter = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    before = current("KOBLENZ/W", quarter + timedelta(seconds=119))
    after = current("KOBLENZ/W", quarter + timedelta(seconds=120))
    assert before["timestamp"] == "2026-11-20T12:45:00+01:00"
    assert after["timestamp"] == "2026-11-20T13:00:00+01:00"


def test_discharge_and_a_late_station_lag_behind() -> None:
    assert current("ANDERNACH/W")["timestamp"] == "2026-11-20T13:00:00+01:00"
    assert current("ANDERNACH/Q")["timestamp"] == "2026-11-20T12:45:00+01:00"
    assert current("Trier%20OP/W")["timestamp"] == "2026-11-20T12:30:00+01:00"


def test_the_clock_change_gives_both_hours_their_offset() -> None:
    now = datetime(2026, 10, 25, 3, 2, tzinfo=UTC)
    times = [p["timestamp"] for p in ask("/stations/KOBLENZ/W/measurements.json?start=PT4H", now)]
    assert "2026-10-25T02:30:00+02:00" in times
    assert "2026-10-25T02:30:00+01:00" in times


def test_any_day_of_any_year_can_be_played() -> None:
    days = [datetime(2028, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(366)]
    levels = [current("ANDERNACH/W", day)["value"] for day in days]
    assert -60 < min(levels) < 0
    assert 600 < max(levels) < 900


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("ids=5735892a-ec65-4b29-97c5-50939aa9584e,25900700", ["KOBLENZ", "ANDERNACH"]),
        ("ids=cochem", ["Cochem"]),
        ("ids=unknown", []),
        ("waters=MOSEL&timeseries=Q", ["Alken", "Cochem"]),
    ],
)
def test_stations_are_picked_like_the_real_service_does(query: str, names: list[str]) -> None:
    found = ask(f"/stations.json?{query}")
    assert [station["shortname"] for station in found] == names
    assert all("timeseries" not in station for station in found)


@pytest.mark.parametrize(
    ("start", "count"),
    [
        ("PT6H", 24),
        ("P31D", 2976),
        ("P400D", 2976),
        ("2026-11-20T12:00:00%2B01:00", 5),
        ("2026-11-20T11:00:00Z&end=2026-11-20T11:30:00Z", 3),
    ],
)
def test_how_far_back_the_past_goes(start: str, count: int) -> None:
    assert len(ask(f"/stations/KOBLENZ/W/measurements.json?start={start}")) == count


@pytest.mark.parametrize(
    ("target", "status", "message"),
    [
        ("/stations/nowhere.json", 404, "station not found"),
        ("/stations/KOBLENZ/Q.json", 404, "Timeseries does not exist."),
        ("/stations/KOBLENZ/W/measurements.json?start=foo", 400, "Given start parameter"),
        ("/stations/KOBLENZ/W/measurements.json?start=2026-11-20T12:00:00", 400, "Given start"),
        ("/stations", 404, "Not Found"),
        ("/", 404, "Not Found"),
        ("/stations/KOBLENZ/W/forecast.json", 404, "Not Found"),
    ],
)
def test_errors_read_like_those_of_the_real_service(target: str, status: int, message: str) -> None:
    answered, body = SERVICE.answer(target, NOW)
    assert answered == body["status"] == status
    assert message in body["message"]


@pytest.mark.parametrize("name", ["ANDERNACH", "KOBLENZ", "COCHEM"])
def test_no_gauge_stands_still_for_half_a_day(name: str) -> None:
    """It would be doubted: a sandbox is to show what a gauge looks like that is well."""
    station = next(
        each for each in recording("stations_2026-09-29.json") if each["shortname"].upper() == name
    )
    level = next(each for each in station["timeseries"] if each["shortname"] == "W")
    series, river = PlayedSeries.of(station, level), River.recorded()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    values = [series.value(start + number * STEP, river) for number in range(365 * 24 * 4)]
    longest = max(len(list(equal)) for _, equal in groupby(values))
    assert longest * STEP < timedelta(hours=12)
