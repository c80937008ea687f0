"""Milesight EM500-UDL: ultrasonic distance to 10 m; keeps readings it could not send."""

from __future__ import annotations

from ....domain.units import DISTANCE
from ..codec import DISTANCE_MM, Codec, Layout, Limits, ObjectField, Reading
from ..milesight import (
    ERROR_CODES,
    HISTORY,
    LONGEST,
    PORT,
    Channel,
    history,
    number,
    read_channels,
)


def _refuse_alarm(value: bytes, reading: Reading) -> None:
    # Distance and its sudden change, five bytes: the maker's own formatter divides them by ten
    # and writes them beside the millimetres of the ordinary channel.
    reading.faults.append("the distance of an alarm (channel 83e9) has no certain unit")


codec = Codec(
    sensor="Milesight EM500-UDL",
    models=frozenset({"em500-udl", "milesight/em500-udl", "milesight-iot/em500-udl"}),
    layouts={
        PORT: Layout(
            3,
            LONGEST,
            read_channels(
                {
                    bytes.fromhex("0382"): number(DISTANCE_MM, codes=ERROR_CODES),
                    bytes.fromhex("83e9"): Channel(5, _refuse_alarm),
                    HISTORY: history(DISTANCE_MM, codes=ERROR_CODES),
                }
            ),
        )
    },
    # The models differ in their blind zone, and a frame does not tell its model.
    limits={"distance": Limits(1.0, 10_000.0)},
    fields={"distance": ObjectField("distance", DISTANCE.name)},
)
