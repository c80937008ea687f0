"""Single parking bays: what is known of each now, and the occupancy of their groups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from ..domain.gated import BAY_KNOWN_FOR, BayGroup, BaySeen
from ..domain.observation import Observation
from ..domain.privacy import group_occupancy

if TYPE_CHECKING:
    from .gate import Passed


def write_bays(
    conn: Connection, groups: Sequence[BayGroup], bays: Sequence[BaySeen], passed: Passed
) -> None:
    """Keep the newest state of each bay, and tell how many of its group are taken.

    Of a bay only the newest state is kept, and only its position in the group's list. A state
    older than the one known is no news.
    """
    newest: dict[str, datetime] = {}
    for one in sorted(bays, key=lambda each: (each.group, each.position, each.time)):
        written = conn.execute(
            text("""
                INSERT INTO suedwest.bay_state AS bay (bay_group, position, occupied, time)
                VALUES (:group, :position, :occupied, :time)
                ON CONFLICT (bay_group, position) DO UPDATE
                SET occupied = excluded.occupied, time = excluded.time
                WHERE bay.time < excluded.time
            """),
            {
                "group": one.group,
                "position": one.position,
                "occupied": one.occupied,
                "time": one.time,
            },
        ).rowcount
        passed.stored += written
        passed.unchanged += 1 - written
        if written:
            newest[one.group] = max(one.time, newest.get(one.group, one.time))
    for group in {one.id: one for one in groups}.values():
        if group.id in newest:
            passed.observations += _occupancy(conn, group, newest[group.id])


def _occupancy(conn: Connection, group: BayGroup, time: datetime) -> list[Observation]:
    rows = conn.execute(
        text("""
            SELECT position, occupied, max(time) OVER () FROM suedwest.bay_state
            WHERE bay_group = :group AND time > :since
        """),
        {"group": group.id, "since": time - BAY_KNOWN_FOR},
    ).all()
    occupied = {str(position): taken for position, taken, _ in rows}
    bays = frozenset(str(position) for position in range(group.size))
    taken = group_occupancy(bays, occupied, group.rule)
    if taken is None:
        return []
    at = max(when for _, _, when in rows)
    return [
        Observation(group.station_key, "occupied", at, float(taken)),
        Observation(group.station_key, "free", at, float(group.size - taken)),
        Observation(group.station_key, "capacity", at, float(group.size)),
    ]
