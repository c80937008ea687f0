"""Gauges in the order in which one must look at them.

A gauge without a reliable value stands before the quiet ones: the worst gauge may be the one
the flood has torn away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from ..domain.freshness import Freshness
from ..domain.threshold import Direction
from .gauge import Gauge

_NEVER = datetime.min.replace(tzinfo=UTC)
_UNRELIABLE = (
    Freshness.IMPLAUSIBLE,
    Freshness.SILENT,
    Freshness.OUT_OF_SERVICE,
)


class Urgency(StrEnum):
    """The groups of the list, most urgent first."""

    ABOVE = "above"
    UNRELIABLE = "unreliable"
    RISING = "rising"
    BELOW = "below"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Group:
    """Gauges of one urgency, most urgent first."""

    urgency: Urgency
    gauges: tuple[Gauge, ...]


def urgency(gauge: Gauge) -> Urgency:
    """The group a gauge belongs to."""
    reading = gauge.main
    if reading is None or reading.value is None:
        return Urgency.UNRELIABLE
    reached = reading.reached()
    if any(each.direction == Direction.ABOVE for each in reached):
        return Urgency.ABOVE
    if reading.rising:
        return Urgency.RISING
    return Urgency.BELOW if reached else Urgency.QUIET


def by_urgency(gauges: Iterable[Gauge]) -> list[Group]:
    """All groups, also the empty ones."""
    found: dict[Urgency, list[Gauge]] = {each: [] for each in Urgency}
    for gauge in gauges:
        found[urgency(gauge)].append(gauge)
    return [Group(each, tuple(sorted(found[each], key=_ORDERS[each]))) for each in Urgency]


def most_urgent(gauges: Iterable[Gauge]) -> list[Gauge]:
    """All gauges in the order of the list."""
    return [gauge for group in by_urgency(gauges) for gauge in group.gauges]


def _above(gauge: Gauge) -> tuple[int, float, float, str]:
    """Gravest class, then what rises fastest, then how far it is beyond."""
    reading = gauge.main
    if reading is None or reading.value is None:
        return 0, 0.0, 0.0, gauge.title
    gravest = reading.reached()[0]
    rate = reading.trend.cm_per_hour if reading.trend and reading.rising else 0.0
    beyond = reading.centimetres(reading.value - gravest.level)
    return -(gravest.severity or 0), -rate, -beyond, gauge.title


def _unreliable(gauge: Gauge) -> tuple[int, float, str]:
    """Doubted, then silent ones by their last value, those that never had one, those given up."""
    reading = gauge.main
    if reading is None:
        return len(_UNRELIABLE), 0.0, gauge.title
    last = reading.stream.latest_time or _NEVER
    return _UNRELIABLE.index(reading.state), -(last - _NEVER).total_seconds(), gauge.title


def _rising(gauge: Gauge) -> tuple[float, float, str]:
    """What reaches a threshold first, then what rises fastest."""
    reading = gauge.main
    if reading is None or reading.value is None or reading.trend is None:
        return float("inf"), 0.0, gauge.title
    following = reading.next_above()
    rate = reading.trend.cm_per_hour
    hours = (
        reading.centimetres(following.level - reading.value) / rate
        if following
        else float("inf")
    )
    return hours, -rate, gauge.title


def _title(gauge: Gauge) -> tuple[str]:
    return (gauge.title,)


_ORDERS = {
    Urgency.ABOVE: _above,
    Urgency.UNRELIABLE: _unreliable,
    Urgency.RISING: _rising,
    Urgency.BELOW: _title,
    Urgency.QUIET: _title,
}
