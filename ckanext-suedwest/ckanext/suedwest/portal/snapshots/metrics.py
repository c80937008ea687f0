"""Figures on the kept files for Prometheus, on a port of the loopback address."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import REGISTRY, Counter, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .files import SnapshotFolder

PORT_VARIABLE = "SUEDWEST_SNAPSHOTS_METRICS_PORT"

FAILURES = Counter("suedwest_snapshots_failures", "Answers that could not be made.")


class FolderCollector(Collector):
    """What the folder of files says, looked at when it is asked."""

    def __init__(self, folder: SnapshotFolder) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """The gauges, as Prometheus' client asks for them; instants are absent before the first."""
        standing = self._folder.standing()
        aside = GaugeMetricFamily(
            "suedwest_snapshots_set_aside", "Answers of which no newer file could be made."
        )
        aside.add_metric([], standing.set_aside)
        found: list[Metric] = [aside]
        for name, words, instant in (
            ("confirmed", "When the files were last known to be the newest.", standing.confirmed),
            ("oldest", "When the oldest file was last known to be right.", standing.oldest),
        ):
            family = GaugeMetricFamily(f"suedwest_snapshots_{name}_timestamp_seconds", words)
            if instant is not None:
                family.add_metric([], instant.timestamp())
            found.append(family)
        return found


def serve(folder: SnapshotFolder, port: int) -> None:
    """Answer at `/metrics` on the loopback address from now on."""
    REGISTRY.register(FolderCollector(folder))
    start_http_server(port, "127.0.0.1")
