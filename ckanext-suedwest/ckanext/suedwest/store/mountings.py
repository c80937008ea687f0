"""What staff say of how the sensors of a station are mounted; levels follow in `levels`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from ..domain.errors import Refusal
from ..domain.mounting import Derivation, Measured, Mounting, MountingRefused
from ..domain.station import Visibility
from ..domain.units import WATER_LEVEL
from . import catalogue_rows
from .changes import UnknownDatastream, begin_change, settle
from .definitions import StreamDefinition
from .engine import connected
from .levels import known_mountings, write_levels

LEVEL = "W"
"""Name of the datastream that a level gets when staff are the first to say how it is mounted."""


@dataclass(frozen=True, slots=True)
class MountedSensor:
    """A datastream of a sensor, and the level made of it, None as long as none is.

    `mountings` are by their start; `edited`: staff have the say over them, not the source.
    """

    raw_id: int
    raw_name: str
    measured: Measured
    level_id: int | None
    mountings: tuple[Mounting, ...]
    edited: bool


def mounted_sensors(bind: Engine | Connection, station_id: int) -> list[MountedSensor]:
    """The sensors of a station of which a level is made, or could be."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT stream.id, stream.name, stream.observed_property, derivation.level_id,
                       coalesce(derivation.edited, false)
                FROM suedwest.datastream stream
                LEFT JOIN suedwest.derivation ON derivation.raw_id = stream.id
                WHERE stream.station_id = :id
                  AND stream.observed_property = ANY (CAST(:measured AS text[]))
                ORDER BY stream.id, derivation.level_id
            """),
            {"id": station_id, "measured": list(Measured)},
        ).all()
        known = known_mountings(conn, [row.level_id for row in rows if row.level_id])
    return [
        MountedSensor(raw_id, name, Measured(measured), level_id, known.get(level_id, ()), edited)
        for raw_id, name, measured, level_id, edited in rows
    ]


def mountings_of(bind: Engine | Connection, level_id: int) -> tuple[Mounting, ...]:
    """The mountings of a level by their start; empty for one that is not reckoned."""
    with connected(bind) as conn:
        return known_mountings(conn, [level_id]).get(level_id, ())


def set_mountings(
    engine: Engine, *, level_id: int, raw_id: int, mountings: Sequence[Mounting], now: datetime
) -> list[Refusal]:
    """Say how the sensor behind a level is and was mounted; recomputes what that changes.

    From then on staff have the say: what is registered with the source does not replace it.
    Gives a note when raw values have no mounting. Levels of a span that has no mounting any more
    stay, with the flag FAIL and the finding NOT_MOUNTED.

    Raises:
        MountingRefused: when two mountings overlap.
        UnknownDatastream: when there is no such datastream.
    """
    Derivation("", "raw", "level", tuple(mountings))
    with engine.begin() as conn:
        begin_change(conn, [level_id, raw_id])
        return _mount(conn, level_id, raw_id, mountings, now)


def start_level(
    engine: Engine,
    raw_id: int,
    mountings: Sequence[Mounting],
    visibility: Visibility,
    *,
    now: datetime,
) -> int:
    """Make the level of a sensor that had none, with all its values. Gives the level's id.

    Raises:
        MountingRefused: when two mountings overlap, the datastream measures neither a distance
            nor a depth, or its station has a level that is not made of it.
        UnknownDatastream: when there is no such datastream.
    """
    Derivation("", "raw", "level", tuple(mountings))
    with engine.begin() as conn:
        catalogue_rows.lock_catalogue(conn)
        raw = conn.execute(
            text("""
                SELECT stream.station_id, stream.observed_property, stream.interval_s,
                       stream.day_rule, station.key
                FROM suedwest.datastream stream
                JOIN suedwest.station ON station.id = stream.station_id
                WHERE stream.id = :id
            """),
            {"id": raw_id},
        ).one_or_none()
        if raw is None:
            raise UnknownDatastream(f"there is no datastream {raw_id}")
        if raw.observed_property not in list(Measured):
            raise MountingRefused(f"no level can be made of a {raw.observed_property}")
        taken = conn.execute(
            text("SELECT 1 FROM suedwest.datastream WHERE station_id = :id AND name = :name"),
            {"id": raw.station_id, "name": LEVEL},
        ).first()
        if taken:
            raise MountingRefused("the station has a level already that is not made of this sensor")
        columns = {
            "observed_property": WATER_LEVEL.name,
            "unit": WATER_LEVEL.unit,
            "interval_s": raw.interval_s,
            "visibility": str(visibility),
            "remark": None,
        }
        definition = StreamDefinition(
            (raw.key, LEVEL), columns, raw.day_rule, thresholds=frozenset(), datum=None
        )
        catalogue_rows.write_stream(conn, raw.station_id, definition, None, now)
        level_id = conn.execute(
            text("SELECT id FROM suedwest.datastream WHERE station_id = :id AND name = :name"),
            {"id": raw.station_id, "name": LEVEL},
        ).scalar_one()
        begin_change(conn, [level_id, raw_id])
        _mount(conn, level_id, raw_id, mountings, now)
    return level_id


def _mount(
    conn: Connection, level_id: int, raw_id: int, mountings: Sequence[Mounting], now: datetime
) -> list[Refusal]:
    notes = write_levels(
        conn,
        {level_id: (raw_id, mountings)},
        touched=(),
        received_at=now,
        now=now,
        by_staff=True,
    )
    settle(conn, now)
    return notes
