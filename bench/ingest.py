"""How many values ingest takes in a second, beside what PostgreSQL, CKAN and the broker can do.

Runs on embedded services of its own, made in a temporary folder; PostgreSQL does not wait for
the disk there, for anyone. All in one run:

- `limit_rows_per_second_*`: COPY into a temporary table and `INSERT … ON CONFLICT DO UPDATE` into
  a table like the store's, and nothing else.
- `store_rows_per_second_*`: `write_batch`, with rollups, latest values and receipt.
- `datastore_rows_per_second_*`: what CKAN's action `datastore_upsert` does once it has checked who
  asks and for what, with as many records at a time and the full text it keeps of every row.
- `bare_*_per_second`: a paho-mqtt subscriber with QoS 1 that counts what comes.
- `mqtt_*_per_second`: an ingest process that reads uplinks of The Things Stack with the bytes of a
  sensor. `…_waiting_…`: all messages wait in the session; from the first one to the last one
  counted, or to the last commit. `…_published_…`: a client publishes them meanwhile; from its
  first publication to the last one counted, or to the last commit. The broker, which waits for
  the disk, is the same for both.
- `mqtt_megabytes_*`: the most memory the ingest process had, after the first share of the
  messages and after the second.

Figures are medians over several batches of 1,000 and of 50,000 values; `store_of_limit_*`,
`store_of_datastore_*` and `mqtt_of_bare_*` are the ratios that count.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import SplitResult, urlsplit
from uuid import uuid4

import paho.mqtt.client as mqtt
from live_resource import _load_ckan
from sqlalchemy import Engine, text

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.station import Datastream, Licence, Operator, Station
from ckanext.suedwest.ingest import secrets
from ckanext.suedwest.ingest.simulator import level, uplink
from ckanext.suedwest.ingest.simulator.gauges import GAUGES, LICENCE
from ckanext.suedwest.launcher.temporary import temporary_services
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch

KEYS = [f"bench:{number}" for number in range(20)]
STEP = timedelta(minutes=15)
NOW = datetime.now(UTC)
SECRET_KEY = "a key that only this measurement uses"  # noqa: S105
OURS, BARE = "suedwest-bench", "bench-bare"
TOPIC = "v3/+/devices/+/up"
PATIENCE_SECONDS = 120
COLUMNS = "datastream_id, phenomenon_time, result, quality, received_at"
UPSERT = f"""
    INSERT INTO bench.observation ({COLUMNS}) SELECT {COLUMNS} FROM bench_incoming
    ON CONFLICT (datastream_id, phenomenon_time) DO UPDATE
    SET result = excluded.result, quality = excluded.quality, received_at = excluded.received_at
"""
BARE_SUBSCRIBER = """
import sys, time
import paho.mqtt.client as mqtt
host, port, user, password, client_id, topic, wanted = sys.argv[1:]
seen, first = 0, 0.0
def on_message(client, data, message):
    global seen, first
    seen += 1
    if seen == 1:
        first = time.perf_counter()
    if seen == int(wanted):
        print((seen - 1) / (time.perf_counter() - first), flush=True)
        client.disconnect()
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id, clean_session=False)
client.username_pw_set(user, password)
client.on_message = on_message
client.connect(host, int(port))
client.subscribe(topic, 1)
client.loop_forever()
"""

Values = list[tuple[str, datetime, float]]


def measure_writing(engine: Engine) -> dict[str, float]:
    """Rows a second into the store, into a bare table, and through CKAN."""
    _register(engine, "bench", "pegelonline", "http://127.0.0.1/", {})
    operator, licence = Operator("Bench"), Licence("other-open", "Open", "", "Bench")
    stations = [Station(key, "water", key, operator, licence, water="Rhein") for key in KEYS]
    streams = [Datastream(key, "W", "water_level", "cm", STEP) for key in KEYS]
    write_batch(engine, Batch("bench", NOW, stations, streams), lease=None, now=NOW)
    with engine.begin() as conn:
        conn.execute(text("CREATE SCHEMA bench"))
        conn.execute(
            text("CREATE TABLE bench.observation (LIKE suedwest.observation INCLUDING ALL)")
        )

    def store(values: Values) -> None:
        observations = [Observation(key, "W", time, result) for key, time, result in values]
        batch = Batch("bench", NOW, stations, streams, observations)
        write_batch(engine, batch, lease=None, now=NOW)

    def limit(values: Values) -> None:
        _copy_and_upsert(engine, values)

    figures: dict[str, float] = {}
    tasks = {"store": store, "limit": limit, "datastore": _datastore_upsert()}
    for size, times in ((1_000, 15), (50_000, 5)):
        # In turn, so that whatever else the machine does falls on all.
        rates = dict(zip(tasks, _rates(size, times, *tasks.values()), strict=True))
        figures |= {f"{name}_rows_per_second_{size}": rate for name, rate in rates.items()}
        figures[f"store_of_limit_{size}"] = round(rates["store"] / rates["limit"], 2)
        figures[f"store_of_datastore_{size}"] = round(rates["store"] / rates["datastore"], 1)
    return figures


def _rates(size: int, times: int, *tasks: Callable[[Values], None]) -> list[float]:
    seconds: list[list[float]] = [[] for _ in tasks]
    names = [task.__name__ for task in tasks]
    ages = [_ages[name] for name in names]
    for turn in range(times + 1):
        for number, task in enumerate(tasks):
            values = _values(ages[number], size)
            start = time.perf_counter()
            task(values)
            if turn:  # the first one warms up
                seconds[number].append(time.perf_counter() - start)
    print(f"{names}, {size} rows: done", file=sys.stderr)
    return [round(size / median(each)) for each in seconds]


class _Ages(dict[str, Iterator[int]]):
    def __missing__(self, name: str) -> Iterator[int]:
        self[name] = count()
        return self[name]


_ages = _Ages()


def _values(ages: Iterator[int], size: int) -> Values:
    """New values of all gauges, each older than the ones before."""
    return [
        (key, NOW - age * STEP, float(age % 700))
        for age in islice(ages, size // len(KEYS))
        for key in KEYS
    ]


def _copy_and_upsert(engine: Engine, values: Values) -> None:
    numbers, received = {key: number for number, key in enumerate(KEYS)}, NOW.isoformat()
    lines = "".join(
        [
            f"{numbers[key]}\t{time.isoformat()}\t{result!r}\t2\t{received}\n"
            for key, time, result in values
        ]
    )
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "CREATE TEMPORARY TABLE bench_incoming (LIKE bench.observation INCLUDING DEFAULTS)"
            " ON COMMIT DROP"
        )
        driver: Any = conn.connection
        with driver.cursor() as cursor:
            cursor.copy_expert(f"COPY bench_incoming ({COLUMNS}) FROM STDIN", io.StringIO(lines))
        conn.exec_driver_sql(UPSERT)


def _datastore_upsert() -> Callable[[Values], None]:
    from ckanext.datastore.backend import DatastoreBackend

    backend = DatastoreBackend.get_active_backend()
    resource_id = str(uuid4())
    fields = {
        "key": "text",
        "phenomenon_time": "timestamptz",
        "result": "float8",
        "quality": "int2",
    }
    backend.create(
        {},
        {
            "resource_id": resource_id,
            "fields": [{"id": name, "type": type_} for name, type_ in fields.items()],
            "primary_key": ["key", "phenomenon_time"],
            "aliases": None,
        },
        {},
    )

    def datastore(values: Values) -> None:
        records = [
            {"key": key, "phenomenon_time": time.isoformat(), "result": result, "quality": 2}
            for key, time, result in values
        ]
        backend.upsert(
            {},
            {
                "resource_id": resource_id,
                "records": records,
                "method": "upsert",
                "include_records": False,
            },
        )

    return datastore


def measure_messages(engine: Engine, broker: SplitResult, messages: int) -> dict[str, float]:
    """Messages a second of a bare subscriber and of an ingest process, and its memory."""
    devices = {gauge.dev_eui: gauge.registered() for gauge in GAUGES}
    for device in devices.values():
        del device["mounting"]  # raw values only: what is derived from them is the store's work
    os.environ[secrets.KEY_VARIABLE] = SECRET_KEY
    options = {
        "topic": TOPIC,
        "connector": "tts",
        "client_id": OURS,
        "username": broker.username,
        "password": broker.password,
        "simulated": True,
        "most_at_once": 100 * messages,
        "operator": {"name": "Bench"},
        "licence": LICENCE,
        "devices": devices,
    }
    for client_id in (OURS, BARE):
        _open_session(broker, client_id)
    url = f"mqtt://{broker.hostname}:{broker.port}"
    _publish(broker, range(messages))
    with _bare_subscriber(broker, messages) as bare:
        figures = {"bare_waiting_per_second": _told(bare)}
    with _bare_subscriber(broker, messages) as bare:
        start = time.perf_counter()
        _publish(broker, range(messages))
        _told(bare)
        figures["bare_published_per_second"] = round(messages / (time.perf_counter() - start))
    _open_session(broker, BARE, clean=True)
    # Ours has the messages twice by now; the second time they are no news.
    _open_session(broker, OURS, clean=True)
    _open_session(broker, OURS)
    _publish(broker, range(messages))
    _register(engine, "bench-mqtt", "mqtt", url, secrets.seal_options(options))
    with _ingest(engine) as process:
        figures["mqtt_waiting_per_second"] = _committed(engine, messages)
        figures["mqtt_megabytes_once"] = _megabytes(process)
        start = time.perf_counter()
        _publish(broker, range(messages, 2 * messages))
        _committed(engine, 2 * messages)
        figures["mqtt_published_per_second"] = round(messages / (time.perf_counter() - start))
        figures["mqtt_megabytes_twice"] = _megabytes(process)
        process.send_signal(signal.SIGTERM)
    for how in ("waiting", "published"):
        figures[f"mqtt_of_bare_{how}"] = round(
            figures[f"mqtt_{how}_per_second"] / figures[f"bare_{how}_per_second"], 2
        )
    return figures


def _publish(broker: SplitResult, numbers: range) -> None:
    client = _client(broker, "bench-sender")
    client.max_inflight_messages_set(200)
    client.max_queued_messages_set(0)
    client.connect(str(broker.hostname), broker.port or 1883)
    client.loop_start()
    newest = level.step_of(NOW)
    sent = [
        client.publish(
            uplink.topic(gauge), uplink.payload(gauge, newest - number // len(GAUGES)), qos=1
        )
        for number in numbers
        for gauge in [GAUGES[number % len(GAUGES)]]
    ]
    for one in sent:
        one.wait_for_publish(PATIENCE_SECONDS)
    client.disconnect()
    client.loop_stop()


def _open_session(broker: SplitResult, client_id: str, *, clean: bool = False) -> None:
    client = _client(broker, client_id, clean_session=clean)
    if not clean:
        client.on_connect = lambda *_: client.subscribe(TOPIC, 1)
        client.on_subscribe = lambda *_: client.disconnect()
    else:
        client.on_connect = lambda *_: client.disconnect()
    client.connect(str(broker.hostname), broker.port or 1883)
    client.loop_forever()


def _client(broker: SplitResult, client_id: str, *, clean_session: bool = True) -> mqtt.Client:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id, clean_session=clean_session)
    client.username_pw_set(broker.username or "", broker.password)
    return client


def _bare_subscriber(broker: SplitResult, messages: int) -> subprocess.Popen[str]:
    told = [broker.hostname, broker.port, broker.username, broker.password, BARE, TOPIC, messages]
    return subprocess.Popen(
        [sys.executable, "-c", BARE_SUBSCRIBER, *map(str, told)],
        stdout=subprocess.PIPE,
        text=True,
    )


def _told(bare: subprocess.Popen[str]) -> float:
    said, _ = bare.communicate(timeout=PATIENCE_SECONDS)
    return round(float(said))


def _ingest(engine: Engine) -> subprocess.Popen[bytes]:
    url = engine.url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-m", "ckanext.suedwest.ingest"],
        env=os.environ | {"SUEDWEST_STORE_URL": url, "SUEDWEST_METRICS_PORT": ""},
        stderr=subprocess.DEVNULL,
    )


def _committed(engine: Engine, messages: int) -> float:
    """Wait until distances of all messages are stored; messages a second of the receipts."""
    end = time.monotonic() + PATIENCE_SECONDS
    # The bytes hold a distance and a temperature.
    while _one(
        engine, "SELECT sum(stored) FROM suedwest.receipt WHERE source_id = 'bench-mqtt'"
    ) < (2 * messages):
        if time.monotonic() > end:
            sys.exit("the ingest process does not store what it is sent")
        time.sleep(0.1)
    return round(
        _one(
            engine,
            """
            SELECT (sum(received) - min(received)) / 2
                   / extract(epoch FROM max(written_at) - min(received_at))
            FROM suedwest.receipt WHERE source_id = 'bench-mqtt'
            """,
        )
    )


def _one(engine: Engine, statement: str) -> float:
    with engine.connect() as conn:
        return float(conn.execute(text(statement)).scalar_one() or 0)


def _megabytes(process: subprocess.Popen[bytes]) -> float:
    said = Path(f"/proc/{process.pid}/status").read_text("ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", said)
    return round(int(found.group(1)) / 1024, 1) if found else 0.0


def _register(
    engine: Engine, source_id: str, type_: str, url: str, options: dict[str, Any]
) -> None:
    with engine.begin() as conn:
        register_source(
            conn,
            id=source_id,
            type=type_,
            municipality=None,
            url=url,
            options=options,
            interval=STEP,
            managed_by="file",
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.add_argument("--messages", type=int, default=6_000, help="messages in one share")
    arguments = parser.parse_args()
    logging.getLogger("ckan").setLevel(logging.ERROR)
    # So that the services are ended as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    with temporary_services() as running, tempfile.TemporaryDirectory() as folder:
        _load_ckan(running, Path(folder))
        from ckanext.suedwest.observations.store_access import write_engine

        engine = write_engine()
        figures = measure_writing(engine)
        with engine.begin() as conn:
            conn.execute(text("UPDATE suedwest.source SET enabled = false"))
        broker = urlsplit(running.services.addresses.broker_url)
        figures |= measure_messages(engine, broker, arguments.messages)
        engine.dispose()
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:32} {figure}")


if __name__ == "__main__":
    main()
