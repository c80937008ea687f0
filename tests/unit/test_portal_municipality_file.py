"""Files of municipalities: what is read from good ones, and what is said of bad ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ckanext.suedwest.portal.municipality_file import find_files, read_configuration
from ckanext.suedwest.portal.yaml_file import FilesRefused

CONFIG = Path(__file__).parents[2] / "config"
SQUARE = {"type": "Polygon", "coordinates": [[[7, 50], [8, 50], [8, 51], [7, 50]]]}
GOOD = """\
name: musterkreis
title: Landkreis Muster
kind: Landkreis
ars: ["071370000000"]
state: Rheinland-Pfalz
boundary: muster.geojson
boundary_attribution: © Example
colour: "#0A5A78"
website: https://www.example.de
contact: {name: Kreisverwaltung}
embed_hosts: [www.example.de]
stations:
  - {source: pegelonline, id: one, relation: inside}
  - {source: pegelonline, water: MOSEL}
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of a municipality, with one text replaced by another, and its boundary."""

    def write(old: str = "", new: str = "", *, name: str = "muster.yaml") -> Path:
        assert old in GOOD
        (tmp_path / "muster.geojson").write_text(json.dumps(SQUARE))
        path = tmp_path / name
        path.write_text(GOOD.replace(old, new, 1) if old else GOOD)
        return path

    return write


def polygon(*corners: tuple[float, float]) -> str:
    return json.dumps({"type": "Polygon", "coordinates": [[*corners, corners[0]]]})


def problems(*paths: Path) -> list[tuple[int, str, str]]:
    with pytest.raises(FilesRefused) as refused:
        read_configuration(paths, known_sources=["pegelonline"])
    return [(each.line, each.field, each.message) for each in refused.value.problems]


def test_a_good_file_is_read(write: Write) -> None:
    (municipality,) = read_configuration([write()], known_sources=["pegelonline"]).municipalities
    assert municipality.title == municipality.short_title == "Landkreis Muster"
    assert municipality.colour == "#0a5a78"
    assert municipality.boundary["type"] == "Polygon"
    assert [(each.selects, each.value, each.relation) for each in municipality.stations] == [
        ("id", "one", "inside"),
        ("water", "MOSEL", "near"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "said"),
    [
        ("title: ", "shorttitle: x\ntitle: ", 2, "shorttitle", "did you mean “short_title”?"),
        ("kind: Landkreis\n", "", 1, "kind", "is missing"),
        ("kind: Landkreis", "kind: [Landkreis]", 3, "kind", "a list does not fit"),
        ('"071370000000"', '"07137"', 4, "ars[1]", "12 digits"),
        ('"071370000000"', "071370000000", 4, "ars[1]", "loses its leading zeros"),
        ("state: ", 'ags: ["0713"]\nstate: ', 5, "ags[1]", "5 digits for a Kreis"),
        ("muster.geojson", "nowhere.geojson", 6, "boundary", "cannot be read"),
        ("#0A5A78", "blue", 8, "colour", "write a colour in quotes"),
        ("https://www.example.de\n", "www.example.de\n", 9, "website", "starts with https://"),
        ("https://www.", "javascript:alert//www.", 9, "website", "starts with https://"),
        ("{name: Kreisverwaltung}", "{email: x@y.de}", 10, "contact.name", "is missing"),
        ("[www.example.de]", "[https://example.de]", 11, "embed_hosts[1]", "a host name alone"),
        ("[www.example.de]", "[example.de/path]", 11, "embed_hosts[1]", "a host name alone"),
        ("relation: inside", "relation: innen", 13, "stations[1].relation", "inside or near"),
        ("source: pegelonline, id", "source: pegelnline, id", 13, "stations[1].source", "did you"),
        ("water: MOSEL", "water: MOSEL, id: x", 14, "stations[2]", "both are given"),
        (", water: MOSEL", "", 14, "stations[2]", "neither is given"),
        ("water: MOSEL", "id: one", 14, "stations[2].id", "listed twice"),
        ("title:", "name: again\ntitle:", 2, "", "duplicate key"),
        ("kind: Landkreis", "kind: [Landkreis", 4, "", "not valid YAML"),
    ],
)
def test_a_fault_is_named_by_line_and_field(
    write: Write, old: str, new: str, line: int, field: str, said: str
) -> None:
    found = problems(write(old, new))
    assert [(at, name) for at, name, _message in found] == [(line, field)]
    assert said in found[0][2]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("not json", "not GeoJSON with a polygon"),
        (json.dumps({"type": "Point", "coordinates": [7, 50]}), "not GeoJSON with a polygon"),
        (json.dumps({"type": "FeatureCollection", "features": []}), "not GeoJSON with a polygon"),
        ('{"type": "Polygon", "coordinates": []}', "not GeoJSON with a polygon"),
        (polygon((400000, 5500000), (400001, 5500000), (400001, 5500001)), "not longitude"),
        (polygon((7, 50), (8, 51), (8, 50), (7, 51)), "crosses itself"),
    ],
)
def test_a_boundary_has_to_be_a_polygon_in_degrees(
    write: Write, tmp_path: Path, content: str, said: str
) -> None:
    path = write()
    (tmp_path / "muster.geojson").write_text(content)
    ((_line, field, message),) = problems(path)
    assert field == "boundary"
    assert said in message


def test_all_faults_of_all_files_come_at_once(write: Write, tmp_path: Path) -> None:
    one = write("colour: ", "color: ", name="one.yaml")
    other = write("kind: Landkreis", "kind: 3", name="other.yaml")
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "latin.yaml").write_bytes("name: Prüm".encode("latin-1"))
    with pytest.raises(FilesRefused) as refused:
        read_configuration(find_files([tmp_path]), known_sources=["pegelonline"])
    named = {Path(each.file).name for each in refused.value.problems}
    assert named == {"one.yaml", "other.yaml", "empty.yaml", "latin.yaml"}
    said = str(refused.value)
    assert f"{one}, line 8, color: this key is not known; did you mean “colour”?" in said
    assert f"{other}, line 1, name: “musterkreis” is already used in {one}" in said


def test_the_source_of_a_file_may_be_its_own(write: Write) -> None:
    own = "sources:\n  - {id: bach, type: pegelonline, url: https://x.de, interval: 5}\n"
    path = write("stations:\n", own + "stations:\n")
    path.write_text(path.read_text().replace("pegelonline, id: one", "bach, id: one"))
    (municipality,) = read_configuration([path], known_sources=["pegelonline"]).municipalities
    assert municipality.sources[0].interval.total_seconds() == 300
    assert municipality.stations[0].source == "bach"


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ("{id: bach, type: pegelonlin, url: https://x.de, interval: 5}", "sources[1].type"),
        ("{id: bach, type: pegelonline, url: https://x.de, interval: 0}", "sources[1].interval"),
        ("{id: bach, type: pegelonline, url: ftp://x.de, interval: 5}", "sources[1].url"),
    ],
)
def test_a_source_needs_a_connector_an_address_and_an_interval(
    write: Write, entry: str, field: str
) -> None:
    found = problems(write("stations:\n", f"sources:\n  - {entry}\nstations:\n"))
    assert [name for _line, name, _message in found] == [field]


def test_the_six_municipalities_are_in_order() -> None:
    configuration = read_configuration(find_files([CONFIG / "municipalities"]))
    assert configuration.platform is not None
    names: list[Any] = [each.name for each in configuration.municipalities]
    assert names == [
        "eifelkreis-bitburg-pruem",
        "kaiserslautern",
        "landkreis-kusel",
        "landkreis-mayen-koblenz",
        "landkreis-st-wendel",
        "linz-am-rhein",
    ]
    linz = configuration.municipalities[-1]
    assert len(linz.ars) == len(linz.ags) == 2


GAUGES = """sources:
  - id: kusel-gauges
    type: mqtt
    title: Gauges of the district
    url: mqtts://broker.example.de:8883
    interval: 15
    connector: tts
    operator: {name: Landkreis Kusel}
    licence: {id: cc-zero, title: CC0, attribution: Landkreis Kusel}
    devices:
      70B3D57ED0000A01:
        name: Bridge
        codec: dragino-ldds75
    options:
      topic: v3/+/devices/+/up
      username: kusel@ttn
      password_env: KUSEL_PASSWORD
"""


def gauges(write: Write, content: str) -> Path:
    path = write()
    path.write_text(GOOD + content, encoding="utf-8")
    return path


def test_a_broker_is_described_with_its_devices_and_a_secret_from_elsewhere(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUSEL_PASSWORD", "a-secret")
    path = gauges(write, GAUGES)
    (town,) = read_configuration([path], known_sources=["pegelonline"]).municipalities
    (source,) = town.sources
    assert source.options["password"] == "a-secret"
    assert source.options["devices"]["70B3D57ED0000A01"]["codec"] == "dragino-ldds75"
    assert "a-secret" not in repr(source)
    (tmp_path / "key").write_text("another\n", encoding="utf-8")
    path = gauges(write, GAUGES.replace("_env: KUSEL_PASSWORD", "_file: key"))
    (town,) = read_configuration([path], known_sources=["pegelonline"]).municipalities
    (source,) = town.sources
    assert source.options["password"] == "another"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("type: mqtt", "type: tts", 3, "“tts” is a connector; write type: webhook"),
        ("    url: mqtts://broker.example.de:8883\n", "", 2, "is missing; write a web address"),
        ("mqtts://broker", "https://broker", 5, "This is no address"),
        ("connector: tts", "connector: none", 7, "Choose one of these"),
        ("{name: Landkreis Kusel}", "{url: x}", 8, "This is needed"),
        ("dragino-ldds75", "dragino-ldds76", 13, "Choose one of these"),
        ("v3/+/devices/+/up", "v3+/up", 15, "Write the topic"),
        ("password_env: KUSEL_PASSWORD", "password: x", 17, "a secret does not belong"),
        ("password_env: KUSEL_PASSWORD", "password_env: NOBODY_SET", 17, "is not set"),
        ("password_env: KUSEL_PASSWORD", "password_file: nowhere", 17, "cannot be read"),
        ("password_env: KUSEL_PASSWORD", "webhook_token_sha256: x", 17, "write token_env"),
        ("password_env: KUSEL_PASSWORD", "token_env: KUSEL_PASSWORD", 17, "fewer than 20"),
    ],
)
def test_a_fault_of_a_source_is_named_with_its_line(
    write: Write, monkeypatch: pytest.MonkeyPatch, old: str, new: str, line: int, said: str
) -> None:
    monkeypatch.setenv("KUSEL_PASSWORD", "a-secret")
    (found,) = problems(gauges(write, GAUGES.replace(old, new, 1)))
    assert (found[0], said in found[2]) == (GOOD.count("\n") + line, True), found
