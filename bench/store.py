"""How many values the store takes in a second, and how many a row-by-row upsert takes.

Runs on an embedded PostgreSQL of its own, made in a temporary folder; or, with
SUEDWEST_STORE_URL, on that database, which must not hold a store yet. `rows_per_second_*` is the
median over several batches of the given size for twenty gauges, new values only, each batch with
all that belongs to it: rollups, state, receipt. The peer writes the same values into the same
table the way CKAN's `datastore_upsert` does, one statement for each row, a thousand in a
transaction, and does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from statistics import median

from sqlalchemy import Engine, make_url, text

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.station import Datastream, Licence, Operator, Station
from ckanext.suedwest.launcher import databases
from ckanext.suedwest.launcher.temporary import temporary_services
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.engine import create_store_engine
from ckanext.suedwest.store.migrate import upgrade
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch

SOURCE = "bench"
GAUGES = [f"bench:{number}" for number in range(20)]
STEP = timedelta(minutes=15)
NOW = datetime.now(UTC)
UPSERT = """
    INSERT INTO suedwest.observation
        (datastream_id, phenomenon_time, result, quality, received_at)
    VALUES (:datastream_id, :phenomenon_time, :result, :quality, :received_at)
    ON CONFLICT (datastream_id, phenomenon_time) DO UPDATE
    SET result = excluded.result, quality = excluded.quality, received_at = excluded.received_at
"""


def measure(engine: Engine) -> dict[str, int | bool]:
    """Rows a second, by the names the JSON has, and whether commits waited for the disk."""
    with engine.begin() as conn:
        register_source(
            conn,
            id=SOURCE,
            type="pegelonline",
            municipality=None,
            url="http://127.0.0.1/",
            options={},
            interval=STEP,
            managed_by="file",
        )
    operator, licence = Operator("Bench"), Licence("other-open", "Open", "", "Bench")
    stations = [Station(key, "water", key, operator, licence, water="Rhein") for key in GAUGES]
    streams = [Datastream(key, "W", "water_level", "cm", STEP) for key in GAUGES]
    write_batch(engine, Batch(SOURCE, NOW, stations, streams), lease=None, now=NOW)

    ages = count()

    def batch_of(size: int) -> Callable[[], object]:
        observations = _observations(ages, size)
        batch = Batch(SOURCE, NOW, stations, streams, observations)
        return lambda: write_batch(engine, batch, lease=None, now=NOW)

    with engine.connect() as conn:
        durable = conn.execute(text("SHOW fsync")).scalar_one() == "on"
        found = conn.execute(
            text("""
                SELECT station.key, datastream.id FROM suedwest.datastream
                JOIN suedwest.station ON station.id = station_id
            """)
        )
        ids = dict(found.tuples().all())

    def peer_of(size: int) -> Callable[[], object]:
        observations = _observations(ages, size)
        return lambda: _upsert_row_by_row(engine, ids, observations)

    batch_of(1_000)()
    return {
        "rows_per_second_1000": _rate(1_000, 20, batch_of),
        "rows_per_second_100000": _rate(100_000, 5, batch_of),
        "peer_rows_per_second": _rate(1_000, 5, peer_of),
        "durable": durable,
    }


def _observations(ages: Iterator[int], size: int) -> list[Observation]:
    found: list[Observation] = []
    for age in islice(ages, size // len(GAUGES)):
        found += [Observation(key, "W", NOW - age * STEP, float(age % 700)) for key in GAUGES]
    return found


def _rate(size: int, times: int, prepare: Callable[[int], Callable[[], object]]) -> int:
    seconds = []
    for _ in range(times):
        task = prepare(size)
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    return round(size / median(seconds))


def _upsert_row_by_row(
    engine: Engine, ids: dict[str, int], observations: list[Observation]
) -> None:
    statement = text(UPSERT)
    with engine.begin() as conn:
        for observation in observations:
            conn.execute(
                statement,
                {
                    "datastream_id": ids[observation.station_key],
                    "phenomenon_time": observation.phenomenon_time,
                    "result": observation.result,
                    "quality": int(observation.quality),
                    "received_at": NOW,
                },
            )


@contextmanager
def _database() -> Iterator[tuple[str, str]]:
    """Address and reading role of a database without a store; it has none afterwards either."""
    url = os.environ.get("SUEDWEST_STORE_URL")
    if not url:
        with temporary_services() as running:
            at = running.services.addresses
            databases.create(at.admin_url, at.databases)
            yield at.databases.datastore_write, at.databases.reader
        return
    engine = create_store_engine(url)
    with engine.connect() as conn:
        if conn.execute(text("SELECT to_regnamespace('suedwest') IS NOT NULL")).scalar_one():
            sys.exit("SUEDWEST_STORE_URL names a database that holds a store; give an empty one")
    try:
        yield url, str(make_url(url).username)
    finally:
        with engine.begin() as conn:
            conn.execute(text("DROP SCHEMA IF EXISTS suedwest CASCADE"))
        engine.dispose()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    arguments = parser.parse_args()
    with _database() as (url, reader):
        upgrade(url, read_role=reader)
        engine = create_store_engine(url)
        figures = measure(engine)
        engine.dispose()
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:24} {figure}")


if __name__ == "__main__":
    main()
