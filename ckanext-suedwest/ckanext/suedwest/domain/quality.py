"""Quality flags after QARTOD (U.S. IOOS, Manual for Real-Time Water Level Data, v2.1)."""

from __future__ import annotations

from enum import IntEnum


class Quality(IntEnum):
    """Worst flag of all tests of one observation."""

    PASS = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9

    @property
    def good(self) -> bool:
        """Whether the value counts in aggregates and against thresholds."""
        return self in (Quality.PASS, Quality.NOT_EVALUATED)
