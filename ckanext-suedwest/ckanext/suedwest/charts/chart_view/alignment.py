"""Puts values of the past onto the time axis of now, so that both can be compared.

The clock that counts is that of the day rule: MEZ all year for gauges, else the civil one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ...domain.time import BERLIN, MEZ, DayRule
from ...store.query import Column

Move = Callable[[datetime], datetime | None]
"""From an instant of the past to the one it is drawn at; None where it has no counterpart."""


def year_earlier(instant: datetime, rule: DayRule) -> datetime:
    """The same day and clock time one year before; of 29 February those of 28 February."""
    local = _local(instant, rule)
    try:
        moved = local.replace(year=local.year - 1)
    except ValueError:
        moved = local.replace(year=local.year - 1, day=28)
    return _existing(moved)


def year_later(instant: datetime, rule: DayRule) -> datetime | None:
    """The same day and clock time one year later; None for a 29 February, which then is no day.

    A clock time that is skipped in that later spring lies at the moment of the change, one that
    happens twice in that later autumn in its first pass: no value falls out.
    """
    local = _local(instant, rule)
    try:
        return _existing(local.replace(year=local.year + 1))
    except ValueError:
        return None


def a_year(rule: DayRule) -> Move:
    """Everything to the same day and clock time one year later."""
    return lambda instant: year_later(instant, rule)


def by(shift: timedelta) -> Move:
    """Everything later by the same length of time; hours stay hours over every change."""
    return lambda instant: instant + shift


def aligned(
    columns: Sequence[Column], move: Move, *, start: datetime, end: datetime
) -> tuple[Column, ...]:
    """The columns moved, in order, without those that then begin outside of `[start, end]`.

    Each keeps its width.
    """
    moved: list[Column] = []
    for column in columns:
        at = move(column.start)
        if at is None or at + (column.end - column.start) < start or at > end:
            continue
        moved.append(replace(column, start=at, end=at + (column.end - column.start)))
    return tuple(sorted(moved, key=lambda column: (column.start, column.end)))


def _local(instant: datetime, rule: DayRule) -> datetime:
    return instant.astimezone(MEZ if rule is DayRule.MEZ else BERLIN)


def _existing(local: datetime) -> datetime:
    """A local time in UTC; one that the clock skips is the moment of the change."""
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        # Of a time that happens twice the first pass; the same one otherwise.
        return first
    # Counted on with the offset of before, it lies within the hour after the change.
    return first.replace(minute=0, second=0, microsecond=0)
