"""Plugin `suedwest_water`: gauges as a kind of station."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ckan.plugins as plugins
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from flask import Blueprint

from ..portal.interfaces import N_, ISnapshots, IStationKind, Snapshot, StationKind
from ..store.query import StationRow
from . import crisis_embed, kept_pages, lists, reading, station_page, views


class WaterPlugin(plugins.SingletonPlugin):
    """Gauges: their pages, tables, tile and list. Stands before `suedwest` in the list."""

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
        return [views.water]

    # IStationKind

    def station_kind(self) -> StationKind:
        return StationKind(
            name=lists.KIND,
            prefix="pegel",
            list_url_endpoint="suedwest_water.gauges",
            list_url_title=N_("All, most urgent first"),
            page_template="water/station.html",
            page_context=station_page.page_context,
            table_template="water/table.html",
            table_context=lists.table_context,
            tile_template="water/tile.html",
            tile_context=lists.tile_context,
            found_template="water/found.html",
            found_context=lists.found_context,
            summary=lists.summary,
            meaning=reading.meaning_of,
            list_embed=crisis_embed.list_embed,
        )

    # ISnapshots

    def snapshots(
        self, stations: Sequence[StationRow], municipalities: Sequence[str]
    ) -> Iterable[Snapshot]:
        return kept_pages.snapshots(stations, municipalities)
