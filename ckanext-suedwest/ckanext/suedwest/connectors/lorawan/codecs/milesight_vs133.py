"""Milesight VS133 and VS132: people through up to four lines, cumulative in and out."""

from __future__ import annotations

from ..codec import Codec, Layout, Reading
from ..milesight import LONGEST, PORT, Channel, read_channels
from ..passages import LARGEST_32, reading, reading_fields, reading_limits

_LINES = range(1, 5)
# The first channel of a line; the one after it is out, the one after that the period.
_FIRST = {1: 0x03, 2: 0x06, 3: 0x09, 4: 0x0C}
_NAMES = {(line, way): f"line_{line}_total_{way}" for line in _LINES for way in ("in", "out")}


def _total(name: str) -> Channel:
    def take(value: bytes, found: Reading) -> None:
        found.measured.append(reading(name, int.from_bytes(value, "little")))

    return Channel(4, take)


def _silent(size: int) -> Channel:
    return Channel(size, _leave)


def _leave(value: bytes, found: Reading) -> None:
    """What passed since the last uplink is in the cumulative reading too."""


def _refused(size: int, what: str) -> Channel:
    def take(value: bytes, found: Reading) -> None:
        found.faults.append(f"{what} is no count of passages")

    return Channel(size, take)


_read = read_channels(
    {
        **{bytes((_FIRST[line], 0xD2)): _total(_NAMES[line, "in"]) for line in _LINES},
        **{bytes((_FIRST[line] + 1, 0xD2)): _total(_NAMES[line, "out"]) for line in _LINES},
        **{bytes((_FIRST[line] + 2, 0xCC)): _silent(4) for line in _LINES},
        bytes.fromhex("ff1f"): _silent(4),
        bytes.fromhex("0fe3"): _refused(4, "the number of people in a region"),
        bytes.fromhex("10e4"): _refused(5, "the time people stay in a region"),
    }
)

codec = Codec(
    sensor="Milesight VS132, VS133",
    models=frozenset(
        {"vs132", "vs133", "milesight/vs132", "milesight/vs133", "milesight-iot/vs133"}
    ),
    layouts={PORT: Layout(3, LONGEST, _read)},
    limits=reading_limits(*_NAMES.values(), most=LARGEST_32),
    fields={
        **reading_fields(**{name: name for name in _NAMES.values()}),
        **reading_fields(total_counter_in="line_1_total_in", total_counter_out="line_1_total_out"),
    },
)
