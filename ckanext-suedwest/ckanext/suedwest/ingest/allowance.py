"""How much one device may say, so that one that floods its topic does not starve the others.

A broker hands a session's messages over in their order: what stands behind a flood has to wait
until the flood is through. So beyond a generous allowance the messages of a topic are refused
unread, in one row of the quarantine that counts them, which costs a fraction of storing them.
"""

from __future__ import annotations

from collections import OrderedDict

MOST_AT_ONCE = 10_000
"""Messages of one topic; a gauge that was cut off for three months has as many quarter-hours."""
PER_SECOND = 10.0
_MOST_TOPICS = 20_000


class Allowance:
    """A bucket of tokens for each topic, filled by time; topics not heard of lately start full."""

    def __init__(self, at_once: int = MOST_AT_ONCE, per_second: float = PER_SECOND) -> None:
        self._at_once = float(at_once)
        self._per_second = per_second
        self._topics: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, topic: str, now: float) -> bool:
        """Whether another message may pass at `now` (seconds of a monotonic clock)."""
        left, since = self._topics.pop(topic, (self._at_once, now))
        left = min(self._at_once, left + (now - since) * self._per_second)
        passes = left >= 1.0
        self._topics[topic] = (left - 1.0 if passes else left, now)
        if len(self._topics) > _MOST_TOPICS:
            self._topics.popitem(last=False)
        return passes
