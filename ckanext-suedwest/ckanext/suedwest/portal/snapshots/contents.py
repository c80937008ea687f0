"""What is kept as files: what the portal itself adds, and everything of all plugins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import ckan.plugins as plugins

from ...store.query import StationRow
from ..interfaces import ISnapshots, Snapshot

_LIVE = "/api/live/v1"
_FORMATS = ("json", "geojson", "csv")


def all_snapshots(
    stations: Sequence[StationRow], municipalities: Sequence[str]
) -> dict[str, Snapshot]:
    """Everything to keep, by file; the page for a flood night comes first.

    Plugins that name the same file each add what they show on its page.
    """
    found: dict[str, Snapshot] = {}
    for plugin in plugins.PluginImplementations(ISnapshots):
        for each in plugin.snapshots(stations, municipalities):
            found[each.file] = together(found[each.file], each) if each.file in found else each
    return found


def together(one: Snapshot, other: Snapshot) -> Snapshot:
    """A page on which two plugins show something: it is made anew when either part changes."""
    return replace(
        one,
        stations=one.stations | other.stations,
        version=" ".join(filter(None, (one.version, other.version))),
    )


def of_portal(stations: Sequence[StationRow], municipalities: Sequence[str]) -> Iterator[Snapshot]:
    """Home page, pages of municipalities and stations, newest values of the open interface."""
    everything = frozenset(each.id for each in stations)
    yield Snapshot("/", "/index.html", everything)
    for town in municipalities:
        shown = frozenset(each.id for each in stations if town in dict(each.municipalities))
        yield Snapshot(f"/organization/{town}", f"/organization/{town}.html", shown)
    for format_ in _FORMATS:
        latest = f"{_LIVE}/latest.{format_}"
        yield Snapshot(latest, latest, everything, languages=False)
        for town in municipalities:
            shown = frozenset(each.id for each in stations if town in dict(each.municipalities))
            yield Snapshot(
                f"{latest}?municipality={town}",
                f"{_LIVE}/latest@{town}.{format_}",
                shown,
                languages=False,
            )
    for station in stations:
        own = frozenset({station.id})
        yield Snapshot(f"/station/{station.slug}", f"/station/{station.slug}.html", own)
        for format_ in _FORMATS:
            newest = f"{_LIVE}/stations/{station.slug}/latest.{format_}"
            yield Snapshot(newest, newest, own, languages=False)
