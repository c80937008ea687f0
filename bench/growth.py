"""Whether pages stay as fast while observations become many: from 1 million to 50 million.

Runs on an embedded PostgreSQL of its own, in a temporary folder (50 million take about 7 GB there
and some minutes). 500 gauges with a value every quarter of an hour; twenty of them always have a
full year, the others share the rest. At each size, after a clearing up like autovacuum's:

- `latest_*`: the newest values of all 500 datastreams, with all that lists and feeds say of their
  stations (`store.query.stations`).
- `chart_*`: a year of one gauge as a chart needs it, with its extremes and gaps
  (`charts.load.load_series`), each of the twenty in turn.
- `lookup_*`: the newest value of every datastream by an index lookup in the observations, what a
  store without a table of newest values would do; reading only that value and its time.

Medians and 95th percentiles in milliseconds. `growth_*` is the median at the largest size by that
at the smallest.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
from sqlalchemy import Engine, text

from ckanext.suedwest.charts.load import load_series
from ckanext.suedwest.charts.ranges import RANGES
from ckanext.suedwest.launcher import databases
from ckanext.suedwest.launcher.temporary import temporary_services
from ckanext.suedwest.store.engine import create_store_engine
from ckanext.suedwest.store.migrate import upgrade
from ckanext.suedwest.store.query import stations

SIZES = (1_000_000, 5_000_000, 20_000_000, 50_000_000)
CHARTED = 20


@dataclass(slots=True)
class Filled:
    """How many values each datastream has by now."""

    charted: int = 0
    others: int = 0


def measure(engine: Engine, largest: int, times: int) -> list[dict[str, Any]]:
    """One row of figures for each size."""
    ids = make_gauges(engine)
    charted = ids[:: GAUGES // CHARTED]
    others = [id_ for id_ in ids if id_ not in set(charted)]
    filled = Filled()
    rows: list[dict[str, Any]] = []
    for size in [size for size in SIZES if size <= largest]:
        # Whole days, so that hours and days are whole as well.
        share = max(1, round((size - CHARTED * IN_YEAR) / len(others) / IN_DAY)) * IN_DAY
        year = max(share, IN_YEAR)
        start = time.perf_counter()
        extend(engine, charted, filled.charted, year)
        extend(engine, others, filled.others, share)
        filled = Filled(year, share)
        size_on_disk = settle(engine)
        print(f"{size:,} values: {time.perf_counter() - start:.0f} s to load", file=sys.stderr)
        rows.append(
            {
                "observations": CHARTED * year + len(others) * share,
                "gigabytes": round(size_on_disk / 1e9, 2),
                **_figures(engine, set(charted), times),
            }
        )
    return rows


def _figures(engine: Engine, charted: set[int], times: int) -> dict[str, float]:
    with engine.connect() as conn:
        pairs = [
            (station, stream)
            for station in stations(conn)
            for stream in station.datastreams
            if stream.datastream_id in charted
        ]
        turn = iter(range(sys.maxsize))

        def latest() -> int:
            found = stations(conn, kind="water")
            return sum(each.latest_time is not None for one in found for each in one.datastreams)

        def chart() -> int:
            station, stream = pairs[next(turn) % CHARTED]
            series = load_series(conn, station, stream, RANGES["1y"], END)
            return sum(column.count for column in series.columns)

        def lookup() -> int:
            return len(conn.execute(text(LOOKUP)).all())

        tasks: dict[str, tuple[Callable[[], int], int]] = {
            "latest": (latest, GAUGES),
            "chart": (chart, IN_YEAR),
            "lookup": (lookup, GAUGES),
        }
        figures: dict[str, float] = {}
        seconds: dict[str, list[float]] = {name: [] for name in tasks}
        for round_ in range(times + CHARTED):
            # In turn, so that whatever else the machine does falls on all of them.
            for name, (task, expected) in tasks.items():
                start = time.perf_counter()
                found = task()
                if round_ >= CHARTED:  # the first ones warm up
                    seconds[name].append(time.perf_counter() - start)
                if not expected - 2 * IN_DAY <= found <= expected:
                    sys.exit(f"{name} found {found}, not {expected}")
    for name, each in seconds.items():
        figures[f"{name}_p50_ms"], figures[f"{name}_p95_ms"] = percentiles(each)
    return figures


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
        upgrade(at.databases.datastore_write, read_role=at.databases.reader)
        engine = create_store_engine(at.databases.datastore_write)
        rows = measure(engine, arguments.largest, arguments.times)
        engine.dispose()
    growth = {
        f"growth_{name}": round(rows[-1][f"{name}_p50_ms"] / rows[0][f"{name}_p50_ms"], 2)
        for name in ("latest", "chart", "lookup")
    }
    if arguments.json:
        print(json.dumps({"sizes": rows, **growth}))
        return
    print("  ".join(f"{name:>{len(name)}}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:>{len(name)},}" for name, value in row.items()))
    for name, factor in growth.items():
        print(f"{name:24} {factor}")


if __name__ == "__main__":
    main()
