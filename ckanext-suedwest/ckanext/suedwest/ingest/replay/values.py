"""What a gauge of the sandbox shows at an instant: a pure function of the instant.

The recorded current value is the anchor. A Rhine gauge moves away from it as Andernach (or
Koblenz) moved on the same calendar days of 2018, and shivers a little as ships pass; an impounded
Mosel gauge moves only as the recorded lock does. Nothing is random, so every question about the
same instant gets the same answer. docs/sandbox.md explains it for people.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from math import sin, tau
from statistics import median
from typing import Any

from ...domain.time import MEZ, parse_instant

STEP = timedelta(minutes=15)
PUBLISHED_AFTER = timedelta(minutes=2)
RECORDED_AT = datetime(2026, 9, 29, 13, 30, tzinfo=UTC)
KOBLENZ = "4c7d796a-39f2-4f26-97a9-3aad01713e29"
ANDERNACH_KM = 613.78

# A wave on the free-flowing Rhine between Worms and Oberwinter takes about a day and a half.
WAVE_KM_PER_HOUR = 5.0
RHINE_NOISE = 0.3
"""Share of the lock's noise that a free-flowing gauge shows."""
SHIPS_CM = 0.7
SHIPS_EVERY = timedelta(minutes=97)
"""Waves of ships keep a free-flowing gauge from standing on one centimetre for half a day."""
DISCHARGE_PER_CM = 0.01
"""Share of the recorded discharge that a centimetre of level makes up."""
LEAST_DISCHARGE = 0.3
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def recording(name: str) -> Any:
    """A recorded reply of this package."""
    return json.loads(
        files("ckanext.suedwest.ingest.replay").joinpath("recordings", name).read_text("utf-8")
    )


def _daily_middles(name: str) -> list[float]:
    year = recording(name)["years"][0]
    return [(low + high) / 2 for low, high in zip(year["min"], year["max"], strict=True)]


@dataclass(frozen=True, slots=True)
class River:
    """The recorded movements: middle of each day of 2018 at two gauges, and a lock's noise."""

    andernach: list[float]
    koblenz: list[float]
    noise: list[float]

    @classmethod
    def recorded(cls) -> River:
        """The movements this package carries."""
        lock = [point["value"] for point in recording("perl_2026-09-27.json")]
        usual = median(lock)
        return cls(
            andernach=_daily_middles("andernach_daily_extremes_2018.json"),
            koblenz=_daily_middles("koblenz_daily_extremes_2018.json"),
            noise=[value - usual for value in lock],
        )

    def noise_at(self, instant: datetime, shift: int) -> float:
        """The lock's deviation in cm, played in a loop of 51 hours, `shift` steps ahead."""
        return self.noise[((instant - _EPOCH) // STEP + shift) % len(self.noise)]


def shape_at(days: list[float], instant: datetime) -> float:
    """Level in cm of the same calendar instant of 2018, in a straight line from noon to noon.

    29 February is played as 28 February; after 31 December comes 1 January.
    """
    local = instant.astimezone(MEZ) - timedelta(hours=12)
    share = (local.hour * 60 + local.minute) / (24 * 60)
    index = _day_of_2018(local.date())
    following = _day_of_2018(local.date() + timedelta(days=1))
    return days[index] * (1 - share) + days[following] * share


def _day_of_2018(day: date) -> int:
    month_day = 28 if (day.month, day.day) == (2, 29) else day.day
    return (date(2018, day.month, month_day) - date(2018, 1, 1)).days


@dataclass(frozen=True, slots=True)
class PlayedSeries:
    """One recorded series of one gauge; `lag` is how much later than others it is published."""

    quantity: str
    anchor: float
    lag: timedelta
    free_flowing: bool
    own_shape: bool
    km: float
    shift: int

    @classmethod
    def of(cls, station: dict[str, Any], timeseries: dict[str, Any]) -> PlayedSeries:
        """The series as it was recorded, with its lag behind the others."""
        current = timeseries["currentMeasurement"]
        return cls(
            quantity=timeseries["shortname"],
            anchor=float(current["value"]),
            lag=RECORDED_AT - parse_instant(current["timestamp"]),
            free_flowing=station["water"]["shortname"] == "RHEIN",
            own_shape=station["uuid"] == KOBLENZ,
            km=float(station["km"]),
            shift=int(station["number"]) % 197,
        )

    def newest(self, now: datetime) -> datetime:
        """The time of the newest value that is out at `now`."""
        return _EPOCH + (now - PUBLISHED_AFTER - _EPOCH) // STEP * STEP - self.lag

    def value(self, instant: datetime, river: River) -> float:
        """Level in whole cm, or discharge in m³/s, at a step of 15 minutes."""
        noise = river.noise_at(instant, self.shift)
        if self.free_flowing:
            days = river.koblenz if self.own_shape else river.andernach
            ahead = timedelta(
                hours=0 if self.own_shape else (ANDERNACH_KM - self.km) / WAVE_KM_PER_HOUR
            )
            moved = shape_at(days, instant + ahead) - shape_at(days, RECORDED_AT + ahead)
            moved += RHINE_NOISE * noise
            moved += SHIPS_CM * sin(tau * ((instant - _EPOCH) / SHIPS_EVERY + self.km))
        else:
            moved = noise
        if self.quantity == "W":
            return float(round(self.anchor + moved))
        share = max(1 + DISCHARGE_PER_CM * moved, LEAST_DISCHARGE)
        return round(self.anchor * share, 0 if self.anchor >= 100 else 1)
