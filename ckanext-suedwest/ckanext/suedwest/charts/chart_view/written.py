"""Numbers and times in columns of text, read the way an editor says they are written.

Nothing is guessed: `1.234` is a thousand or one and a bit, and only the editor knows which.
"""

from __future__ import annotations

import math
import re

from .settings import Texts

# With a sign between thousands, or with none; digits after the decimal sign.
_NUMBERS = {
    Texts.COMMA: re.compile(r"[+\-−]?(\d{1,3}(\.\d{3})+|\d{1,15})(,\d{1,15})?", re.ASCII),
    Texts.POINT: re.compile(r"[+\-−]?(\d{1,3}(,\d{3})+|\d{1,15})(\.\d{1,15})?", re.ASCII),
}
_GERMAN_TIME = re.compile(
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})"
    r"(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\s*Uhr)?)?",
    re.ASCII,
)
_LARGEST = 1e12
"""Beyond it there is no room for the digits at an axis."""


def number(value: object, texts: Texts) -> float | None:
    """The number of a cell; None for an empty one and for what is none that can be drawn.

    A cell of a column of numbers is one already, whatever is said of texts.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if texts is not Texts.NONE:
            if not _NUMBERS[texts].fullmatch(text):
                return None
            between, sign = (".", ",") if texts is Texts.COMMA else (",", ".")
            text = text.replace("−", "-").replace(between, "").replace(sign, ".")
        value = text
    elif not isinstance(value, int | float):
        value = str(value)
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) <= _LARGEST else None


def time(value: object) -> object:
    """`31.12.2026, 14:30 Uhr` as ISO 8601; anything else as it is."""
    found = _GERMAN_TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return value
    day = f"{found['year']}-{int(found['month']):02d}-{int(found['day']):02d}"
    if found["hour"] is None:
        return day
    return f"{day}T{int(found['hour']):02d}:{found['minute']}:{found['second'] or '00'}"
