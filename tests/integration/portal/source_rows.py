"""Actions and pages of sources for the matrix of rights, and the source they speak of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from ckanext.suedwest.store.sources import register_source

EUI = "70B3D57ED0000A01"
OPTIONS: dict[str, Any] = {
    "title": "Pegel",
    "connector": "tts",
    "operator": {"name": "Landkreis Kusel"},
    "licence": {"id": "cc-zero", "title": "CC0", "attribution": "Landkreis Kusel"},
    "devices": {EUI: {"name": "Brücke"}},
}
_ID = {"id": "{source}"}
_NEW = {"municipality": "{municipality}", "title": "Neu", "type": "webhook", "options": OPTIONS}

SOURCE_ACTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("suedwest_source_list", {"municipality": "{municipality}"}),
    ("suedwest_source_show", _ID),
    ("suedwest_source_create", _NEW),
    ("suedwest_source_update", {**_ID, "interval": 30}),
    ("suedwest_source_trial", {**_ID, "payload": "{{}}"}),
    ("suedwest_source_pause", _ID),
    ("suedwest_source_resume", _ID),
    ("suedwest_source_delete", _ID),
)

_PAGES = "/verwaltung/{municipality}/quellen"
_PAGE = f"{_PAGES}/{{second_source}}"

SOURCE_PAGES: tuple[tuple[Any, ...], ...] = (
    ("sources", _PAGES),
    ("source_gauge", f"{_PAGES}/pegel"),
    ("source_gauge", f"{_PAGES}/pegel", "POST"),
    ("source_new", f"{_PAGES}/neu"),
    ("source_new", f"{_PAGES}/neu", "POST"),
    ("source", _PAGE),
    ("source_edit", f"{_PAGE}/aendern"),
    ("source_edit", f"{_PAGE}/aendern", "POST"),
    ("source_device", f"{_PAGE}/geraet"),
    ("source_device", f"{_PAGE}/geraet", "POST"),
    ("source_device_delete", f"{_PAGE}/geraet/entfernen", "POST"),
    ("source_trial", f"{_PAGE}/probelauf"),
    ("source_trial", f"{_PAGE}/probelauf", "POST", {"payload": "{{}}"}),
    ("source_pause", f"{_PAGE}/anhalten", "POST"),
    ("source_resume", f"{_PAGE}/freigeben", "POST"),
    ("source_token", f"{_PAGE}/schluessel", "POST"),
    ("source_delete", f"{_PAGE}/loeschen"),
    ("source_delete", f"{_PAGE}/loeschen", "POST"),
)


def make_source(engine: Engine, municipality: str) -> dict[str, str]:
    """Two sources of a municipality: what the actions delete, the pages do not find."""
    ids = {"source": "own-hook", "second_source": "own-hook-2"}
    for source_id in ids.values():
        with engine.begin() as conn:
            register_source(
                conn,
                id=source_id,
                type="webhook",
                municipality=municipality,
                url="",
                options=OPTIONS,
                interval=timedelta(minutes=15),
                managed_by="portal",
            )
    return ids
