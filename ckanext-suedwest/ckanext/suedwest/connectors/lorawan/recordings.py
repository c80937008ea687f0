"""Frames and decoded objects without their envelope: makers' examples, lists in a forum, a log.

A CSV with a column `hex` (and `fport`, and `vendor` and `model` or the option `codec`), bare
lines of hex, or a JSON list of objects that hold a `decoded_payload` or an `object`. Nothing in
them tells the device or the time: those are the station of the context and its `received_at`.
The options are those of `uplink`.
"""

from __future__ import annotations

import csv

from ...domain.errors import PayloadRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, load_json
from .envelope import read_messages
from .uplink import Uplink, read_uplink

_OBJECTS = ("decoded_payload", "object")


def connector(payload: bytes, context: Context) -> Decoded:
    """Read a recording.

    Raises:
        PayloadRefused: none of the shapes above.
    """
    if payload.lstrip()[:1] in (b"[", b"{"):
        written = load_json(payload)
        entries = as_list(written)
        return read_messages([written] if entries is None else entries, context, _read_object)
    try:
        lines = payload.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise PayloadRefused(f"the recording is not UTF-8 (byte {error.start})") from None
    lines = [line for line in lines if line.strip()]
    if not lines:
        raise PayloadRefused("the recording is empty")
    if "hex" not in lines[0].lower().split(","):
        return read_messages([{"hex": line} for line in lines], context, _read_frame)
    try:
        rows = list(csv.DictReader(lines, restkey="more"))
    except csv.Error as error:
        raise PayloadRefused(f"the recording is no CSV: {error}") from None
    return read_messages(rows, context, _read_frame)


def _read_frame(row: dict[str, object], context: Context) -> Decoded:
    written, port = row.get("hex"), row.get("fport")
    try:
        payload = bytes.fromhex(written) if isinstance(written, str) else b""
    except ValueError:
        raise FieldRefused("hex is not hexadecimal") from None
    if not payload:
        raise FieldRefused("there are no bytes")
    return read_uplink(
        Uplink(
            device=None,
            time=context.received_at,
            record=row,
            port=_port(port),
            payload=payload,
            models=(f"{row.get('vendor')}/{row.get('model')}",),
        ),
        context,
    )


def _port(written: object) -> int | None:
    if not isinstance(written, str) or not written.strip():
        return None
    if not written.isascii() or not written.isdigit() or len(written) > 3:
        raise FieldRefused("fport is not a port")
    return int(written)


def _read_object(entry: dict[str, object], context: Context) -> Decoded:
    found = (as_object(entry.get(name)) for name in _OBJECTS)
    fields = next((one for one in found if one is not None), None)
    if fields is None:
        raise FieldRefused(f"the entry has neither {' nor '.join(_OBJECTS)}")
    return read_uplink(
        Uplink(device=None, time=context.received_at, record=entry, fields=fields), context
    )
