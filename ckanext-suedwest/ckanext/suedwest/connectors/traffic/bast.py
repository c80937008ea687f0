"""Hourly counts of the permanent counters on federal roads (BASt), one file for a year.

Separated by semicolons: the site, the date as YYMMDD, the hour 1 to 24 that ends (01 is 00:00 to
01:00, local time), then numbers each followed by its flag (`-` is valid, letters are not). `KFZ_R1`
and `KFZ_R2` are all motor vehicles of a direction and totals of their own; the classes are parts
of them. Coordinates are in another table.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta

from ...domain.errors import PayloadRefused
from ...domain.quality import Quality
from ...domain.time import TimeRefused
from ...domain.units import HEAVY_VEHICLE_COUNT, MOTOR_VEHICLE_COUNT
from ..base import Context, Decoded
from ..json_payload import FieldRefused
from ..local_time import TimeOptions, read_instants
from .counters import Counters, whole_number

_NEEDED = ("Zst", "Datum", "Stunde", "KFZ_R1", "K_KFZ_R1")
_HEAVY = frozenset({"Lkw", "Bus", "LoA", "Lzg", "Sat"})
_LOCAL = TimeOptions(zone="Europe/Berlin", fold="order")
_VALID = "-"
_HOUR = timedelta(hours=1)
MOST_ROWS = 2_000_000


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one file.

    Raises:
        PayloadRefused: no such header, or too many rows.
        OptionsRefused: the options are faulty.
    """
    counters = Counters.of("bast", context)
    header, rows = _table(payload)
    columns = {name: at for at, name in enumerate(header)}
    counted = [name for name in header if f"K_{name}" in columns]
    # The order of hours tells the doubled one only within a site.
    sites: dict[str, list[tuple[int, list[str]]]] = {}
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            counters.refuse(f"line {line}", f"it has {len(row)} fields, the header {len(header)}")
        else:
            sites.setdefault(row[columns["Zst"]].strip(), []).append((line, row))
    for site, listed in sites.items():
        starts = read_instants([_start(row, columns) for _, row in listed], _LOCAL)
        for (line, row), start in zip(listed, starts, strict=True):
            try:
                if isinstance(start, TimeRefused):
                    raise start
                key = counters.key(site)
                counters.station(key, f"Zählstelle {site}")
                _read(row, columns, counted, key, start, counters)
            except (FieldRefused, TimeRefused) as error:
                counters.refuse(f"line {line}", error)
    return counters.decoded


def _table(payload: bytes) -> tuple[list[str], list[list[str]]]:
    # Names of sites do not occur; every byte is a character of ISO-8859-1.
    lines = payload.removeprefix(b"\xef\xbb\xbf").decode("latin-1").splitlines()
    try:
        table = [row for row in csv.reader(lines, delimiter=";") if row]
    except csv.Error as error:
        raise PayloadRefused(f"the reply is no CSV: {error}") from None
    header = [name.strip() for name in table[0]] if table else []
    if any(name not in header for name in _NEEDED):
        raise PayloadRefused(f"the header does not name {', '.join(_NEEDED)}")
    if len(table) > MOST_ROWS:
        raise PayloadRefused(f"the table has more than {MOST_ROWS:,} rows")
    return header, table[1:]


def _start(row: Sequence[str], columns: dict[str, int]) -> str | None:
    """The local time an hour begins, as ISO 8601."""
    day, hour = row[columns["Datum"]].strip(), row[columns["Stunde"]].strip()
    if not (day.isascii() and day.isdigit() and len(day) == 6 and hour.isdigit()):
        return None
    if not (hour.isascii() and len(hour) <= 2 and 1 <= int(hour) <= 24):
        return None
    try:
        date = datetime.strptime(day, "%y%m%d")  # noqa: DTZ007 - the zone is joined later
    except ValueError:
        return None
    return (date + timedelta(hours=int(hour) - 1)).isoformat()


def _read(
    row: Sequence[str],
    columns: dict[str, int],
    counted: Sequence[str],
    key: str,
    start: datetime,
    counters: Counters,
) -> None:
    for name in counted:
        number = whole_number(row[columns[name]].strip(), name)
        if number is None:
            continue
        kind, _, direction = name.partition("_")
        total = f"KFZ_{direction}"
        observed = HEAVY_VEHICLE_COUNT if kind in _HEAVY else MOTOR_VEHICLE_COUNT
        counters.channel(
            key, name, observed, interval=_HOUR, part_of=None if name == total else total
        )
        valid = row[columns[f"K_{name}"]].strip() == _VALID
        quality = Quality.NOT_EVALUATED if valid else Quality.SUSPECT
        counters.count(key, name, start, number, quality)
