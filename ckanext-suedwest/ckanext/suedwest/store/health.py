"""Health of devices: their last reports and the messages that never arrived. Not public."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection, Engine, text

from ..domain.device import DeviceReport
from ..domain.frames import missed_frames
from .engine import connected
from .partitions import plausible_window
from .text import identifies

KEPT_FOR = timedelta(days=30)
_LARGEST_COUNTER = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """The newest report of a device, and how many messages came and were missed.

    `received` and `missed` are counted over the reports of the last thirty days, `missed_today`
    over those of the last 24 hours. Volts, per cent, dBm and dB; None where no report says.
    """

    source_id: str
    municipality: str | None
    device: str
    station_slug: str | None
    station_name: str | None
    time: datetime
    frame_counter: int | None
    battery_volts: float | None
    battery_percent: float | None
    rssi_dbm: float | None
    snr_db: float | None
    received: int
    missed: int
    missed_today: int


def write_reports(
    conn: Connection, source_id: str, reports: Iterable[DeviceReport], now: datetime
) -> None:
    """Keep reports, and count the messages missed before each and before its successor.

    Reports may come late and twice; the count only depends on which there are. Those older than
    thirty days are forgotten. Writers of one source queue up, so that none counts past another.
    """
    earliest, latest = max(plausible_window(now)[0], now - KEPT_FOR), plausible_window(now)[1]
    kept = {
        (report.device, report.time): report
        for report in reports
        if identifies(report.device) and earliest <= report.time < latest
    }
    if not kept:
        return
    conn.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"suedwest device reports {source_id}"},
    )
    in_order = [report for _, report in sorted(kept.items())]
    conn.execute(
        text("""
            INSERT INTO suedwest.device_report (source_id, device, time, frame_counter, missed,
                battery_volts, battery_percent, rssi_dbm, snr_db)
            SELECT :source_id, device, time, frame_counter, 0, battery_volts, battery_percent,
                   rssi_dbm, snr_db
            FROM unnest(CAST(:devices AS text[]), CAST(:times AS timestamptz[]),
                        CAST(:counters AS bigint[]), CAST(:volts AS float8[]),
                        CAST(:percents AS float8[]), CAST(:rssi AS float8[]),
                        CAST(:snr AS float8[]))
                 AS report (device, time, frame_counter, battery_volts, battery_percent, rssi_dbm,
                            snr_db)
            ON CONFLICT (source_id, device, time) DO UPDATE
            SET frame_counter = excluded.frame_counter, battery_volts = excluded.battery_volts,
                battery_percent = excluded.battery_percent, rssi_dbm = excluded.rssi_dbm,
                snr_db = excluded.snr_db
        """),
        {
            "source_id": source_id,
            "devices": [report.device for report in in_order],
            "times": [report.time for report in in_order],
            "counters": [_counter(report.frame_counter) for report in in_order],
            "volts": [report.battery_volts for report in in_order],
            "percents": [report.battery_percent for report in in_order],
            "rssi": [report.rssi_dbm for report in in_order],
            "snr": [report.snr_db for report in in_order],
        },
    )
    spans: dict[str, tuple[datetime, datetime]] = {}
    for report in in_order:
        first, _ = spans.setdefault(report.device, (report.time, report.time))
        spans[report.device] = first, report.time
    conn.execute(
        text("""
            DELETE FROM suedwest.device_report
            WHERE source_id = :source_id AND device = ANY (:devices) AND time < :before
        """),
        {"source_id": source_id, "devices": list(spans), "before": now - KEPT_FOR},
    )
    _count_missed(conn, source_id, spans)


def device_health(
    bind: Engine | Connection, *, now: datetime, municipality: str | None = None
) -> list[DeviceHealth]:
    """Every device that reported in the last thirty days, by source and device.

    Of the sources of one municipality when it is given. For its staff only.
    """
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT DISTINCT ON (report.source_id, report.device)
                       report.source_id, source.municipality, report.device, station.slug,
                       station.name, report.time, report.frame_counter, report.battery_volts,
                       report.battery_percent, report.rssi_dbm, report.snr_db,
                       counted.received, counted.missed, counted.missed_today
                FROM suedwest.device_report report
                JOIN suedwest.source ON source.id = report.source_id
                LEFT JOIN suedwest.station ON station.key = report.device
                JOIN (
                    SELECT source_id, device, count(*) AS received, sum(missed)::bigint AS missed,
                           coalesce(sum(missed) FILTER (WHERE time > :today), 0)::bigint
                               AS missed_today
                    FROM suedwest.device_report WHERE time > :since GROUP BY source_id, device
                ) counted ON counted.source_id = report.source_id
                         AND counted.device = report.device
                WHERE CAST(:municipality AS text) IS NULL OR source.municipality = :municipality
                ORDER BY report.source_id, report.device, report.time DESC
            """),
            {
                "municipality": municipality,
                "today": now - timedelta(hours=24),
                "since": now - KEPT_FOR,
            },
        )
        return [DeviceHealth(*row) for row in rows]


def device_reports(
    bind: Engine | Connection, source_id: str, device: str, *, start: datetime
) -> list[DeviceReport]:
    """The reports of a device from `start` on, by time."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT device, time, frame_counter, battery_volts, battery_percent, rssi_dbm,
                       snr_db
                FROM suedwest.device_report
                WHERE source_id = :source_id AND device = :device AND time >= :start
                ORDER BY time
            """),
            {"source_id": source_id, "device": device, "start": start},
        )
        return [DeviceReport(*row) for row in rows]


def _count_missed(
    conn: Connection, source_id: str, spans: Mapping[str, tuple[datetime, datetime]]
) -> None:
    """Count anew for each device from the report before its span to the one after it.

    Reports without a counter are passed over.
    """
    rows = conn.execute(
        text("""
            SELECT device, report.time, frame_counter, missed
            FROM unnest(CAST(:devices AS text[]), CAST(:firsts AS timestamptz[]),
                        CAST(:lasts AS timestamptz[])) AS span (device, first, last)
            JOIN suedwest.device_report report USING (device)
            WHERE source_id = :source_id AND frame_counter IS NOT NULL
              AND report.time >= coalesce(
                  (SELECT max(time) FROM suedwest.device_report earlier
                   WHERE earlier.source_id = :source_id AND earlier.device = span.device
                     AND earlier.time < span.first AND earlier.frame_counter IS NOT NULL),
                  span.first)
              AND report.time <= coalesce(
                  (SELECT min(time) FROM suedwest.device_report later
                   WHERE later.source_id = :source_id AND later.device = span.device
                     AND later.time > span.last AND later.frame_counter IS NOT NULL),
                  span.last)
            ORDER BY device, report.time
        """),
        {
            "source_id": source_id,
            "devices": list(spans),
            "firsts": [first for first, _ in spans.values()],
            "lasts": [last for _, last in spans.values()],
        },
    ).all()
    changed = [
        (later.device, later.time, missed)
        for earlier, later in pairwise(rows)
        if earlier.device == later.device
        and (missed := missed_frames(earlier.frame_counter, later.frame_counter)) != later.missed
    ]
    if changed:
        devices, times, missed = (list(column) for column in zip(*changed, strict=True))
        conn.execute(
            text("""
                UPDATE suedwest.device_report report SET missed = due.missed
                FROM unnest(CAST(:devices AS text[]), CAST(:times AS timestamptz[]),
                            CAST(:missed AS bigint[])) AS due (device, time, missed)
                WHERE report.source_id = :source_id AND report.device = due.device
                  AND report.time = due.time
            """),
            {"source_id": source_id, "devices": devices, "times": times, "missed": missed},
        )


def _counter(counter: int | None) -> int | None:
    """A counter as LoRaWAN can have it; anything else counts nothing."""
    return counter if counter is not None and 0 <= counter <= _LARGEST_COUNTER else None
