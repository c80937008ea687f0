"""Actions and pages of accounting for the matrix of rights, and the records they speak of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from ckanext.suedwest.domain.device import DeviceReport
from ckanext.suedwest.domain.errors import Refusal
from ckanext.suedwest.domain.message import Message
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.quarantine import quarantined
from ckanext.suedwest.store.writer import write_batch

TIME = datetime(2026, 11, 1, tzinfo=UTC)
_TOWN = {"municipality": "{municipality}"}
_RECORD = {"ids": "{record}"}

ACCOUNTING_ACTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("suedwest_ingest_status", _TOWN),
    ("suedwest_quarantine_list", _TOWN),
    ("suedwest_quarantine_show", {"id": "{record}"}),
    ("suedwest_quarantine_replay", _RECORD),
)
ACCOUNTING_PAGES: tuple[tuple[Any, ...], ...] = (
    ("overview", "/verwaltung/{municipality}"),
    ("quarantine", "/verwaltung/{municipality}/quarantaene"),
    ("quarantined", "/verwaltung/{municipality}/quarantaene/{record}"),
    ("replay", "/verwaltung/{municipality}/quarantaene/erneut", "POST", _RECORD),
)


def refuse_record(engine: Engine, source_id: str) -> dict[str, int]:
    """A record of the source waits in the quarantine with its message."""
    message = Message("gauge/up", b"<script>alert(1)</script>", TIME)
    refusal = Refusal("own:9", "the device is not registered", "<script>alert(1)</script>", message)
    report = DeviceReport("own:1", TIME, frame_counter=7, battery_volts=3.6, battery_percent=12.0)
    batch = Batch(source_id, TIME, refusals=[refusal], device_reports=[report])
    write_batch(engine, batch, lease=None, now=TIME)
    return {"record": quarantined(engine, source_id=source_id)[0].id}
