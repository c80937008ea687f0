"""Closing a day of a counter: which totals and which splits of it become public.

Totals are published for every bin of the rule's step. A split (by direction, class, speed) is
published for a span of the rule's split step as a whole or not at all: with one small cell all
cells beside it are held back, so that none can be told by subtraction from the total.

Finer totals must not betray a small cell either. With the cells of a span and the totals of its
bins known, a cell of one bin lies in the interval `max(0, t + c - n)` to `min(t, c)` (t the total
of the bin, c the span's cell, n the span's total): the bounds of Fréchet, which are sharp for a
table with given margins. Where that leaves one number, and it is small, the split is held back.

Whether a split is published follows from numbers that are published with it, so that the decision
tells nothing more. Everything coarser is a sum of what is published and says how many spans it
holds, and a closed day is never published again: the difference of two versions would be one
vehicle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .bins import PartialBin
from .privacy import PrivacyRule
from .time import DayRule, day_of, day_span


@dataclass(frozen=True, slots=True)
class Total:
    """What one bin of the rule's step counted, `[start, end)` in UTC."""

    start: datetime
    end: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Split:
    """The cells of one span; None where they are held back. Zeros are zeros that were reported."""

    start: datetime
    end: datetime
    cells: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class PublishedDay:
    """The publication of one counter for one civil day, made once.

    A bin or span nobody reported is absent.
    """

    counter: str
    totals: tuple[Total, ...]
    splits: tuple[Split, ...]

    @property
    def total(self) -> int:
        """Of the whole day, as far as it was reported."""
        return sum(one.number for one in self.totals)

    @property
    def withheld(self) -> int:
        """Spans whose split is held back."""
        return sum(one.cells is None for one in self.splits)


@dataclass(frozen=True, slots=True)
class Sum:
    """A coarser total: what was published of several days and nothing else.

    `cells` add up the `spans_with_cells` of `spans` whose split is public, so they are not the
    parts of `total` unless both are equal.
    """

    total: int
    days: int
    cells: Mapping[str, int]
    spans: int
    spans_with_cells: int


def close_day(bins: Sequence[PartialBin], cells: frozenset[str], rule: PrivacyRule) -> PublishedDay:
    """Publish a day of a counter; `bins` are those of the rule's step that got any frame.

    `cells` are those of the counter's split as it is registered, whatever was counted; with
    fewer than two there is no split. A bin with a cell that is not registered counts in the
    totals, and its span has no split.

    Raises:
        ValueError: no bins, bins of several counters or civil days, not of the rule's step, or
            one that stands twice.
    """
    ordered = sorted(bins, key=lambda one: one.start)
    _check(ordered, rule)
    totals = tuple(Total(one.start, one.end, sum(one.cells().values())) for one in ordered)
    if len(cells) < 2:
        return PublishedDay(ordered[0].counter, totals, ())
    splits = tuple(_split(span, sorted(cells), rule) for span in _spans(ordered, rule.split_step))
    return PublishedDay(ordered[0].counter, totals, splits)


def sum_of_days(days: Sequence[PublishedDay]) -> Sum:
    """What several published days of one counter add up to."""
    public = [one.cells for day in days for one in day.splits if one.cells is not None]
    names = sorted({name for cells in public for name in cells})
    return Sum(
        total=sum(day.total for day in days),
        days=len(days),
        cells={name: sum(cells.get(name, 0) for cells in public) for name in names},
        spans=sum(len(day.splits) for day in days),
        spans_with_cells=len(public),
    )


def _check(ordered: Sequence[PartialBin], rule: PrivacyRule) -> None:
    if not ordered:
        raise ValueError("a day without a bin is not published")
    if any(one.counter != ordered[0].counter or one.step != rule.step for one in ordered):
        raise ValueError("the bins are of several counters, or not of the rule's step")
    if any(a.start == b.start for a, b in zip(ordered, ordered[1:], strict=False)):
        raise ValueError("a bin stands twice")
    if len({day_of(one.start, DayRule.CIVIL) for one in ordered}) > 1:
        raise ValueError("the bins are of several days")


def _spans(ordered: Sequence[PartialBin], step: timedelta) -> list[list[PartialBin]]:
    """The bins by span of the split step, counted from local midnight.

    A rest at the end of a day of 23 or 25 hours is no span of its own: it would be too short.
    """
    midnight, end = day_span(day_of(ordered[0].start, DayRule.CIVIL), DayRule.CIVIL)
    last = max((end - midnight) // step - 1, 0)
    spans: dict[int, list[PartialBin]] = {}
    for one in ordered:
        spans.setdefault(min((one.start - midnight) // step, last), []).append(one)
    return list(spans.values())


def _split(span: Sequence[PartialBin], named: Sequence[str], rule: PrivacyRule) -> Split:
    counted = [one.cells() for one in span]
    table = [[found.get(name, 0) for name in named] for found in counted]
    sums = [sum(column) for column in zip(*table, strict=True)]
    complete = all(found.keys() <= set(named) for found in counted)
    public = complete and _may_join([sum(row) for row in table], sums, rule.smallest_cell)
    cells = dict(zip(named, sums, strict=True)) if public else None
    return Split(span[0].start, span[-1].end, cells)


def _may_join(totals: Sequence[int], cells: Sequence[int], least: int) -> bool:
    """Whether the cells of a span may join the totals of its bins, which are public."""
    if any(0 < number < least for number in cells):
        return False
    whole = sum(cells)
    for total in set(totals):
        for number in set(cells):
            lowest, highest = max(0, total + number - whole), min(total, number)
            if lowest == highest and 0 < lowest < least:
                return False
    return True
