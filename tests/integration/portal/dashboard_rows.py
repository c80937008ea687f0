"""Actions of dashboards for the matrix of rights, in an order in which the own editor passes."""

from __future__ import annotations

from typing import Any

_TOWN = {"municipality": "{municipality}"}
_PAGE = _TOWN | {"name": "lage"}

DASHBOARD_ACTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("suedwest_dashboard_create", _TOWN | {"title": "Lage"}),
    ("suedwest_dashboard_list", _TOWN),
    ("suedwest_dashboard_show", _PAGE),
    ("suedwest_dashboard_update", _PAGE | {"version": 1, "page": {"title": "Lage"}}),
    ("suedwest_dashboard_publish", _PAGE | {"version": 2}),
    ("suedwest_dashboard_discard", _PAGE | {"version": 3}),
    ("suedwest_dashboard_reorder", _TOWN | {"names": ["lage"]}),
    ("suedwest_dashboard_delete", _PAGE),
)
