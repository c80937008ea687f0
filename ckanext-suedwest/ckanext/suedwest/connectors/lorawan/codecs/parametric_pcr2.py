"""Parametric PCR2: radar for people or vehicles, application payload version 4, big-endian.

Begins with be 01 04. Counts since the last uplink are in the cumulative ones (16 bits, they wrap).
"""

from __future__ import annotations

from ..codec import Codec, Frame, FrameRefused, Layout, Reading
from ..passages import LARGEST_16, reading, reading_fields, reading_limits

_HEAD = bytes.fromhex("be0104")
_SIZE = 17


def _read(frame: Frame) -> Reading:
    payload = frame.payload
    if not payload.startswith(_HEAD):
        raise FrameRefused(f"the frame begins with {payload[:3].hex()}, not {_HEAD.hex()}")
    volts = int.from_bytes(payload[11:13], "big") / 1000
    return Reading(
        measured=[
            reading("left_to_right", int.from_bytes(payload[7:9], "big")),
            reading("right_to_left", int.from_bytes(payload[9:11], "big")),
        ],
        battery_volts=volts or None,
    )


codec = Codec(
    sensor="Parametric PCR2",
    models=frozenset({"pcr2", "parametric/pcr2", "pcr2-od", "parametric/pcr2-od"}),
    layouts={14: Layout(_SIZE, _SIZE, _read)},
    limits=reading_limits("left_to_right", "right_to_left", most=LARGEST_16),
    fields=reading_fields(ltr_sum="left_to_right", rtl_sum="right_to_left"),
)
