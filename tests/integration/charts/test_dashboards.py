"""Dashboards: draft and published version apart, two editors, hostile JSON, stations that go."""

from __future__ import annotations

import json
from typing import Any

import pytest
from charts_samples import SLUG
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests.helpers import call_action
from sqlalchemy import text

pytestmark = pytest.mark.usefixtures("gauge")
TOWN = "landkreis-mayen-koblenz"
ADDRESS = f"/seiten/{TOWN}/hochwasser"
VALUE = {"kind": "value", "station": SLUG, "datastream": "W"}
TILES = [
    VALUE,
    {**VALUE, "kind": "chart", "range": "7d", "width": "full"},
    {"kind": "map"},
    {"kind": "text", "title": "Hinweis", "text": "<script>alert(1)</script> **fett**"},
    {"kind": "datasets"},
]


def act(what: str, **data: Any) -> Any:
    return call_action(f"suedwest_dashboard_{what}", municipality=TOWN, **data)


def test_the_public_sees_only_what_was_published(app: Any) -> None:
    made = act("create", title="Hochwasser", template="water")
    assert (made["name"], made["version"], made["published"]) == ("hochwasser", 1, None)
    assert [tile["kind"] for tile in made["draft"]["tiles"]] == ["chart", "map", "text"]
    assert app.get(ADDRESS).status_code == 404
    page = {"title": "Hochwasser", "tiles": TILES}
    changed = act("update", name="hochwasser", version=1, page=page)
    assert "Hinweis" not in app.get(f"/organization/{TOWN}").body
    act("publish", name="hochwasser", version=changed["version"])
    shown = app.get(ADDRESS)
    assert shown.status_code == 200
    assert "Set-Cookie" not in shown.headers
    assert shown.body.count("Rhein bei Andernach: 1,00\u00a0m") >= 2
    assert "<script>alert" not in shown.body
    assert "<strong>fett</strong>" in shown.body
    assert "station-map" in shown.body
    draft = {"title": "Entwurf", "tiles": []}
    act("update", name="hochwasser", version=3, page=draft, landing=True)
    assert "Hinweis" in app.get(f"/organization/{TOWN}").body
    assert "Entwurf" not in app.get(ADDRESS).body
    assert act("discard", name="hochwasser", version=4)["draft"]["title"] == "Hochwasser"
    for embed in (f"/embed/seite/{TOWN}/hochwasser", f"/embed/karte/{TOWN}"):
        framed = app.get(embed)
        assert framed.status_code == 200
        assert "frame-ancestors 'self' kvmyk.de" in framed.headers["Content-Security-Policy"]
        assert "Andernach" in framed.body
    act("delete", name="hochwasser")
    assert app.get(ADDRESS).status_code == 404


def test_the_second_of_two_editors_is_told_and_the_first_one_kept() -> None:
    act("create", title="Hochwasser")
    act("update", name="hochwasser", version=1, page={"title": "Erste", "tiles": []})
    for what in ("update", "publish"):
        with pytest.raises(tk.ValidationError) as refused:
            act(what, name="hochwasser", version=1, page={"title": "Zweite", "tiles": []})
        assert list(refused.value.error_dict) == ["version"]
    assert act("show", name="hochwasser")["title"] == "Erste"
    for page in ({"title": ""}, {"title": "A", "tiles": [{"kind": "script"}]}, "A"):
        with pytest.raises(tk.ValidationError):
            act("update", name="hochwasser", version=2, page=page)
    assert act("create", title="Hochwasser")["name"] == "hochwasser-2"
    names = [each["name"] for each in act("reorder", names=["hochwasser-2", "hochwasser"])]
    assert names == ["hochwasser-2", "hochwasser"]


def test_what_cannot_be_shown_says_so_and_the_rest_stays(app: Any) -> None:
    """An internal series, a station that is gone, and JSON that came in another way."""
    tiles = [
        {**VALUE, "datastream": "Q"},
        {**VALUE, "station": "pegel-gibt-es-nicht"},
        {"kind": "text", "text": "Der Rest"},
    ]
    act("create", title="Hochwasser")
    act("update", name="hochwasser", version=1, page={"title": "Hochwasser", "tiles": tiles})
    act("publish", name="hochwasser", version=2)
    hostile = [{"kind": "image", "path": "javascript:alert(1)", "alternative": "x"}, 7, *tiles]
    model.Session.execute(
        text("UPDATE suedwest_dashboard SET published = CAST(:page AS jsonb)"),
        {"page": json.dumps({"title": "<b>Hochwasser", "tiles": hostile})},
    )
    model.Session.commit()
    shown = app.get(ADDRESS)
    assert shown.status_code == 200
    assert "javascript:" not in shown.body
    assert "<b>Hochwasser" not in shown.body
    assert "Der Rest" in shown.body
    assert shown.body.count('class="empty"') == 4
