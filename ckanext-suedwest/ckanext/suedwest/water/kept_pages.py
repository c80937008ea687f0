"""Which pages of gauges are kept as files for a flood night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..portal import roads
from ..portal.interfaces import Snapshot
from ..store.query import StationRow
from .lists import KIND


def snapshots(stations: Sequence[StationRow], municipalities: Sequence[str]) -> Iterator[Snapshot]:
    """The list, one's own gauges before any is chosen, and the page of a flood night of each."""
    gauges = [each for each in stations if each.kind == KIND]
    everything = frozenset(each.id for each in gauges)
    closures = {town: roads.version(town) for town in municipalities}
    of_all = " ".join(closures.values())
    yield Snapshot("/hochwasser", "/hochwasser.html", everything, version=of_all)
    yield Snapshot("/pegel", "/pegel.html", everything)
    yield Snapshot("/meine-pegel", "/meine-pegel.html", frozenset())
    for town in municipalities:
        shown = frozenset(each.id for each in gauges if town in dict(each.municipalities))
        night = f"/hochwasser/{town}"
        yield Snapshot(night, f"{night}.html", shown, version=closures[town])
        yield Snapshot(f"/embed/list/pegel/{town}", f"/embed/list/pegel/{town}.html", shown)
