"""IoT Creators (Deutsche Telekom): reports of NB-IoT sensors, bytes in hex.

A device is its IMEI, the key of its station `iotcreators:<IMEI>`. The options are those of
`uplink`; the codec must be registered, for nothing in a report tells the sensor.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ...domain.errors import PayloadRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, clean_text, finite_number, load_json
from .envelope import read_messages
from .uplink import Uplink, read_uplink

_NETWORK = "iotcreators"


def connector(payload: bytes, context: Context) -> Decoded:
    """Read the reports of one callback.

    Raises:
        PayloadRefused: no JSON, or without a list of reports.
    """
    reports = as_list((as_object(load_json(payload)) or {}).get("reports"))
    if reports is None:
        raise PayloadRefused("the reply has no list of reports")
    return read_messages(reports, context, _read)


def _read(report: dict[str, object], context: Context) -> Decoded:
    kind, _, imei = clean_text(report, "serialNumber").partition(":")
    if kind != "IMEI" or not imei.isascii() or not imei.isdigit():
        raise FieldRefused("serialNumber is not an IMEI")
    value = clean_text(report, "value")
    try:
        payload = bytes.fromhex(value)
    except ValueError:
        raise FieldRefused("value is not hex") from None
    return read_uplink(
        Uplink(
            network=_NETWORK,
            device=imei,
            time=_instant(finite_number(report, "timestamp")),
            record=report,
            payload=payload,
        ),
        context,
    )


def _instant(milliseconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        raise FieldRefused(f"timestamp {milliseconds:g} is outside the calendar") from None
