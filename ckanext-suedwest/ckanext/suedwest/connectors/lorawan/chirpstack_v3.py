"""ChirpStack, version 3: events as JSON, by MQTT and HTTP, in both of its ways to write them.

One writes ids in base64 and the decoded object as a text (`objectJSON`), the other in hex and as
an object (`object`). The options are those of `uplink`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ...domain.errors import PayloadRefused
from ...domain.time import parse_instant
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_object, clean_text, kind_of, load_json, load_json_lines
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
    "status": ("margin", "batteryLevel"),
    "error": ("error",),
    "location": ("location",),
    "ack": ("acknowledged", "gatewayID"),
    "integration": ("integrationName",),
    "up": ("rxInfo", "data", "fPort", "fCnt", "objectJSON", "object"),
    "join": ("devAddr",),
}

_LONGEST_DELAY = timedelta(days=31)
"""How long a broker may have kept a message; a gateway that never learnt the time is years off."""


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one event, or one on each line.

    Raises:
        PayloadRefused: no JSON.
    """
    return read_messages(load_json_lines(payload), context, _read)


def _read(event: dict[str, object], context: Context) -> Decoded:
    device = device_eui(clean_text(event, "devEUI"))
    match event_kind(event, context.topic, _TELLING):
        case "up":
            return _read_uplink(event, device, context)
        case "join" | "status":
            return sign_of_life(event, device, _time(event, context), context)
        case "error":
            return complaint(event, device, "type", "error")
        case _:
            return Decoded()


def _time(event: dict[str, object], context: Context) -> datetime:
    """The server's time, else that of a gateway, else ours: older servers write none."""
    gateways = gateway_times(event.get("rxInfo"))
    if event.get("publishedAt") is not None:
        return received_at(parse_instant(event["publishedAt"]), gateways)
    ours = context.received_at
    believable = (time for time in gateways if ours - _LONGEST_DELAY <= time <= ours)
    return next(believable, ours)


def _read_uplink(event: dict[str, object], device: str, context: Context) -> Decoded:
    rssi, snr = best_signal(event.get("rxInfo"), snr_name="loRaSNR")
    return read_uplink(
        Uplink(
            device=device,
            time=_time(event, context),
            record=event,
            frame_counter=counter(event, "fCnt"),
            port=counter(event, "fPort", HIGHEST_PORT),
            payload=payload_bytes(event, "data"),
            fields=_fields(event),
            rssi_dbm=rssi,
            snr_db=snr,
        ),
        context,
    )


def _fields(event: dict[str, object]) -> dict[str, object] | None:
    """The decoded object, of whichever way to write it; None where there is no codec.

    Raises:
        FieldRefused: objectJSON is no JSON.
    """
    written = event.get("objectJSON")
    if written is None or written == "":
        return as_object(event.get("object"))
    if not isinstance(written, str):
        raise FieldRefused(f"objectJSON is {kind_of(written)}, not a text")
    try:
        return as_object(load_json(written.encode("utf-8", "replace")))
    except PayloadRefused as error:
        raise FieldRefused(f"objectJSON: {error}") from None
