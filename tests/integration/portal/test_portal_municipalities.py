"""Loading municipalities: repeatable, careful with what people wrote, all or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from portal_samples import CONFIG, MAYEN
from sqlalchemy import Engine

from ckanext.suedwest.portal import municipality, organizations
from ckanext.suedwest.portal.cli import suedwest
from ckanext.suedwest.portal.municipality import SandboxWithoutReplay
from ckanext.suedwest.portal.yaml_file import FilesRefused
from ckanext.suedwest.store.leases import claim_due_source
from ckanext.suedwest.store.sources import selections

FOLDER = CONFIG / "municipalities"


def test_six_municipalities_and_the_platform(platform: Engine) -> None:
    names = set(call_action("organization_list"))
    assert len(names) == 7
    assert "suedwest-cluster" in names
    assert [each.short_title for each in organizations.profiles()] == [
        "Bitburg-Prüm",
        "Kaiserslautern",
        "Kusel",
        "Linz am Rhein",
        "Mayen-Koblenz",
        "St. Wendel",
    ]
    town = organizations.profile("landkreis-mayen-koblenz")
    assert town is not None
    assert (town.population, town.area, town.colour) == (219001, 817.66, "#b8860b")
    assert town.boundary is not None
    assert "myk10.de" in town.embed_hosts
    assert organizations.profile("suedwest-cluster") is None
    assert len(selections(platform, "pegelonline")) == 18


def test_loading_again_changes_nothing(platform: Engine) -> None:
    before = call_action("organization_show", id="kaiserslautern")
    outcomes = municipality.load([FOLDER])
    assert not any(each.created or each.changed or each.kept for each in outcomes)
    assert call_action("organization_show", id="kaiserslautern") == before


def test_a_new_value_of_the_file_arrives(platform: Engine, tmp_path: Path) -> None:
    changed = _copy(tmp_path, "myk10.de", "neu.example.de")
    (outcome,) = municipality.load([changed])
    assert outcome.changed == ("embed_hosts",)
    town = organizations.profile("landkreis-mayen-koblenz")
    assert town is not None
    assert "neu.example.de" in town.embed_hosts


def test_what_an_editor_changed_stays(platform: Engine, tmp_path: Path) -> None:
    editor = factories.User()
    call_action(
        "organization_member_create",
        id="landkreis-mayen-koblenz",
        username=editor["name"],
        role="admin",
    )
    tk.get_action("organization_patch")(
        {"user": editor["name"]},
        {"id": "landkreis-mayen-koblenz", "contact_name": "Team MYK10", "programme": ""},
    )
    changed = _copy(tmp_path, "name: Kreisverwaltung", "name: Pressestelle")
    (outcome,) = municipality.load([changed])
    assert outcome.changed == ()
    assert set(outcome.kept) == {"contact_name", "programme"}
    assert "kept: contact_name, programme" in str(outcome)
    town = organizations.profile("landkreis-mayen-koblenz")
    assert town is not None
    assert (town.contact_name, town.programme) == ("Team MYK10", None)
    members = call_action("organization_show", id="landkreis-mayen-koblenz", include_users=True)[
        "users"
    ]
    assert editor["name"] in {each["name"] for each in members}


def test_a_deleted_municipality_does_not_come_back(platform: Engine) -> None:
    call_action("organization_delete", id="landkreis-mayen-koblenz")
    (outcome,) = municipality.load([MAYEN])
    assert "stays deleted" in str(outcome)
    assert organizations.profile("landkreis-mayen-koblenz") is None
    assert "landkreis-mayen-koblenz" not in {
        each.municipality for each in selections(platform, "pegelonline")
    }


def test_selections_follow_the_file(platform: Engine, tmp_path: Path) -> None:
    text = MAYEN.read_text()
    cut = text[: text.index("stations:")] + "stations:\n  - {source: pegelonline, water: MOSEL}\n"
    path = _copy(tmp_path, "", "")
    path.write_text(cut)
    municipality.load([path])
    mine = [
        (each.selects, each.value, each.relation)
        for each in selections(platform, "pegelonline")
        if each.municipality == "landkreis-mayen-koblenz"
    ]
    assert mine == [("water", "MOSEL", "near")]


def test_one_bad_file_stops_all(platform: Engine, tmp_path: Path) -> None:
    _copy(tmp_path, "Smarte Region MYK10", "Changed")
    (tmp_path / "bad.yaml").write_text("name: bad\n")
    with pytest.raises(FilesRefused):
        municipality.load([tmp_path])
    town = organizations.profile("landkreis-mayen-koblenz")
    assert town is not None
    assert town.programme == "Smarte Region MYK10"


def test_the_command_names_file_line_and_field(platform: Engine, tmp_path: Path, cli: Any) -> None:
    path = _copy(tmp_path, "colour:", "color:")
    result = cli.invoke(suedwest, ["municipality", "load", str(path)])
    assert result.exit_code == 1
    assert f"{path}, line " in result.output
    assert "color: this key is not known; did you mean “colour”?" in result.output
    result = cli.invoke(suedwest, ["municipality", "load", str(MAYEN)])
    assert result.exit_code == 0
    assert "landkreis-mayen-koblenz: unchanged" in result.output


@pytest.mark.usefixtures("clean_db", "clean_index", "store")
def test_a_sandbox_never_asks_the_real_service(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tk.config, "suedwest.mode", "sandbox")
    monkeypatch.delenv(municipality.REPLAY_URL_VARIABLE, raising=False)
    with pytest.raises(SandboxWithoutReplay):
        municipality.load([FOLDER])
    assert call_action("organization_list") == []
    monkeypatch.setenv(municipality.REPLAY_URL_VARIABLE, "http://127.0.0.1:9/replay")
    municipality.load([FOLDER])
    claimed = claim_due_source(
        store, holder="test", now=datetime.now(UTC), lease_for=timedelta(seconds=1)
    )
    assert claimed is not None
    assert claimed[0].url == "http://127.0.0.1:9/replay"
    assert claimed[0].options == {"simulated": True}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("colour", "red;} body {display:none"),
        ("website", "javascript:alert(1)"),
        ("embed_hosts", "www.example.de; script-src *"),
        ("area", "-3"),
        ("boundary", '{"type": "Point", "coordinates": [7, 50]}'),
        ("contact_email", "nobody"),
    ],
)
def test_the_form_refuses_what_a_page_could_not_bear(
    platform: Engine, field: str, value: str
) -> None:
    with pytest.raises(tk.ValidationError) as refused:
        call_action("organization_patch", id="kaiserslautern", **{field: value})
    assert field in refused.value.error_dict


def _copy(folder: Path, old: str, new: str) -> Path:
    (folder / "boundaries").mkdir()
    boundary = "boundaries/landkreis-mayen-koblenz.geojson"
    (folder / boundary).write_text((FOLDER / boundary).read_text())
    path = folder / "myk.yaml"
    path.write_text(MAYEN.read_text().replace(old, new) if old else MAYEN.read_text())
    return path
