"""What the sensors of Decentlab have in common: version 2, device, flags, big-endian words."""

from __future__ import annotations

from collections.abc import Sequence

from .codec import FrameRefused

_VERSION = 2
_HEAD = 5


def read_words(payload: bytes, sizes: Sequence[int]) -> list[tuple[int, ...] | None]:
    """The words of each part of a frame, None for a part its flags say is not there.

    `sizes` are the words of each part; bit 0 of the flags is the first part.

    Raises:
        FrameRefused: another version, flags of parts the sensor does not have, cut off.
    """
    if payload[0] != _VERSION:
        raise FrameRefused(f"the frame is of version {payload[0]}, not {_VERSION}")
    flags = int.from_bytes(payload[3:_HEAD], "big")
    if flags >> len(sizes):
        raise FrameRefused(f"the flags {flags:#06x} name parts the sensor does not have")
    there = [bool(flags >> position & 1) for position in range(len(sizes))]
    expected = _HEAD + 2 * sum(
        size for size, is_there in zip(sizes, there, strict=True) if is_there
    )
    if len(payload) != expected:
        raise FrameRefused(
            f"the flags {flags:#06x} announce {expected} bytes, the frame has {len(payload)}"
        )
    parts: list[tuple[int, ...] | None] = []
    position = _HEAD
    for size, is_there in zip(sizes, there, strict=True):
        if not is_there:
            parts.append(None)
            continue
        words = (payload[at : at + 2] for at in range(position, position + 2 * size, 2))
        parts.append(tuple(int.from_bytes(two, "big") for two in words))
        position += 2 * size
    return parts
