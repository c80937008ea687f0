"""The contributions of the loaded plugins, in the order of `ckan.plugins`."""

from __future__ import annotations

import ckan.plugins as plugins

from .interfaces import (
    IFilePages,
    IStaffTab,
    IStationChart,
    IStationKind,
    ListPart,
    StationKind,
    Tab,
)


def station_kinds() -> dict[str, StationKind]:
    """Kinds of stations by name."""
    kinds = (plugin.station_kind() for plugin in plugins.PluginImplementations(IStationKind))
    return {kind.name: kind for kind in kinds}


def topic_of(kind: str) -> StationKind | None:
    """The topic that a kind of station of the store belongs to, None when none is loaded."""
    return next((each for each in station_kinds().values() if each.holds(kind)), None)


def list_parts() -> dict[str, ListPart]:
    """Lists of topics that stand by themselves, by name."""
    return {part.name: part for kind in station_kinds().values() for part in kind.parts}


def station_chart() -> IStationChart | None:
    """The plugin that draws series, None when none is loaded."""
    return next(iter(plugins.PluginImplementations(IStationChart)), None)


def file_pages() -> IFilePages | None:
    """The plugin that makes pages of tiles from files, None when none is loaded."""
    return next(iter(plugins.PluginImplementations(IFilePages)), None)


def staff_tabs() -> list[Tab]:
    """Areas of the administration that plugins add."""
    return [plugin.staff_tab() for plugin in plugins.PluginImplementations(IStaffTab)]
