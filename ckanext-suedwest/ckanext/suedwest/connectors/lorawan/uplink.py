"""One uplink, whatever network server it came by: bytes or object to observations.

Options that are read here, of the source or of one of its registered `devices`:
    codec: name of the codec of the sensor (docs/connectors.md lists them).
    quantities: for formatters of one's own, the fields of the decoded object that count, each
        with `datastream`, `observed_property` and `unit`.
    Further settings of a device are its codec's (`kp`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from ...domain.device import DeviceReport
from ..base import Context, Decoded
from ..json_payload import FieldRefused
from ..options import MOST_REMEMBERED, OptionsRefused, SteadyOptions, read_options
from ..plausibility import check_time
from ..sensing.readings import CommonOptions, Quantity, Readings
from .codec import Codec, Frame, Reading, codec_of_model, find_codec, read_frame
from .decoded_object import read_object

NETWORK = "lorawan"
"""First part of the key of a device with a device EUI, which is unique in the world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """What a network server tells of one uplink.

    Attributes:
        device: its id; with `network` before it, the key of the station.
        time: when it was received, UTC.
        port, payload: FPort and the application's bytes, None where there are none.
        fields: the object the server's formatter made of the bytes.
        models: what the server says the device is, for `codec_of_model`.
        rssi_dbm, snr_db: of the gateway that heard it best.
        record: the message as it came, for the quarantine.
    """

    device: str | None
    time: datetime
    record: object
    network: str = NETWORK
    frame_counter: int | None = None
    port: int | None = None
    payload: bytes | None = None
    fields: Mapping[str, object] | None = None
    models: tuple[str, ...] = ()
    battery_percent: float | None = None
    rssi_dbm: float | None = None
    snr_db: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceOptions:
    """What is registered of a device for reading its uplinks."""

    codec: str | None = None
    quantities: Mapping[str, Quantity] = field(default_factory=dict[str, Quantity])


def read_uplink(uplink: Uplink, context: Context) -> Decoded:
    """What an uplink says; what it does not say, or cannot be, is among the refusals.

    Raises:
        FieldRefused: the device has no usable id, or the time cannot be.
    """
    readings = Readings(uplink.network, CommonOptions(), context)
    key = readings.station_key(uplink.device)
    time = check_time(uplink.time, context.received_at)
    record = key if uplink.frame_counter is None else f"{key} frame {uplink.frame_counter}"
    try:
        reading = _reading(uplink, _settings(uplink.device, context.options))
    except (FieldRefused, OptionsRefused) as error:
        reading = Reading(faults=[str(error)])
    for one in reading.measured:
        try:
            readings.add(uplink.device, one.quantity, one.time or time, one.value)
        except FieldRefused as error:
            reading.faults.append(f"{one.quantity.datastream}: {error}")
    for fault in reading.faults:
        readings.refuse(record, fault, uplink.record)
    percent = reading.battery_percent
    readings.decoded.device_reports.append(
        DeviceReport(
            device=key,
            time=time,
            frame_counter=uplink.frame_counter,
            battery_volts=reading.battery_volts,
            battery_percent=uplink.battery_percent if percent is None else percent,
            rssi_dbm=uplink.rssi_dbm if reading.rssi_dbm is None else reading.rssi_dbm,
            snr_db=uplink.snr_db,
        )
    )
    return readings.decoded


def _settings(device: str | None, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of the source with those registered of the device over them."""
    return (
        _steady(device, options) if isinstance(options, SteadyOptions) else _join(device, options)
    )


@lru_cache(maxsize=MOST_REMEMBERED)
def _steady(device: str | None, options: SteadyOptions) -> SteadyOptions:
    return SteadyOptions(_join(device, options))


def _join(device: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    settings = {name: value for name, value in options.items() if name != "devices"}
    registered = options.get("devices")
    if device is not None and isinstance(registered, Mapping):
        entry = _entry(device, cast("Mapping[str, object]", registered))
        if isinstance(entry, Mapping):
            settings |= cast("Mapping[str, object]", entry)
    return settings


def _entry(device: str, registered: Mapping[str, object]) -> object:
    """What is registered of a device, whose id may be written in any case."""
    # Nobody mixes cases in an EUI: this spares looking through all devices for every uplink.
    for spelling in (device, device.upper(), device.lower()):
        if spelling in registered:
            return registered[spelling]
    wanted = device.casefold()
    return next((registered[name] for name in registered if name.casefold() == wanted), None)


def _reading(uplink: Uplink, settings: Mapping[str, Any]) -> Reading:
    """The bytes where a codec is known, else the server's object.

    Raises:
        FieldRefused: nothing tells how to read what there is.
        OptionsRefused: what is registered of the device cannot be used.
    """
    options = read_options(DeviceOptions, settings)
    codec = _codec(options, uplink)
    if codec is not None and uplink.payload:
        frame = Frame(uplink.payload, uplink.port, uplink.device, settings)
        return read_frame(codec, frame)
    if uplink.fields:
        reading = read_object(uplink.fields, codec, options.quantities)
        if not reading.measured and not reading.faults:
            reading.faults.append("no field of the decoded object is a known quantity")
        return reading
    if uplink.payload:
        port = "" if uplink.port is None else f" on port {uplink.port}"
        raise FieldRefused(
            f"no codec is registered for the device, and nothing tells what it is: "
            f"{len(uplink.payload)} bytes{port} without a decoded object"
        )
    return Reading()


def _codec(options: DeviceOptions, uplink: Uplink) -> Codec | None:
    if options.codec is not None:
        return find_codec(options.codec)
    named = (uplink.fields or {}).get("Node_type")
    models = [*uplink.models, *([named] if isinstance(named, str) else [])]
    return next((codec for model in models if (codec := codec_of_model(model))), None)
