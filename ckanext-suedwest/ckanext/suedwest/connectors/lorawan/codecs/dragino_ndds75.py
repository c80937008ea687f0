"""Dragino NDDS75 (NB-IoT): the ultrasonic sensor of the LDDS75, its frame names the device."""

from __future__ import annotations

from ..codec import DISTANCE_MM, Codec, Frame, FrameRefused, Layout, Measured, Reading
from ..dragino import battery_volts, ultrasonic_limits, word


def _read(frame: Frame) -> Reading:
    """Last twelve digits of the IMEI, version, battery, signal, distance, interrupt."""
    payload = frame.payload
    named = payload[:6].hex()
    if frame.device is not None and not frame.device.endswith(named):
        raise FrameRefused(f"the frame is of the device …{named}, not of {frame.device}")
    return Reading(
        measured=[Measured(DISTANCE_MM, float(word(payload, 11)))],
        battery_volts=battery_volts(payload, 8),
        rssi_dbm=_signal(payload[10]),
    )


def _signal(strength: int) -> float | None:
    """3GPP TS 27.007, +CSQ: 0 to 31 are -113 to -51 dBm, 99 is not known."""
    return -113.0 + 2 * strength if strength <= 31 else None


codec = Codec(
    sensor="Dragino NDDS75",
    models=frozenset({"ndds75", "dragino/ndds75"}),
    # NB-IoT knows no ports.
    layouts={None: Layout(14, 14, _read)},
    limits=ultrasonic_limits(280, 7500),
)
