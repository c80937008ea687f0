"""Hours, days and the newest value, recomputed where a batch touched them.

Good values and doubted ones are kept apart, so that a true peak that looked implausible does not
vanish. A mean is that of the values, not weighted by time. Hours are those of UTC; a day follows
the rule of its datastream, and begins with a full hour under either rule.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from ..domain.quality import Quality

GOOD = tuple(int(quality) for quality in Quality if quality.good)

_MEASURES = (
    "good_count",
    "good_min",
    "good_mean",
    "good_max",
    "doubted_count",
    "doubted_min",
    "doubted_max",
)


def _replace(*keys: str) -> str:
    return f"""
        ON CONFLICT ({", ".join(keys)}) DO UPDATE
        SET {", ".join(f"{name} = excluded.{name}" for name in _MEASURES)}
    """


# LATERAL makes each hour a range of the primary key, whatever the planner believes of the
# temporary table; sorted, because all writers shall take locks in one order.
_HOURS = f"""
    INSERT INTO suedwest.observation_hour (datastream_id, start, {", ".join(_MEASURES)})
    SELECT hour.datastream_id, hour.start, {", ".join(f"found.{name}" for name in _MEASURES)}
    FROM (
        SELECT DISTINCT datastream_id,
               date_bin('1 hour', phenomenon_time, '2000-01-01 00:00+00') AS start
        FROM touched
    ) hour
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE good) AS good_count,
               min(result) FILTER (WHERE good) AS good_min,
               avg(result) FILTER (WHERE good) AS good_mean,
               max(result) FILTER (WHERE good) AS good_max,
               count(*) FILTER (WHERE NOT good) AS doubted_count,
               min(result) FILTER (WHERE NOT good) AS doubted_min,
               max(result) FILTER (WHERE NOT good) AS doubted_max
        FROM (
            SELECT result, quality IN {GOOD} AS good FROM suedwest.observation
            WHERE datastream_id = hour.datastream_id AND phenomenon_time >= hour.start
              AND phenomenon_time < hour.start + interval '1 hour'
              AND phenomenon_time >= :first AND phenomenon_time < :after
        ) observed
    ) found
    ORDER BY hour.datastream_id, hour.start
    {_replace("datastream_id", "start")}
"""

_DAYS = f"""
    INSERT INTO suedwest.observation_day (datastream_id, day, {", ".join(_MEASURES)})
    SELECT touched_day.datastream_id, touched_day.day,
           {", ".join(f"found.{name}" for name in _MEASURES)}
    FROM (
        SELECT DISTINCT touched.datastream_id, zone.name AS zone,
               (touched.phenomenon_time AT TIME ZONE zone.name)::date AS day
        FROM touched
        JOIN suedwest.datastream ON datastream.id = touched.datastream_id
        -- The sign of Etc/GMT is that of POSIX: this one is an hour ahead of UTC.
        JOIN (VALUES ('mez', 'Etc/GMT-1'), ('civil', 'Europe/Berlin')) zone (rule, name)
             ON zone.rule = datastream.day_rule
    ) touched_day
    CROSS JOIN LATERAL (
        SELECT sum(good_count) AS good_count,
               min(good_min) AS good_min,
               sum(good_mean * good_count) / nullif(sum(good_count), 0) AS good_mean,
               max(good_max) AS good_max,
               sum(doubted_count) AS doubted_count,
               min(doubted_min) AS doubted_min,
               max(doubted_max) AS doubted_max
        FROM suedwest.observation_hour
        WHERE datastream_id = touched_day.datastream_id
          AND start >= touched_day.day::timestamp AT TIME ZONE touched_day.zone
          AND start < (touched_day.day + 1)::timestamp AT TIME ZONE touched_day.zone
    ) found
    ORDER BY touched_day.datastream_id, touched_day.day
    {_replace("datastream_id", "day")}
"""

_STATE = f"""
    INSERT INTO suedwest.datastream_state AS state
        (datastream_id, latest_time, latest_result, latest_quality, good_time, good_result,
         first_time, total, changed_at)
    SELECT counted.datastream_id, latest.phenomenon_time, latest.result, latest.quality,
           good.phenomenon_time, good.result, counted.first_time, counted.new_values, :now
    FROM (
        SELECT datastream_id, min(phenomenon_time) AS first_time,
               count(*) FILTER (WHERE is_new) AS new_values
        FROM touched GROUP BY datastream_id
    ) counted
    CROSS JOIN LATERAL (
        SELECT phenomenon_time, result, quality FROM suedwest.observation
        WHERE datastream_id = counted.datastream_id
        ORDER BY phenomenon_time DESC LIMIT 1
    ) latest
    LEFT JOIN LATERAL (
        SELECT phenomenon_time, result FROM suedwest.observation
        WHERE datastream_id = counted.datastream_id AND quality IN {GOOD}
        ORDER BY phenomenon_time DESC LIMIT 1
    ) good ON true
    ORDER BY counted.datastream_id
    ON CONFLICT (datastream_id) DO UPDATE
    SET latest_time = excluded.latest_time, latest_result = excluded.latest_result,
        latest_quality = excluded.latest_quality, good_time = excluded.good_time,
        good_result = excluded.good_result,
        first_time = least(state.first_time, excluded.first_time),
        total = state.total + excluded.total, changed_at = excluded.changed_at
"""


def recompute_touched(conn: Connection, now: datetime) -> list[int]:
    """Bring hours, days and state up to date with the temporary table `touched`.

    Gives the ids of the datastreams that changed, sorted. The caller holds their locks, which
    makes `total` exact.
    """
    # Statements are sent together where they can be: a small batch is mostly going to and fro.
    ids, first, after = conn.execute(
        text("""
            ANALYZE touched;
            SELECT coalesce(array_agg(DISTINCT datastream_id), '{}'),
                   date_trunc('hour', min(phenomenon_time), 'UTC'),
                   date_trunc('hour', max(phenomenon_time), 'UTC') + interval '1 hour'
            FROM touched
        """)
    ).one()
    if ids:
        conn.execute(
            text(f"{_HOURS}; {_DAYS}; {_STATE}"), {"first": first, "after": after, "now": now}
        )
    return sorted(ids)
