"""One measured value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from .quality import Quality


@dataclass(frozen=True, slots=True)
class Observation:
    """`result` in the unit of its datastream at `phenomenon_time` (UTC).

    An interval value is stored by its start. Missing is the absence of an observation, never 0.
    """

    station_key: str
    datastream: str
    phenomenon_time: datetime
    result: float
    quality: Quality = Quality.NOT_EVALUATED

    def __post_init__(self) -> None:
        if self.phenomenon_time.tzinfo is None:
            raise ValueError("phenomenon_time needs a time zone")
        if not math.isfinite(self.result):
            raise ValueError(f"the result is {self.result}, not a finite number")
