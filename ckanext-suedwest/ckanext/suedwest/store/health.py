"""Health of devices: their last reports and the messages that never arrived. Not public."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

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
    conn.execute(
        text("""
            INSERT INTO suedwest.device_report (source_id, device, time, frame_counter, missed,
                battery_volts, battery_percent, rssi_dbm, snr_db)
            VALUES (:source_id, :device, :time, :frame_counter, 0, :battery_volts,
                    :battery_percent, :rssi_dbm, :snr_db)
            ON CONFLICT (source_id, device, time) DO UPDATE
            SET frame_counter = excluded.frame_counter, battery_volts = excluded.battery_volts,
                battery_percent = excluded.battery_percent, rssi_dbm = excluded.rssi_dbm,
                snr_db = excluded.snr_db
        """),
        [
            {
                "source_id": source_id,
                "device": report.device,
                "time": report.time,
                "frame_counter": _counter(report.frame_counter),
                "battery_volts": report.battery_volts,
                "battery_percent": report.battery_percent,
                "rssi_dbm": report.rssi_dbm,
                "snr_db": report.snr_db,
            }
            for _, report in sorted(kept.items())
        ],
    )
    devices = sorted({device for device, _ in kept})
    conn.execute(
        text("""
            DELETE FROM suedwest.device_report
            WHERE source_id = :source_id AND device = ANY (:devices) AND time < :before
        """),
        {"source_id": source_id, "devices": devices, "before": now - KEPT_FOR},
    )
    for device in devices:
        _count_missed(conn, source_id, device, min(time for name, time in kept if name == device))


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
                    SELECT source_id, device, count(*) AS received, sum(missed) AS missed,
                           coalesce(sum(missed) FILTER (WHERE time > :today), 0) AS missed_today
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


def _count_missed(conn: Connection, source_id: str, device: str, first: datetime) -> None:
    """Count anew from the report before `first` on; reports without a counter are passed over."""
    rows = conn.execute(
        text("""
            SELECT time, frame_counter, missed FROM suedwest.device_report
            WHERE source_id = :source_id AND device = :device AND frame_counter IS NOT NULL
              AND time >= coalesce(
                  (SELECT max(time) FROM suedwest.device_report
                   WHERE source_id = :source_id AND device = :device AND time < :first
                     AND frame_counter IS NOT NULL), :first)
            ORDER BY time
        """),
        {"source_id": source_id, "device": device, "first": first},
    ).all()
    changed = [
        {"source_id": source_id, "device": device, "time": later.time, "missed": missed}
        for earlier, later in zip(rows, rows[1:], strict=False)
        if (missed := missed_frames(earlier.frame_counter, later.frame_counter)) != later.missed
    ]
    if changed:
        conn.execute(
            text("""
                UPDATE suedwest.device_report SET missed = :missed
                WHERE source_id = :source_id AND device = :device AND time = :time
            """),
            changed,
        )


def _counter(counter: int | None) -> int | None:
    """A counter as LoRaWAN can have it; anything else counts nothing."""
    return counter if counter is not None and 0 <= counter <= _LARGEST_COUNTER else None
