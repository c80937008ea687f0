"""How fast a live resource answers, beside an ordinary DataStore table of the same rows.

Runs on embedded services of its own, made in a temporary folder. Two gauges: one of a value a
minute, `--rows` of them, and one of a value every quarter of an hour for a year; the store holds
nineteen further gauges of a year. The peer is what a careful publisher gets from
`datastore_create`: the same columns and rows with an index on the time. Its `_full_text` is left
empty, which spares it the larger part of its rows. Both are asked through CKAN's action
`datastore_search`, in the same process, in turn; figures are medians in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, text

from ckanext.suedwest.domain.station import Datastream, Licence, Operator, Station
from ckanext.suedwest.launcher import databases
from ckanext.suedwest.launcher.temporary import TemporaryServices, temporary_services
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.migrate import upgrade
from ckanext.suedwest.store.partitions import ensure_partitions
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
QUARTER_HOURS = 35_040
DUMP_PAGE = 32_000
CONFIGURATION = """
[app:main]
use = egg:ckan
ckan.plugins = datastore suedwest_observations
ckan.site_id = bench
ckan.site_url = http://127.0.0.1
SECRET_KEY = bench
solr_url = http://127.0.0.1:9/
sqlalchemy.url = {catalogue}
ckan.datastore.write_url = {write}
ckan.datastore.read_url = {read}
ckan.redis.url = {redis}
"""


def measure(engine: Engine, rows: int, times: int) -> dict[str, float | int]:
    """Medians in milliseconds, by the names the JSON has."""
    minute, quarter = _fill(engine, rows)
    peer_minute, peer_quarter = _copy(engine, minute), _copy(engine, quarter)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))

    month = {
        "phenomenon_time": {
            "gte": (NOW - timedelta(days=60)).isoformat(),
            "lt": (NOW - timedelta(days=30)).isoformat(),
        }
    }
    day = (NOW - timedelta(days=400)).date().isoformat()
    tasks: dict[str, tuple[Callable[[str], Any], str, str]] = {
        "latest_100_ms": (
            lambda id_: _search(id_, sort="phenomenon_time desc", include_total=False),
            minute,
            peer_minute,
        ),
        "latest_100_by_id_ms": (
            lambda id_: _search(id_, sort="_id desc", include_total=False),
            minute,
            peer_minute,
        ),
        "latest_100_with_total_ms": (
            lambda id_: _search(id_, sort="phenomenon_time desc"),
            minute,
            peer_minute,
        ),
        "count_of_a_month_ms": (
            lambda id_: _search(id_, filters=month, limit=0),
            minute,
            peer_minute,
        ),
        "year_of_quarter_hours_ms": (_download, quarter, peer_quarter),
    }
    figures: dict[str, float | int] = {"rows": rows}
    for name, (task, live, peer) in tasks.items():
        figures[name], figures[f"peer_{name}"] = _medians(times, task, live, peer)
    # The peer's search index is empty, so there is nothing to compare these with.
    figures["search_day_ms"] = _medians(times, lambda id_: _search(id_, q=day), minute)[0]
    figures["search_number_ms"] = _medians(3, lambda id_: _search(id_, q="512.25"), minute)[0]
    return figures


def _search(resource_id: str, **parameters: Any) -> dict[str, Any]:
    from ckan.plugins import toolkit as tk

    return tk.get_action("datastore_search")(
        {"ignore_auth": True}, {"resource_id": resource_id, **parameters}
    )


def _download(resource_id: str) -> None:
    """The calls of `/datastore/dump?format=csv`."""
    filters: dict[str, Any] = {}
    lines = 0
    while True:
        page = _search(
            resource_id,
            sort="_id",
            limit=DUMP_PAGE,
            filters=filters,
            records_format="csv",
            include_total=False,
            include_next_page=True,
        )
        lines += page["records"].count("\n")
        if not page["records"]:
            break
        filters = page["next_page"]
    if lines != QUARTER_HOURS:
        sys.exit(f"the download has {lines} rows, not {QUARTER_HOURS}")


def _medians(times: int, task: Callable[[str], Any], *resource_ids: str) -> list[float]:
    seconds: list[list[float]] = [[] for _ in resource_ids]
    for turn in range(times + 1):
        for number, resource_id in enumerate(resource_ids):
            start = time.perf_counter()
            task(resource_id)
            if turn:  # the first one warms up
                seconds[number].append(time.perf_counter() - start)
    return [round(median(each) * 1000, 2) for each in seconds]


def _fill(engine: Engine, rows: int) -> tuple[str, str]:
    """Resource ids of the gauge of minutes and the gauge of quarter-hours."""
    from ckanext.suedwest.observations.live import ensure_view

    keys = [f"bench:{number}" for number in range(21)]
    operator, licence = Operator("Bench"), Licence("other-open", "Open", "", "Bench")
    with engine.begin() as connection:
        register_source(
            connection,
            id="bench",
            type="pegelonline",
            municipality=None,
            url="http://127.0.0.1/",
            options={},
            interval=timedelta(minutes=15),
            managed_by="file",
        )
    stations = [Station(key, "water", key, operator, licence) for key in keys]
    streams = [Datastream(key, "W", "water_level", "cm") for key in keys]
    write_batch(engine, Batch("bench", NOW, stations, streams), lease=None, now=NOW)
    with engine.begin() as connection:
        streams_of = connection.execute(
            text("SELECT id, resource_id::text FROM suedwest.datastream ORDER BY id")
        ).all()
        minute, *quarters = streams_of
        oldest = NOW - max(rows * timedelta(minutes=1), timedelta(days=366))
        ensure_partitions(connection, range(oldest.year, NOW.year + 1))
        for (datastream_id, _), step, count in [
            (minute, timedelta(minutes=1), rows),
            *((each, timedelta(minutes=15), QUARTER_HOURS) for each in quarters),
        ]:
            connection.execute(
                text("""
                    INSERT INTO suedwest.observation
                    SELECT :id, :now - number * CAST(:step AS interval),
                           400 + round((300 * sin(number / 5000.0))::numeric, 2)::float8, 2, :now
                    FROM generate_series(1, :count) AS number
                """),
                {"id": datastream_id, "now": NOW, "step": step, "count": count},
            )
        connection.execute(
            text("""
                INSERT INTO suedwest.datastream_state (datastream_id, latest_time, latest_result,
                    latest_quality, first_time, total, changed_at)
                SELECT datastream_id, max(phenomenon_time), 0, 2, min(phenomenon_time), count(*),
                       :now
                FROM suedwest.observation GROUP BY 1
            """),
            {"now": NOW},
        )
    for datastream_id, resource_id in (minute, quarters[0]):
        ensure_view(engine, datastream_id, resource_id)
    return minute[1], quarters[0][1]


def _copy(engine: Engine, live: str) -> str:
    """An ordinary DataStore table with the rows of a live resource."""
    from ckanext.datastore.backend import DatastoreBackend

    peer = str(uuid4())
    fields = {
        "phenomenon_time": "timestamptz",
        "result": "float8",
        "quality": "int2",
        "received_at": "timestamptz",
    }
    DatastoreBackend.get_active_backend().create(
        {},
        {
            "resource_id": peer,
            "fields": [{"id": name, "type": type_} for name, type_ in fields.items()],
            "indexes": ["phenomenon_time"],
            "aliases": None,
        },
        {},
    )
    columns = ", ".join(fields)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.exec_driver_sql(f'ALTER TABLE "{peer}" DISABLE TRIGGER zfulltext')
        connection.exec_driver_sql(
            f'INSERT INTO "{peer}" ({columns}) SELECT {columns} FROM "{live}" ORDER BY _id'
        )
    return peer


def _load_ckan(running: TemporaryServices, folder: Path) -> None:
    from ckan.cli import load_config
    from ckan.config.environment import load_environment

    services = running.services.addresses
    addresses = services.databases
    databases.create(services.admin_url, addresses)
    databases.set_permissions(addresses)
    upgrade(addresses.datastore_write, read_role=addresses.reader)
    configuration = folder / "ckan.ini"
    configuration.write_text(
        CONFIGURATION.format(
            catalogue=addresses.catalogue,
            write=addresses.datastore_write,
            read=addresses.datastore_read,
            redis=services.redis_url,
        ),
        encoding="utf-8",
    )
    logging.disable()  # there is no Solr, and nothing here asks for one
    load_environment(load_config(str(configuration)))
    logging.disable(logging.NOTSET)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.add_argument("--rows", type=int, default=1_500_000, help="rows of the larger gauge")
    parser.add_argument("--times", type=int, default=15, help="calls of each kind")
    arguments = parser.parse_args()
    with temporary_services() as running, tempfile.TemporaryDirectory() as folder:
        _load_ckan(running, Path(folder))
        from ckanext.suedwest.observations.store_access import write_engine

        engine = write_engine()
        figures = measure(engine, arguments.rows, arguments.times)
        engine.dispose()
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:32} {figure}")


if __name__ == "__main__":
    main()
