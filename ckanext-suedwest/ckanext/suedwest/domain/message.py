"""One message of a source, as it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came; `topic` is MQTT's, or the path of a webhook or a request."""

    topic: str
    payload: bytes
    received_at: datetime
