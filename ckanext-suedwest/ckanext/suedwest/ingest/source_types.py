"""Which poller asks which type of source."""

from __future__ import annotations

from . import pegelonline
from .task import Poller

POLLERS: dict[str, Poller] = {
    "pegelonline": pegelonline.poll,
}
