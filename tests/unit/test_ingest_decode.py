"""`decode`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ckanext.suedwest.ingest.decode import main

KEYS = {
    "connector",
    "file",
    "stations",
    "datastreams",
    "observations",
    "events",
    "device_reports",
    "refusals",
}


def decode(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, list]]:
    code = main(["pegelonline", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_list_of_stations(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = data / "pegelonline" / "pegelonline_2026_rhein_mosel_current.json"
    code, report = decode(capsys, str(file))
    assert code == 0
    assert set(report) == KEYS
    assert len(report["stations"]) == 21
    assert report["observations"][0]["phenomenon_time"] == "2026-09-29T13:15:00Z"
    assert report["observations"][0]["quality"] == "not_evaluated"
    assert report["datastreams"][0]["interval"] == 900.0
    assert report["datastreams"][1]["datum"]["valid_from"] == "2017-07-18"


def test_values_without_a_series_get_an_unknown_one(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = data / "pegelonline" / "duplicates_outoforder_late_revision.json"
    code, report = decode(capsys, str(file))
    assert code == 0
    assert {one["station_key"] for one in report["observations"]} == {"pegelonline:unknown"}
    assert len(report["refusals"]) == 2


def test_the_series_of_a_bare_list_can_be_told(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "pegelonline_measurements_ruhrwehr_ow_1min_constant_mNN.json"
    told = ["--station", "pegelonline:x", "--datastream", "W", "--unit", "m+PNP"]
    _, report = decode(capsys, str(data / "pegelonline" / name), *told)
    first = report["observations"][0]
    assert (first["station_key"], first["datastream"], first["result"]) == (
        "pegelonline:x",
        "W",
        2500.0,
    )


@pytest.mark.parametrize(
    "name",
    ["pegelonline_errors.json", "pegelonline_measurements.csv", "pegelonline_forecast_WV.json"],
)
def test_a_file_that_is_refused_ends_with_one(
    data: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    code, report = decode(capsys, str(data / "pegelonline" / name))
    assert code == 1
    assert set(report) == KEYS
    assert all(refusal["reason"] for refusal in report["refusals"])
    assert report["refusals"]


def test_the_future_begins_when_the_file_was_received(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(data / "pegelonline" / "pegelonline_2026_rhein_mosel_current.json")
    _, report = decode(capsys, file, "--received-at", "2026-09-29T15:00:00+02:00")
    assert len(report["observations"]) == 7
    assert len(report["refusals"]) == 19


def test_people_get_lines(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(data / "pegelonline" / "pegelonline_errors.json")
    assert main(["pegelonline", file]) == 1
    printed = capsys.readouterr().out
    assert "0 stations, 0 datastreams, 0 observations, 3 refused" in printed
    assert 'reply 3: PEGELONLINE answered 404: "station not found"' in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing", "file.json"], "no connector 'nothing'"),
        (["pegelonline", "/nowhere/file.json"], "No such file"),
        (["pegelonline", __file__, "--received-at", "yesterday"], "not ISO 8601"),
    ],
)
def test_a_wrong_call_ends_with_two(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_missing_arguments_end_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


TABLE = "time;level\n2026-11-20T10:00:00Z;62\n"
OPTIONS = {
    "time": {"column": "time"},
    "values": [
        {"column": "level", "datastream": "W", "observed_property": "water_level", "unit": "cm"}
    ],
}


def test_options_of_a_source_come_from_a_file_and_from_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "options.json").write_text(json.dumps({**OPTIONS, "decimal": ","}))
    options = ["--options", str(tmp_path / "options.json")]
    options += ["--option", "decimal=.", "--option", 'device={"topic_level": 1}']
    file = str(tmp_path / "table.csv")
    code = main(["csv-columns", file, *options, "--topic", "brunnen", "--json"])
    (value,) = json.loads(capsys.readouterr().out)["observations"]
    assert code == 0
    assert (value["station_key"], value["result"]) == ("csv-columns:brunnen", 62)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--option", "separator=;;"], 1, "separator is not one character"),
        (["--option", "separator"], 2, "'separator' is not of the form name=value"),
        (["--options", "no-such-file.json"], 2, "no-such-file.json"),
        (["--options", "{table}"], 2, "the reply is not valid JSON"),
    ],
)
def test_options_that_cannot_be_used_are_told(
    arguments: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(TABLE)
    given = [argument.format(table=table) for argument in arguments]
    try:
        ended = main(
            [
                "csv-columns",
                str(table),
                *(f"--option={name}={json.dumps(value)}" for name, value in OPTIONS.items()),
                *given,
            ]
        )
    except SystemExit as stop:
        ended = stop.code
    output = capsys.readouterr()
    assert ended == code
    assert told in output.out + output.err


def test_the_health_of_a_device_is_printed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tts", str(data / "lorawan" / "tts_up.json")]) == 0
    printed = capsys.readouterr().out
    assert "frame 4711, 3.3 V, battery 91.34 %, -97 dBm, +7.25 dB" in printed
    assert main(["tts", str(data / "lorawan" / "tts_up.json"), "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)["device_reports"]
    assert report["device"] == "lorawan:70b3d57ed0000a01"
    assert report["time"] == "2026-11-20T06:15:01.998877Z"
