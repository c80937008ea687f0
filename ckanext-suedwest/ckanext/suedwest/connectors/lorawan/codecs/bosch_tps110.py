"""Bosch TPS110: whether one parking bay is taken. Not public: a group of bays is.

Port 1 tells a change, port 2 every day with the temperature of the device, port 3 after a restart.
"""

from __future__ import annotations

from ..codec import Codec, Frame, FrameRefused, Layout, Limits, Reading
from ..passages import occupied

_STARTUP = 17


def _first(frame: Frame) -> Reading:
    return _state(frame.payload[0])


def _startup(frame: Frame) -> Reading:
    return _state(frame.payload[-1])


def _state(byte: int) -> Reading:
    if byte not in (0, 1):
        raise FrameRefused(f"the state {byte} is neither taken (1) nor free (0)")
    return Reading(measured=[occupied(byte == 1)])


codec = Codec(
    sensor="Bosch TPS110",
    models=frozenset({"tps110", "bosch/tps110-0292", "bosch/tps110"}),
    layouts={
        1: Layout(1, 1, _first),
        2: Layout(2, 2, _first),
        3: Layout(_STARTUP, _STARTUP, _startup),
    },
    limits={"occupied": Limits(0.0, 1.0)},
)
