"""What The Things Stack publishes when a Dragino LDDS75 has measured.

Bytes on port 2, big-endian: battery in mV, distance in mm, interrupt, temperature in 0.1 °C,
and whether the sensor is there (Dragino's manual of the LDDS75). The network server has no
decoder, so what the bytes mean is found out behind the broker.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from . import level
from .gauges import Gauge

TENANT = "sandbox"
PORT = 2
_ON_THE_WAY = timedelta(milliseconds=640)


def topic(gauge: Gauge) -> str:
    """Where the network server publishes what the device sends."""
    return f"v3/{gauge.application}@{TENANT}/devices/{gauge.device_id}/up"


def payload(gauge: Gauge, step: int) -> bytes:
    """The message about the measurement of a step."""
    instant = level.time_of(step)
    arrived = instant + _ON_THE_WAY
    said: dict[str, Any] = {
        "end_device_ids": {
            "device_id": gauge.device_id,
            "application_ids": {"application_id": gauge.application},
            "dev_eui": gauge.dev_eui,
            "dev_addr": f"02{gauge.dev_eui[-6:]}",
        },
        "correlation_ids": [f"as:up:simulator-{step}"],
        "received_at": _time(arrived + _ON_THE_WAY),
        "uplink_message": {
            "session_key_id": "AAAAAAAAAAAAAAAAAAAAAA==",
            "f_port": PORT,
            "f_cnt": step,
            "frm_payload": base64.b64encode(frame(gauge, instant)).decode(),
            "rx_metadata": [
                {
                    "gateway_ids": {"gateway_id": f"simulator-{gauge.municipality}"},
                    "rssi": -97 - step % 7,
                    "channel_rssi": -97 - step % 7,
                    "snr": 6.5 - step % 5,
                    "received_at": _time(arrived),
                }
            ],
            "settings": {
                "data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 9}},
                "frequency": "868300000",
            },
            "received_at": _time(arrived),
        },
        "simulated": True,
    }
    if step == 0:
        # JSON of protocol buffers leaves out what is zero.
        del said["uplink_message"]["f_cnt"]
    return json.dumps(said).encode()


def frame(gauge: Gauge, instant: datetime) -> bytes:
    """The sensor's bytes."""
    return b"".join(
        (
            round(1000 * level.battery_volts(instant)).to_bytes(2, "big"),
            level.distance_mm(gauge, instant).to_bytes(2, "big"),
            b"\x00",
            round(10 * level.temperature_celsius(instant)).to_bytes(2, "big", signed=True),
            b"\x01",
        )
    )


def _time(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
