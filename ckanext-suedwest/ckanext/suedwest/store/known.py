"""What the store has of stations and datastreams, in the form a batch's definitions have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from .definitions import StreamDefinition, StreamKey
from .selection import SelectionRow

STATION_COLUMNS = (
    "kind",
    "name",
    "water",
    "number",
    "longitude",
    "latitude",
    "operator",
    "licence",
    "remark",
    "properties",
)
STREAM_COLUMNS = ("observed_property", "unit", "interval_s", "visibility", "remark")


@dataclass(frozen=True, slots=True)
class KnownStation:
    """A station as the store has it; `columns` as in `Definitions.stations`."""

    id: int
    source_id: str
    source_enabled: bool
    gone: bool
    last_seen_at: datetime
    columns: dict[str, Any]
    municipalities: dict[str, str]


@dataclass(frozen=True, slots=True)
class KnownStream:
    """A datastream as the store has it."""

    id: int
    definition: StreamDefinition


@dataclass(frozen=True, slots=True)
class Known:
    """What the store has of the stations a batch names.

    `selections` are those of the source; `unnamed` the ids of its stations the batch leaves out.
    """

    stations: dict[str, KnownStation]
    streams: dict[StreamKey, KnownStream]
    selections: list[SelectionRow]
    unnamed: list[int]


def read_known(conn: Connection, source_id: str, keys: Collection[str]) -> Known:
    """Everything known of the stations with these keys."""
    parameters = {"source_id": source_id, "keys": sorted(keys)}
    return Known(
        stations=_stations(conn, parameters),
        streams=_streams(conn, parameters),
        selections=read_selections(conn, source_id),
        unnamed=list(
            conn.execute(
                text("""
                    SELECT id FROM suedwest.station
                    WHERE source_id = :source_id AND gone_at IS NULL
                      AND key <> ALL (CAST(:keys AS text[]))
                    ORDER BY id
                """),
                parameters,
            ).scalars()
        ),
    )


def read_selections(conn: Connection, source_id: str) -> list[SelectionRow]:
    """What all municipalities pick from a source, sorted."""
    rows = conn.execute(
        text("""
            SELECT municipality, selects, value, relation FROM suedwest.selection
            WHERE source_id = :source_id ORDER BY municipality, selects, value
        """),
        {"source_id": source_id},
    )
    return [SelectionRow(*row) for row in rows]


def _stations(conn: Connection, parameters: dict[str, Any]) -> dict[str, KnownStation]:
    rows = conn.execute(
        text(f"""
            SELECT station.id, station.key, station.source_id, source.enabled,
                   station.gone_at IS NOT NULL AS gone, station.last_seen_at,
                   {", ".join(f"station.{column}" for column in STATION_COLUMNS)},
                   (SELECT coalesce(jsonb_object_agg(shown.municipality, shown.relation), '{{}}')
                    FROM suedwest.station_municipality shown
                    WHERE shown.station_id = station.id) AS municipalities
            FROM suedwest.station JOIN suedwest.source ON source.id = station.source_id
            WHERE station.key = ANY (CAST(:keys AS text[]))
        """),
        parameters,
    ).mappings()
    return {
        row["key"]: KnownStation(
            id=row["id"],
            source_id=row["source_id"],
            source_enabled=row["enabled"],
            gone=row["gone"],
            last_seen_at=row["last_seen_at"],
            columns={column: row[column] for column in STATION_COLUMNS},
            municipalities=row["municipalities"],
        )
        for row in rows
    }


def _streams(conn: Connection, parameters: dict[str, Any]) -> dict[StreamKey, KnownStream]:
    rows = conn.execute(
        text(f"""
            SELECT stream.id, station.key AS station_key,
                   stream.name AS stream_name, stream.day_rule,
                   {", ".join(f"stream.{column}" for column in STREAM_COLUMNS)},
                   (SELECT jsonb_agg(jsonb_build_array(kind, code, level, direction, label,
                                                       source, severity))
                    FROM suedwest.threshold
                    WHERE datastream_id = stream.id AND municipality = '') AS thresholds,
                   (SELECT jsonb_build_array(reference, metres, valid_from)
                    FROM suedwest.datum WHERE datastream_id = stream.id
                    ORDER BY id DESC LIMIT 1) AS datum
            FROM suedwest.datastream stream
            JOIN suedwest.station ON station.id = stream.station_id
            WHERE station.key = ANY (CAST(:keys AS text[]))
        """),
        parameters,
    ).mappings()
    return {
        (row["station_key"], row["stream_name"]): KnownStream(
            row["id"],
            StreamDefinition(
                key=(row["station_key"], row["stream_name"]),
                columns={column: row[column] for column in STREAM_COLUMNS},
                day_rule=row["day_rule"],
                thresholds=frozenset(map(tuple, row["thresholds"] or ())),
                datum=_datum(row["datum"]),
            ),
        )
        for row in rows
    }


def _datum(stored: list[Any] | None) -> tuple[str, float, date | None] | None:
    if stored is None:
        return None
    reference, metres, valid_from = stored
    return reference, metres, valid_from and date.fromisoformat(valid_from)
