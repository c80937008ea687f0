"""Numbers as other programs write them: as JSON numbers, or as text with a decimal comma."""

from __future__ import annotations

import math
import re
from typing import Literal

from .json_payload import FieldRefused, kind_of, record_text

Decimal = Literal[".", ","]
_PATTERNS: dict[Decimal, re.Pattern[str]] = {
    ".": re.compile(r"[+-]?(\d{1,15}\.?\d{0,15}|\.\d{1,15})([eE][+-]?\d{1,3})?", re.ASCII),
    ",": re.compile(r"[+-]?(\d{1,15},?\d{0,15}|,\d{1,15})([eE][+-]?\d{1,3})?", re.ASCII),
}


def read_number(written: object, decimal: Decimal, missing: frozenset[object]) -> float | None:
    """A number, or None where it is one of the marks for “no value” (`missing`).

    A text has the decimal sign it is said to have and no signs between thousands: `1.234` is
    one thousand or one, and is refused where the sign is a comma.

    Raises:
        FieldRefused: it is no finite number.
    """
    if isinstance(written, str):
        text = written.strip()
        if text in missing:
            return None
        if not _PATTERNS[decimal].fullmatch(text):
            raise FieldRefused(
                f"the value {record_text(text)[:40]} is not a number with decimal {decimal!r}"
            )
        return _finite(float(text.replace(",", ".")))
    if written is None and None in missing:
        return None
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise FieldRefused(f"the value is {kind_of(written)}, not a number")
    try:
        return _finite(float(written))
    except OverflowError:
        raise FieldRefused("the value is too large a number") from None


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise FieldRefused(f"the value is {number}, not a finite number")
    return number
