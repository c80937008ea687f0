"""Actions and pages of history for the matrix of rights."""

from __future__ import annotations

from typing import Any

_TOWN = {"municipality": "{municipality}"}
_FILE = {"resource_id": "{level}", "text": "Zeit;Wert\n2020-11-20T10:00Z;5\n", "unit": "cm"}
_PAGE = "/verwaltung/{municipality}/einspielen"

HISTORY_ACTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("suedwest_history_list", _TOWN),
    ("suedwest_history_trial", _FILE),
    ("suedwest_history_import", _FILE),
)
HISTORY_PAGES: tuple[tuple[Any, ...], ...] = (
    ("history", _PAGE),
    ("history", _PAGE, "POST", {"resource_id": "{level}"}),
    ("history_file", f"{_PAGE}/forgotten"),
    ("history_import", f"{_PAGE}/forgotten", "POST", {"unit": "cm"}),
)
