"""Messages of a device that never arrived, told from the numbers of those that did."""

from __future__ import annotations

_ROLLS_OVER_AT = 1 << 16
# A device whose counter has 16 bits starts anew after 65,535. So close to that end a small number
# is the next round; anywhere else it means that the device joined its network again.
_NEAR_THE_END = 1 << 10


def missed_frames(before: int | None, counter: int | None) -> int:
    """How many messages are missing between two that follow each other in time.

    After joining again counting starts at zero, so the numbers below the first that arrived are
    missing; what the device sent before it joined cannot be known. The same number twice is one
    message that came again. Without a counter nothing is missing.
    """
    if before is None or counter is None or counter == before:
        return 0
    if counter > before:
        return counter - before - 1
    if before < _ROLLS_OVER_AT <= before + _NEAR_THE_END and counter < _NEAR_THE_END:
        return _ROLLS_OVER_AT - 1 - before + counter
    return counter
