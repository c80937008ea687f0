"""Stations and datastreams (OGC SensorThings: Thing and Datastream) as a connector reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from .threshold import Threshold
from .time import DayRule


class Visibility(StrEnum):
    """Who may see a datastream."""

    PUBLIC = "public"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs a station and licenses its values."""

    name: str
    url: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """`id` is CKAN's licence id, `attribution` the sentence to show beside the values."""

    id: str
    title: str
    url: str
    attribution: str


@dataclass(frozen=True, slots=True)
class Datum:
    """Height of a gauge's zero: metres above `reference`, from `valid_from` on.

    Only for this validity may a level be turned into an elevation; history keeps its own datum.
    """

    reference: str
    metres: float
    valid_from: date | None = None

    @property
    def is_german_height(self) -> bool:
        """Whether the reference is NHN or NN (not Amsterdam's, not the Swiss one)."""
        return "NHN" in self.reference or "NN" in self.reference.replace(" ", "")


@dataclass(frozen=True, slots=True)
class Station:
    """A place that measures.

    `key` is stable for all time and unique on the platform (`pegelonline:<uuid>`); `kind` is
    `water` for gauges. `longitude` and `latitude` are WGS 84 degrees, both or neither.
    """

    key: str
    kind: str
    name: str
    operator: Operator
    licence: Licence
    water: str | None = None
    number: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    remark: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Datastream:
    """One observed property of one station.

    `name` is the source's short name (`W`, `Q`), `observed_property` and `unit` those of
    `domain.units`. `interval` is the stated step between values, None when the source does
    not say. `source_unit` is the unit as the source writes it, needed to read its bare lists of
    values; it is not stored. `part_of` is the name of the datastream of the same station that
    already counts what this one counts: a part is never added to its total.
    """

    station_key: str
    name: str
    observed_property: str
    unit: str
    interval: timedelta | None = None
    datum: Datum | None = None
    day_rule: DayRule = DayRule.MEZ
    visibility: Visibility = Visibility.PUBLIC
    thresholds: tuple[Threshold, ...] = ()
    remark: str | None = None
    source_unit: str | None = None
    part_of: str | None = None
