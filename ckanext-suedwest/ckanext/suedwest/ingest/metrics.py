"""Figures for Prometheus, on a port of the loopback address.

What one process counts since it started, and beside it what the store knows of every source,
whoever delivered it. Names follow Prometheus' rules: base units, `_total` for counters.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ..store.batch import Receipt
from ..store.status import ingest_status
from .certificates import certificates

PORT_VARIABLE = "SUEDWEST_METRICS_PORT"

MESSAGES = Counter(
    "suedwest_ingest_messages", "Messages taken from a broker and acknowledged.", ["source"]
)
RECORDS = Counter(
    "suedwest_ingest_records",
    "Records by what became of them: stored, unchanged, corrected, suppressed, quarantined.",
    ["source", "outcome"],
)
IN_FLIGHT = Gauge(
    "suedwest_ingest_in_flight_messages", "Messages read and not acknowledged yet.", ["source"]
)
CONNECTED = Counter("suedwest_ingest_connections", "Connections made to a broker.", ["source"])
_OUTCOMES = ("stored", "unchanged", "corrected", "suppressed", "quarantined")


def count(receipts: Iterable[Receipt]) -> None:
    """Add what became of the records of some batches."""
    for receipt in receipts:
        for outcome in _OUTCOMES:
            number = getattr(receipt, outcome)
            if number:
                RECORDS.labels(receipt.source_id, outcome).inc(number)


class StoreCollector(Collector):
    """What the store knows of each source, asked at every scrape.

    While the store cannot be asked, `suedwest_store_up` is 0 and the rest is absent.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterable[Metric]:
        """The gauges, as Prometheus' client asks for them."""
        up = GaugeMetricFamily("suedwest_store_up", "Whether the store answers.")
        success = _family("last_success_timestamp_seconds", "When a source last delivered.")
        lag = _family("lag_seconds", "Age of the newest value of a source.")
        failures = _family("failures", "Failed polls of a source in a row.")
        expires = _family(
            "certificate_expiry_timestamp_seconds", "When a source's client certificate ends."
        )
        now = datetime.now(UTC)
        try:
            found = ingest_status(self._engine, now)
            shown = certificates(self._engine)
        except DBAPIError:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        for status in found:
            labels = [status.source_id]
            failures.add_metric(labels, status.failures)
            if status.last_success_at is not None:
                success.add_metric(labels, status.last_success_at.timestamp())
            if status.lag is not None:
                lag.add_metric(labels, status.lag.total_seconds())
        for certificate in shown:
            if certificate.expires_at is not None:
                expires.add_metric([certificate.source_id], certificate.expires_at.timestamp())
        return [up, success, lag, failures, expires]

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering asks no store."""
        return []


def serve(engine: Engine, port: int, registry: CollectorRegistry = REGISTRY) -> None:
    """Answer on `port` of the loopback address from a thread that ends with the process.

    Raises:
        OSError: when the port is taken.
    """
    registry.register(StoreCollector(engine))
    start_http_server(port, addr="127.0.0.1", registry=registry)


def _family(name: str, said: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"suedwest_source_{name}", said, labels=["source"])
