"""The Things Stack, version 3: the same messages by MQTT, webhook and from its storage.

Option that is read here, beside those of `uplink`:
    simulated: true when the source is a simulation; a simulated uplink of any other source is
        refused, so that somebody's trial in the console is no water level.
"""

from __future__ import annotations

from ...domain.device import DeviceReport
from ...domain.time import parse_instant
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_object, clean_text, load_json_lines
from ..plausibility import check_time
from .envelope import (
    best_signal,
    counter,
    device_eui,
    gateway_times,
    payload_bytes,
    percent,
    read_messages,
    received_at,
)
from .uplink import NETWORK, Uplink, read_uplink

_WITHOUT_EUI = "tts"
"""First part of the key of a device that has no device EUI (activated by hand)."""
_HIGHEST_PORT = 255
# Messages about something else than measured values: nothing of them is kept.
_OTHERS = frozenset(
    {
        "downlink_ack",
        "downlink_failed",
        "downlink_nack",
        "downlink_queue_invalidated",
        "downlink_queued",
        "downlink_sent",
        "location_solved",
        "service_data",
        "uplink_normalized",
    }
)


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one message, or the lines of the storage (`{"result": …}`).

    Raises:
        PayloadRefused: no JSON.
    """
    return read_messages(load_json_lines(payload), context, _read)


def _read(message: dict[str, object], context: Context) -> Decoded:
    result = as_object(message.get("result"))
    if result is not None:
        message = result
    ids = as_object(message.get("end_device_ids"))
    if ids is None:
        raise FieldRefused("end_device_ids is missing: no message of The Things Stack")
    network, device = _device(ids)
    uplink = as_object(message.get("uplink_message"))
    if uplink is not None:
        return _read_uplink(message, uplink, network, device, context)
    if "join_accept" in message:
        time = check_time(parse_instant(message.get("received_at")), context.received_at)
        return Decoded(device_reports=[DeviceReport(f"{network}:{device}", time)])
    if _OTHERS & message.keys():
        return Decoded()
    raise FieldRefused("the message is neither an uplink nor a known event")


def _device(ids: dict[str, object]) -> tuple[str, str]:
    if "dev_eui" in ids:
        return NETWORK, device_eui(clean_text(ids, "dev_eui"))
    return _WITHOUT_EUI, clean_text(ids, "device_id")


def _read_uplink(
    message: dict[str, object],
    uplink: dict[str, object],
    network: str,
    device: str,
    context: Context,
) -> Decoded:
    if message.get("simulated") is True and context.options.get("simulated") is not True:
        raise FieldRefused(f"the uplink of {network}:{device} is simulated, its source is not")
    # The network server's time; the one at the root is of the application server behind it.
    server_time = parse_instant(uplink.get("received_at", message.get("received_at")))
    metadata = uplink.get("rx_metadata")
    settings = as_object(uplink.get("settings")) or {}
    rssi, snr = best_signal(metadata)
    return read_uplink(
        Uplink(
            network=network,
            device=device,
            time=received_at(server_time, [*gateway_times(metadata), *gateway_times([settings])]),
            record=message,
            frame_counter=counter(uplink, "f_cnt"),
            port=counter(uplink, "f_port", _HIGHEST_PORT),
            payload=payload_bytes(uplink, "frm_payload"),
            fields=as_object(uplink.get("decoded_payload")),
            models=_models(uplink),
            battery_percent=percent(
                as_object(uplink.get("last_battery_percentage")) or {}, "value"
            ),
            rssi_dbm=rssi,
            snr_db=snr,
        ),
        context,
    )


def _models(uplink: dict[str, object]) -> tuple[str, ...]:
    """Brand and model, where the device was made from the device repository."""
    versions = as_object(uplink.get("version_ids")) or {}
    brand, model = versions.get("brand_id"), versions.get("model_id")
    return (f"{brand}/{model}",) if isinstance(brand, str) and isinstance(model, str) else ()
