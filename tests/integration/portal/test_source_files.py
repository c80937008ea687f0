"""Sources that a municipality's file describes: registered once, sealed, left to their editors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from portal_samples import CONFIG

from ckanext.suedwest.ingest.secrets import KEY_VARIABLE, open_secret
from ckanext.suedwest.portal import municipality
from ckanext.suedwest.store.managed_sources import managed_sources
from ckanext.suedwest.store.sources import read_source

OWN = "landkreis-kusel"
SOURCES = """sources:
  - id: kusel-gauges
    type: mqtt
    url: mqtts://broker.example.de
    interval: 15
    connector: tts
    operator: {name: Landkreis Kusel}
    licence: {id: cc-zero, title: CC0, attribution: Landkreis Kusel}
    devices: {70B3D57ED0000A01: {name: Bridge}}
    options: {topic: v3/+/devices/+/up, username: kusel, password_env: KUSEL_PASSWORD}
  - id: kusel-hook
    type: webhook
    interval: 15
    connector: chirpstack
    options: {token_env: KUSEL_TOKEN}
"""


@pytest.fixture
def described(platform: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the municipality's file with sources."""
    monkeypatch.setenv(KEY_VARIABLE, "k" * 40)
    monkeypatch.setenv("KUSEL_PASSWORD", "a-secret")
    monkeypatch.setenv("KUSEL_TOKEN", "t" * 40)
    folder = CONFIG / "municipalities"
    whole = (folder / f"{OWN}.yaml").read_text(encoding="utf-8")
    path = tmp_path / f"{OWN}.yaml"
    (tmp_path / "boundaries").symlink_to(folder / "boundaries")
    assert "sources: []" in whole
    path.write_text(whole.replace("sources: []\n", SOURCES), encoding="utf-8")
    return path


def test_loading_again_changes_nothing_and_a_new_secret_does(
    platform: Any, described: Path, ckan_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ckan_config, "suedwest.mode", "live")
    municipality.load([described])
    first = read_source(platform, "kusel-gauges")
    assert first.options["password"].startswith("sealed:")
    municipality.load([described])
    assert read_source(platform, "kusel-gauges") == first
    monkeypatch.setenv("KUSEL_PASSWORD", "another")
    municipality.load([described])
    changed = read_source(platform, "kusel-gauges")
    assert open_secret(changed.options, "password") == "another"
    assert changed.generation == first.generation + 1
    user = factories.Sysadmin()["name"]
    tk.get_action("suedwest_source_delete")({"user": user}, {"id": "kusel-gauges"})
    municipality.load([described])
    assert [each.id for each in managed_sources(platform, OWN)] == ["kusel-hook"]


def test_a_sandbox_listens_to_nobody_and_says_so(platform: Any, described: Path) -> None:
    outcomes = {outcome.name: str(outcome) for outcome in municipality.load([described])}
    assert outcomes[OWN].endswith("not asked in a sandbox: kusel-gauges")
    assert [each.id for each in managed_sources(platform, OWN)] == ["kusel-hook"]
