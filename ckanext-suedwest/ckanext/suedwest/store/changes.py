"""What staff change in stored values: locked, judged again, rolled up and told like a batch."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from ..domain.errors import SuedwestError
from .flags import Span, reflag
from .rollup import recompute_touched
from .values import prepare

OBSERVATIONS_CHANNEL = "suedwest_observations"
# A payload of NOTIFY has to stay below 8,000 bytes; an id takes at most 12 of them.
_IDS_PER_NOTICE = 500


class UnknownDatastream(SuedwestError):
    """No datastream has this id."""


def begin_change(conn: Connection, datastream_ids: Collection[int]) -> None:
    """Lock datastreams, and the levels made of them, and start to note what changes.

    Raises:
        UnknownDatastream: when one of them does not exist.
    """
    wanted = sorted(set(datastream_ids))
    found = set(
        conn.execute(
            text("""
                SELECT id FROM suedwest.datastream
                WHERE id = ANY (:ids)
                   OR id IN (SELECT level_id FROM suedwest.derivation WHERE raw_id = ANY (:ids))
                ORDER BY id FOR NO KEY UPDATE
            """),
            {"ids": wanted},
        ).scalars()
    )
    for id_ in wanted:
        if id_ not in found:
            raise UnknownDatastream(f"there is no datastream {id_}")
    prepare(conn)


def settle(conn: Connection, now: datetime, spans: Iterable[Span] = ()) -> None:
    """Flags, hours, days and state of all that was touched or lies in `spans`; tells listeners."""
    reflag(conn, spans)
    notify(conn, recompute_touched(conn, now))


def whole(conn: Connection, datastream_id: int) -> list[Span]:
    """The span of all values of a datastream; none when it has no value."""
    first, last = conn.execute(
        text("""
            SELECT first_time, latest_time
            FROM (VALUES (CAST(:id AS integer))) asked (id)
            LEFT JOIN suedwest.datastream_state ON datastream_id = asked.id
        """),
        {"id": datastream_id},
    ).one()
    return [] if first is None else [(datastream_id, first, last)]


def notify(conn: Connection, stream_ids: Sequence[int]) -> None:
    """Tell listeners on commit which datastreams changed."""
    for start in range(0, len(stream_ids), _IDS_PER_NOTICE):
        conn.execute(
            text("SELECT pg_notify(:channel, :payload)"),
            {
                "channel": OBSERVATIONS_CHANNEL,
                "payload": json.dumps({"datastreams": stream_ids[start : start + _IDS_PER_NOTICE]}),
            },
        )
