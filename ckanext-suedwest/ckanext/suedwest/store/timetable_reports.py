"""What is reported of the trips of a timetable: the newest report of each source, in UTC."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from ..domain.timetable import REALTIME_LASTS, Alert, Call, StopUpdate, TripUpdate


def write_report(
    conn: Connection,
    source_id: str,
    timetable: str,
    made_at: datetime,
    updates: Sequence[TripUpdate],
    alerts: Sequence[Alert],
) -> None:
    """Replace what is reported of the trips of a timetable (the id of its source)."""
    conn.execute(
        text("""
            INSERT INTO suedwest.timetable_report (source_id, timetable, made_at, updates, alerts)
            VALUES (:id, :timetable, :made_at, CAST(:updates AS jsonb), CAST(:alerts AS jsonb))
            ON CONFLICT (source_id) DO UPDATE
            SET timetable = excluded.timetable, made_at = excluded.made_at,
                updates = excluded.updates, alerts = excluded.alerts
        """),
        {
            "id": source_id,
            "timetable": timetable,
            "made_at": made_at,
            "updates": json.dumps([_update_data(one) for one in updates]),
            "alerts": json.dumps([_alert_data(one) for one in alerts]),
        },
    )


def report_of_now(
    conn: Connection, source_id: str, calls: Sequence[Call], now: datetime
) -> tuple[datetime | None, dict[str, list[TripUpdate]], list[Alert]]:
    """What the reports of now say of these trips, their alerts, and the time of the oldest.

    Delays and alerts are often two feeds. The younger one stands first and holds. Only sources of
    the timetable's own municipality, or of the platform, may speak of it.
    """
    rows = conn.execute(
        text("""
            SELECT made_at, updates, alerts FROM suedwest.timetable_report report
            JOIN suedwest.source reporter ON reporter.id = report.source_id
            JOIN suedwest.source planned ON planned.id = report.timetable
            WHERE report.timetable = :id AND made_at > :since
              AND (reporter.municipality IS NULL OR reporter.municipality = planned.municipality)
            ORDER BY made_at DESC, report.source_id
        """),
        {"id": source_id, "since": now - REALTIME_LASTS},
    ).all()
    trips = {call.trip_id for call in calls}
    updates: dict[str, list[TripUpdate]] = {}
    for data in (data for row in rows for data in row.updates):
        if data["trip"] in trips:
            updates.setdefault(data["trip"], []).append(_update(data))
    alerts = [_alert(data) for row in rows for data in row.alerts]
    return min((row.made_at for row in rows), default=None), updates, alerts


def _update_data(one: TripUpdate) -> dict[str, Any]:
    return {
        "trip": one.trip_id,
        "day": one.day and one.day.isoformat(),
        "cancelled": one.cancelled,
        "sequences": [[key, *_stop_data(said)] for key, said in one.by_sequence.items()],
        "stops": [[key, *_stop_data(said)] for key, said in one.by_stop.items()],
    }


def _stop_data(said: StopUpdate) -> list[Any]:
    return [said.delay, said.time and said.time.isoformat(), said.skipped]


def _update(data: Mapping[str, Any]) -> TripUpdate:
    return TripUpdate(
        trip_id=data["trip"],
        day=date.fromisoformat(data["day"]) if data["day"] else None,
        cancelled=data["cancelled"],
        by_sequence={key: _stop_update(*said) for key, *said in data["sequences"]},
        by_stop={key: _stop_update(*said) for key, *said in data["stops"]},
    )


def _stop_update(delay: int | None, time: str | None, skipped: bool) -> StopUpdate:
    return StopUpdate(delay, datetime.fromisoformat(time) if time else None, skipped)


def _alert_data(one: Alert) -> dict[str, Any]:
    return {
        **asdict(one),
        "start": one.start and one.start.isoformat(),
        "end": one.end and one.end.isoformat(),
    }


def _alert(data: Mapping[str, Any]) -> Alert:
    return Alert(
        header=data["header"],
        description=data["description"],
        start=datetime.fromisoformat(data["start"]) if data["start"] else None,
        end=datetime.fromisoformat(data["end"]) if data["end"] else None,
        lines=tuple(data["lines"]),
        stops=tuple(data["stops"]),
    )
