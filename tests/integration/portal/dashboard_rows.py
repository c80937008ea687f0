"""Actions and staff pages of dashboards for the matrix of rights.

The rows stand in an order in which the own editor passes. The actions end without a dashboard and
the pages begin with a new one, so that each kind passes on its own.
"""

from __future__ import annotations

from typing import Any

from ckan.tests.helpers import call_action

_TOWN = {"municipality": "{municipality}"}
_PAGE = _TOWN | {"name": "lage"}

DASHBOARD_ACTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("suedwest_dashboard_create", _TOWN | {"title": "Lage"}),
    ("suedwest_dashboard_list", _TOWN),
    ("suedwest_dashboard_show", _PAGE),
    ("suedwest_dashboard_update", _PAGE | {"version": 1, "page": {"title": "Lage"}}),
    ("suedwest_dashboard_publish", _PAGE | {"version": 2}),
    ("suedwest_dashboard_discard", _PAGE | {"version": 3}),
    ("suedwest_dashboard_reorder", _TOWN | {"names": ["baustelle", "lage"]}),
    ("suedwest_dashboard_delete", _PAGE),
)

_STAFF = "suedwest_dashboard_staff"
_PAGES = "/verwaltung/{municipality}/seiten"
DASHBOARD_PAGES: tuple[tuple[Any, ...], ...] = (
    (f"{_STAFF}.pages", _PAGES),
    (f"{_STAFF}.pages", _PAGES, "POST", {"title": "Lage", "template": "empty"}),
    (f"{_STAFF}.reorder", f"{_PAGES}/reihenfolge", "POST", {"name": "{dashboard}"}),
    (f"{_STAFF}.edit", f"{_PAGES}/{{dashboard}}"),
    (f"{_STAFF}.edit", f"{_PAGES}/{{dashboard}}", "POST", {"title": "Lage", "version": "1"}),
    (f"{_STAFF}.new_tile", f"{_PAGES}/{{dashboard}}/baustein?art=map"),
    (f"{_STAFF}.new_tile", f"{_PAGES}/{{dashboard}}/baustein", "POST", {"art": "map"}),
    (f"{_STAFF}.tile", f"{_PAGES}/{{dashboard}}/baustein/0"),
    (f"{_STAFF}.tile", f"{_PAGES}/{{dashboard}}/baustein/0", "POST", {"text": "Neu"}),
    (f"{_STAFF}.delete", f"{_PAGES}/{{dashboard}}/loeschen"),
    (f"{_STAFF}.delete", f"{_PAGES}/{{dashboard}}/loeschen", "POST", {}),
)


def make_dashboard(municipality: str) -> dict[str, Any]:
    """A dashboard with one tile, and its name for the rows."""
    town = {"municipality": municipality}
    made = call_action("suedwest_dashboard_create", title="Baustelle", **town)
    page = {"title": "Baustelle", "tiles": [{"kind": "text", "text": "Alt"}]}
    version = made["version"]
    call_action("suedwest_dashboard_update", name=made["name"], version=version, page=page, **town)
    return {"dashboard": made["name"]}
