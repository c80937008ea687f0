"""Whether pages stay as fast while observations become many: from 1 million to 50 million.

Runs on an embedded PostgreSQL of its own, in a temporary folder (50 million take about 7 GB there
and some minutes). Two stores of 500 gauges with a value every quarter of an hour; twenty of them
always have a full year, the others share the rest. One keeps 1 million observations, the other one
grows. At each size, after a clearing up like autovacuum's, both are asked in turn, so that whatever
else the machine does falls on both:

- `latest_*`: the newest values of all 500 datastreams, with all that lists and feeds say of their
  stations (`store.query.stations`).
- `chart_*`: a year of one gauge as a chart needs it, with its extremes and gaps
  (`charts.load.load_series`), each of the twenty in turn.
- `lookup_*`: the newest value of every datastream by an index lookup in the observations, what a
  store without a table of newest values would do; reading only that value and its time.

Medians and 95th percentiles in milliseconds. `*_growth` is the median by that of the store with 1
million in the same rounds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from statistics import median

from _many_gauges import (
    END,
    GAUGES,
    IN_DAY,
    IN_YEAR,
    LOOKUP,
    extend,
    make_gauges,
    percentiles,
    settle,
)
from sqlalchemy import Connection, Engine, text

from ckanext.suedwest.charts.load import load_series
from ckanext.suedwest.charts.ranges import RANGES
from ckanext.suedwest.launcher import databases
from ckanext.suedwest.launcher.temporary import temporary_services
from ckanext.suedwest.store.engine import create_store_engine
from ckanext.suedwest.store.migrate import upgrade
from ckanext.suedwest.store.query import DatastreamNow, StationRow, stations

SIZES = (1_000_000, 5_000_000, 20_000_000, 50_000_000)
CHARTED = 20


@dataclass(slots=True)
class Store:
    """A store and how many values its datastreams have by now."""

    engine: Engine
    ids: list[int] = field(default_factory=list[int])
    charted: int = 0
    others: int = 0

    def grow(self, size: int) -> dict[str, float]:
        """Add older values; the exact number of observations and the gigabytes they take."""
        self.ids = self.ids or make_gauges(self.engine)
        charted = self.ids[:: GAUGES // CHARTED]
        others = [id_ for id_ in self.ids if id_ not in charted]
        # Whole days, so that hours and days are whole as well.
        share = max(1, round((size - CHARTED * IN_YEAR) / len(others) / IN_DAY)) * IN_DAY
        year = max(share, IN_YEAR)
        extend(self.engine, charted, self.charted, year)
        extend(self.engine, others, self.others, share)
        self.charted, self.others = year, share
        return {
            "observations": CHARTED * year + len(others) * share,
            "gigabytes": round(settle(self.engine) / 1e9, 2),
        }


def measure(small: Store, large: Store, largest: int, times: int) -> list[dict[str, float]]:
    """One row of figures for each size."""
    small.grow(SIZES[0])
    rows: list[dict[str, float]] = []
    for size in [size for size in SIZES if size <= largest]:
        start = time.perf_counter()
        row = large.grow(size)
        print(f"{size:,} values: {time.perf_counter() - start:.0f} s to load", file=sys.stderr)
        rows.append(row | _figures(small.engine, large.engine, times))
    return rows


def _figures(small: Engine, large: Engine, times: int) -> dict[str, float]:
    seconds: dict[str, tuple[list[float], list[float]]] = {}
    with small.connect() as one, large.connect() as other:
        tasks = _tasks(one), _tasks(other)
        for turn in range(times + CHARTED):
            for name, (_, expected, slack) in tasks[0].items():
                taken = seconds.setdefault(name, ([], []))
                for each, into in zip(tasks, taken, strict=True):
                    start = time.perf_counter()
                    found = each[name][0]()
                    if turn >= CHARTED:  # the first ones warm up
                        into.append(time.perf_counter() - start)
                    if abs(found - expected) > slack:
                        sys.exit(f"{name} found {found}, not {expected}")
    figures: dict[str, float] = {}
    for name, (at_first, now) in seconds.items():
        figures[f"{name}_p50_ms"], figures[f"{name}_p95_ms"] = percentiles(now)
        figures[f"{name}_growth"] = round(median(now) / median(at_first), 2)
    return figures


def _tasks(conn: Connection) -> dict[str, tuple[Callable[[], int], int, int]]:
    """What is measured, how many values it has to find, and how many more or less it may be."""
    shown = [(station, each) for station in stations(conn) for each in station.datastreams]
    charted = cycle(_with_a_year(shown))

    def latest() -> int:
        found = stations(conn, kind="water")
        return sum(each.latest_time is not None for one in found for each in one.datastreams)

    def chart() -> int:
        station, stream = next(charted)
        series = load_series(conn, station, stream, RANGES["1y"], END)
        return sum(column.count for column in series.columns)

    def lookup() -> int:
        return len(conn.execute(text(LOOKUP)).all())

    return {
        "latest": (latest, GAUGES, 0),
        # Where values are older than a year, the day it begins in counts as a whole.
        "chart": (chart, IN_YEAR, IN_DAY),
        "lookup": (lookup, GAUGES, 0),
    }


def _with_a_year(
    shown: list[tuple[StationRow, DatastreamNow]],
) -> list[tuple[StationRow, DatastreamNow]]:
    """The gauges that have a full year, in the order `Store.grow` chooses them."""
    return sorted(shown, key=lambda pair: pair[1].datastream_id)[:: GAUGES // CHARTED]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.add_argument(
        "--largest", type=int, default=SIZES[-1], help="observations to stop at (default: 50 m)"
    )
    parser.add_argument("--times", type=int, default=100, help="calls of each kind at each size")
    arguments = parser.parse_args()
    if arguments.largest < SIZES[0]:
        parser.error(f"the smallest size is {SIZES[0]:,}")
    with temporary_services() as running:
        at = running.services.addresses
        databases.create(at.admin_url, at.databases)
        stores: list[Store] = []
        # The catalogue's database is empty here and as good as the other one.
        for url in (at.databases.catalogue, at.databases.datastore_write):
            upgrade(url, read_role=at.databases.reader)
            stores.append(Store(create_store_engine(url)))
        rows = measure(*stores, arguments.largest, arguments.times)
        for store in stores:
            store.engine.dispose()
    if arguments.json:
        print(json.dumps({"sizes": rows}))
        return
    for name in rows[0]:
        print(f"{name:16}" + "".join(f"{row[name]:>14,}" for row in rows))


if __name__ == "__main__":
    main()
