"""Plugin `suedwest_charts`: draws series, on pages of the portal and in those of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import ckan.plugins as plugins
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from ckan.types import Context
from flask import Blueprint
from markupsafe import Markup

from ..portal.interfaces import (
    FileFault,
    IFilePages,
    ISnapshots,
    IStaffTab,
    IStationChart,
    Snapshot,
    Tab,
)
from ..store.query import DatastreamNow, StationRow
from . import kept_pages, lists, oembed, pages, views
from .chart_view import resource_view
from .chart_view.views import chart_views
from .dashboards import loading, staff
from .dashboards.logic import ACTIONS, AUTH_FUNCTIONS
from .dashboards.views import dashboards, landing_page
from .language import page_language
from .map_view.views import map_code, map_views
from .ranges import find_range


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
    plugins.implements(IStaffTab)
    plugins.implements(IFilePages)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        tk.add_template_directory(config, "templates")
        tk.add_public_directory(config, "public")

    # ITemplateHelpers

    def get_helpers(self) -> dict[str, Callable[..., Any]]:
        return {
            "suedwest_oembed": oembed.discovery,
            "suedwest_landing_page": landing_page,
            "suedwest_list_codes": lists.list_codes,
            "suedwest_map_code": map_code,
        }

    # IBlueprint

    def get_blueprint(self) -> list[Blueprint]:
        return [views.charts, chart_views, map_views, dashboards, staff.dashboard_staff]

    # IActions

    def get_actions(self) -> dict[str, Callable[..., Any]]:
        return dict(ACTIONS)

    # IAuthFunctions

    def get_auth_functions(self) -> dict[str, Callable[..., Any]]:
        return dict(AUTH_FUNCTIONS)

    # IResourceView

    def info(self) -> dict[str, Any]:
        return resource_view.info()

    def can_view(self, data_dict: dict[str, Any]) -> bool:
        return resource_view.can_view(data_dict["resource"])

    def setup_template_variables(
        self, context: Context, data_dict: dict[str, Any]
    ) -> dict[str, Any]:
        return resource_view.variables(context, data_dict)

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

    # IFilePages

    def page_faults(self, pages: Sequence[Mapping[str, Any]]) -> Iterable[FileFault]:
        return loading.faults(pages)

    def load_pages(self, municipality: str, pages: Sequence[Mapping[str, Any]]) -> list[str]:
        return loading.load(municipality, pages)

    # IStaffTab

    def staff_tab(self) -> Tab:
        return staff.TAB
