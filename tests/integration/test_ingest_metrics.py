"""What Prometheus reads."""

from __future__ import annotations

import urllib.request
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Engine, create_engine
from store_samples import GAUGE, LEVEL, empty, value

from ckanext.suedwest.ingest import metrics
from ckanext.suedwest.launcher import ports
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.writer import write_batch

BATCH = Batch("test", datetime.now(UTC), [GAUGE], [LEVEL], [value(1.0)])


def test_the_store_tells_of_every_source_whoever_delivered(store_engine: Engine) -> None:
    empty(store_engine)
    write_batch(store_engine, BATCH, lease=None, now=BATCH.received_at)
    registry = CollectorRegistry()
    port = ports.choose(set())
    metrics.serve(store_engine, port, registry)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as reply:
        said = reply.read().decode()
    assert "suedwest_store_up 1.0" in said
    assert 'suedwest_source_failures{source="test"} 0.0' in said
    assert 'suedwest_source_lag_seconds{source="test"} ' in said
    # never polled: no time is better than a wrong one
    assert "suedwest_source_last_success_timestamp_seconds{" not in said


def test_a_store_that_is_away_is_said_and_nothing_else() -> None:
    registry = CollectorRegistry()
    nowhere = create_engine("postgresql://nobody@127.0.0.1:1/nowhere")
    registry.register(metrics.StoreCollector(nowhere))
    said = generate_latest(registry).decode()
    assert "suedwest_store_up 0.0" in said
    assert "suedwest_source_" not in said


@pytest.mark.parametrize("outcome", ["stored", "unchanged"])
def test_receipts_are_counted_by_outcome(store_engine: Engine, outcome: str) -> None:
    empty(store_engine)
    counted = metrics.RECORDS.labels("test", outcome)
    before = counted._value.get()
    now = BATCH.received_at
    metrics.count(write_batch(store_engine, BATCH, lease=None, now=now) for _ in range(2))
    assert counted._value.get() == before + 1
