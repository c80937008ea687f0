"""What a simulated gauge would measure at an instant: a pure function of the instant.

Nothing is random and nothing is kept, so a value that is sent again says the same. It rains every
eleven days, give or take; the brook rises within hours, as brooks do, and falls over two days.
"""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime, timedelta

from .gauges import Gauge

STEP = timedelta(minutes=15)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
RAIN_EVERY = timedelta(days=11)
RAIN_SHIFT_HOURS = 60.0
RISE_HOURS = 5.0
FALL_HOURS = 15.0
LONGEST_WAVE = timedelta(days=6)
DAILY_CM = 0.6
NOISE_CM = 0.4
BATTERY_VOLTS = 3.55
BATTERY_LOSS_PER_DAY = 0.0004


def step_of(instant: datetime) -> int:
    """Number of the last quarter-hour at or before an instant; also the sensor's frame counter."""
    return (instant - EPOCH) // STEP


def time_of(step: int) -> datetime:
    """The instant of a step, in UTC."""
    return EPOCH + step * STEP


def level_cm(gauge: Gauge, instant: datetime) -> float:
    """Water above the gauge's zero."""
    level = gauge.usual_cm + gauge.flood_cm * _waves(gauge, instant)
    hours = (instant - EPOCH) / timedelta(hours=1)
    level += DAILY_CM * math.sin(hours / 24 * 2 * math.pi)
    return level + NOISE_CM * (2 * _share(gauge.device_id, step_of(instant)) - 1)


def distance_mm(gauge: Gauge, instant: datetime) -> int:
    """From the sensor down to the water."""
    return round(gauge.sensor_mm - 10 * level_cm(gauge, instant))


def temperature_celsius(instant: datetime) -> float:
    """Of the sensor: colder in winter and at night."""
    local = instant + timedelta(hours=1)
    year = math.cos((local.timetuple().tm_yday - 200) / 365 * 2 * math.pi)
    day = math.cos((local.hour + local.minute / 60 - 15) / 24 * 2 * math.pi)
    return round(10 + 9 * year + 4 * day, 1)


def battery_volts(instant: datetime) -> float:
    """Falls slowly, and stands high again after two years, when somebody changes it."""
    days = (instant - EPOCH) / timedelta(days=1)
    return round(BATTERY_VOLTS - BATTERY_LOSS_PER_DAY * (days % 730), 3)


def _waves(gauge: Gauge, instant: datetime) -> float:
    """Between 0 and about 1: what rains of the last days have left in the brook."""
    total = 0.0
    latest = (instant - EPOCH) // RAIN_EVERY
    for number in (latest, latest - 1):
        shift = timedelta(hours=gauge.behind_hours + RAIN_SHIFT_HOURS * _share("rain", number))
        age = instant - (EPOCH + number * RAIN_EVERY + shift)
        if timedelta() < age < LONGEST_WAVE:
            hours = age / timedelta(hours=1)
            # Most rains are small: the cube makes a real flood a rare one.
            strength = 0.08 + 0.92 * _share("strength", number) ** 3
            total += (
                strength
                * (1 - math.exp(-((hours / RISE_HOURS) ** 2)))
                * math.exp(-hours / FALL_HOURS)
            )
    return total


def _share(name: str, number: int) -> float:
    """A number between 0 and 1 that looks like chance and is always the same."""
    digest = hashlib.sha256(f"{name} {number}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32
