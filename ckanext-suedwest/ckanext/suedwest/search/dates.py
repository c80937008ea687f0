"""Instants as queries write them: ISO 8601 or NOW, with additions and roundings behind."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from .query import QueryRefused

_INSTANT = re.compile(r"(NOW|.*?[Z\d])((?:[+-]\d{1,6}[A-Z]+|/[A-Z]+)*)", re.DOTALL)
_STEP = re.compile(r"([+-]\d+|/)([A-Z]+?)S?(?=[+\-/]|$)")
_UNITS = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"}
_SMALLER: dict[str, dict[str, Any]] = {
    "YEAR": {"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "MONTH": {"day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "DAY": {"hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "HOUR": {"minute": 0, "second": 0, "microsecond": 0},
    "MINUTE": {"second": 0, "microsecond": 0},
    "SECOND": {"microsecond": 0},
}


def instant(text: str, now: datetime) -> datetime:
    """The instant of `NOW-7DAYS/DAY` or `2026-09-29T13:30:00Z+1MONTH`, cut to milliseconds.

    `now` is aware; without a zone the text is in UTC.

    Raises:
        QueryRefused: not such a text, or outside the calendar.
    """
    match = _INSTANT.fullmatch(text)
    try:
        if not match:
            raise ValueError(text)
        result = now if match[1] == "NOW" else datetime.fromisoformat(match[1])
    except ValueError:
        raise QueryRefused("{text} is not a date like 2026-09-29T13:30:00Z.", text=text) from None
    result = result.astimezone(UTC) if result.tzinfo else result.replace(tzinfo=UTC)
    try:
        for amount, unit in _STEP.findall(match[2]):
            result = _step(result, amount, unit)
    except (OverflowError, ValueError):
        raise QueryRefused("{text} is outside the calendar.", text=text) from None
    return result - timedelta(microseconds=result.microsecond % 1000)


def _step(moment: datetime, amount: str, unit: str) -> datetime:
    if unit not in _UNITS:
        raise QueryRefused("{text} is no unit of time: YEAR, MONTH, DAY, HOUR, MINUTE.", text=unit)
    if amount == "/":
        return moment.replace(**_SMALLER[unit])
    return moment + relativedelta(**{f"{unit.lower()}s": int(amount)})  # pyright: ignore
