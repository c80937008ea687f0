"""Plugin `suedwest_traffic`: traffic as a topic of several kinds of stations, and of roads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ckan.plugins as plugins
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from flask import Blueprint

from ..portal.interfaces import N_, ISnapshots, IStationKind, Snapshot, StationKind
from ..store.query import StationRow
from . import kept_pages, lists, parts, station_page, views
from .rows import KINDS


class TrafficPlugin(plugins.SingletonPlugin):
    """Traffic: pages, tables, tile and list. Stands before `suedwest` in the list."""

    plugins.implements(plugins.IConfigurer)
    plugins.implements(plugins.IBlueprint)
    plugins.implements(IStationKind)
    plugins.implements(ISnapshots)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        tk.add_template_directory(config, "templates")
        tk.add_public_directory(config, "public")

    # IBlueprint

    def get_blueprint(self) -> list[Blueprint]:
        return [views.traffic]

    # IStationKind

    def station_kind(self) -> StationKind:
        return StationKind(
            name=lists.TOPIC,
            prefix="verkehr",
            list_url_endpoint="suedwest_traffic.overview",
            list_url_title=N_("All municipalities"),
            page_template="traffic/station.html",
            page_context=station_page.page_context,
            table_template="traffic/table.html",
            table_context=lists.table_context,
            tile_template="traffic/tile.html",
            tile_context=lists.tile_context,
            found_template="traffic/found.html",
            found_context=lists.found_context,
            summary=lists.summary,
            meaning=lists.meaning_of,
            list_embed=lists.list_embed,
            kinds=KINDS,
            has_more=lists.has_roads,
            parts=parts.parts(),
        )

    # ISnapshots

    def snapshots(
        self, stations: Sequence[StationRow], municipalities: Sequence[str]
    ) -> Iterable[Snapshot]:
        return kept_pages.snapshots(stations, municipalities)
