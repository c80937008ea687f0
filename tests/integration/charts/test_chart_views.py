"""Charts set up by form: saved, previewed, refused, embedded; for gauges and for tables."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import ckan.plugins.toolkit as tk
import pytest
from charts_samples import STATION, now_on_the_grid
from ckan.tests import factories
from ckan.tests.helpers import call_action

from ckanext.suedwest.portal.stations import package_id
from ckanext.suedwest.store.query import DatastreamNow

pytestmark = pytest.mark.usefixtures("gauge")

OWN, OTHER = "landkreis-mayen-koblenz", "kaiserslautern"


def editor_of(organization: str) -> dict[str, str]:
    user = factories.UserWithToken()
    if organization == OTHER:
        factories.Organization(name=OTHER)
    call_action("organization_member_create", id=organization, username=user["name"], role="editor")
    return {"Authorization": user["token"]}


@pytest.fixture
def table(level: DatastreamNow) -> dict[str, Any]:
    """A table of the municipality: the night of an October clock change, and a day after it."""
    dataset = factories.Dataset(owner_org=OWN, title="Wetter", license_id="dl-de-by-2.0")
    clock = [
        f"2025-10-26T{hour:02d}:{minute:02d}:00"
        for hour, minute in [(h, m) for h in (0, 1, 2, 2, 3) for m in (0, 30)]
    ]
    rows = [
        {"Zeit": time, "Luft, Dach": index / 2, "Regen": 1.0 if index % 2 else None, "Text": "=a"}
        for index, time in enumerate(clock)
    ]
    rows.append({"Zeit": "2025-10-27T12:00:00", "Luft, Dach": 30.5, "Regen": 2, "Text": "x"})
    made = call_action(
        "datastore_create",
        resource={"package_id": dataset["id"], "name": "Dach", "format": "CSV"},
        fields=[
            {"id": "Text", "type": "text"},
            {"id": "Zeit", "type": "timestamp"},
            {"id": "Luft, Dach", "type": "numeric", "info": {"label": "Luft auf dem Dach"}},
            {"id": "Regen", "type": "float8"},
        ],
        records=rows,
    )
    return {"dataset": dataset, "resource": made["resource_id"]}


def shown(app: Any, dataset: str, resource: str, headers: Any = None, **settings: Any) -> Any:
    asked = urlencode({"resource_view": json.dumps({"view_type": "suedwest_chart", **settings})})
    return app.get(f"/dataset/{dataset}/resource/{resource}/view?{asked}", headers=headers or {})


def of_gauge(app: Any, level: DatastreamNow, **settings: Any) -> str:
    answer = shown(app, package_id(STATION.key), level.resource_id, **settings)
    assert answer.status_code == 200
    return answer.body


def of_table(app: Any, table: dict[str, Any], **settings: Any) -> str:
    answer = shown(app, table["dataset"]["id"], table["resource"], **settings)
    assert answer.status_code == 200
    return answer.body


def test_each_kind_draws_a_gauge(app: Any, level: DatastreamNow, discharge: DatastreamNow) -> None:
    line = of_gauge(app, level)
    assert "data-series=" in line
    assert "Höchster Wert" in line
    for kind, sign in (("step", "H"), ("band", 'class="bandfill"')):
        body = of_gauge(app, level, kind=kind)
        assert "<figure" in body
        assert sign in body
        assert "2,10\u00a0m" in body
        assert "1 Wert angezweifelt" in body
        assert "5½ Stunden ohne Werte" in body
    bars = of_gauge(app, level, kind="bar", bars="count")
    assert bars.count('class="amount"') >= 3 * 7
    assert "96" in bars
    assert "Summe nichts" in of_gauge(app, level, kind="bar")
    tile = of_gauge(app, level, kind="tile")
    assert "Rhein bei Andernach" in tile
    assert 'class="sym-fresh"' in tile
    assert "<table>" in of_gauge(app, level, kind="table")
    compared = of_gauge(app, level, compare="last_year")
    assert "Damals liegt kein Wert vor." in compared
    past = (now_on_the_grid() - timedelta(days=3)).date().isoformat()
    assert "vor derjenigen" in of_gauge(app, level, compare="past", compare_from=past)
    both = of_gauge(app, level, range="24h", compare="past", compare_from=past)
    assert "<figure" in both
    assert "2,10\u00a0m" in both
    hidden = of_gauge(app, level, other1=discharge.resource_id)
    assert "keine öffentliche Messreihe" in hidden
    assert "Q" not in re.findall(r"<figure.*", hidden)


def test_each_kind_draws_a_table(app: Any, table: dict[str, Any]) -> None:
    body = of_table(app, table)
    assert "Luft auf dem Dach" in body
    assert "Uhrzeit in Deutschland" in body
    # The hour that happens twice is told by the order of the rows: nothing is unclear.
    assert "ohne eindeutige Zeit" not in body
    two = of_table(app, table, value1="Luft, Dach", unit1="°C", value2="Regen", unit2="mm")
    assert "rechte Achse" in two
    assert "30,5\u00a0°C" in two
    bars = of_table(app, table, kind="bar", value1="Regen", unit1="mm")
    assert "zusammen 7\u00a0mm" in bars or "zusammen 7,00\u00a0mm" in bars
    hours = of_table(app, table, kind="bar", bars="count", per="hour", value1="Luft, Dach")
    assert "2:00\u00a0Uhr\u00a0MESZ" in hours
    assert "2:00\u00a0Uhr\u00a0MEZ" in hours
    assert "letzter Wert" in of_table(app, table, kind="tile")
    year = of_table(app, table, range="7d", compare="last_year")
    assert "Damals liegt kein Wert vor." in year


HOSTILE: tuple[tuple[dict[str, Any], str], ...] = (
    ({"kind": "<script>alert(1)</script>"}, "Diese Auswahl gibt es nicht."),
    ({"kind": ["line"]}, "Das ist keine Einstellung eines Diagramms."),
    ({"range": {"a": 1}}, "Das ist keine Einstellung eines Diagramms."),
    ({"evil": "x"}, "ein Diagramm nicht kennt"),
    ({"other1": "3f8f6a52-5f0c-4a0e-9d2e-6c1a5b7d9e01"}, "passt nicht zu dem"),
    ({"time": "Text"}, "besteht aus Text"),
    ({"time": "Text", "texts": "comma"}, "keine Zeile mit einer brauchbaren Zeit"),
    ({"texts": "guess"}, "Diese Auswahl gibt es nicht."),
    ({"time": "Regen"}, "Spalte mit einer Zeit"),
    ({"time": "gibtsnicht"}, "Diese Spalte hat die Tabelle nicht."),
    ({"value1": "Text"}, "besteht aus Text"),
    ({"value1": "Zeit"}, "Spalte mit Zahlen"),
    ({"value1": '"; DROP TABLE x; --'}, "Diese Spalte hat die Tabelle nicht."),
    ({"range": "24h", "compare": "past", "compare_from": "2099-01-01"}, "vor derjenigen"),
)


def test_hostile_settings_are_refused_in_a_sentence(app: Any, table: dict[str, Any]) -> None:
    for settings, sentence in HOSTILE:
        body = of_table(app, table, **settings)
        assert sentence in body, settings
        assert "<figure" not in body
        assert "<script>alert" not in body
    # Half a character is a text for JSON and for nobody else.
    assert "<figure" in of_table(app, table, title="\ud800")
    at = f"/dataset/{table['dataset']['id']}/resource/{table['resource']}/view?resource_view="
    for sent, status in (('{"view_type": "nothing"}', 404), ("[" * 3000, 400), ("{", 400)):
        assert app.get(at + sent, expect_errors=True).status_code == status, sent[:30]


def test_a_table_of_texts_is_read_as_its_editor_says(app: Any) -> None:
    dataset = factories.Dataset(owner_org=OWN, license_id="dl-de-by-2.0")
    made = call_action(
        "datastore_create",
        resource={"package_id": dataset["id"], "name": "Verbrauch", "format": "CSV"},
        fields=[{"id": "Am", "type": "text"}, {"id": "m³", "type": "text"}],
        records=[
            {"Am": "31.12.2025, 6:00 Uhr", "m³": "1.234,5"},
            {"Am": "01.01.2026 06:00", "m³": "998"},
            {"Am": "01.01.2026 07:00", "m³": ""},
            {"Am": "2026-01-01 08:00", "m³": "k. A."},
            {"Am": "irgendwann", "m³": "7"},
            # Written for “for ever”, which no axis has room for.
            {"Am": "31.12.9999", "m³": "8"},
        ],
    )
    place = {"dataset": dataset, "resource": made["resource_id"]}
    texts = {"time": "Am", "value1": "m³", "unit1": "m³", "texts": "comma"}
    body = of_table(app, place, **texts)
    assert "zuletzt 998\u00a0m³ am Donnerstag, 1.\u00a0Januar" in body
    assert "Höchster Wert 1.234\u00a0m³" in body or "Höchster Wert 1.235\u00a0m³" in body
    assert "ohne eindeutige Zeit, die fehlen: 1." in body
    assert "keine brauchbaren Zahlen sind und fehlen: 1." in body
    assert "wie Zahlen darin geschrieben sind" in of_table(app, place, **{**texts, "texts": ""})
    bars = of_table(app, place, kind="bar", range="7d", **texts)
    assert "am meisten Mi 31.12.2025: 1.23" in bars


def test_what_cannot_be_seen_is_not_shown(
    app: Any, level: DatastreamNow, discharge: DatastreamNow, table: dict[str, Any]
) -> None:
    other, own = editor_of(OTHER), editor_of(OWN)
    view = call_action(
        "resource_view_create",
        resource_id=table["resource"],
        title="Wetter",
        view_type="suedwest_chart",
        unit1="°C",
    )
    embed = f"/embed/view/{view['id']}"
    assert app.get(embed).status_code == 200
    for action, data in (
        (
            "resource_view_create",
            {"resource_id": table["resource"], "title": "x", "view_type": "suedwest_chart"},
        ),
        ("resource_view_update", {**view, "title": "x"}),
        ("resource_view_delete", {"id": view["id"]}),
    ):
        answer = app.post(f"/api/3/action/{action}", headers=other, json=data)
        assert answer.status_code == 403, action
    call_action("package_patch", id=table["dataset"]["id"], private=True)
    place = (table["dataset"]["id"], table["resource"])
    for headers in ({}, other):
        assert shown(app, *place, headers).status_code == 404
        for address in (embed, f"{embed}.csv", f"{embed}.svg"):
            assert app.get(address, headers=headers).status_code == 404
    assert "Luft auf dem Dach" in shown(app, *place, own).body
    # What shared caches keep is the same for everybody.
    assert app.get(embed, headers=own).status_code == 404
    call_action("package_patch", id=table["dataset"]["id"], private=False)
    assert app.get(embed).status_code == 200
    call_action("datastore_delete", resource_id=table["resource"], force=True)
    gone = app.get(embed)
    assert "keine Tabelle" in gone.body
    assert "Wetter" in gone.body
    call_action("resource_delete", id=table["resource"])
    for address in (embed, f"{embed}.csv"):
        assert app.get(address).status_code == 404
    internal = {"resource_id": discharge.resource_id}
    body = of_gauge(app, level, **internal)
    assert "data-series=" in body
    assert discharge.resource_id not in body


def test_the_form_saves_previews_and_says_what_is_wrong(
    app: Any, level: DatastreamNow, table: dict[str, Any]
) -> None:
    headers = editor_of(OWN)
    at = f"/dataset/{table['dataset']['name']}/resource/{table['resource']}"
    form = app.get(f"{at}/new_view?view_type=suedwest_chart", headers=headers).body
    for text in ("Art des Diagramms", "Luft auf dem Dach", "Uhrzeit in Deutschland", "Vorschau"):
        assert text in form, text
    assert "Text (Text)" in form
    # The chart knows no filters, so none can be set that would then be refused.
    assert "resource-view-filters" not in form
    fields = {"title": "Wetter", "view_type": "suedwest_chart", "kind": "step", "unit1": "°C"}
    fields |= {"range": "all", "value2": "", "compare": "", "description": ""}
    preview = app.post(f"{at}/new_view", headers=headers, data={**fields, "preview": "True"})
    (frame,) = re.findall(r'<iframe[^>]* src="([^"]+)"', preview.body)
    assert "resource_view=" in frame
    chart = app.get(frame.replace("&amp;", "&"), headers=headers).body
    assert "30,5\u00a0°C" in chart
    assert call_action("resource_view_list", id=table["resource"]) == []
    wrong = app.post(
        f"{at}/new_view", headers=headers, data={**fields, "compare": "past", "save": "Save"}
    )
    assert (
        "Zum Vergleichen" in wrong.body
        or "wählen Sie" in wrong.body
        or "frühere Zeit" in wrong.body
    )
    assert call_action("resource_view_list", id=table["resource"]) == []
    app.post(f"{at}/new_view", headers=headers, data={**fields, "save": "Save"})
    (saved,) = call_action("resource_view_list", id=table["resource"])
    assert (saved["kind"], saved["unit1"]) == ("step", "°C")
    edit = app.get(f"{at}/edit_view/{saved['id']}", headers=headers).body
    assert '<option value="step" selected' in edit
    live = f"/dataset/{package_id(STATION.key)}/resource/{level.resource_id}"
    admin = {"Authorization": factories.SysadminWithToken()["token"]}
    form = app.get(f"{live}/new_view?view_type=suedwest_chart", headers=admin).body
    assert '<option value="7d" selected' in form
    assert "Weitere Reihe 1" in form


def test_a_stored_view_is_a_small_page_with_its_files(
    app: Any, level: DatastreamNow, table: dict[str, Any]
) -> None:
    view = call_action(
        "resource_view_create",
        resource_id=table["resource"],
        title="Das <Wetter>",
        view_type="suedwest_chart",
        value1="Luft, Dach",
        unit1="°C",
    )
    address = f"/embed/view/{view['id']}"
    page = app.get(address)
    assert "Set-Cookie" not in page.headers
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert "Das &lt;Wetter&gt;" in page.body
    assert "Datenlizenz Deutschland" in page.body
    assert "Tabelle" in page.body
    english = app.get(f"{address}?lang=en")
    assert "Highest value" in english.body
    picture = app.get(f"{address}.svg").body
    assert picture.startswith("<?xml")
    assert "30,5\u00a0°C" in picture
    assert app.get(f"{address}.png").data[:4] == b"\x89PNG"
    rows = app.get(f"{address}.csv").body.splitlines()
    assert rows[0].startswith("series,start,end,minimum")
    assert rows[-1].split(",")[1] == "2025-10-27T11:00:00Z"
    assert len({row.split(",")[1] for row in rows[1:]}) == len(rows) - 1
    told = app.get(f"/oembed?{urlencode({'url': tk.config['ckan.site_url'] + address})}").json
    assert told["title"] == "Das <Wetter>"
    assert f'{address}"' in told["html"]
    stored = app.get(
        f"/dataset/{table['dataset']['id']}/resource/{table['resource']}/view/{view['id']}"
    )
    assert f"embed/view/{view['id']}" in stored.body
