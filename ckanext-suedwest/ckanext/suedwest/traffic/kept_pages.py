"""Which pages of traffic are kept as files, for the time without a web server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..portal import roads
from ..portal.interfaces import Snapshot
from ..store.query import StationRow
from . import parts
from .rows import KINDS


def snapshots(stations: Sequence[StationRow], municipalities: Sequence[str]) -> Iterator[Snapshot]:
    """The list of all, and the page and the embedded lists of each municipality."""
    shown = [each for each in stations if each.kind in KINDS]
    yield Snapshot("/verkehr", "/verkehr.html", frozenset(each.id for each in shown))
    lists = ["verkehr", *(part.name for part in parts.parts())]
    for town in municipalities:
        own = frozenset(each.id for each in shown if town in dict(each.municipalities))
        told = roads.version(town)
        for address in (f"/verkehr/{town}", *(f"/embed/list/{name}/{town}" for name in lists)):
            yield Snapshot(address, f"{address}.html", own, version=told)
