"""What the messages of all network servers have in common."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from ...domain.errors import Refusal
from ...domain.time import TimeRefused, parse_instant
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, finite_number, kind_of, record_text

LARGEST_COUNTER = 2**32 - 1
GATEWAY_CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far a gateway's clock may be from the network server's to be believed: a gateway without
a time source says anything."""
_EUI_BYTES = 8
_WEAKEST, _STRONGEST = -200.0, 50.0
"""dBm; what is outside was not measured by a receiver."""


def read_messages(
    messages: Iterable[object],
    context: Context,
    read_one: Callable[[dict[str, object], Context], Decoded],
) -> Decoded:
    """Read several messages; one that cannot be used is a refusal, its neighbours go on.

    Of several messages the refusals tell the position.
    """
    messages = list(messages)
    decoded = Decoded()
    described: set[tuple[str, str]] = set()
    for position, message in enumerate(messages, start=1):
        fields = as_object(message)
        try:
            if fields is None:
                raise FieldRefused(f"the message is {kind_of(message)}, not an object")
            one = read_one(fields, context)
        except (FieldRefused, TimeRefused) as error:
            decoded.refusals.append(
                Refusal(f"message {position}", str(error), record_text(message))
            )
            continue
        for stream in one.datastreams:
            if (stream.station_key, stream.name) not in described:
                described.add((stream.station_key, stream.name))
                decoded.datastreams.append(stream)
        decoded.observations += one.observations
        where = f"message {position}: " if len(messages) > 1 else ""
        decoded.refusals += [
            replace(refusal, record=f"{where}{refusal.record}") for refusal in one.refusals
        ]
        decoded.device_reports += one.device_reports
    return decoded


def device_eui(text: str) -> str:
    """A device EUI (EUI-64) in lower case, from hex or base64.

    Raises:
        FieldRefused: neither.
    """
    for decode in (bytes.fromhex, _base64):
        try:
            eui = decode(text)
        except ValueError:
            continue
        if len(eui) == _EUI_BYTES:
            return eui.hex()
    raise FieldRefused(f"the device EUI {record_text(text)[:40]} is not 8 bytes")


def payload_bytes(record: dict[str, object], name: str) -> bytes | None:
    """The bytes of a base64 field; None when it is absent, null or empty.

    Raises:
        FieldRefused: no base64.
    """
    written = record.get(name)
    if written is None or written == "":
        return None
    if not isinstance(written, str):
        raise FieldRefused(f"{name} is {kind_of(written)}, not base64")
    try:
        return _base64(written)
    except ValueError:
        raise FieldRefused(f"{name} is not base64") from None


def counter(record: dict[str, object], name: str, highest: int = LARGEST_COUNTER) -> int:
    """A whole number from 0 to `highest`; 0 where the field is absent.

    The servers write protobuf's JSON, which leaves out a field that is zero.

    Raises:
        FieldRefused: something else.
    """
    written = record.get(name, 0)
    if isinstance(written, bool) or not isinstance(written, int) or not 0 <= written <= highest:
        raise FieldRefused(f"{name} is {record_text(written)[:40]}, not 0 to {highest}")
    return written


def best_signal(receptions: object, snr_name: str = "snr") -> tuple[float | None, float | None]:
    """Signal strength (dBm) and signal-to-noise ratio (dB) of the gateway that heard best.

    A gateway whose numbers cannot be read is passed over: they are no value of the water.
    """
    heard: list[tuple[float, float | None]] = []
    for reception in _objects(receptions):
        strength = _number_or_none(reception, "rssi")
        if strength is not None and _WEAKEST <= strength <= _STRONGEST:
            # A ratio of zero is left out.
            ratio = _number_or_none(reception, snr_name) if snr_name in reception else 0.0
            heard.append((strength, ratio))
    return max(heard, key=lambda one: one[0]) if heard else (None, None)


def gateway_times(receptions: object) -> list[datetime]:
    """The times the gateways say they received an uplink at; unusable ones are passed over."""
    times: list[datetime] = []
    for reception in _objects(receptions):
        try:
            times.append(parse_instant(reception.get("time")))
        except TimeRefused:
            continue
    return times


def received_at(server_time: datetime, gateways: Iterable[datetime]) -> datetime:
    """When an uplink was received: the gateway's time where its clock can be right."""
    for time in gateways:
        if abs(time - server_time) <= GATEWAY_CLOCK_TOLERANCE:
            return time
    return server_time


def percent(record: dict[str, object], name: str) -> float | None:
    """A number from 0 to 100, else None: batteries are for who looks after the device."""
    number = _number_or_none(record, name)
    return number if number is not None and 0 <= number <= 100 else None


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _objects(value: object) -> list[dict[str, object]]:
    entries = (as_object(entry) for entry in as_list(value) or ())
    return [entry for entry in entries if entry is not None]


def _number_or_none(record: dict[str, object], name: str) -> float | None:
    try:
        return finite_number(record, name)
    except FieldRefused:
        return None
