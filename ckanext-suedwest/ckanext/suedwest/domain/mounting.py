"""From what a sensor measures to the level above gauge zero, by how it was mounted at the time.

A sensor above the water measures the distance down to it, a pressure sensor the depth of the water
over itself. Where it hangs, its offset and the height of the gauge's zero change over the years,
therefore each holds for a span of time, and a value is only ever read by the mounting of its time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .errors import SuedwestError
from .quality import Quality
from .station import Datum
from .units import DEPTH, DISTANCE, WATER_LEVEL, conversion


class MountingRefused(SuedwestError):
    """A value cannot be turned into a level, or a mounting cannot be; the message says why."""


class Measured(StrEnum):
    """What the sensor measures; the names are those of its observed property."""

    DISTANCE = DISTANCE.name
    DEPTH = DEPTH.name


@dataclass(frozen=True, slots=True)
class Mounting:
    """How a sensor is mounted in `[valid_from, valid_until)`; without an end until further notice.

    `height_mm` is the sensor's height above the gauge's zero, negative for one below it.
    `offset_cm` is added to the level, as staff find it when they read the staff gauge.
    A distance of at most `blanking_mm` may be shorter still: the sensor cannot see nearer.
    `gauge_zero` is the height of the gauge's zero in this span, None where nobody surveyed it.

    Raises:
        MountingRefused: a number that is not finite, a time without a zone, an empty span.
    """

    valid_from: datetime
    height_mm: float
    measured: Measured = Measured.DISTANCE
    offset_cm: float = 0.0
    valid_until: datetime | None = None
    blanking_mm: float | None = None
    gauge_zero: Datum | None = None

    def __post_init__(self) -> None:
        metres = 0.0 if self.gauge_zero is None else self.gauge_zero.metres
        numbers = (self.height_mm, self.offset_cm, self.blanking_mm or 0.0, metres)
        if not all(map(math.isfinite, numbers)):
            raise MountingRefused("a number of the mounting is not finite")
        for instant in (self.valid_from, self.valid_until):
            if instant is not None and instant.tzinfo is None:
                raise MountingRefused("the validity of a mounting needs a time zone")
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise MountingRefused("the mounting ends before it begins")

    def valid_at(self, time: datetime) -> bool:
        """Whether a value of this time is read by this mounting."""
        return self.valid_from <= time and (self.valid_until is None or time < self.valid_until)


@dataclass(frozen=True, slots=True)
class Derivation:
    """The datastream `level` of a station is reckoned from its datastream `raw`.

    `mountings` are all there are, past ones too; they replace what the store has.

    Raises:
        MountingRefused: two of them overlap, or the level would be reckoned from itself.
    """

    station_key: str
    raw: str
    level: str
    mountings: tuple[Mounting, ...]

    def __post_init__(self) -> None:
        if self.raw == self.level:
            raise MountingRefused("a level cannot be reckoned from itself")
        check_spans(self.mountings)


def check_spans(mountings: Iterable[Mounting]) -> None:
    """Make sure that at most one mounting is valid at any time.

    Raises:
        MountingRefused: when two overlap.
    """
    in_order = sorted(mountings, key=lambda mounting: mounting.valid_from)
    for earlier, later in zip(in_order, in_order[1:], strict=False):
        if earlier.valid_until is None or earlier.valid_until > later.valid_from:
            raise MountingRefused(
                f"two mountings are valid at {later.valid_from.isoformat()}: "
                "end the earlier one first"
            )


def mounting_at(mountings: Iterable[Mounting], time: datetime) -> Mounting:
    """The mounting a value of this time is read by.

    Raises:
        MountingRefused: when none is valid then.
    """
    for mounting in mountings:
        if mounting.valid_at(time):
            return mounting
    raise MountingRefused(f"no mounting is valid at {time.isoformat()}")


def level_cm(mounting: Mounting, value: float, unit: str) -> float:
    """Level above gauge zero in cm from a raw value in `mm`, `cm` or `m`.

    Rounded to a thousandth of a millimetre, which no sensor resolves: it only removes what binary
    fractions add.

    Raises:
        UnknownUnit: when the unit is none of a length.
    """
    millimetres = conversion(mounting.measured, unit).apply(value)
    if mounting.measured is Measured.DISTANCE:
        above_zero = mounting.height_mm - millimetres
    else:
        above_zero = mounting.height_mm + millimetres
    factor = conversion(WATER_LEVEL.name, "mm").factor
    return round(above_zero * factor + mounting.offset_cm, 4)


def level_quality(mounting: Mounting, value: float, unit: str, told: Quality) -> Quality:
    """The flag of a raw value for its level; within the blanking distance it is suspect.

    Raises:
        UnknownUnit: when the unit is none of a length.
    """
    if mounting.measured is Measured.DISTANCE and mounting.blanking_mm is not None:
        millimetres = conversion(mounting.measured, unit).apply(value)
        if millimetres <= mounting.blanking_mm and told.good:
            return Quality.SUSPECT
    return told


def elevation_m(mounting: Mounting, level: float) -> float:
    """Elevation in metres above the height reference of the mounting's gauge zero.

    Raises:
        MountingRefused: the gauge's zero is not surveyed, or not in German heights (NHN, NN).
    """
    zero = mounting.gauge_zero
    if zero is None:
        raise MountingRefused("the height of the gauge's zero is not known")
    if not zero.is_german_height:
        raise MountingRefused(f"{zero.reference} is no German height reference")
    return round(zero.metres + level / 100, 6)
