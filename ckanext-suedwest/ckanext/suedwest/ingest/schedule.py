"""When a source is asked next."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

DELIVERY = timedelta(minutes=2)
"""A gauge's value appears about two minutes after its time stamp, seen in recorded replies."""
JITTER = timedelta(seconds=20)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=15)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def next_regular_poll(now: datetime, interval: timedelta, generator: random.Random) -> datetime:
    """The next step of the interval plus the delivery time: :02, :17, :32, :47 for 15 minutes.

    A few seconds of chance keep the platforms of several clusters from asking all at once.
    """
    step = (now - DELIVERY - _EPOCH) // interval + 1
    return _EPOCH + step * interval + DELIVERY + JITTER * generator.random()


def next_retry(
    now: datetime,
    failures: int,
    generator: random.Random,
    retry_after: timedelta | None = None,
) -> datetime:
    """After `failures` failed polls in a row (1 or more): 30 s, 1, 2, 4, 8 minutes, then 15.

    What the source asks for (`Retry-After`) counts when it is longer, up to 15 minutes.
    """
    doubled = FIRST_RETRY * 2 ** min(max(failures - 1, 0), 10)
    delay = min(max(doubled, retry_after or timedelta()), LONGEST_RETRY)
    return now + delay * (0.9 + 0.1 * generator.random())
