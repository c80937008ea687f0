"""The one way values get into the store: a batch, in one transaction, with a receipt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from . import quarantine
from .batch import Batch, Receipt
from .catalogue import write_catalogue
from .rollup import recompute_touched
from .sources import Lease, check_lease
from .values import Written, referenced_streams, sort_values, write_values

OBSERVATIONS_CHANNEL = "suedwest_observations"
# A payload of NOTIFY has to stay below 8,000 bytes; an id takes at most 12 of them.
_IDS_PER_NOTICE = 500


def write_batch(engine: Engine, batch: Batch, *, lease: Lease | None, now: datetime) -> Receipt:
    """Write everything a batch says, wholly or not at all.

    A `lease` must still be the valid one when the transaction ends. Channels notified
    on commit: `suedwest_observations` with `{"datastreams": [ids]}` (several notices when there
    are many), and `suedwest_outbox` when stations changed.

    Raises:
        LeaseLost: when another process took the source over.
        UnknownSource: when there is no such source.
    """
    with engine.begin() as conn:
        owner = check_lease(conn, batch.source_id, lease)
        catalogue = write_catalogue(
            conn, batch, referenced_streams(batch.observations), owner=owner, now=now
        )
        values = sort_values(batch.observations, catalogue, now)
        written = Written(0, 0)
        if values.winners:
            written = write_values(conn, values, received_at=batch.received_at, now=now)
            _notify(conn, recompute_touched(conn, now))
        refusals = [*batch.refusals, *values.refusals]
        quarantine.keep(
            conn,
            batch.source_id,
            [*refusals, *catalogue.definitions.notes],
            batch.received_at,
        )
        receipt = Receipt(
            source_id=batch.source_id,
            received=len(batch.observations) + len(batch.refusals),
            stored=written.stored,
            unchanged=values.repeated + len(values.winners) - written.stored - written.corrected,
            corrected=written.corrected + len(values.superseded),
            suppressed=0,
            quarantined=len(refusals),
        )
        _leave_receipt(conn, batch, receipt, now)
        # Last of all locks: a source is also changed by transactions that hold the catalogue's.
        check_lease(conn, batch.source_id, lease, hold=True)
    return receipt


def _leave_receipt(conn: Connection, batch: Batch, receipt: Receipt, now: datetime) -> None:
    conn.execute(
        text("""
            INSERT INTO suedwest.receipt (source_id, received_at, written_at, received, stored,
                unchanged, corrected, suppressed, quarantined)
            VALUES (:source_id, :received_at, :now, :received, :stored, :unchanged, :corrected,
                    :suppressed, :quarantined)
        """),
        {
            "source_id": batch.source_id,
            "received_at": batch.received_at,
            "now": now,
            "received": receipt.received,
            "stored": receipt.stored,
            "unchanged": receipt.unchanged,
            "corrected": receipt.corrected,
            "suppressed": receipt.suppressed,
            "quarantined": receipt.quarantined,
        },
    )


def _notify(conn: Connection, stream_ids: Sequence[int]) -> None:
    for start in range(0, len(stream_ids), _IDS_PER_NOTICE):
        conn.execute(
            text("SELECT pg_notify(:channel, :payload)"),
            {
                "channel": OBSERVATIONS_CHANNEL,
                "payload": json.dumps({"datastreams": stream_ids[start : start + _IDS_PER_NOTICE]}),
            },
        )
