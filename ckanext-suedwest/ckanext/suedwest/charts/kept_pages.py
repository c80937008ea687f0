"""Which embeds, series and dashboards are kept as files: those of the last seven days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from ..portal.interfaces import Snapshot
from ..store.query import StationRow
from .dashboards import storage


def snapshots(stations: Sequence[StationRow], municipalities: Sequence[str]) -> Iterator[Snapshot]:
    """Chart, value and series of every public datastream; seven days is what they show unasked.

    Of every municipality its map and its published pages of tiles; one of these may stand on the
    municipality's own page.
    """
    everything = frozenset(each.id for each in stations)
    for town in municipalities:
        shown = frozenset(each.id for each in stations if town in dict(each.municipalities))
        yield Snapshot(f"/embed/karte/{town}", f"/embed/karte/{town}.html", shown)
        for page in storage.dashboards(town):
            if page.published is not None:
                places = [f"{place}/{town}/{page.name}" for place in ("/seiten", "/embed/seite")]
                if page.landing:
                    places.append(f"/organization/{town}")
                version = f"{page.name} {page.published_at}"
                for address in places:
                    # Its tiles may show stations of others, too.
                    yield Snapshot(address, f"{address}.html", everything, version=version)
    for station in stations:
        for each in station.datastreams:
            embed = f"/embed/{station.slug}/{quote(each.name, safe='')}"
            # The file is looked up by the address after its percent signs were resolved.
            file = f"/embed/{station.slug}/{each.name}"
            own = frozenset({station.id})
            if "/" in each.name:
                continue
            yield Snapshot(embed, f"{file}.html", own)
            yield Snapshot(f"{embed}/value", f"{file}/value.html", own)
            if each.resource_id:
                series = f"/api/suedwest/series/{each.resource_id}"
                yield Snapshot(f"{series}?range=7d", f"{series}.json", own, languages=False)
