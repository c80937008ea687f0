"""ChirpStack, version 4: events as JSON, by MQTT and HTTP. The options are those of `uplink`."""

from __future__ import annotations

from ...domain.time import parse_instant
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_object, clean_text, load_json_lines
from .chirpstack_events import HIGHEST_PORT, complaint, event_kind, sign_of_life
from .envelope import (
    best_signal,
    counter,
    device_eui,
    gateway_times,
    payload_bytes,
    read_messages,
    received_at,
)
from .uplink import Uplink, read_uplink

# In the order they are looked for: several share fields with an uplink.
_TELLING = {
    "status": ("margin", "batteryLevel", "batteryLevelUnavailable", "externalPowerSource"),
    "log": ("level", "code"),
    "location": ("location",),
    "ack": ("acknowledged", "queueItemId", "fCntDown"),
    "integration": ("integrationName",),
    "up": ("rxInfo", "data", "fPort", "fCnt", "object"),
    "join": ("devAddr",),
}


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one event, or one on each line.

    Raises:
        PayloadRefused: no JSON.
    """
    return read_messages(load_json_lines(payload), context, _read)


def _read(event: dict[str, object], context: Context) -> Decoded:
    info = as_object(event.get("deviceInfo"))
    if info is None:
        raise FieldRefused("deviceInfo is missing: no event of ChirpStack 4")
    device = device_eui(clean_text(info, "devEui"))
    match event_kind(event, context.topic, _TELLING):
        case "up":
            return _read_uplink(event, device, context)
        case "join" | "status":
            return sign_of_life(event, device, parse_instant(event.get("time")), context)
        case "log" if event.get("level") != "INFO":
            return complaint(event, device, "code", "description")
        case _:
            return Decoded()


def _read_uplink(event: dict[str, object], device: str, context: Context) -> Decoded:
    receptions = event.get("rxInfo")
    rssi, snr = best_signal(receptions)
    return read_uplink(
        Uplink(
            device=device,
            time=received_at(parse_instant(event.get("time")), gateway_times(receptions)),
            record=event,
            frame_counter=counter(event, "fCnt"),
            port=counter(event, "fPort", HIGHEST_PORT),
            payload=payload_bytes(event, "data"),
            fields=as_object(event.get("object")),
            rssi_dbm=rssi,
            snr_db=snr,
        ),
        context,
    )
