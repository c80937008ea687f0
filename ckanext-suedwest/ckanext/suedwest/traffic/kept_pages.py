"""Which pages of traffic are kept as files, for the time without a web server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..portal.interfaces import Snapshot
from ..store.query import StationRow
from .rows import KINDS


def snapshots(stations: Sequence[StationRow], municipalities: Sequence[str]) -> Iterator[Snapshot]:
    """The list of all, and the page and the embedded list of each municipality."""
    shown = [each for each in stations if each.kind in KINDS]
    yield Snapshot("/verkehr", "/verkehr.html", frozenset(each.id for each in shown))
    for town in municipalities:
        own = frozenset(each.id for each in shown if town in dict(each.municipalities))
        yield Snapshot(f"/verkehr/{town}", f"/verkehr/{town}.html", own)
        yield Snapshot(f"/embed/list/verkehr/{town}", f"/embed/list/verkehr/{town}.html", own)
