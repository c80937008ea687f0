"""How a device does that sends values by itself: not public, for who looks after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """Health of a device at `time` (UTC), as one of its messages tells it; None where it does not.

    `device` is the key of the station its values belong to. `frame_counter` is the network's
    number of the message: gaps in it are messages that never arrived, and it starts anew when
    the device joins again. Signal strength in dBm and signal-to-noise ratio in dB are those of
    the gateway that heard it best.
    """

    device: str
    time: datetime
    frame_counter: int | None = None
    battery_volts: float | None = None
    battery_percent: float | None = None
    rssi_dbm: float | None = None
    snr_db: float | None = None
