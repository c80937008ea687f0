"""Milesight VS350 and VS351: passages at a door, cumulative in and out (16 bits, they wrap)."""

from __future__ import annotations

from ..codec import Codec, Layout, Reading
from ..milesight import LONGEST, PORT, Channel, read_channels
from ..passages import LARGEST_16, reading, reading_fields, reading_limits


def _take_totals(value: bytes, found: Reading) -> None:
    found.measured.append(reading("total_in", int.from_bytes(value[:2], "little")))
    found.measured.append(reading("total_out", int.from_bytes(value[2:4], "little")))


def _leave(value: bytes, found: Reading) -> None:
    """Periods are in the cumulative readings too; the temperature is the device's own."""


codec = Codec(
    sensor="Milesight VS350, VS351",
    models=frozenset(
        {"vs350", "vs351", "milesight/vs350", "milesight/vs351", "milesight-iot/vs351"}
    ),
    layouts={
        PORT: Layout(
            3,
            LONGEST,
            read_channels(
                {
                    bytes.fromhex("04cc"): Channel(4, _take_totals),
                    bytes.fromhex("84cc"): Channel(5, _take_totals),
                    bytes.fromhex("05cc"): Channel(4, _leave),
                    bytes.fromhex("85cc"): Channel(5, _leave),
                    bytes.fromhex("0367"): Channel(2, _leave),
                    bytes.fromhex("8367"): Channel(3, _leave),
                }
            ),
        )
    },
    limits=reading_limits("total_in", "total_out", most=LARGEST_16),
    fields=reading_fields(total_in="total_in", total_out="total_out"),
)
