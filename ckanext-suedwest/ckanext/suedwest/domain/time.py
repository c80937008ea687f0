"""Instants, days and the two ways a day is counted.

Every instant inside the platform is an aware `datetime` in UTC. Gauges count days in MEZ (UTC+1)
all year, as German hydrology does; traffic counts civil days of Europe/Berlin.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
MEZ = timezone(timedelta(hours=1), "MEZ")


class TimeRefused(ValueError):
    """A text that is no usable instant; the message says why."""


class DayRule(StrEnum):
    """How a datastream counts its days."""

    MEZ = "mez"
    CIVIL = "civil"


def parse_instant(text: object) -> datetime:
    """An ISO 8601 text with an offset as an instant in UTC.

    Raises:
        TimeRefused: no text, not ISO 8601, or without an offset (a local time without its
            offset happens twice in the night of the October clock change).
    """
    if not isinstance(text, str):
        raise TimeRefused(f"the time is {text!r}, not a text")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise TimeRefused(f"the time {text[:40]!r} is not ISO 8601") from None
    if instant.tzinfo is None:
        raise TimeRefused(f"the time {text!r} has no offset")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise TimeRefused(f"the time {text!r} is outside the calendar") from None


def require_utc(instant: datetime) -> datetime:
    """`instant` in UTC; a naive one is a programming error and raises ValueError."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime has no place here")
    return instant.astimezone(UTC)


def day_of(instant: datetime, rule: DayRule) -> date:
    """The day an instant belongs to under a day rule."""
    return instant.astimezone(MEZ if rule is DayRule.MEZ else BERLIN).date()


def day_span(day: date, rule: DayRule) -> tuple[datetime, datetime]:
    """`[start, end)` of a day in UTC; a civil day has 23, 24 or 25 hours."""
    zone = MEZ if rule is DayRule.MEZ else BERLIN
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    return start.astimezone(UTC), end.astimezone(UTC)
