"""Which poller asks which type of source, and which types are listened to."""

from __future__ import annotations

from . import gtfs, http_poll, lhp, mobilithek, mqtt, pegelonline, sensorthings
from .task import Poller

POLLERS: dict[str, Poller] = {
    gtfs.TIMETABLE: gtfs.poll_timetable,
    gtfs.REALTIME: gtfs.poll_realtime,
    "http": http_poll.poll,
    "lhp": lhp.poll,
    "mobilithek": mobilithek.poll,
    "pegelonline": pegelonline.poll,
    "sensorthings": sensorthings.poll,
}
LISTENERS: dict[str, Poller] = {
    "mqtt": mqtt.listen,
}
"""These hold their source until the process ends or another takes it over."""
PUSHED = frozenset({"webhook", mobilithek.PUSH_TYPE})
"""These come to the portal by themselves; no ingest process has to do anything for them."""
