"""Dragino LDDS45: the frame of the LDDS75, another range (30 to 4500 mm)."""

from __future__ import annotations

from ..codec import Codec, Layout
from ..dragino import ULTRASONIC_FIELDS, sensor_missing, ultrasonic_limits
from .dragino_ldds75 import read_uplink

codec = Codec(
    sensor="Dragino LDDS45",
    models=frozenset({"ldds45", "dragino/ldds45"}),
    layouts={2: Layout(8, 8, read_uplink)},
    limits=ultrasonic_limits(30, 4500),
    fields=ULTRASONIC_FIELDS,
    object_fault=sensor_missing,
)
