"""How long the newest values of 500 gauges take: inside the server, and as a page.

Runs on embedded services of its own, made in a temporary folder, with 1.4 million observations;
those since midnight are written by `write_batch`. Medians and 95th percentiles in milliseconds:

- `latest_*`: the newest values of all 500 datastreams, with all that lists and feeds say of their
  stations (`store.query.stations`).
- `limit_*`: the columns of the table of newest values and nothing else, by the bare driver.
- `lookup_*`: the newest value of every datastream by an index lookup in the observations.
- `http_json_*`: the same for programmes (`/api/live/v1/latest.json`) from the web server, 0.4 MB.
- `http_known_*`: the same asked again by somebody who has the answer (`If-None-Match`); 304.
- `http_list_*`: the page of all gauges (`/pegel`) from the portal's web server, with trends, small
  curves and sentences for each.
- `http_plain_*`: a page of the same server that shows no values, for comparison.

The calls of a group are made in turn, so that whatever else the machine does falls on all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import requests
from _many_gauges import (
    END,
    GAUGES,
    IN_DAY,
    LOOKUP,
    STEP,
    extend,
    make_gauges,
    percentiles,
    settle,
)
from sqlalchemy import Engine, text

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.launcher import (
    configuration,
    environment_variables,
    ports,
    preparation,
)
from ckanext.suedwest.launcher.programs import web_command
from ckanext.suedwest.launcher.progress import Progress
from ckanext.suedwest.launcher.temporary import TemporaryServices, temporary_services
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.engine import create_store_engine
from ckanext.suedwest.store.query import stations
from ckanext.suedwest.store.writer import write_batch

MUNICIPALITY = "landkreis-kusel"
DAYS = 30
PATIENCE_SECONDS = 120
LATEST = "/api/live/v1/latest.json"
PAGES = {
    "http_json": (LATEST, '"datastream_id"'),
    "http_list": ("/pegel", "Pegel "),
    "http_plain": ("/impressum", None),
}
"""By the names the JSON has: a path, and what its answer names once or more for each gauge."""
STATE = """
    SELECT datastream_id, latest_time, latest_result, latest_quality, good_time, good_result
    FROM suedwest.datastream_state
"""


def measure_store(engine: Engine, times: int) -> dict[str, float]:
    """Figures from inside the process, by the names the JSON has."""
    with engine.connect() as conn:
        driver: Any = conn.connection

        def latest() -> int:
            found = stations(conn, kind="water")
            return sum(each.latest_time is not None for one in found for each in one.datastreams)

        def limit() -> int:
            with driver.cursor() as cursor:
                cursor.execute(STATE)
                return len(cursor.fetchall())

        def lookup() -> int:
            return len(conn.execute(text(LOOKUP)).all())

        return _in_turn({"latest": latest, "limit": limit, "lookup": lookup}, times)


def measure_pages(address: str, times: int) -> dict[str, float]:
    """Figures over HTTP; every page names all the gauges it has to."""
    session = requests.Session()

    def page(path: str, named: str | None) -> Callable[[], int]:
        def get() -> int:
            answer = session.get(f"{address}{path}", timeout=PATIENCE_SECONDS)
            answer.raise_for_status()
            found = GAUGES if named is None else answer.text.count(named)
            return GAUGES if found >= GAUGES else found

        return get

    def known() -> int:
        headers = {"If-None-Match": etag}
        answer = session.get(f"{address}{LATEST}", headers=headers, timeout=PATIENCE_SECONDS)
        return GAUGES if answer.status_code == requests.codes.not_modified else 0

    first = session.get(f"{address}{LATEST}", timeout=PATIENCE_SECONDS)
    first.raise_for_status()
    etag = first.headers["ETag"]
    tasks = {name: page(path, named) for name, (path, named) in PAGES.items()}
    return _in_turn({**tasks, "http_known": known}, times)


def _in_turn(tasks: Mapping[str, Callable[[], int]], times: int) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(times + 5):
        for name, task in tasks.items():
            start = time.perf_counter()
            found = task()
            if turn >= 5:  # the first ones warm up
                seconds[name].append(time.perf_counter() - start)
            if found != GAUGES:
                sys.exit(f"{name} found {found} gauges, not {GAUGES}")
    figures: dict[str, float] = {}
    for name, each in seconds.items():
        figures[f"{name}_p50_ms"], figures[f"{name}_p95_ms"] = percentiles(each)
    return figures


def _fill(engine: Engine) -> None:
    ids = make_gauges(engine, MUNICIPALITY)
    extend(engine, ids, 0, DAYS * IN_DAY)
    now = datetime.now(UTC)
    observations = [
        Observation(f"bench:{gauge}", "W", END + number * STEP, 300.0 + (gauge + number) % 50)
        for number in range((now - END) // STEP + 1)
        for gauge in range(GAUGES)
    ]
    write_batch(engine, Batch("bench", now, observations=observations), lease=None, now=now)
    settle(engine)


@contextmanager
def _portal(running: TemporaryServices) -> Iterator[str]:
    """Address of a web server with all municipalities, and nothing running beside it."""
    directory, instance, addresses = running.directory, running.instance, running.services.addresses
    configuration.write(directory, instance, addresses)
    environment = environment_variables.of_instance(directory, instance, addresses)
    preparation.prepare(directory, instance, addresses, environment, Progress())
    engine = create_store_engine(addresses.databases.datastore_write)
    _fill(engine)
    engine.dispose()
    web = subprocess.Popen(
        web_command(f"{ports.HOST}:{instance.port}", str(directory.path)),
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while not ports.answers_requests(instance.address):
            if web.poll() is not None or time.monotonic() > end:
                sys.exit("the web server does not answer")
            time.sleep(0.2)
        yield instance.address
    finally:
        web.terminate()
        web.wait()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.add_argument("--times", type=int, default=100, help="calls of each kind")
    arguments = parser.parse_args()
    with temporary_services() as running, _portal(running) as address:
        engine = create_store_engine(running.services.addresses.databases.datastore_write)
        figures = measure_store(engine, arguments.times)
        figures |= measure_pages(address, max(10, arguments.times // 4))
        engine.dispose()
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:24} {figure}")


if __name__ == "__main__":
    main()
