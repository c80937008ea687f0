"""A municipality's own action levels: it writes its own and never another's, nor official ones."""

from __future__ import annotations

import math

from sqlalchemy import Connection, text

from ..domain.errors import SuedwestError
from ..domain.threshold import Threshold, ThresholdKind
from .text import NAME_LENGTH, REMARK_LENGTH, clean, identifies


class ThresholdRefused(SuedwestError):
    """A threshold that cannot be written; the message says why."""


def put_threshold(
    conn: Connection, datastream_id: int, municipality: str, threshold: Threshold
) -> None:
    """Insert an action level, or replace the municipality's own of the same code.

    Raises:
        ThresholdRefused: one that is not a municipality's, has no usable code, label or level,
            or a datastream the municipality does not show.
    """
    if threshold.kind is not ThresholdKind.MUNICIPAL or not municipality:
        raise ThresholdRefused("only a municipality's own action levels can be written")
    if not math.isfinite(threshold.level):
        raise ThresholdRefused("the level is not a finite number")
    if not identifies(threshold.code) or not threshold.label.strip():
        raise ThresholdRefused("an action level needs a code and a label")
    written = conn.execute(
        text("""
            INSERT INTO suedwest.threshold (datastream_id, kind, code, municipality, level,
                direction, label, source, severity)
            SELECT stream.id, :kind, :code, :municipality, :level, :direction, :label, :source,
                   CAST(:severity AS integer)
            FROM suedwest.datastream stream
            JOIN suedwest.station_municipality shown ON shown.station_id = stream.station_id
            WHERE stream.id = :id AND shown.municipality = :municipality
            ON CONFLICT (datastream_id, kind, code, municipality) DO UPDATE
            SET level = excluded.level, direction = excluded.direction, label = excluded.label,
                source = excluded.source, severity = excluded.severity
        """),
        {
            "id": datastream_id,
            "kind": str(threshold.kind),
            "code": threshold.code,
            "municipality": municipality,
            "level": threshold.level,
            "direction": str(threshold.direction),
            "label": clean(threshold.label.strip(), NAME_LENGTH),
            "source": clean(threshold.source, REMARK_LENGTH),
            "severity": threshold.severity,
        },
    )
    if written.rowcount == 0:
        raise ThresholdRefused(f"{municipality} does not show the datastream {datastream_id}")


def delete_threshold(conn: Connection, datastream_id: int, municipality: str, code: str) -> None:
    """Delete an action level of a municipality.

    Raises:
        ThresholdRefused: when the municipality has none of this code there.
    """
    deleted = conn.execute(
        text("""
            DELETE FROM suedwest.threshold
            WHERE datastream_id = :id AND kind = :kind AND code = :code
              AND municipality = :municipality AND municipality <> ''
        """),
        {
            "id": datastream_id,
            "kind": str(ThresholdKind.MUNICIPAL),
            "code": code,
            "municipality": municipality,
        },
    )
    if deleted.rowcount == 0:
        raise ThresholdRefused(f"{municipality} has no action level {code!r} there")
