"""`python -m ckanext.suedwest.ingest.simulator`: register what is simulated, and play the gauges
until SIGTERM or SIGINT."""

from __future__ import annotations

import logging
import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from itertools import groupby
from urllib.parse import SplitResult, urlsplit

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine

from ...store.engine import create_store_engine
from ...store.sources import register_source
from ...store.status import ingest_status
from .. import gtfs
from ..ending import hold_back_signals, wait_for_end
from ..mqtt_connection import Connection, Settings
from ..secrets import seal_options
from . import level, traffic_feeds, transit, uplink
from .gauges import GAUGES, LICENCE
from .traffic import OPERATOR

BROKER_VARIABLE = "SUEDWEST_BROKER_URL"
STORE_VARIABLE = "SUEDWEST_STORE_URL"
REPLAY_VARIABLE = "SUEDWEST_REPLAY_URL"
HISTORY = timedelta(days=3)
"""What is sent at the start, so that charts show something; what is known changes nothing."""
_REPORTS = {"simulated": True, "timetable": f"simulator-{gtfs.TIMETABLE}"}
_LONGEST_PAUSE = 15
"""Minutes after which a feed is asked again, however seldom its numbers change."""
APART = timedelta(seconds=7)
"""Sensors do not measure all at once: each sends this much after the one before."""

log = logging.getLogger(__name__)


def register(engine: Engine, broker: SplitResult) -> None:
    """Register the gauges of each municipality as a source of its own.

    A new source's session is made at the broker before anybody can take the source, so that
    nothing that is sent from now on is missed.
    """
    known = {status.source_id for status in ingest_status(engine, datetime.now(UTC))}
    url = f"{broker.scheme}://{broker.hostname}:{broker.port}"
    for municipality, gauges in groupby(GAUGES, lambda gauge: gauge.municipality):
        listed = list(gauges)
        source_id = f"simulator-{municipality}"
        topic = f"v3/{listed[0].application}@{uplink.TENANT}/devices/+/up"
        client_id = f"suedwest-{source_id}"
        if source_id not in known:
            _open_session(broker, client_id, topic)
        options = {
            "simulated": True,
            "topic": topic,
            "connector": "tts",
            "client_id": client_id,
            "username": broker.username,
            "password": broker.password,
            "operator": {"name": "Simulator der Sandbox"},
            "licence": LICENCE,
            "devices": {gauge.dev_eui: gauge.registered() for gauge in listed},
        }
        with engine.begin() as connection:
            register_source(
                connection,
                id=source_id,
                type="mqtt",
                municipality=municipality,
                url=url,
                options=seal_options(options),
                interval=level.STEP,
                managed_by="file",
            )


def register_traffic(engine: Engine, served: SplitResult) -> None:
    """Register the feeds of simulated traffic, which the replay server at this address serves."""
    with engine.begin() as connection:
        for feed in traffic_feeds.FEEDS:
            register_source(
                connection,
                id=f"simulator-{feed.id}",
                type="http",
                municipality=feed.municipality,
                url=f"{served.scheme}://{served.netloc}{feed.path}",
                options=feed.source_options(),
                interval=timedelta(minutes=min(feed.minutes, _LONGEST_PAUSE)),
                managed_by="file",
            )


def register_transit(engine: Engine, served: SplitResult) -> None:
    """Register the timetable that is made up, and what is reported of its trips."""
    root = f"{served.scheme}://{served.netloc}"
    told = {"simulated": True, "operator": OPERATOR, "licence": LICENCE}
    sources = (
        (gtfs.TIMETABLE, transit.TIMETABLE_PATH, told, timedelta(hours=6)),
        (gtfs.REALTIME, transit.REALTIME_PATH, _REPORTS, timedelta(minutes=1)),
    )
    with engine.begin() as connection:
        for kind, path, options, interval in sources:
            register_source(
                connection,
                id=f"simulator-{kind}",
                type=kind,
                municipality=transit.MUNICIPALITY,
                url=f"{root}{path}",
                options=options,
                interval=interval,
                managed_by="file",
            )


def _open_session(broker: SplitResult, client_id: str, topic: str) -> None:
    settings = Settings(
        host=str(broker.hostname),
        port=broker.port or 1883,
        client_id=client_id,
        topics=(topic,),
        trusted=True,
        protocols=("5", "3.1.1"),
        username=broker.username,
        password=broker.password,
    )
    connection = Connection(settings, lambda _message: None)
    connection.open()
    connection.close()


def play(broker: SplitResult, stop: threading.Event) -> None:
    """Send what was measured lately, then each measurement when it is due."""
    client = Client(CallbackAPIVersion.VERSION2, "suedwest-simulator", clean_session=True)
    client.username_pw_set(broker.username or "", broker.password)
    client.reconnect_delay_set(1, 30)
    client.connect_async(str(broker.hostname), broker.port or 1883)
    client.loop_start()
    try:
        step = level.step_of(datetime.now(UTC))
        for past in range(step - HISTORY // level.STEP, step):
            for gauge in GAUGES:
                client.publish(uplink.topic(gauge), uplink.payload(gauge, past), qos=1)
        log.info("simulator: %d gauges, %s of history", len(GAUGES), HISTORY)
        while not stop.is_set():
            for number, gauge in enumerate(GAUGES):
                due = level.time_of(step) + number * APART
                if stop.wait(max(0.0, (due - datetime.now(UTC)).total_seconds())):
                    break
                client.publish(uplink.topic(gauge), uplink.payload(gauge, step), qos=1)
            step += 1
    finally:
        client.disconnect()
        client.loop_stop()


def main() -> int:
    """Play; 0 after an orderly end, 1 after a fault, 2 when broker or store are not named."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )
    told = {name: os.environ.get(name, "") for name in (BROKER_VARIABLE, STORE_VARIABLE)}
    if not all(told.values()):
        print(f"simulator: {' and '.join(told)} must be set", file=sys.stderr)
        return 2
    hold_back_signals()
    broker = urlsplit(told[BROKER_VARIABLE])
    engine = create_store_engine(told[STORE_VARIABLE])
    register(engine, broker)
    if replay := os.environ.get(REPLAY_VARIABLE):
        register_traffic(engine, urlsplit(replay))
        register_transit(engine, urlsplit(replay))
    engine.dispose()
    stop = threading.Event()
    worker = threading.Thread(target=play, args=(broker, stop), name="simulator")
    worker.start()
    ended = wait_for_end(worker)
    stop.set()
    worker.join()
    return 0 if ended else 1


if __name__ == "__main__":
    sys.exit(main())
