"""The chart as CKAN's resource view: offered, set up and shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import ckan.plugins.toolkit as tk
from ckan.types import Context
from flask import request

from ...observations.live import URL_TYPE
from .. import figure
from ..embed_code import snippet
from ..language import page_language
from ..ranges import RANGES
from . import form, page
from .page import Asked
from .settings import FIELDS, VIEW_TYPE, Kind, SettingsRefused

EMBED_HEIGHT = 520


def info() -> dict[str, Any]:
    """What CKAN asks of a kind of view."""
    ignore_empty: Any = tk.get_validator("ignore_empty")
    return {
        "name": VIEW_TYPE,
        "title": tk._("Chart"),
        "default_title": tk._("Chart"),
        "icon": "chart-line",
        "schema": {**{name: [ignore_empty] for name in FIELDS}, "__after": [form.check_view]},
        # The chart has its own choice of columns; filters of CKAN's would have no effect.
        "filterable": False,
        "iframed": True,
        "preview_enabled": True,
    }


def can_view(resource: dict[str, Any]) -> bool:
    """Whether the view is offered: for live series and for tables in the DataStore.

    Whether a table has a time is not asked here, because CKAN asks for every resource of a page.
    """
    return resource.get("url_type") == URL_TYPE or bool(resource.get("datastore_active"))


def variables(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """What form and page need; also for settings nobody checked.

    CKAN lets anybody pass a view of their own in the address, so they are read again here.
    """
    view = data_dict["resource_view"] or {}
    asked = Asked(
        data_dict["resource"], data_dict["package"], viewer(), datetime.now(UTC), page_language()
    )
    if context.get("for_view"):
        return form.variables(asked, view)
    shown: dict[str, Any] = {"lang": asked.lang, "embed_code": None, "ranges": None}
    try:
        range_ = request.args.get("range")
        chart = page.load_asked(
            view, asked, range_=range_ if asked.live and range_ in RANGES else None
        )
    except SettingsRefused as refused:
        return {
            **shown,
            "title": page.title_of(view, None),
            "body": page.refusal(refused),
            "assets": "",
        }
    if chart.live is not None and chart.kind is not Kind.TILE:
        shown["ranges"] = figure.range_links(
            RANGES[chart.range], lambda name: _range_address(view, name), asked.lang
        )
    stored = _stored(view)
    if stored is not None:
        address = tk.url_for("suedwest_chart_views.embed", view_id=stored, _external=True)
        shown["embed_code"] = snippet(address, page.title_of(view, chart), height=EMBED_HEIGHT)
    return {
        **shown,
        "title": page.title_of(view, chart),
        "body": page.body(chart, asked.now, asked.lang, embed=False),
        "assets": page.assets(chart),
    }


def viewer() -> Context:
    """The rights of whoever asks."""
    return {
        "user": tk.current_user.name,
        "auth_user_obj": tk.current_user,
        "ignore_auth": False,
    }


def visitor() -> Context:
    """The rights of somebody without a login, for answers that are kept for everybody."""
    return {"user": "", "auth_user_obj": None, "ignore_auth": False}


def _stored(view: dict[str, Any]) -> str | None:
    """The id of a view that can be embedded: a stored one of something public."""
    if request.args.get("resource_view") or not request.view_args:
        return None
    view_id = request.view_args.get("view_id")
    if not isinstance(view_id, str) or view.get("id") != view_id:
        return None
    try:
        tk.check_access("resource_view_show", visitor(), {"id": view_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return None
    return view_id


def _range_address(view: dict[str, Any], name: str) -> str:
    """The same view with another range; of what the address said of it only what was checked."""
    if request.args.get("resource_view") is None:
        return f"?range={name}"
    kept = {key: view[key] for key in FIELDS if view.get(key)}
    told = json.dumps({"view_type": VIEW_TYPE, **kept})
    return f"?{urlencode({'resource_view': told, 'range': name})}"
