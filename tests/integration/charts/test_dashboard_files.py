"""Pages of tiles from a municipality's file: loaded again and again, changed and deleted."""

from __future__ import annotations

from typing import Any

import pytest
from ckan.tests.helpers import call_action

from ckanext.suedwest.charts.dashboards import loading, storage

pytestmark = pytest.mark.usefixtures("gauge")
TOWN = "landkreis-mayen-koblenz"


def page(text: str = "Alt", **more: Any) -> dict[str, Any]:
    tiles = [{"kind": "text", "text": text}]
    return {"name": "lage", "title": "Lage", "tiles": tiles, "landing": True, **more}


def shown() -> str:
    return call_action("suedwest_dashboard_show", municipality=TOWN, name="lage")["published"][
        "tiles"
    ][0]["text"]


def test_a_page_follows_its_file_until_staff_change_it(app: Any) -> None:
    assert loading.load(TOWN, [page()]) == []
    assert loading.load(TOWN, [page()]) == []
    assert "Alt" in app.get(f"/organization/{TOWN}").body
    assert "Alt" in app.get(f"/seiten/{TOWN}/lage").body
    assert loading.load(TOWN, [page("Neu")]) == []
    assert shown() == "Neu"
    version = call_action("suedwest_dashboard_show", municipality=TOWN, name="lage")["version"]
    tiles = [{"kind": "text", "text": "Vom Amt"}]
    changed = call_action(
        "suedwest_dashboard_update",
        municipality=TOWN,
        name="lage",
        version=version,
        page={"title": "Lage", "tiles": tiles},
    )
    # Also a draft that nobody published yet is somebody's work.
    assert loading.load(TOWN, [page("Neuer")]) == ["lage"]
    here = {"municipality": TOWN, "name": "lage", "version": changed["version"]}
    call_action("suedwest_dashboard_publish", **here)
    assert loading.load(TOWN, [page("Neuer")]) == ["lage"]
    assert shown() == "Vom Amt"


def test_a_page_that_staff_deleted_stays_deleted_and_theirs_stays_in_front(app: Any) -> None:
    made = call_action("suedwest_dashboard_create", municipality=TOWN, title="Eigene")
    here = {"municipality": TOWN, "name": made["name"]}
    page_ = {"title": "Eigene", "tiles": [{"kind": "text", "text": "Eigener Text"}]}
    changed = call_action("suedwest_dashboard_update", **here, version=1, page=page_, landing=True)
    call_action("suedwest_dashboard_publish", **here, version=changed["version"])
    loading.load(TOWN, [page()])
    assert "Eigener Text" in app.get(f"/organization/{TOWN}").body
    call_action("suedwest_dashboard_delete", municipality=TOWN, name="lage")
    assert loading.load(TOWN, [page()]) == ["lage"]
    assert storage.dashboard(TOWN, "lage") is None
