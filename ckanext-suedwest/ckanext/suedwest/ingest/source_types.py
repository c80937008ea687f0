"""Which poller asks which type of source, and which types are listened to."""

from __future__ import annotations

from . import http_poll, lhp, mqtt, pegelonline, sensorthings
from .task import Poller

POLLERS: dict[str, Poller] = {
    "http": http_poll.poll,
    "lhp": lhp.poll,
    "pegelonline": pegelonline.poll,
    "sensorthings": sensorthings.poll,
}
LISTENERS: dict[str, Poller] = {
    "mqtt": mqtt.listen,
}
"""These hold their source until the process ends or another takes it over."""
PUSHED = frozenset({"webhook"})
"""These come to the portal by themselves; no ingest process has to do anything for them."""
