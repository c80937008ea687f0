"""What the sensors of Milesight have in common: channels (id, type, bytes), little-endian.

A channel does not tell its length, so a frame with an unknown one cannot be read to its end and
is refused whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ..sensing.readings import Quantity
from .codec import Frame, FrameRefused, Measured, Reading

PORT = 85
LONGEST = 242
"""Bytes; the most LoRaWAN carries."""

BATTERY = bytes.fromhex("0175")
HISTORY = bytes.fromhex("20ce")
_HISTORY_SIZE = 6
ERROR_CODES = {0xFFFF: "the measurement failed", 0xFFFD: "out of the sensor's range"}

# Channels about the device itself: versions, serial number, class, restart. Sizes in bytes.
_ABOUT = {
    "ff01": 1,
    "ff09": 2,
    "ff0a": 2,
    "ff0b": 1,
    "ff0f": 1,
    "ff16": 8,
    "ff1b": 5,
    "fffe": 1,
    "ffff": 2,
}
# Answers to commands (channels fe and ff): sizes by type.
_ANSWERS = {
    0x02: 2,
    0x03: 2,
    0x06: 9,
    0x10: 1,
    0x11: 4,
    0x17: 2,
    0x1C: 2,
    0x27: 1,
    0x28: 1,
    0x35: 8,
    0x3B: 1,
    0x4A: 1,
    0x68: 1,
    0x69: 1,
    0x6A: 3,
    0x84: 1,
    0x96: 8,
    0xF1: 4,
    0xF2: 2,
    0xF5: 1,
}
_SILENT = {
    **{bytes.fromhex(channel): size for channel, size in _ABOUT.items()},
    **{
        bytes((channel, kind)): size
        for channel in (0xFE, 0xFF)
        for kind, size in _ANSWERS.items()
        if f"{channel:02x}{kind:02x}" not in _ABOUT
    },
}


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a sensor: bytes it has, and what takes them into the reading."""

    size: int
    take: Callable[[bytes, Reading], None]


def read_channels(channels: Mapping[bytes, Channel]) -> Callable[[Frame], Reading]:
    """The function that reads frames of these channels, the battery and those about the device.

    It raises FrameRefused on an unknown channel or one that is cut off.
    """
    known = {BATTERY: Channel(1, _take_battery), **channels}

    def read(frame: Frame) -> Reading:
        reading = Reading()
        for channel, value in _split(frame.payload, known):
            if channel in known:
                known[channel].take(value, reading)
        return reading

    return read


def _split(payload: bytes, known: Mapping[bytes, Channel]) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position < len(payload):
        channel = payload[position : position + 2]
        if channel not in known and channel not in _SILENT:
            raise FrameRefused(f"the channel {channel.hex()} at byte {position} is not known")
        size = known[channel].size if channel in known else _SILENT[channel]
        end = position + 2 + size
        if end > len(payload):
            raise FrameRefused(f"the frame is cut off in the channel {channel.hex()}")
        yield channel, payload[position + 2 : end]
        position = end


def _take_battery(value: bytes, reading: Reading) -> None:
    if value[0] <= 100:
        reading.battery_percent = float(value[0])


def number(quantity: Quantity, factor: int = 1, *, codes: Mapping[int, str]) -> Channel:
    """A channel of one unsigned 16-bit number; times `factor` it is in the store's unit.

    `codes` are numbers that are faults.
    """

    def take(value: bytes, reading: Reading) -> None:
        _take_number(quantity, factor, codes, value, reading)

    return Channel(2, take)


def history(quantity: Quantity, factor: int = 1, *, codes: Mapping[int, str]) -> Channel:
    """A stored number with the second since 1970 (UTC) at which it was measured."""

    def take(value: bytes, reading: Reading) -> None:
        time = datetime.fromtimestamp(int.from_bytes(value[:4], "little"), UTC)
        _take_number(quantity, factor, codes, value[4:], reading, time)

    return Channel(_HISTORY_SIZE, take)


def _take_number(
    quantity: Quantity,
    factor: int,
    codes: Mapping[int, str],
    value: bytes,
    reading: Reading,
    time: datetime | None = None,
) -> None:
    written = int.from_bytes(value, "little")
    if written in codes:
        reading.faults.append(f"{quantity.datastream} {written:#06x}: {codes[written]}")
    else:
        reading.measured.append(Measured(quantity, float(written * factor), time))
