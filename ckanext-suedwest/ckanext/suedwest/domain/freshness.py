"""How far a value may be trusted to speak of now: from its age and its flags."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .quality import Quality


class Freshness(StrEnum):
    """State of the newest value of a datastream."""

    LIVE = "live"
    LATE = "late"
    SILENT = "silent"
    IMPLAUSIBLE = "implausible"
    OUT_OF_SERVICE = "out_of_service"


@dataclass(frozen=True, slots=True)
class FreshnessLimits:
    """Ages after which a value of one kind of station is late and silent.

    An interval is not a delivery interval (canal gauges that measure every minute were seen 28
    minutes old), therefore the floors.
    """

    late_intervals: int
    late_floor: timedelta
    silent_intervals: int
    silent_floor: timedelta

    def late_after(self, interval: timedelta | None) -> timedelta:
        """Age from which a value is late."""
        return max(self.late_intervals * (interval or timedelta()), self.late_floor)

    def silent_after(self, interval: timedelta | None) -> timedelta:
        """Age from which a datastream counts as silent; never before it is late."""
        return max(
            self.silent_intervals * (interval or timedelta()),
            self.silent_floor,
            self.late_after(interval),
        )


LIMITS: dict[str, FreshnessLimits] = {
    "water": FreshnessLimits(
        late_intervals=3,
        late_floor=timedelta(minutes=60),
        silent_intervals=12,
        silent_floor=timedelta(hours=3),
    ),
    "counter": FreshnessLimits(
        late_intervals=3,
        late_floor=timedelta(hours=3),
        silent_intervals=12,
        silent_floor=timedelta(days=1),
    ),
    "sharing": FreshnessLimits(
        late_intervals=3,
        late_floor=timedelta(minutes=15),
        silent_intervals=12,
        silent_floor=timedelta(minutes=60),
    ),
    # A feed tells the time of the last change, and at night nobody charges.
    "charging": FreshnessLimits(
        late_intervals=12,
        late_floor=timedelta(hours=6),
        silent_intervals=48,
        silent_floor=timedelta(days=1),
    ),
    "parking": FreshnessLimits(
        late_intervals=3,
        late_floor=timedelta(minutes=15),
        silent_intervals=12,
        silent_floor=timedelta(minutes=30),
    ),
}
"""One row for each kind of station."""


def live_until(kind: str, interval: timedelta | None, phenomenon_time: datetime) -> datetime:
    """The instant at which a value stops being live."""
    return phenomenon_time + LIMITS[kind].late_after(interval)


def freshness(
    kind: str,
    interval: timedelta | None,
    phenomenon_time: datetime | None,
    quality: Quality | None,
    *,
    out_of_service: bool,
    now: datetime,
) -> Freshness:
    """State of a datastream whose newest value is given (None: it never had one)."""
    if out_of_service:
        return Freshness.OUT_OF_SERVICE
    if phenomenon_time is None or quality is None:
        return Freshness.SILENT
    age = now - phenomenon_time
    limits = LIMITS[kind]
    if age >= limits.silent_after(interval):
        return Freshness.SILENT
    if not quality.good:
        return Freshness.IMPLAUSIBLE
    if age >= limits.late_after(interval):
        return Freshness.LATE
    return Freshness.LIVE
