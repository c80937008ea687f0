"""Quality flags after QARTOD (U.S. IOOS, Manual for Real-Time Water Level Data, v2.1)."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Quality(IntEnum):
    """Worst flag of all tests of one observation.

    A test only ever casts doubt: `PASS` is what a source or an editor said. A value that no
    test doubts stays as its source told it.
    """

    PASS = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9

    @property
    def good(self) -> bool:
        """Whether the value counts in aggregates and against thresholds."""
        return self in (Quality.PASS, Quality.NOT_EVALUATED)


class Finding(IntFlag):
    """What tests, staff and the store found about one observation; several may hold at once.

    The numbers are stored: a new finding takes the next free bit, none changes its meaning.
    """

    RANGE = 1
    """Outside what this gauge can show."""
    IMPOSSIBLE = 2
    """Outside what any gauge can show."""
    SPIKE = 4
    """Far above or far below both its neighbours."""
    RATE = 8
    """Further from the value before than water moves in that time."""
    FLAT_LINE = 16
    """Part of a run of exactly equal values that lasts too long."""
    GAP = 32
    """Nothing came before it for longer than it should; says nothing against the value."""
    MAINTENANCE = 64
    """Measured while somebody worked on the gauge."""
    DOUBTED = 128
    """Doubted by staff."""
    CONFIRMED = 256
    """Confirmed by staff, against whatever the tests say."""
    CORRECTED = 512
    """Replaced by staff; the original is a revision."""
    NOT_MOUNTED = 1024
    """A level whose raw value has no mounting (any more)."""


STICKY = Finding.CORRECTED | Finding.NOT_MOUNTED
"""Findings that no test and no mark takes back."""

_FAILED = Finding.IMPOSSIBLE | Finding.NOT_MOUNTED | Finding.MAINTENANCE
_SUSPECT = Finding.RANGE | Finding.SPIKE | Finding.RATE | Finding.FLAT_LINE | Finding.DOUBTED


def overall(told: Quality, findings: Finding) -> Quality:
    """The flag of a value its source told with the flag `told`; the worst one counts.

    The word of staff stands above the tests and the source, but cannot mount a sensor.
    """
    if findings & Finding.NOT_MOUNTED:
        return max(told, Quality.FAIL)
    if findings & Finding.CONFIRMED:
        return Quality.PASS
    if findings & _FAILED:
        return max(told, Quality.FAIL)
    return max(told, Quality.SUSPECT) if findings & _SUSPECT else told


def reasons(quality: Quality, findings: Finding) -> tuple[str, ...]:
    """Why a value is doubted, as words in small letters; none for a good one.

    `source` stands for a doubt that came with the value.
    """
    if quality.good:
        return ()
    named = tuple(
        str(finding.name).lower()
        for finding in Finding
        if finding & findings & (_FAILED | _SUSPECT)
    )
    return named or ("source",)
