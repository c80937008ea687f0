"""The rules by which traffic data become public, as data, and what they say of themselves.

Defaults follow the practice of official statistics (a cell of a split counts at least three) and
of counting sites on public roads (totals are published as they are, splits are not). A
municipality may be stricter; looser only with a written reason, which is published too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

LEAST_CELL = 3
"""Below three a suppressed cell can be told from the total: with two, 1 + 1 is the only sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyRule:
    """What may be published of one kind of data.

    Attributes:
        step: shortest bin of a total.
        split_step: shortest bin of a split (by direction, class or speed); a multiple of `step`.
        smallest_cell: cells of a split that count fewer, and more than none, are not published.
        smallest_group: bays of the smallest group whose occupancy is published.
        smallest_sample: vehicles behind the smallest mean or percentile of speed.
        raw_hours: how long a payload is kept as it came.
        reason: why this rule is looser than the default, in words; empty for the default.
    """

    step: timedelta = timedelta(minutes=15)
    split_step: timedelta = timedelta(hours=1)
    smallest_cell: int = LEAST_CELL
    smallest_group: int = 5
    smallest_sample: int = 10
    raw_hours: int = 0
    reason: str = ""

    def __post_init__(self) -> None:
        day = timedelta(days=1)
        if self.step <= timedelta(0) or day % self.step or self.split_step % self.step:
            raise ValueError("a step divides the day, and the step of a split is a multiple of it")
        if self.split_step < self.step or day % self.split_step:
            raise ValueError("the step of a split divides the day and is no shorter than a total's")
        if self.smallest_cell < LEAST_CELL:
            raise ValueError(f"the smallest cell counts at least {LEAST_CELL}")
        if self.smallest_group < 1 or self.smallest_sample < 1:
            raise ValueError("a group and a sample count at least one")
        if not 0 <= self.raw_hours <= 24:
            raise ValueError("a raw payload is kept for 0 to 24 hours")

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> PrivacyRule:
        """The rule that `describe` describes.

        Raises:
            ValueError: it is no such rule.
        """
        return cls(
            step=timedelta(seconds=described["step_seconds"]),
            split_step=timedelta(seconds=described["split_step_seconds"]),
            smallest_cell=described["smallest_cell"],
            smallest_group=described["smallest_group"],
            smallest_sample=described["smallest_sample"],
            raw_hours=described["raw_hours"],
            reason=described.get("reason", ""),
        )

    def is_looser_than(self, other: PrivacyRule) -> bool:
        """Whether it lets anything through that the other holds back."""
        return (
            self.step < other.step
            or self.split_step < other.split_step
            or self.smallest_cell < other.smallest_cell
            or self.smallest_group < other.smallest_group
            or self.smallest_sample < other.smallest_sample
            or self.raw_hours > other.raw_hours
        )

    def describe(self) -> dict[str, object]:
        """The rule as it is published with a dataset; times in seconds (ISO 8601 has no plain
        number), counts as they are."""
        return {
            "step_seconds": self.step.total_seconds(),
            "split_step_seconds": self.split_step.total_seconds(),
            "smallest_cell": self.smallest_cell,
            "smallest_group": self.smallest_group,
            "smallest_sample": self.smallest_sample,
            "raw_hours": self.raw_hours,
            **({"reason": self.reason} if self.reason else {}),
        }


DEFAULT_RULE = PrivacyRule()
SPEED_RULE = replace(DEFAULT_RULE, smallest_cell=5)
"""For splits by speed, and by origin and destination."""
RESIDENTIAL_RULE = replace(DEFAULT_RULE, step=timedelta(hours=1))
"""For residential streets and sites that count fewer than 20 vehicles an hour: in a quarter of
an hour one would often be alone."""


def rule_of(default: PrivacyRule, chosen: PrivacyRule | None) -> PrivacyRule:
    """The rule in force.

    Raises:
        ValueError: the chosen one is looser than the default and gives no reason.
    """
    if chosen is None:
        return default
    if chosen.is_looser_than(default) and not chosen.reason.strip():
        raise ValueError("a rule that is looser than the default needs a written reason")
    return chosen


def require_disjoint_groups(groups: dict[str, frozenset[str]], rule: PrivacyRule) -> None:
    """Check groups of bays whose occupancy is to be published.

    No bay may stand in two groups: the difference of two numbers would be that of fewer bays.

    Raises:
        ValueError: a group is too small, or two share a bay.
    """
    owner: dict[str, str] = {}
    for name, bays in groups.items():
        if len(bays) < rule.smallest_group:
            raise ValueError(f"the group {name} has fewer than {rule.smallest_group} bays")
        for bay in bays:
            if bay in owner:
                raise ValueError(f"the groups {owner[bay]} and {name} share a bay")
            owner[bay] = name


def group_occupancy(
    bays: frozenset[str], occupied: dict[str, bool], rule: PrivacyRule
) -> int | None:
    """How many bays of a group are taken; None while one of them is not known.

    A number over the known ones alone would tell of a smaller group.

    Raises:
        ValueError: the group is too small.
    """
    if len(bays) < rule.smallest_group:
        raise ValueError(f"the group has fewer than {rule.smallest_group} bays")
    if not bays <= occupied.keys():
        return None
    return sum(occupied[bay] for bay in bays)
