"""Plugin `suedwest_charts`: draws series, on pages of the portal and in those of others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import ckan.plugins as plugins
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig, _
from ckan.types import Context
from flask import Blueprint, request
from markupsafe import Markup

from ..observations.live import URL_TYPE
from ..portal.interfaces import ISnapshots, IStationChart, Snapshot
from ..store.query import DatastreamNow, StationRow
from . import access, kept_pages, oembed, pages, views
from .dashboards.logic import ACTIONS, AUTH_FUNCTIONS
from .dashboards.views import dashboards, landing_page
from .language import page_language
from .ranges import DEFAULT_RANGE, RANGES, find_range

VIEW_TYPE = "suedwest_chart"


class ChartsPlugin(plugins.SingletonPlugin):
    """Charts on station pages, as resource view and to embed."""

    plugins.implements(plugins.IConfigurer)
    plugins.implements(plugins.IBlueprint)
    plugins.implements(plugins.IResourceView, inherit=True)
    plugins.implements(plugins.ITemplateHelpers)
    plugins.implements(plugins.IActions)
    plugins.implements(plugins.IAuthFunctions)
    plugins.implements(IStationChart)
    plugins.implements(ISnapshots)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        tk.add_template_directory(config, "templates")
        tk.add_public_directory(config, "public")

    # ITemplateHelpers

    def get_helpers(self) -> dict[str, Callable[..., Any]]:
        return {"suedwest_oembed": oembed.discovery, "suedwest_landing_page": landing_page}

    # IBlueprint

    def get_blueprint(self) -> list[Blueprint]:
        return [views.charts, dashboards]

    # IActions

    def get_actions(self) -> dict[str, Callable[..., Any]]:
        return dict(ACTIONS)

    # IAuthFunctions

    def get_auth_functions(self) -> dict[str, Callable[..., Any]]:
        return dict(AUTH_FUNCTIONS)

    # IResourceView

    def info(self) -> dict[str, Any]:
        # makers of validators, which CKAN's types take for validators
        default: Any = tk.get_validator("default")
        one_of: Any = tk.get_validator("one_of")
        return {
            "name": VIEW_TYPE,
            "title": _("Chart"),
            "default_title": _("Chart"),
            "icon": "chart-line",
            "schema": {
                "range": [default(DEFAULT_RANGE.name), one_of(list(RANGES))],
            },
            "iframed": True,
            "preview_enabled": False,
        }

    def can_view(self, data_dict: dict[str, Any]) -> bool:
        return data_dict["resource"].get("url_type") == URL_TYPE

    def setup_template_variables(
        self, context: Context, data_dict: dict[str, Any]
    ) -> dict[str, Any]:
        """What the view shows; also for settings that were not checked.

        CKAN lets anybody pass a view of their own in the address, so of its settings only a
        known range is used. The series itself must be public whoever asks.
        """
        lang = page_language()
        public = access.by_resource(str(data_dict["resource"].get("id", "")))
        if public is None:
            return {"lang": lang, "page": None, "ranges": list(RANGES)}
        settings = data_dict["resource_view"]
        asked = request.args.get("range") or settings.get("range")
        shown = pages.view_page(public, find_range(asked), _range_address, datetime.now(UTC), lang)
        return {"lang": lang, "page": shown, "ranges": list(RANGES)}

    def view_template(self, context: Context, data_dict: dict[str, Any]) -> str:
        return "suedwest_charts/view.html"

    def form_template(self, context: Context, data_dict: dict[str, Any]) -> str:
        return "suedwest_charts/view_form.html"

    # IStationChart

    def station_chart(
        self, station: StationRow, datastream: DatastreamNow, range_: str, now: datetime
    ) -> Markup:
        return pages.station_figure(station, datastream, find_range(range_), now, page_language())

    def embed_code(self, station: StationRow, datastream: DatastreamNow) -> str:
        return pages.embed_code(station, datastream, page_language())

    # ISnapshots

    def snapshots(
        self, stations: Sequence[StationRow], municipalities: Sequence[str]
    ) -> Iterable[Snapshot]:
        return kept_pages.snapshots(stations, municipalities)


def _range_address(name: str) -> str:
    """The same view with another range; what else the address said of the view is left out."""
    given = request.args.get("resource_view")
    if given is None:
        return f"?range={name}"
    # Without an id of a stored view the address itself has to say which view is meant.
    view = json.dumps({"view_type": VIEW_TYPE})
    return f"?{urlencode({'resource_view': view, 'range': name})}"
