"""`decode CONNECTOR FILE`: what a connector reads from a file, and what it refuses and why."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from pathlib import Path

from ..connectors.base import Context, Decoded, UnknownConnector, connector_names, find_connector
from ..connectors.json_payload import as_object, load_json
from ..domain.device import DeviceReport
from ..domain.errors import PayloadRefused, Refusal
from ..domain.event import Event
from ..domain.time import TimeRefused, parse_instant
from .decode_timetable import DECODERS, report

READ_SOMETHING, REFUSED, USAGE = 0, 1, 2
_MOST_LINES = 20


def _plain(value: object) -> object:
    """A value of the domain as JSON knows it: times in ISO 8601, steps in seconds."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: _plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value


def _report(connector: str, file: str, decoded: Decoded) -> dict[str, object]:
    return {
        "connector": connector,
        "file": file,
        "stations": _plain(decoded.stations),
        "datastreams": _plain(decoded.datastreams),
        "observations": _plain(decoded.observations),
        "events": _plain(decoded.events),
        "device_reports": _plain(decoded.device_reports),
        "refusals": _plain(decoded.refusals),
    }


def _health(report: DeviceReport) -> str:
    """A device report in one line; what the device did not say is left out."""
    said = (
        ("frame {}", report.frame_counter),
        ("{:g} V", report.battery_volts),
        ("battery {:g} %", report.battery_percent),
        ("{:g} dBm", report.rssi_dbm),
        ("{:+g} dB", report.snr_db),
    )
    words = ", ".join(words.format(value) for words, value in said if value is not None)
    return f"device       {report.device}  {report.time:%Y-%m-%dT%H:%M:%SZ}  {words}".rstrip()


def _event(event: Event) -> str:
    """An event in one line: its first and last moment, what it does, where."""
    start, end = event.spans[0].start, event.spans[-1].end
    until = "open" if end is None else f"{end:%Y-%m-%dT%H:%M:%SZ}"
    place = ", ".join(event.roads) or "(no road named)"
    return (
        f"event        {event.key}  {start:%Y-%m-%dT%H:%M:%SZ} to {until}  {event.effect}  {place}"
    )


def _print_report(connector: str, file: str, decoded: Decoded) -> None:
    print(
        f"{file} ({connector}): {len(decoded.stations)} stations, "
        f"{len(decoded.datastreams)} datastreams, {len(decoded.observations)} observations, "
        + (f"{len(decoded.events)} events, " if decoded.events else "")
        + f"{len(decoded.refusals)} refused"
    )
    lines = [
        *(f"station      {station.key}  {station.name}" for station in decoded.stations),
        *(
            f"datastream   {stream.station_key} {stream.name}  "
            f"{stream.observed_property} in {stream.unit}"
            for stream in decoded.datastreams
        ),
    ]
    values = [
        f"observation  {value.station_key} {value.datastream}  "
        f"{value.phenomenon_time:%Y-%m-%dT%H:%M:%SZ}  {value.result:g}"
        for value in decoded.observations
    ]
    refusals = [f"refused      {refusal.record}: {refusal.reason}" for refusal in decoded.refusals]
    health = [_health(report) for report in decoded.device_reports]
    events = [_event(event) for event in decoded.events]
    for block in (lines, values, events, health, refusals):
        print("\n".join(block[:_MOST_LINES]), end="\n" if block else "")
        if len(block) > _MOST_LINES:
            print(f"             … and {len(block) - _MOST_LINES} more; --json lists all")


def _option(text: str) -> tuple[str, object]:
    """`name=value`; the value is JSON where it reads as JSON, else the text itself."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _options(arguments: argparse.Namespace) -> dict[str, object]:
    """The options of the file and, over them, those of the command line.

    Raises:
        PayloadRefused: the file holds no JSON object.
        OSError: it cannot be read.
    """
    options: dict[str, object] = {}
    if arguments.options is not None:
        written = as_object(load_json(arguments.options.read_bytes()))
        if written is None:
            raise PayloadRefused("the file of options holds no JSON object")
        options |= written
    return options | dict(arguments.option)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="suedwest decode", description="Print what a connector reads from a file."
    )
    parser.add_argument("connector", help=f"one of: {', '.join([*connector_names(), *DECODERS])}")
    parser.add_argument("file", type=Path, help="a recorded reply")
    parser.add_argument("--json", action="store_true", help="print all of it as JSON")
    parser.add_argument("--station", help="key of the station a bare list of values belongs to")
    parser.add_argument("--datastream", help="name of the datastream of such a list, like W")
    parser.add_argument("--unit", help="unit of such a list as the source writes it, like m+NN")
    parser.add_argument(
        "--received-at", help="instant with offset; values dated later are refused (default: now)"
    )
    parser.add_argument("--topic", help="MQTT topic, or path of a webhook, the message came by")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        type=_option,
        help="an option of the source, its value as JSON or a plain text; may be repeated",
    )
    parser.add_argument(
        "--options",
        type=Path,
        help="a JSON file with the options of the source, as in its settings",
    )
    return parser


def _print_timetable(
    name: str, payload: bytes, options: dict[str, object], received_at: datetime
) -> int:
    try:
        told, something = report(name, payload, options, received_at)
    except PayloadRefused as error:
        told, something = f"refused: {error}", False
    print(told)
    return READ_SOMETHING if something else REFUSED


def main(argv: list[str]) -> int:
    """Decode one file and print the report.

    Values whose series the file does not name are shown under the station
    `<connector>:unknown`. Returns 0 when the file was read, 1 when all of it was refused, 2 when
    it was called wrongly (argparse raises SystemExit 2 for wrong options).
    """
    arguments = _parser().parse_args(argv)
    try:
        timetable = arguments.connector in DECODERS
        connector = None if timetable else find_connector(arguments.connector)
        payload = arguments.file.read_bytes()
        received_at = datetime.now(UTC)
        if arguments.received_at is not None:
            received_at = parse_instant(arguments.received_at)
        options = _options(arguments)
    except (UnknownConnector, TimeRefused, OSError, PayloadRefused) as error:
        print(f"suedwest decode: {error}", file=sys.stderr)
        return USAGE
    if connector is None:
        return _print_timetable(arguments.connector, payload, options, received_at)
    context = Context(
        received_at=received_at,
        station_key=arguments.station or f"{arguments.connector}:unknown",
        datastream=arguments.datastream or "unknown",
        unit=arguments.unit,
        topic=arguments.topic,
        options=options,
    )
    try:
        decoded = connector(payload, context)
    except PayloadRefused as error:
        decoded = Decoded(refusals=[Refusal(record=arguments.file.name, reason=str(error))])
    if arguments.json:
        report = _report(arguments.connector, str(arguments.file), decoded)
        json.dump(report, sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        _print_report(arguments.connector, str(arguments.file), decoded)
    something = decoded.stations or decoded.datastreams or decoded.observations or decoded.events
    return REFUSED if decoded.refusals and not something else READ_SOMETHING


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
