"""How sources do: when they delivered, what came of it, and how old their newest value is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text

from .engine import connected


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source does; the counts are those of its receipts of the last 24 hours.

    `newest_time` is the newest time any of its datastreams has a value for, `lag` its age.
    `next_poll_at` is None before the first poll.
    """

    source_id: str
    type: str
    municipality: str | None
    enabled: bool
    interval: timedelta
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    failures: int
    next_poll_at: datetime | None
    received: int
    stored: int
    unchanged: int
    corrected: int
    suppressed: int
    quarantined: int
    newest_time: datetime | None
    lag: timedelta | None


def ingest_status(engine: Engine, now: datetime) -> list[SourceStatus]:
    """One row for each source, sorted by its id."""
    with engine.connect() as conn:
        rows = conn.execute(
            text("""
                SELECT s.id, s.type, s.municipality, s.enabled,
                       make_interval(secs => s.interval_s), s.last_attempt_at, s.last_success_at,
                       s.last_error, s.failures, nullif(s.next_poll_at, '-infinity'),
                       r.received, r.stored, r.unchanged, r.corrected, r.suppressed,
                       r.quarantined, n.newest_time
                FROM suedwest.source s
                CROSS JOIN LATERAL (
                    SELECT coalesce(sum(received), 0)::bigint AS received,
                           coalesce(sum(stored), 0)::bigint AS stored,
                           coalesce(sum(unchanged), 0)::bigint AS unchanged,
                           coalesce(sum(corrected), 0)::bigint AS corrected,
                           coalesce(sum(suppressed), 0)::bigint AS suppressed,
                           coalesce(sum(quarantined), 0)::bigint AS quarantined
                    FROM suedwest.receipt
                    WHERE source_id = s.id AND written_at > :since
                ) r
                CROSS JOIN LATERAL (
                    SELECT max(state.latest_time) AS newest_time
                    FROM suedwest.station
                    JOIN suedwest.datastream ON datastream.station_id = station.id
                    JOIN suedwest.datastream_state state ON state.datastream_id = datastream.id
                    WHERE station.source_id = s.id
                ) n
                WHERE s.deleted_at IS NULL
                ORDER BY s.id
            """),
            {"since": now - timedelta(hours=24)},
        ).all()
    return [
        SourceStatus(*row, lag=None if row.newest_time is None else now - row.newest_time)
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """A datastream and its newest value, public or not, with the source that brings it.

    `shown_by` are the municipalities that show its station, sorted. `gone`: the source does not
    list the station any more. `worked_on`: staff say so, by the database's clock.
    """

    source_id: str
    station_key: str
    station_slug: str
    station_name: str
    kind: str
    water: str | None
    name: str
    observed_property: str
    interval: timedelta | None
    latest_time: datetime | None
    latest_quality: int | None
    gone: bool
    worked_on: bool
    shown_by: tuple[str, ...]


def stream_statuses(bind: Engine | Connection) -> list[StreamStatus]:
    """Every datastream of every source, by source, water and name of its station."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT station.source_id, station.key, station.slug, station.name, station.kind,
                       station.water, stream.name, stream.observed_property,
                       make_interval(secs => stream.interval_s), state.latest_time,
                       state.latest_quality, station.gone_at IS NOT NULL,
                       coalesce(said.says = 'maintenance', false),
                       ARRAY(SELECT shown.municipality FROM suedwest.station_municipality shown
                             WHERE shown.station_id = station.id ORDER BY 1)
                FROM suedwest.datastream stream
                JOIN suedwest.station ON station.id = stream.station_id
                LEFT JOIN suedwest.datastream_state state ON state.datastream_id = stream.id
                LEFT JOIN (
                    SELECT DISTINCT ON (datastream_id) datastream_id, says
                    FROM suedwest.public_mark
                    WHERE start <= now() AND coalesce(until, 'infinity') > now()
                    ORDER BY datastream_id, id DESC
                ) said ON said.datastream_id = stream.id
                ORDER BY station.source_id, station.water, station.name, station.id, stream.id
            """)
        )
        return [StreamStatus(*row[:-1], shown_by=tuple(row[-1])) for row in rows]
