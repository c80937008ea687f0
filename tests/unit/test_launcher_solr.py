"""What `solr up`, `down` and `status` say where no Solr can be or is."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from lxml import etree

from ckanext.suedwest.launcher import ports, solr_core, solr_server
from ckanext.suedwest.launcher.cli import main
from ckanext.suedwest.launcher.errors import StepFailed
from ckanext.suedwest.launcher.places import CHECKOUT


@pytest.mark.parametrize("missing", ["java", "mvn"])
def test_a_missing_program_is_named_with_what_to_install(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in {"java", "mvn"} - {missing}:
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StepFailed, match=f"needs {missing},") as failure:
        solr_server.up(tmp_path / "solr", ports.choose(set()), ["ckan"])
    assert "apt-get install" in failure.value.advice


def test_a_port_in_use_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("java", "mvn"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with socket.create_server((ports.HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StepFailed, match=f"Port {port} is in use"):
            solr_server.up(tmp_path / "solr", port, ["ckan"])


@pytest.mark.parametrize("name", ["", "Ckan", "../ckan", "a b", "1", "ä", "x" * 60])
def test_a_core_that_is_no_folder_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="cannot be the name of a core"):
        solr_server.up(tmp_path / "solr", 8983, [name])
    assert not (tmp_path / "solr").exists()


def test_status_and_down_where_nothing_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(tmp_path / "solr")]
    assert main(["solr", "status", *data]) == solr_server.RUNS_NOT
    assert main(["solr", "down", *data]) == 0
    said = capsys.readouterr().out
    assert "Solr is not running." in said
    assert "It was not running." in said


def test_a_core_has_all_files_its_schema_names(tmp_path: Path) -> None:
    solr_core.write(tmp_path / "core")
    conf = tmp_path / "core" / "conf"
    schema = etree.parse(conf / "schema.xml")
    named = {
        file
        for attribute in ("synonyms", "words", "protected")
        for value in schema.xpath(f"//@{attribute}")
        for file in value.split(",")
    }
    assert named
    assert named <= {file.name for file in conf.iterdir()}
    assert {"spatial_geom", "minx", "bbox_area"} <= set(schema.xpath("//field/@name"))


def test_the_jars_are_of_the_version_of_the_image() -> None:
    pom = etree.parse(CHECKOUT / "config" / "solr" / "server" / "pom.xml")
    version = pom.xpath("string(//*[local-name() = 'solr.version'])")
    assert f"FROM solr:{version}-slim@" in (CHECKOUT / "docker" / "Dockerfile").read_text("utf-8")
