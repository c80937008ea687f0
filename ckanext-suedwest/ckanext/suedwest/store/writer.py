"""The one way values get into the store: a batch, in one transaction, with a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from ..domain.errors import Refusal
from ..domain.mounting import Measured, Mounting
from ..domain.units import WATER_LEVEL
from . import quarantine
from .batch import Batch, Receipt
from .catalogue import Catalogue, write_catalogue
from .changes import settle, whole
from .comparison import refuse_differing
from .events import WrittenEvents, write_events
from .gate import Passed, pass_gate
from .health import write_reports
from .leases import Lease, check_lease
from .levels import write_levels
from .values import Written, prepare, referenced_streams, sort_values, write_values

SHRUNK = (
    "it suddenly lacks nearly all its events; they are kept as they were until it has said so "
    "for a day"
)


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
        gate = Passed(observations=list(batch.observations))
        if batch.gated is not None:
            # Before all other locks, so that a counter's bins have one writer at a time.
            gate = pass_gate(conn, batch.source_id, batch.gated, batch.observations, now)
            batch = replace(batch, observations=gate.observations)
        streams = referenced_streams(batch.observations)
        for derivation in batch.derivations:
            streams |= {
                (derivation.station_key, derivation.raw),
                (derivation.station_key, derivation.level),
            }
        catalogue = write_catalogue(conn, batch, streams, owner=owner, now=now)
        values = sort_values(batch.observations, catalogue, now)
        written = Written(0, 0)
        notes = [*catalogue.definitions.notes, *gate.notes]
        derivations = _derivations(conn, batch, catalogue, notes)
        if values.winners or derivations or catalogue.relimited:
            prepare(conn)
            if values.winners and not batch.replaces:
                refuse_differing(conn, values)
            if values.winners:
                written = write_values(
                    conn,
                    values,
                    received_at=batch.received_at,
                    now=now,
                    yields=batch.yields,
                )
            notes += write_levels(
                conn,
                derivations,
                touched={stream_id for stream_id, _ in values.winners},
                received_at=batch.received_at,
                now=now,
            )
            # Limits are those of a whole series: its old values are judged by the new ones too.
            again = [span for id_ in sorted(catalogue.relimited) for span in whole(conn, id_)]
            settle(conn, now, again)
        write_reports(conn, batch.source_id, batch.device_reports, now)
        happened = WrittenEvents()
        if batch.events is not None:
            happened = write_events(
                conn,
                batch.source_id,
                batch.events,
                now,
                refused={refusal.record for refusal in batch.refusals},
            )
            if happened.shrunk:
                notes.append(Refusal("the feed", SHRUNK))
        refusals = [*batch.refusals, *values.refusals]
        quarantine.keep(conn, batch.source_id, [*refusals, *notes], batch.received_at)
        receipt = Receipt(
            source_id=batch.source_id,
            received=len(batch.observations)
            + len(batch.refusals)
            + len(batch.events or ())
            + gate.stored
            + gate.unchanged
            + gate.suppressed,
            stored=written.stored + happened.new + gate.stored,
            unchanged=values.repeated
            + len(values.winners)
            - written.stored
            - written.corrected
            + happened.unchanged
            + gate.unchanged,
            corrected=written.corrected + len(values.superseded) + happened.changed,
            suppressed=gate.suppressed,
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


def _derivations(
    conn: Connection, batch: Batch, catalogue: Catalogue, notes: list[Refusal]
) -> dict[int, tuple[int, Sequence[Mounting]]]:
    """The usable derivations by the id of their level; `notes` says what is wrong with others."""
    if not batch.derivations:
        return {}
    kinds = dict(
        conn.execute(
            text("""
                SELECT id, observed_property FROM suedwest.datastream
                WHERE id = ANY (CAST(:ids AS integer[]))
            """),
            {"ids": list(catalogue.stream_ids.values())},
        )
        .tuples()
        .all()
    )
    found: dict[int, tuple[int, Sequence[Mounting]]] = {}
    for derivation in batch.derivations:
        raw_id = catalogue.stream_ids.get((derivation.station_key, derivation.raw))
        level_id = catalogue.stream_ids.get((derivation.station_key, derivation.level))
        if raw_id is None or level_id is None:
            reason = "a level and its raw values need a datastream each"
        elif kinds[level_id] != WATER_LEVEL.name:
            reason = f"a level is a {WATER_LEVEL.name}, not a {kinds[level_id]}"
        elif kinds[raw_id] not in list(Measured):
            reason = f"no level can be made of a {kinds[raw_id]}"
        elif any(mounting.measured != kinds[raw_id] for mounting in derivation.mountings):
            reason = f"the mounting is not that of a sensor which measures {kinds[raw_id]}"
        else:
            found[level_id] = (raw_id, derivation.mountings)
            continue
        notes.append(Refusal(f"{derivation.station_key} {derivation.level}", reason))
    return found
