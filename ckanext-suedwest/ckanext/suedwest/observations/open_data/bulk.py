"""Months as files: all values of a selection of stations, made while they are sent."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from ...domain.quality import Finding, Quality, reasons
from ...domain.time import DayRule, day_span
from ...store.open_data import month_rows
from ...store.query import DatastreamNow, StationRow
from . import csv_text
from .answers import version_of
from .records import instant, quality_word

COLUMNS = (
    "station",
    "name",
    "datastream_id",
    "datastream",
    "observed_property",
    "unit",
    "time",
    "result",
    "quality",
    "reasons",
    "simulated",
    "operator",
    "licence",
    "attribution",
)
_AT_ONCE = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


def month_version(stations: Sequence[StationRow], month: date) -> str:
    """Changes whenever something in the month's file may have changed."""
    return version_of(
        month,
        [
            (
                station.slug,
                station.name,
                station.operator["name"],
                sorted(station.licence.items()),
                station.properties.get("simulated"),
                [
                    (each.resource_id, each.name, each.unit, each.total, each.changed_at)
                    for each in station.datastreams
                ],
            )
            for station in stations
        ],
    )


def month_csv(engine: Engine, stations: Iterable[StationRow], month: date) -> Iterator[bytes]:
    """The file, in pieces: by station, datastream and time, always in the same order.

    A month is made of days by the day rule of each datastream. The connection is taken when the
    first piece is asked for and given back after the last, or when nobody wants the rest.
    """
    yield csv_text.lines([COLUMNS]).encode()
    with engine.connect() as conn:
        for station in sorted(stations, key=lambda each: each.slug):
            for stream in sorted(station.datastreams, key=lambda each: each.name):
                if stream.first_time is None or stream.latest_time is None:
                    continue
                start, end = month_span(month, DayRule(stream.day_rule))
                if stream.latest_time < start or stream.first_time >= end:
                    continue
                before, after = _constants(station, stream)
                for rows in month_rows(conn, stream.datastream_id, start=start, end=end):
                    yield "".join(
                        f"{before},{instant(time)},{csv_text.number(result)},"
                        f"{quality_word(quality)},"
                        f"{' '.join(reasons(Quality(quality), Finding(findings)))},{after}"
                        for time, result, quality, findings in rows
                    ).encode()


def compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces as one gzip stream, without the time it was made, so always the same."""
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    waiting = b""
    for piece in pieces:
        waiting += packer.compress(piece)
        if len(waiting) >= _AT_ONCE:
            yield waiting
            waiting = b""
    yield waiting + packer.flush()


def month_span(month: date, rule: DayRule) -> tuple[datetime, datetime]:
    """`[start, end)` of a month in UTC under a day rule."""
    following = (month + timedelta(days=31)).replace(day=1)
    return day_span(month, rule)[0], day_span(following, rule)[0]


def _constants(station: StationRow, stream: DatastreamNow) -> tuple[str, str]:
    """The texts of a row before and after its value; the second with the end of the line."""
    before = csv_text.lines(
        [
            [
                station.slug,
                station.name,
                stream.resource_id,
                stream.name,
                stream.observed_property,
                stream.unit,
            ]
        ]
    )
    after = csv_text.lines(
        [
            [
                station.properties.get("simulated") == "true",
                station.operator["name"],
                station.licence.get("id"),
                station.licence.get("attribution"),
            ]
        ]
    )
    return before.rstrip("\r\n"), after
