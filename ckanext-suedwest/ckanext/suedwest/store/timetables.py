"""Timetables in the store: a feed is replaced as a whole, and the one before stays in force when
the new one lacks more than it can be believed to.

Times are in UTC; seconds of a service day as in `domain.timetable`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from ..domain.station import Licence, Operator
from ..domain.timetable import (
    Alert,
    Call,
    Departure,
    Line,
    Mode,
    Timetable,
    departures,
    service_days,
    shrinks,
)
from .engine import connected
from .slug import slugify
from .timetable_reports import report_of_now

BELIEVED_AFTER = timedelta(days=7)
"""A timetable that shrank and still says so after this long is put into force."""


@dataclass(frozen=True, slots=True)
class TimetableRow:
    """A timetable that is in force, or waits to be believed (`in_force` False)."""

    id: int
    source_id: str
    municipality: str
    in_force: bool
    zone: str
    agency: str
    operator: dict[str, Any]
    licence: dict[str, Any]
    simulated: bool
    first_day: date | None
    last_day: date | None
    trips: int
    refused: int
    read_at: datetime


@dataclass(frozen=True, slots=True)
class StopRow:
    """A stop by its name: all platforms of one name in a timetable; the place is their middle."""

    timetable_id: int
    slug: str
    name: str
    longitude: float
    latitude: float
    lines: tuple[str, ...]
    stop_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """What leaves a stop. `reported_at` is the time of a report of now, None without one."""

    stop: StopRow
    timetable: TimetableRow
    departures: tuple[Departure, ...]
    lines: Mapping[str, Line]
    alerts: tuple[Alert, ...]
    reported_at: datetime | None


@dataclass(frozen=True, slots=True)
class WrittenTimetable:
    """Whether the timetable came into force, or waits because it shrank."""

    in_force: bool
    stops: int
    trips: int


def write_timetable(
    conn: Connection,
    source_id: str,
    timetable: Timetable,
    *,
    operator: Operator,
    licence: Licence,
    refused: int,
    now: datetime,
) -> WrittenTimetable:
    """Replace the timetable of a source, in the caller's transaction.

    One that lacks more than half of its stops or trips is kept beside the one in force, which
    stays; after a week it is believed.
    """
    owner, simulated = conn.execute(
        text("""
            SELECT municipality, options -> 'simulated' = 'true'
            FROM suedwest.source WHERE id = :id
        """),
        {"id": source_id},
    ).one()
    before = conn.execute(
        text("""
            SELECT trips, (SELECT count(*) FROM suedwest.timetable_stop WHERE timetable_id = id)
            FROM suedwest.timetable WHERE source_id = :id AND in_force
        """),
        {"id": source_id},
    ).one_or_none()
    waiting = conn.execute(
        text("""
            SELECT trips, (SELECT count(*) FROM suedwest.timetable_stop WHERE timetable_id = id),
                   read_at
            FROM suedwest.timetable WHERE source_id = :id AND NOT in_force
        """),
        {"id": source_id},
    ).one_or_none()
    after = (len(timetable.stops), timetable.trips)
    shrunk = before is not None and shrinks((before[1], before[0]), after)
    # One that shrank again says something else than what waited, and waits anew.
    if waiting is not None and shrinks((waiting[1], waiting[0]), after):
        waiting = None
    believed = waiting is not None and now - waiting[2] >= BELIEVED_AFTER
    in_force = not shrunk or believed
    # What waits is replaced in any case; what is in force only by what comes into force. A
    # timetable that waits keeps the time of the first one that shrank.
    conn.execute(
        text("""
            DELETE FROM suedwest.timetable
            WHERE source_id = :id AND (:in_force OR NOT in_force)
        """),
        {"id": source_id, "in_force": in_force},
    )
    identity = conn.execute(
        text("""
            INSERT INTO suedwest.timetable (source_id, municipality, in_force, zone, agency,
                operator, licence, simulated, first_day, last_day, trips, refused, read_at)
            VALUES (:source_id, :municipality, :in_force, :zone, :agency,
                CAST(:operator AS jsonb), CAST(:licence AS jsonb), :simulated, :first_day,
                :last_day, :trips, :refused, :read_at)
            RETURNING id
        """),
        {
            "source_id": source_id,
            "municipality": owner or "",
            "in_force": in_force,
            "zone": timetable.zone,
            "agency": timetable.agency,
            "operator": json.dumps(asdict(operator)),
            "licence": json.dumps(asdict(licence)),
            "simulated": bool(simulated),
            "first_day": timetable.first_day,
            "last_day": timetable.last_day,
            "trips": timetable.trips,
            "refused": refused,
            "read_at": now if in_force or waiting is None else waiting[2],
        },
    ).scalar_one()
    _write_parts(conn, identity, timetable)
    return WrittenTimetable(in_force, *after)


def _write_parts(conn: Connection, identity: int, timetable: Timetable) -> None:
    _copy(
        conn,
        "timetable_stop",
        ("timetable_id", "stop_id", "slug", "name", "longitude", "latitude", "lines"),
        (
            (
                identity, one.id, slugify(one.name) or slugify(one.id) or "halt", one.name,
                one.longitude, one.latitude, _array(one.lines),
            )
            for one in timetable.stops
        ),
    )  # fmt: skip
    _copy(
        conn,
        "timetable_line",
        ("timetable_id", "line_id", "name", "long_name", "mode", "path"),
        (
            (identity, one.id, one.name, one.long_name, str(one.mode), json.dumps(one.path))
            for one in timetable.lines
        ),
    )
    _copy(
        conn,
        "timetable_service",
        ("timetable_id", "service_id", "days"),
        (
            (identity, name, _array(day.isoformat() for day in sorted(days)))
            for name, days in timetable.services.items()
        ),
    )
    _copy(
        conn,
        "timetable_call",
        (
            "timetable_id", "stop_id", "trip_id", "sequence", "seconds", "service_id",
            "line_id", "headsign",
        ),
        (
            (
                identity, one.stop_id, one.trip_id, one.sequence, one.seconds, one.service_id,
                one.line_id, one.headsign,
            )
            for one in timetable.calls
        ),
    )  # fmt: skip


def _copy(
    conn: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Rows as CSV by COPY: an INSERT of a city's departures would take minutes."""
    with io.StringIO() as file:
        csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
        file.seek(0)
        cursor: Any = conn.connection.cursor()
        cursor.copy_expert(
            f"COPY suedwest.{table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)", file
        )


def _array(texts: Iterable[str]) -> str:
    """An array as PostgreSQL reads it."""
    escaped = (each.replace("\\", "\\\\").replace('"', '\\"') for each in texts)
    return "{" + ",".join(f'"{each}"' for each in escaped) + "}"


def timetables(bind: Engine | Connection, municipality: str | None = None) -> list[TimetableRow]:
    """Those of a municipality, or of all; what waits to be believed stands behind."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT id, source_id, municipality, in_force, zone, agency, operator, licence,
                       simulated, first_day, last_day, trips, refused, read_at
                FROM suedwest.timetable
                WHERE CAST(:municipality AS text) IS NULL OR municipality = :municipality
                ORDER BY in_force DESC, agency, id
            """),
            {"municipality": municipality},
        )
        return [TimetableRow(*row) for row in rows]


_STOPS = """
    SELECT t.id, s.slug, min(s.name), avg(s.longitude), avg(s.latitude),
           ARRAY(SELECT DISTINCT unnest(two.lines) FROM suedwest.timetable_stop two
                 WHERE two.timetable_id = t.id AND two.slug = s.slug ORDER BY 1),
           array_agg(s.stop_id ORDER BY s.stop_id)
    FROM suedwest.timetable_stop s
    JOIN suedwest.timetable t ON t.id = s.timetable_id AND t.in_force
    WHERE t.municipality = :municipality AND (CAST(:slug AS text) IS NULL OR s.slug = :slug)
    GROUP BY t.id, s.slug ORDER BY 3, 2
"""


def stops(bind: Engine | Connection, municipality: str, slug: str | None = None) -> list[StopRow]:
    """The stops of a municipality by name; the one with this slug."""
    with connected(bind) as conn:
        rows = conn.execute(text(_STOPS), {"municipality": municipality, "slug": slug})
        return [
            StopRow(id_, slug_, name, longitude, latitude, tuple(lines), tuple(ids))
            for id_, slug_, name, longitude, latitude, lines, ids in rows
        ]


def lines(bind: Engine | Connection, municipality: str) -> list[Line]:
    """The lines of a municipality with their ways, by name."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT line_id, name, long_name, mode, path
                FROM suedwest.timetable_line line
                JOIN suedwest.timetable t ON t.id = line.timetable_id AND t.in_force
                WHERE t.municipality = :municipality ORDER BY length(name), name, line_id
            """),
            {"municipality": municipality},
        )
        return [
            Line(
                id=row.line_id, name=row.name, long_name=row.long_name, mode=Mode(row.mode),
                path=tuple((longitude, latitude) for longitude, latitude in row.path),
            )
            for row in rows
        ]  # fmt: skip


def board(
    bind: Engine | Connection,
    municipality: str,
    slug: str,
    *,
    now: datetime,
    ahead: timedelta = timedelta(hours=2),
    most: int = 40,
) -> Board | None:
    """What leaves a stop from now on; None when there is no such stop.

    A report older than five minutes says nothing of now: then only planned times are told.
    """
    with connected(bind) as conn:
        found = stops(conn, municipality, slug)
        if not found:
            return None
        stop = found[0]
        timetable = next(
            one for one in timetables(conn, municipality) if one.id == stop.timetable_id
        )
        days = service_days(now, ahead, timetable.zone)
        calls = [
            Call(
                stop_id=row[0], trip_id=row[1], sequence=row[2], seconds=row[3],
                service_id=row[4], line_id=row[5], headsign=row[6],
            )
            for row in conn.execute(
                text("""
                    SELECT call.stop_id, trip_id, sequence, seconds, call.service_id, line_id,
                           headsign
                    FROM suedwest.timetable_call call
                    JOIN suedwest.timetable_service service
                      ON service.timetable_id = call.timetable_id
                     AND service.service_id = call.service_id
                     AND service.days && CAST(:days AS date[])
                    WHERE call.timetable_id = :id AND call.stop_id = ANY (:stops)
                """),
                {"id": timetable.id, "stops": list(stop.stop_ids), "days": days},
            )
        ]  # fmt: skip
        services = {
            name: frozenset(running)
            for name, running in conn.execute(
                text("""
                    SELECT service_id, days FROM suedwest.timetable_service
                    WHERE timetable_id = :id AND service_id = ANY (:services)
                """),
                {"id": timetable.id, "services": sorted({call.service_id for call in calls})},
            )
        }
        named = {
            row[0]: Line(id=row[0], name=row[1], long_name=row[2], mode=Mode(row[3]))
            for row in conn.execute(
                text("""
                    SELECT line_id, name, long_name, mode FROM suedwest.timetable_line
                    WHERE timetable_id = :id AND line_id = ANY (:lines)
                """),
                {"id": timetable.id, "lines": sorted({call.line_id for call in calls})},
            )
        }
        reported_at, updates, alerts = report_of_now(conn, timetable.source_id, calls, now)
    leaving = departures(calls, services, updates, now=now, ahead=ahead, zone=timetable.zone)
    concerned = tuple(
        one
        for one in alerts
        if one.holds(now)
        and (
            not (one.lines or one.stops)
            or set(one.lines) & named.keys()
            or set(one.stops) & set(stop.stop_ids)
        )
    )
    return Board(stop, timetable, tuple(leaving[:most]), named, concerned, reported_at)
