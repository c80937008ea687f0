"""The statements that write stations, datastreams and what belongs to them.

Whoever calls these holds the catalogue's lock, so that no two writers meet here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from .definitions import StreamDefinition
from .known import STATION_COLUMNS, STREAM_COLUMNS, KnownStream
from .slug import station_slug

# Any fixed number, the same in every process.
_CATALOGUE_LOCK = 0x5357_0003
_JSON_COLUMNS = ("operator", "licence", "properties")


def lock_catalogue(conn: Connection) -> None:
    """Wait until no other writer changes stations or datastreams; held to the transaction's end."""
    conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CATALOGUE_LOCK})


def insert_stations(
    conn: Connection, stations: Mapping[str, dict[str, Any]], *, source_id: str, now: datetime
) -> Iterator[tuple[str, int]]:
    """Insert stations by key, each with an address of its own; gives `(key, id)`."""
    if not stations:
        return
    taken = set(conn.execute(text("SELECT slug FROM suedwest.station")).scalars())
    statement = text(f"""
        INSERT INTO suedwest.station
            (key, slug, source_id, first_seen_at, last_seen_at, {", ".join(STATION_COLUMNS)})
        VALUES (:key, :slug, :source_id, :now, :now, {", ".join(map(_bound, STATION_COLUMNS))})
        RETURNING id
    """)
    for key, columns in stations.items():
        slug = station_slug(
            columns["kind"], columns["water"], columns["name"], columns["number"], taken
        )
        taken.add(slug)
        values = {"key": key, "slug": slug, "source_id": source_id, "now": now}
        yield key, conn.execute(statement, values | _station_values(columns)).scalar_one()


def update_station(
    conn: Connection, station_id: int, source_id: str, columns: dict[str, Any]
) -> None:
    """Say of a station what the source says now; its address stays."""
    conn.execute(
        text(f"""
            UPDATE suedwest.station
            SET source_id = :source_id,
                {", ".join(f"{column} = {_bound(column)}" for column in STATION_COLUMNS)}
            WHERE id = :id
        """),
        {"id": station_id, "source_id": source_id} | _station_values(columns),
    )


def show_in(conn: Connection, station_id: int, municipalities: Mapping[str, str]) -> None:
    """Show a station in these municipalities (name → relation) and no others."""
    conn.execute(
        text("DELETE FROM suedwest.station_municipality WHERE station_id = :id"),
        {"id": station_id},
    )
    if municipalities:
        conn.execute(
            text("""
                INSERT INTO suedwest.station_municipality (station_id, municipality, relation)
                VALUES (:id, :municipality, :relation)
            """),
            [
                {"id": station_id, "municipality": municipality, "relation": relation}
                for municipality, relation in sorted(municipalities.items())
            ],
        )


def write_stream(
    conn: Connection,
    station_id: int,
    definition: StreamDefinition,
    known: KnownStream | None,
    now: datetime,
) -> None:
    """Insert or update a datastream with its thresholds; another datum is added to the old ones."""
    if known is None:
        stream_id = conn.execute(
            text(f"""
                INSERT INTO suedwest.datastream
                    (station_id, name, day_rule, {", ".join(STREAM_COLUMNS)})
                VALUES (:station_id, :name, :day_rule,
                        {", ".join(f":{column}" for column in STREAM_COLUMNS)})
                RETURNING id
            """),
            {
                "station_id": station_id,
                "name": definition.key[1],
                "day_rule": definition.day_rule,
                **definition.columns,
            },
        ).scalar_one()
    else:
        stream_id = known.id
        if known.definition.columns != definition.columns:
            conn.execute(
                text("""
                    UPDATE suedwest.datastream
                    SET interval_s = :interval_s, visibility = :visibility, remark = :remark
                    WHERE id = :id
                """),
                {
                    "id": stream_id,
                    "interval_s": definition.columns["interval_s"],
                    "visibility": definition.columns["visibility"],
                    "remark": definition.columns["remark"],
                },
            )
    if known is None or known.definition.thresholds != definition.thresholds:
        _replace_thresholds(conn, stream_id, definition)
    if definition.datum and (known is None or known.definition.datum != definition.datum):
        reference, metres, valid_from = definition.datum
        conn.execute(
            text("""
                INSERT INTO suedwest.datum
                    (datastream_id, valid_from, reference, metres, first_seen_at)
                VALUES (:id, :valid_from, :reference, :metres, :now)
            """),
            {
                "id": stream_id,
                "valid_from": valid_from,
                "reference": reference,
                "metres": metres,
                "now": now,
            },
        )


def mark_seen(conn: Connection, station_ids: Sequence[int], now: datetime) -> None:
    """The source lists these stations (again)."""
    if station_ids:
        conn.execute(
            text("""
                UPDATE suedwest.station SET last_seen_at = :now, gone_at = NULL
                WHERE id = ANY (:ids)
            """),
            {"ids": list(station_ids), "now": now},
        )


def mark_gone(conn: Connection, station_ids: Sequence[int], now: datetime) -> None:
    """The source does not list these stations any more; their values stay."""
    if station_ids:
        conn.execute(
            text("UPDATE suedwest.station SET gone_at = :now WHERE id = ANY (:ids)"),
            {"ids": list(station_ids), "now": now},
        )


def tell_reconciler(conn: Connection, reasons: Mapping[int, str]) -> None:
    """Leave a row in the outbox for each station (id → reason) and wake who listens."""
    if not reasons:
        return
    conn.execute(
        text("""
            INSERT INTO suedwest.outbox (station_id, reason, written_at)
            SELECT station_id, reason, clock_timestamp()
            FROM unnest(CAST(:ids AS integer[]), CAST(:reasons AS text[]))
                 AS told (station_id, reason)
            ORDER BY station_id
        """),
        {"ids": list(reasons), "reasons": list(reasons.values())},
    )
    conn.execute(text("SELECT pg_notify('suedwest_outbox', '')"))


def _replace_thresholds(conn: Connection, stream_id: int, definition: StreamDefinition) -> None:
    # Rows of a municipality are its own; a source only replaces what sources said.
    conn.execute(
        text("DELETE FROM suedwest.threshold WHERE datastream_id = :id AND municipality = ''"),
        {"id": stream_id},
    )
    names = ("kind", "code", "level", "direction", "label", "source", "severity")
    if definition.thresholds:
        conn.execute(
            text(f"""
                INSERT INTO suedwest.threshold (datastream_id, {", ".join(names)})
                VALUES (:id, {", ".join(f":{name}" for name in names)})
            """),
            [
                {"id": stream_id, **dict(zip(names, threshold, strict=True))}
                for threshold in definition.thresholds
            ],
        )


def _bound(column: str) -> str:
    return f"CAST(:{column} AS jsonb)" if column in _JSON_COLUMNS else f":{column}"


def _station_values(columns: dict[str, Any]) -> dict[str, Any]:
    return {
        column: json.dumps(value) if column in _JSON_COLUMNS else value
        for column, value in columns.items()
    }
