"""The spans of time a chart can show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Range:
    """One choice: `name` is what stands in addresses, `span` what it shows before now."""

    name: str
    span: timedelta


RANGES = {
    each.name: each
    for each in (
        Range("24h", timedelta(hours=24)),
        Range("7d", timedelta(days=7)),
        Range("30d", timedelta(days=30)),
        Range("1y", timedelta(days=365)),
    )
}
DEFAULT_RANGE = RANGES["7d"]

_HOUR = timedelta(hours=1)
_ENDS_EVERY = timedelta(minutes=5)
_STEPS = (
    (timedelta(days=8), _HOUR),
    (timedelta(days=70), 3 * _HOUR),
)


def find_range(name: object) -> Range:
    """The range of this name; the usual one for anything else, also for what is no text."""
    return RANGES.get(name, DEFAULT_RANGE) if isinstance(name, str) else DEFAULT_RANGE


def step_of(span: timedelta) -> timedelta:
    """Width of one column: an hour, three hours or a day, so that a legend can name it."""
    return next((step for longest, step in _STEPS if span <= longest), timedelta(days=1))


def floor_to(instant: datetime, step: timedelta) -> datetime:
    """The last full step before an instant, counted from midnight UTC."""
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (instant - midnight) // step * step


def window_end(now: datetime) -> datetime:
    """Where a picture that caches keep ends: it moves in steps of five minutes, not at once."""
    return floor_to(now, _ENDS_EVERY) + _ENDS_EVERY
