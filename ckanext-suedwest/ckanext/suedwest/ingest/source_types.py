"""Which poller asks which type of source, and which types are listened to."""

from __future__ import annotations

from . import mqtt, pegelonline
from .task import Poller

POLLERS: dict[str, Poller] = {
    "pegelonline": pegelonline.poll,
}
LISTENERS: dict[str, Poller] = {
    "mqtt": mqtt.listen,
}
"""These hold their source until the process ends or another takes it over."""
PUSHED = frozenset({"webhook"})
"""These come to the portal by themselves; no ingest process has to do anything for them."""
