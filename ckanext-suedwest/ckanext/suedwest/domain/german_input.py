"""Numbers and times as people in Germany write them into a form, read only when they are plain."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone

from .errors import SuedwestError
from .time import BERLIN, TimeRefused

ZONES = {"MEZ": timedelta(hours=1), "MESZ": timedelta(hours=2)}
"""The two times of a year, for the hour that happens twice."""

_LONGEST = 40
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009")
_MINUS = str.maketrans("\u2212\u2013", "--")
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+", re.ASCII)
_GROUPS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3}){2,}", re.ASCII)
_GERMAN_DATE = re.compile(r"\d{1,2}\.", re.ASCII)
_ONE_POINT = re.compile(r"[+-]?(\d+)\.(\d+)", re.ASCII)


class NumberRefused(SuedwestError):
    """A text that is no finite number."""


class NumberAmbiguous(NumberRefused):
    """`1.234` is a thousand to one reader and little more than one to another."""


class TimeHappensTwice(TimeRefused):
    """A local time of the night in which the clock is put back, without its zone."""


class TimeDoesNotExist(TimeRefused):
    """A local time that the clock skips when it is put forward."""


def read_number(written: object) -> float:
    """A number with a decimal comma or point: `580`, `580,5`, `580.5`, `1.234,5`, `−3`.

    Raises:
        NumberAmbiguous: one point before exactly three digits, which may be a thousand.
        NumberRefused: anything else that is no finite number.
    """
    if isinstance(written, int | float) and not isinstance(written, bool):
        if not math.isfinite(written):
            raise NumberRefused("the number is not finite")
        return float(written)
    if not isinstance(written, str) or len(written) > _LONGEST:
        raise NumberRefused("that is no number")
    text = written.translate(_SPACES).translate(_MINUS)
    if _WHOLE.fullmatch(text):
        return float(text)
    if _COMMA.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    if _GROUPS.fullmatch(text):
        return float(text.replace(".", ""))
    point = _ONE_POINT.fullmatch(text)
    if point is None:
        raise NumberRefused("that is no number")
    if len(point[2]) == 3 and len(point[1]) <= 3 and point[1] != "0":
        raise NumberAmbiguous("the point may part thousands or decimals")
    return float(text)


def read_time(written: object, zone: str | None = None) -> datetime:
    """An instant in UTC from ISO 8601 or `25.10.2026 02:30`; without an offset German local time.

    `zone` (`MEZ` or `MESZ`) says which of two is meant in the hour that happens twice; at any
    other time it changes nothing.

    Raises:
        TimeHappensTwice: in that hour, without `zone`.
        TimeDoesNotExist: a local time that the clock skipped.
        TimeRefused: no time at all.
    """
    if not isinstance(written, str) or len(written) > _LONGEST:
        raise TimeRefused("that is no time")
    time = _parse(written.strip())
    try:
        if time.tzinfo is not None:
            return time.astimezone(UTC)
        first, second = (time.replace(tzinfo=BERLIN, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        raise TimeRefused("the time is outside the calendar") from None
    if first > second:
        raise TimeDoesNotExist("the clock is put forward over this time")
    if first == second:
        return first
    if zone not in ZONES:
        raise TimeHappensTwice("the clock is put back over this time")
    return time.replace(tzinfo=timezone(ZONES[zone])).astimezone(UTC)


def _parse(text: str) -> datetime:
    try:
        if _GERMAN_DATE.match(text):
            return datetime.strptime(text, "%d.%m.%Y %H:%M")  # noqa: DTZ007 - joined by the caller
        return datetime.fromisoformat(text)
    except ValueError:
        raise TimeRefused("that is no time") from None
