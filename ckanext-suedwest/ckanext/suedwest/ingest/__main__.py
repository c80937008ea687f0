"""`python -m ckanext.suedwest.ingest`: one ingest process, until SIGTERM or SIGINT."""

from __future__ import annotations

import logging
import os
import sys
import threading

from sqlalchemy.exc import ArgumentError

from ..store.engine import create_store_engine
from . import metrics
from .ending import hold_back_signals, wait_for_end
from .runner import MOST_LISTENERS, Runner

STORE_URL_VARIABLE = "SUEDWEST_STORE_URL"


def main() -> int:
    """Run; 0 after an orderly end, 1 after a fault, 2 when no store is named."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    url = os.environ.get(STORE_URL_VARIABLE, "")
    try:
        engine = create_store_engine(url, spare_connections=MOST_LISTENERS)
    except ArgumentError:
        print(
            f"ingest: {STORE_URL_VARIABLE} does not name the store's database "
            "(postgresql://user:password@/database?host=…)",
            file=sys.stderr,
        )
        return 2
    hold_back_signals()
    port = os.environ.get(metrics.PORT_VARIABLE)
    if port:
        try:
            metrics.serve(engine, int(port))
        except (OSError, ValueError) as error:
            # A second process of this machine has no port of its own, and works as well.
            logging.warning("no metrics on port %s: %s", port, error)
    stop = threading.Event()
    worker = threading.Thread(target=Runner(engine, stop=stop).run, name="ingest")
    logging.info("ingest is running")
    worker.start()
    if not wait_for_end(worker):
        logging.error("ingest ended by itself")
        return 1
    stop.set()
    worker.join()
    engine.dispose()
    logging.info("ingest has ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
