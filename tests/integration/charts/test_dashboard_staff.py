"""The staff's forms of a dashboard: from an empty page to a public one, and what they refuse."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from charts_samples import SLUG
from ckan.tests import factories
from ckan.tests.helpers import call_action

pytestmark = pytest.mark.usefixtures("gauge")
TOWN = "landkreis-mayen-koblenz"
PAGES = f"/verwaltung/{TOWN}/seiten"
EDIT = f"{PAGES}/lage"
TILE = f"{EDIT}/baustein"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000a49444154789c6300010000050001"
    "0d0a2db40000000049454e44ae426082"
)


class Staff:
    """An editor of the municipality who sends forms, each with the version of the page."""

    def __init__(self, app: Any) -> None:
        user = factories.UserWithToken()
        call_action("organization_member_create", id=TOWN, username=user["name"], role="editor")
        self._app, self._headers = app, {"Authorization": user["token"]}

    def see(self, path: str) -> str:
        return str(self._app.get(path, headers=self._headers, status=200).body)

    def send(self, path: str, **data: Any) -> Any:
        """What the form answers: 302 when it was taken."""
        version = {} if path == PAGES else {"version": str(stored()["version"])}
        return self._app.post(
            path, headers=self._headers, data=version | data, follow_redirects=False
        )


@pytest.fixture
def staff(app: Any) -> Staff:
    return Staff(app)


def stored(name: str = "lage") -> dict[str, Any]:
    return call_action("suedwest_dashboard_show", municipality=TOWN, name=name)


def tiles() -> list[str]:
    """What the tiles of the draft are, in their order."""
    return [each["title"] or each["kind"] for each in stored()["draft"]["tiles"]]


def test_an_editor_makes_a_page_of_every_kind_of_tile_and_publishes_it(
    staff: Staff, app: Any, ckan_config: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setitem(ckan_config, "ckan.storage_path", str(tmp_path))
    assert "Es gibt noch keine Seite" in staff.see(PAGES)
    assert staff.send(PAGES, title="", template="empty").status_code == 200
    assert staff.send(PAGES, title="Lage", template="empty").status_code == 302
    assert "Auf dieser Seite steht noch nichts" in staff.see(EDIT)
    to_tile = staff.send(EDIT, title="Lage", do="add", art="value").headers["Location"]
    assert to_tile.endswith(f"{TILE}?art=value")
    assert "Rhein bei Andernach: Wasserstand (W)" in staff.see(f"{TILE}?art=value")
    series = f"{SLUG}/W"
    for sent in (
        {"art": "value", "series": series, "title": "Wert"},
        {"art": "chart", "series": series, "range": "30d", "width": "full", "title": "Verlauf"},
        {"art": "map"},
        {"art": "list", "stations": "water"},
        {"art": "text", "text": "So ist die **Lage**."},
        {"art": "datasets", "words": ""},
    ):
        assert staff.send(TILE, **sent).status_code == 302, sent
    picture = {"art": "image", "alternative": "Das Wappen", "upload": (io.BytesIO(PNG), "w.png")}
    assert staff.send(TILE, **picture).status_code == 302
    path = stored()["draft"]["tiles"][-1]["path"]
    assert path.startswith("/uploads/group/")
    assert len(list((tmp_path / "storage" / "uploads" / "group").iterdir())) == 1
    # Without a new file the picture stays.
    assert staff.send(f"{TILE}/6", alternative="Wappen", upload="").status_code == 302
    assert stored()["draft"]["tiles"][-1]["path"] == path
    draft = staff.see(EDIT)
    assert "Diagramm, 30 Tage" in draft
    assert draft.count('<section class="tile') == 7
    assert app.get(f"/seiten/{TOWN}/lage").status_code == 404
    widths = {f"width-{index}": "half" for index in range(7)}
    published = staff.send(EDIT, title="Die Lage", do="publish", landing="true", **widths)
    assert published.status_code == 302
    assert "Die Lage" in app.get(f"/seiten/{TOWN}/lage").body
    assert "So ist die <strong>Lage</strong>" in app.get(f"/organization/{TOWN}").body
    assert {each["width"] for each in stored()["published"]["tiles"]} == {"half"}


def test_tiles_are_moved_removed_and_taken_back(staff: Staff) -> None:
    staff.send(PAGES, title="Lage", template="empty")
    for title in ("a", "b", "c"):
        staff.send(TILE, art="text", text="x", title=title)
    staff.send(EDIT, title="Lage", do="publish")
    moved = staff.send(EDIT, title="Lage", do="down-0")
    assert moved.headers["Location"].endswith("/lage#baustein-2")
    assert tiles() == ["b", "a", "c"]
    assert "„a“ steht jetzt an Stelle 2 von 3." in staff.see(EDIT)
    staff.send(EDIT, title="Lage", do="order", order="2,0,1", moved="2")
    assert tiles() == ["c", "b", "a"]
    # Orders and places that do not fit change nothing.
    for wrong in ({"do": "order", "order": "0,0,1"}, {"do": "up-9"}, {"do": "up-0"}):
        assert staff.send(EDIT, title="Lage", **wrong).status_code == 302
        assert tiles() == ["c", "b", "a"]
    staff.send(EDIT, title="Lage", do="remove-1")
    assert tiles() == ["c", "a"]
    assert "seit der Veröffentlichung geändert" in staff.see(PAGES)
    assert staff.send(EDIT, title="Lage", do="discard").status_code == 302
    assert tiles() == ["a", "b", "c"]
    staff.send(PAGES, title="Zweite", template="empty")
    staff.send(f"{PAGES}/reihenfolge", name="zweite")
    listed = call_action("suedwest_dashboard_list", municipality=TOWN)
    assert [each["name"] for each in listed] == ["zweite", "lage"]
    assert "verschwindet sofort" in staff.see(f"{EDIT}/loeschen")
    assert staff.send(f"{EDIT}/loeschen").status_code == 302
    assert "Zweite" in staff.see(PAGES)


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    staff: Staff, app: Any
) -> None:
    staff.send(PAGES, title="Lage", template="empty")
    for sent, field, sentence in (
        ({"art": "value", "title": "Mein Titel"}, "series", "was gezeigt wird"),
        ({"art": "text", "text": " ", "title": "Mein Titel"}, "text", "einen Text"),
        ({"art": "image", "alternative": "x", "title": "Mein Titel"}, "upload", "/uploads/"),
        ({"art": "list", "stations": "", "title": "Mein Titel"}, "stations", "was gezeigt wird"),
    ):
        answer = staff.send(TILE, **sent)
        assert answer.status_code == 200
        assert f'id="error-{field}"' in answer.body
        assert sentence in answer.body
        assert 'value="Mein Titel"' in answer.body
    file = (io.BytesIO(b"<html><script>alert(1)</script>"), "a.html")
    answer = staff.send(TILE, art="image", alternative="x", upload=file)
    assert (answer.status_code, 'id="error-upload"' in answer.body) == (200, True)
    second = staff.send(EDIT, title="Zweite", version="0", do="save")
    assert second.status_code == 200
    assert "Somebody else" not in second.body
    assert "inzwischen" in second.body
    assert tiles() == []
    for path in (f"{TILE}?art=script", f"{TILE}/0", f"{PAGES}/gibt-es-nicht"):
        assert app.get(path, headers=staff._headers).status_code == 404
