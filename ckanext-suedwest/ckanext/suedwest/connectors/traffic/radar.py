"""Radar beside the road that writes a line for every vehicle: counted on import, then forgotten.

A line is `24.10.16 08:37:29;00;032;01;0`: local time, a placeholder, speed, length, direction. Of
a line only the hour is kept: an hour is the shortest bin in a street where such radars hang. The
first and the last hour were not measured whole and are flagged as suspect. Speeds and lengths of
single vehicles are never looked at, and no refusal repeats a line.
"""

from __future__ import annotations

from datetime import datetime

from ...domain.bins import bin_start
from ...domain.errors import PayloadRefused
from ...domain.privacy import RESIDENTIAL_RULE
from ...domain.quality import Quality
from ...domain.time import TimeRefused
from ...domain.units import MOTOR_VEHICLE_COUNT
from ..base import Context, Decoded
from ..json_payload import FieldRefused
from ..local_time import TimeOptions, read_instants
from .counters import Counters
from .eco_counter import TOTAL

_TIMES = TimeOptions(format="%d.%m.%y %H:%M:%S", zone="Europe/Berlin", fold="order")
_FIELDS = 5
MOST_LINES = 2_000_000


def connector(payload: bytes, context: Context) -> Decoded:
    """Count the lines of one file; the station is that of the context.

    Raises:
        PayloadRefused: no such lines, or too many.
        OptionsRefused: the options are faulty.
    """
    counters = Counters.of("radar", context)
    key = counters.context_key()
    lines = payload.decode("latin-1").splitlines()
    written = [line.split(";") for line in lines if line.strip()]
    if not any(len(fields) == _FIELDS for fields in written):
        raise PayloadRefused("the file has no lines of single vehicles")
    if len(written) > MOST_LINES:
        raise PayloadRefused(f"the file has more than {MOST_LINES:,} lines")
    passed = read_instants([f[0] if len(f) == _FIELDS else None for f in written], _TIMES)
    unreadable = sum(isinstance(time, TimeRefused) for time in passed)
    if unreadable:
        counters.refuse(f"{unreadable} lines", "they are no vehicle at a known local time")
    hours: dict[datetime, int] = {}
    for time in passed:
        if isinstance(time, datetime):
            start = bin_start(time, RESIDENTIAL_RULE.step)
            hours[start] = hours.get(start, 0) + 1
    counters.channel(key, TOTAL, MOTOR_VEHICLE_COUNT, interval=RESIDENTIAL_RULE.step)
    for start, number in sorted(hours.items()):
        cut = start in (min(hours), max(hours))
        try:
            quality = Quality.SUSPECT if cut else Quality.NOT_EVALUATED
            counters.count(key, TOTAL, start, number, quality)
        except FieldRefused as error:
            counters.refuse(f"hour {start:%Y-%m-%dT%H:%MZ}", error)
    return counters.decoded
