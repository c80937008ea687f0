"""Limits of the quality tests where a gauge needs others than those of its kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from ..domain.quality_tests import Limits, LimitsRefused, default_limits
from .changes import UnknownDatastream, begin_change, settle, whole
from .engine import connected


def limits_of(
    bind: Engine | Connection, datastream_id: int
) -> tuple[Limits | None, dict[str, float | None]]:
    """The default limits of a datastream, None when nothing of it is tested, and its overrides.

    Raises:
        UnknownDatastream: when there is no such datastream.
    """
    with connected(bind) as conn:
        row = conn.execute(
            text("""
                SELECT stream.observed_property, make_interval(secs => stream.interval_s),
                       station.name, station.water, quality_limit.overrides
                FROM suedwest.datastream stream
                JOIN suedwest.station ON station.id = stream.station_id
                LEFT JOIN suedwest.quality_limit ON quality_limit.datastream_id = stream.id
                WHERE stream.id = :id
            """),
            {"id": datastream_id},
        ).one_or_none()
    if row is None:
        raise UnknownDatastream(f"there is no datastream {datastream_id}")
    observed_property, interval, name, water, overrides = row
    return default_limits(observed_property, interval, station=name, water=water), overrides or {}


def set_limits(
    engine: Engine, datastream_id: int, overrides: Mapping[str, float | None], *, now: datetime
) -> None:
    """Replace the overrides of a datastream (none: its defaults) and judge all its values again.

    Raises:
        LimitsRefused: limits that cannot be, or a datastream that is not tested.
        UnknownDatastream: when there is no such datastream.
    """
    with engine.begin() as conn:
        begin_change(conn, [datastream_id])
        defaults, _ = limits_of(conn, datastream_id)
        if defaults is None:
            raise LimitsRefused(
                "values of this kind are not tested, but the level made of them", "untested"
            )
        defaults.with_overrides(overrides)
        if overrides:
            conn.execute(
                text("""
                    INSERT INTO suedwest.quality_limit (datastream_id, overrides)
                    VALUES (:id, CAST(:overrides AS jsonb))
                    ON CONFLICT (datastream_id) DO UPDATE SET overrides = excluded.overrides
                """),
                {"id": datastream_id, "overrides": json.dumps(dict(overrides))},
            )
        else:
            conn.execute(
                text("DELETE FROM suedwest.quality_limit WHERE datastream_id = :id"),
                {"id": datastream_id},
            )
        settle(conn, now, whole(conn, datastream_id))
