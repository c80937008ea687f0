"""Milesight EM500-SWL: water above a pressure sensor, in whole centimetres."""

from __future__ import annotations

from ....domain.units import DEPTH
from ..codec import DEPTH_MM, Codec, Layout, Limits, ObjectField
from ..milesight import ERROR_CODES, HISTORY, LONGEST, PORT, history, number, read_channels

_CENTIMETRE = 10
"""In millimetres."""

codec = Codec(
    sensor="Milesight EM500-SWL",
    models=frozenset({"em500-swl", "milesight/em500-swl", "milesight-iot/em500-swl"}),
    layouts={
        PORT: Layout(
            3,
            LONGEST,
            read_channels(
                {
                    bytes.fromhex("0377"): number(DEPTH_MM, _CENTIMETRE, codes=ERROR_CODES),
                    HISTORY: history(DEPTH_MM, _CENTIMETRE, codes=ERROR_CODES),
                }
            ),
        )
    },
    limits={"depth": Limits(0.0, 200_000.0)},
    fields={"depth": ObjectField("depth", DEPTH.name)},
)
