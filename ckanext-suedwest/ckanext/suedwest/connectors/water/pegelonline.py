"""PEGELONLINE, the gauges of the German waterways (REST service, version 2).

One connector for every shape its data comes in: a list of stations or one station, one
timeseries, one current value, a bare list of values, recordings of several replies, and the years
of daily extremes of an archive. Values are in UTC and in the units of `domain.units`.
"""

from __future__ import annotations

from ...domain.errors import PayloadRefused, Refusal
from ...domain.units import UnknownUnit, water_conversion
from ..base import Context, Decoded
from ..json_payload import as_list, as_object, kind_of, load_json, record_text
from .pegelonline_archive import is_archive, read_archive, refuse_overview
from .pegelonline_station import QUANTITIES, read_station, read_timeseries
from .pegelonline_values import Series, read_measurement

_STATION_FIELDS = frozenset(
    {"uuid", "number", "water", "agency", "station", "characteristicValues"}
)
_CSV_HEADS = (b"timestamp;value", b"\xef\xbb\xbftimestamp;value")


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one reply.

    A bare list of values belongs to the series of the context. An empty list is a reply that
    holds nothing (a window older than 31 days, or nothing near): nothing read, nothing refused.

    Raises:
        PayloadRefused: no JSON, an error the service reports, a forecast, the CSV, an overview
            without values, or a bare list of values without a series in the context.
    """
    if payload.lstrip().lower().startswith(_CSV_HEADS):
        raise PayloadRefused(
            "the CSV gives local time without offset: the hour of the clock change in October "
            "happens twice; measurements.json has the offset"
        )
    decoded = Decoded()
    reply = load_json(payload)
    keys: set[str] = set()
    recordings = [as_object(entry) for entry in as_list(reply) or ()]
    if recordings and all(fields is not None and _is_recording(fields) for fields in recordings):
        for position, fields in enumerate(recordings, start=1):
            body = (fields or {})["body"]
            try:
                _read(body, keys, context, decoded)
            except PayloadRefused as error:
                decoded.refusals.append(Refusal(f"reply {position}", str(error), record_text(body)))
    else:
        _read(reply, keys, context, decoded)
    return decoded


def _is_recording(fields: dict[str, object]) -> bool:
    """Whether an entry is a reply that somebody recorded with a note beside it."""
    return "body" in fields and ("what" in fields or "request" in fields)


def _read(reply: object, keys: set[str], context: Context, decoded: Decoded) -> None:
    """Read one reply; `keys` are the stations read so far."""
    listed = as_list(reply)
    if listed is not None:
        _read_list(listed, keys, context, decoded)
        return
    fields = as_object(reply)
    if fields is None:
        raise PayloadRefused(f"the reply is {kind_of(reply)}, not an object or a list")
    message = fields.get("message", fields.get("msg"))
    if "status" in fields and message is not None:
        raise PayloadRefused(
            f"PEGELONLINE answered {record_text(fields['status'])[:20]}: "
            f"{record_text(message)[:300]}"
        )
    refuse_overview(fields)
    if is_archive(fields):
        read_archive(fields, context, decoded)
    elif "measurements" in fields:
        _read_described_measurements(fields, context, decoded)
    elif "timestamp" in fields:
        read_measurement(fields, _series(context), context.received_at, decoded)
    elif _STATION_FIELDS & fields.keys():
        read_station(fields, keys, context, decoded)
    elif "shortname" in fields and "unit" in fields:
        key, label = _station_of(context)
        read_timeseries(fields, key, label, {}, set(), context, decoded)
    else:
        raise PayloadRefused("the object is neither a station nor a measured value")


def _read_list(listed: list[object], keys: set[str], context: Context, decoded: Decoded) -> None:
    series: Series | None = None
    for position, entry in enumerate(listed):
        fields = as_object(entry)
        if fields is not None and (_STATION_FIELDS | {"longname"}) & fields.keys():
            read_station(fields, keys, context, decoded)
        elif fields is not None and ("timestamp" in fields or "value" in fields):
            series = series or _series(context)
            read_measurement(fields, series, context.received_at, decoded)
        else:
            reason = "it is neither a station nor a measured value"
            if fields is None:
                reason = f"it is {kind_of(entry)}, not an object"
            decoded.refusals.append(Refusal(f"entry {position + 1}", reason, record_text(entry)))


def _read_described_measurements(
    fields: dict[str, object], context: Context, decoded: Decoded
) -> None:
    """A list of values with the description of its timeseries beside it."""
    meta = as_object(fields.get("meta"))
    measurements = as_list(fields["measurements"])
    if meta is None or measurements is None:
        raise PayloadRefused("measurements without a description, or no list of them")
    name, unit = meta.get("shortname"), meta.get("unit")
    if name == "WV":
        raise PayloadRefused("WV is a forecast, and forecasts are not observations")
    if not isinstance(name, str) or name not in QUANTITIES or not isinstance(unit, str):
        raise PayloadRefused("the description names no quantity and unit that are carried")
    described = Context(context.received_at, context.station_key, name, unit)
    series = _series(described)
    for record in measurements:
        read_measurement(record, series, context.received_at, decoded)


def _station_of(context: Context) -> tuple[str, str]:
    if context.station_key is None:
        raise PayloadRefused("the reply does not say which station it belongs to")
    return context.station_key, f"station {context.station_key}"


def _series(context: Context) -> Series:
    """The series a bare value belongs to.

    Raises:
        PayloadRefused: the context names none, or a unit that is not known.
    """
    key, label = _station_of(context)
    name = context.datastream
    if name is None:
        raise PayloadRefused("the reply does not say which timeseries it belongs to")
    try:
        conversion = None if context.unit is None else water_conversion(name, context.unit)
    except UnknownUnit as error:
        raise PayloadRefused(str(error)) from None
    return Series(key, name, f"{label} {name}", conversion)
