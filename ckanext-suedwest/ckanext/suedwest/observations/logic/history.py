"""History from a file: what it holds, what storing it would do, and storing it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

from ...connectors.sensing.csv_guess import TIME_FORMATS, Guess, guess
from ...domain.errors import PayloadRefused
from ...domain.units import units_of
from ...ingest.history import LARGEST_FILE, Layout, import_history, try_history
from ...store.history import Target, history_target, history_targets
from ..refusal_words import refusal_sentence
from ..rights import store_name
from ..store_access import write_engine
from .fields import Fields

__all__ = ["suedwest_history_import", "suedwest_history_list", "suedwest_history_trial"]

ZONES = ("+01:00", "Europe/Berlin", "UTC")
"""Where times without an offset may belong: MEZ all year, German local time, UTC."""
ENCODINGS = ("utf-8", "cp1252", "iso-8859-15", "utf-16")
SEPARATORS = {"semicolon": ";", "comma": ",", "tab": "\t", "bar": "|"}
DECIMALS = {"comma": ",", "point": "."}
_MOST_COLUMNS = 200
_MOST_LINES = 100_000


@tk.side_effect_free
def suedwest_history_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The datastreams whose history the staff of a municipality may bring, by station and name.

    :param municipality: name of the organisation
    :type municipality: string

    `units` are those a file may be in, the one that is stored first. Times are ISO 8601 in UTC.
    """
    tk.check_access("suedwest_history_list", context, data_dict)
    targets = history_targets(write_engine(), store_name(data_dict["municipality"]))
    return [
        {
            "resource_id": target.resource_id,
            "station": target.station_name,
            "datastream": target.name,
            "observed_property": target.observed_property,
            "unit": target.unit,
            "units": list(units_of(target.observed_property)),
            "reckoned": target.reckoned,
            "first": _plain(target.first_time),
            "latest": _plain(target.latest_time),
        }
        for target in targets
    ]


@tk.side_effect_free
def suedwest_history_trial(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What a table holds and what storing it would do; nothing is stored.

    :param resource_id: the datastream's live resource
    :type resource_id: string
    :param upload: the file (as multipart/form-data)
    :type upload: file
    :param text: its text, in place of `upload`
    :type text: string
    :param unit: the unit of the values; nobody guesses it
    :type unit: string
    :param time_zone: where times without an offset belong: ``+01:00`` (MEZ all year),
        ``Europe/Berlin`` (German local time) or ``UTC``; nobody guesses it (not needed when all
        times have an offset)
    :type time_zone: string

    All that follows is found by itself when it is left out.

    :param encoding: ``utf-8``, ``cp1252`` (Windows), ``iso-8859-15`` or ``utf-16``
    :param separator: ``semicolon``, ``comma``, ``tab`` or ``bar``
    :param decimal: ``comma`` or ``point``
    :param header: whether the first line names the columns
    :param skip_lines: lines before it, or before the first value
    :param time_column: position of the time from 1; two (``1,2``) when the day stands apart
    :param time_format: ``iso``, ``epoch``, ``epoch_ms`` or a pattern like ``%d.%m.%Y %H:%M``
    :param value_column: position of the value
    :param where_column: name (or position, without a header) of the column that says which
        station a line belongs to
    :param where_text: only lines with this text there are read

    Every line (`rows`) is counted once: `new`, `unchanged`, `differing`, `without_value` or
    `refused`. Times are ISO 8601 in UTC, values in the unit of the datastream; `doubts` are what
    the quality tests say of the file alone.
    """
    target = _target("suedwest_history_trial", context, data_dict)
    payload, _name = _file(data_dict)
    layout = read_layout(target, payload, data_dict)
    try:
        trial = try_history(write_engine(), target, payload, layout, now=datetime.now(UTC))
    except PayloadRefused as error:
        raise _refused(error) from None
    answer = {name: _plain(value) for name, value in asdict(trial).items()}
    for line in answer["refusals"]:
        line["sentence"] = refusal_sentence(line["reason"])
    answer["reasons"] = _by_sentence(trial.reasons)
    return {**answer, "unit": target.unit, "layout": _plain(asdict(layout))}


def suedwest_history_import(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Store a table as `suedwest_history_trial` understood it; its parameters are the same.

    :param replaces: whether values take the place of others for the same time (optional,
        default no: then they are refused, and what came live stays)
    :type replaces: boolean

    Doing it again changes nothing. Lines that cannot be used go to the quarantine of the source
    with their number.
    """
    target = _target("suedwest_history_import", context, data_dict)
    payload, name = _file(data_dict)
    layout = read_layout(target, payload, data_dict)
    fields = Fields(data_dict)
    replaces = fields.flag("replaces")
    fields.check()
    try:
        done = import_history(
            write_engine(),
            target,
            payload,
            layout,
            replaces=replaces,
            file_name=name,
            now=datetime.now(UTC),
        )
    except PayloadRefused as error:
        raise _refused(error) from None
    return asdict(done)


def read_layout(target: Target, payload: bytes, data: DataDict) -> Layout:
    """How the file is written: as it is said, and as it looks where nothing is said.

    Raises:
        ValidationError: with what is missing or wrong, by field.
    """
    try:
        found = guess(payload)
    except PayloadRefused as error:
        raise _refused(error) from None
    fields = Fields({**suggestion(found), **{key: value for key, value in data.items() if value}})
    unit = fields.choice("unit", units_of(target.observed_property))
    zone = None
    if not (found.zone_told and not data.get("time_zone")):
        zone = fields.choice("time_zone", ZONES)
    time_format = fields.text("time_format", most=40)
    if time_format and time_format not in TIME_FORMATS and "%" not in time_format:
        fields.refuse("time_format", tk._("This is no way to write a time."))
    layout = {
        "encoding": fields.choice("encoding", ENCODINGS),
        "separator": fields.choice("separator", SEPARATORS),
        "decimal": fields.choice("decimal", DECIMALS),
        "header": fields.flag("header") if "header" in data else found.header,
        "skip_lines": _whole(fields, "skip_lines", 0, _MOST_LINES),
        "time_columns": _columns(fields, "time_column"),
        "value_column": _whole(fields, "value_column", 1, _MOST_COLUMNS),
    }
    where_text = fields.text("where_text", most=100, required=False)
    where_column = fields.text("where_column", most=100, required=False)
    if bool(where_text) != bool(where_column):
        fields.refuse(
            "where_text" if where_column else "where_column",
            tk._("Choose the column and say the text, or neither."),
        )
    fields.check()
    return Layout(
        **{
            **layout,
            "separator": SEPARATORS[str(layout["separator"])],
            "decimal": DECIMALS[str(layout["decimal"])],
        },
        time_format=time_format,
        zone=zone,
        unit=str(unit),
        where_column=where_column or None,
        where_text=where_text or None,
    )


def suggestion(found: Guess) -> dict[str, Any]:
    """What was found in a file, by the names of the parameters; left out what was not."""
    names = {sign: name for name, sign in SEPARATORS.items()}
    suggested = {
        "encoding": found.encoding,
        "separator": names[found.separator],
        "decimal": "comma" if found.decimal == "," else "point",
        "header": found.header,
        "skip_lines": str(found.skip_lines),
        "time_column": found.time_columns and ",".join(map(str, found.time_columns)),
        "time_format": found.time_format,
        "value_column": found.value_column and str(found.value_column),
    }
    return {name: value for name, value in suggested.items() if value is not None}


def _target(action: str, context: Context, data_dict: DataDict) -> Target:
    tk.check_access(action, context, data_dict)
    target = history_target(write_engine(), data_dict.get("resource_id"))
    if target is None:
        raise tk.ObjectNotFound(tk._("There is no such datastream."))
    return target


def _file(data: DataDict) -> tuple[bytes, str]:
    """The bytes of the file and its name.

    Raises:
        ValidationError: there is none, or it is too large.
    """
    upload, written = data.get("upload"), data.get("text")
    name = str(getattr(upload, "filename", None) or data.get("file_name") or "text")
    stream = getattr(upload, "stream", upload)
    if isinstance(written, str) and written:
        payload = written.encode("utf-8", "replace")
    elif stream is not None and hasattr(stream, "read"):
        payload = stream.read(LARGEST_FILE + 1)
    else:
        raise tk.ValidationError({"upload": [tk._("Choose a file.")]})
    if len(payload) > LARGEST_FILE:
        sentence = refusal_sentence(f"the file is larger than {LARGEST_FILE // 1_000_000} MB")
        raise tk.ValidationError({"upload": [sentence]})
    return payload, name


def _refused(error: PayloadRefused) -> tk.ValidationError:
    return tk.ValidationError({"upload": [refusal_sentence(str(error))]})


def _whole(fields: Fields, name: str, low: int, high: int) -> int:
    number = fields.number(name)
    if number is None:
        return low
    if number != int(number) or not low <= number <= high:
        fields.refuse(
            name,
            tk._("A whole number from {low} to {high}, please.").format(low=low, high=high),
        )
    return int(number)


def _columns(fields: Fields, name: str) -> tuple[int, ...]:
    parts = fields.text(name, most=20).split(",")
    if parts == [""]:
        return ()
    if len(parts) > 3 or not all(
        part.strip().isdecimal() and 1 <= int(part) <= _MOST_COLUMNS for part in parts
    ):
        fields.refuse(name, tk._("The position of the column, or two like 1,2."))
        return ()
    return tuple(int(part) for part in parts)


def _by_sentence(reasons: dict[str, int]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for reason, count in reasons.items():
        sentence = refusal_sentence(reason)
        counts[sentence] = counts.get(sentence, 0) + count
    return counts


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
