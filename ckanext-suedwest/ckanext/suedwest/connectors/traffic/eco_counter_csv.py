"""Monthly tables of Eco-Counter's export, as the city of Münster publishes them.

The header is `Datetime`, then a column for each channel (`100031300 (Hafenstraße)`), then for each
its `…-status`. The first channel is the site's total and the others are its parts, so they are
told apart and never added. Channels are known by their number: labels repeat and are corrected
later. Times are local and without an offset; a month with 96 rows on the day the clock is put
back does not tell which of its hours it lacks, and that hour is refused.
"""

from __future__ import annotations

import csv
import re

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused
from ..local_time import TimeOptions, read_instants
from .counters import Counters, only_step, whole_number
from .eco_counter import TOTAL, quality_of

_CHANNEL = re.compile(r"(\d{1,12}) \((.{0,300})\)", re.DOTALL)
_STATUS = re.compile(r"(\d{1,12})-status")
_LOCAL = TimeOptions(zone="Europe/Berlin", fold="order")
MOST_ROWS = 50_000
"""Quarters of a year; a table holds a month."""


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one table.

    Raises:
        PayloadRefused: no UTF-8, no such header, or too many rows.
        OptionsRefused: the options are faulty.
    """
    counters = Counters.of("eco-counter", context)
    header, rows = _table(payload)
    channels = _channels(header)
    (total, label), *_ = channels.values()
    key = counters.key(total)
    times = read_instants([row[0] if row else None for row in rows], _LOCAL)
    step = only_step(time for time in times if not isinstance(time, TimeRefused))
    try:
        counters.station(key, label or total)
    except FieldRefused as error:
        counters.refuse(f"site {total}", error)
    statuses = _statuses(header)
    for number, _ in channels.values():
        part_of = None if number == total else TOTAL
        counters.channel(key, _name(number, total), counters.mode, interval=step, part_of=part_of)
    for line, (row, time) in enumerate(zip(rows, times, strict=True), start=2):
        try:
            if len(row) != len(header):
                raise FieldRefused(f"it has {len(row)} fields, the header {len(header)}")
            if isinstance(time, TimeRefused):
                raise time
            for column, (number, _) in channels.items():
                counted = whole_number(row[column].strip(), f"channel {number}")
                if counted is not None:
                    status = row[statuses[number]].strip() if number in statuses else None
                    quality = quality_of(status)
                    counters.count(key, _name(number, total), time, counted, quality)
        except (FieldRefused, TimeRefused) as error:
            counters.refuse(f"line {line}", error)
    return counters.decoded


def _name(number: str, total: str) -> str:
    return TOTAL if number == total else number


def _table(payload: bytes) -> tuple[list[str], list[list[str]]]:
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PayloadRefused(f"the table is not UTF-8 (byte {error.start})") from None
    try:
        header, *rows = [row for row in csv.reader(text.splitlines()) if row] or [[]]
    except csv.Error as error:
        raise PayloadRefused(f"the reply is no CSV: {error}") from None
    if len(rows) > MOST_ROWS:
        raise PayloadRefused(f"the table has more than {MOST_ROWS:,} rows")
    return header, rows


def _channels(header: list[str]) -> dict[int, tuple[str, str]]:
    """Number and label by column."""
    if not header or header[0] != "Datetime":
        raise PayloadRefused("the header does not begin with Datetime")
    found = {
        column: (match[1], " ".join(match[2].split()))
        for column, name in enumerate(header)
        if (match := _CHANNEL.fullmatch(name))
    }
    numbers = [number for number, _ in found.values()]
    if not found or len(set(numbers)) != len(numbers):
        raise PayloadRefused("the header names no channels, or one of them twice")
    return found


def _statuses(header: list[str]) -> dict[str, int]:
    matches = ((column, _STATUS.fullmatch(name)) for column, name in enumerate(header))
    return {match[1]: column for column, match in matches if match}
