"""Reads quarantined messages again, with the connector and the options their source has now.

A device that was registered late, or whose codec was wrong, has not lost what it sent: each
message goes the way it went when it came, with the time it was received then. What is known is
stored as unchanged, and what the store received after the message stays.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError

from ..domain.errors import Refusal, SuedwestError
from ..domain.message import Message
from ..store.batch import Receipt
from ..store.quarantine import QuarantineRow, kept_messages, refuse_again, settle_record
from ..store.sources import SourceRow, read_source
from ..store.writer import write_batch
from .asking import LIMITS
from .database_errors import describe_database_error
from .intake import Intake

_INTAKES = {
    "mqtt": lambda source: Intake(source),
    "webhook": lambda source: Intake(source),
    "http": lambda source: Intake(source, largest=LIMITS.size),
    "mobilithek-push": lambda source: Intake(source, largest=LIMITS.size),
    "sensorthings": lambda source: Intake(source, connector="sensorthings", largest=LIMITS.size),
}
"""How each type of source reads its messages; the others keep none."""


@dataclass(slots=True)
class ReadAgain:
    """What became of records that were read again, by their ids.

    `refused` are refused still, with the reason that holds now. `not_kept` have no message that
    could be read again. `receipts` are those of the batches that were written. A record that is
    in none of them does not wait any more.
    """

    replayed: list[int] = field(default_factory=list[int])
    refused: dict[int, str] = field(default_factory=dict[int, str])
    not_kept: list[int] = field(default_factory=list[int])
    receipts: list[Receipt] = field(default_factory=list[Receipt])


def read_again(engine: Engine, record_ids: Collection[int], *, now: datetime) -> ReadAgain:
    """Read the messages of waiting records again, and write what they say.

    Each message is a batch of its own, so that one the store refuses keeps none back. Doing it
    twice, or breaking off in the middle, stores nothing twice.

    Raises:
        DBAPIError: the store is away; what was done until then is done.
    """
    outcome = ReadAgain()
    intakes: dict[str, Intake | str] = {}
    for row, messages in kept_messages(engine, record_ids):
        if row.source_id not in intakes:
            intakes[row.source_id] = _intake(read_source(engine, row.source_id))
        intake = intakes[row.source_id]
        if not messages:
            outcome.not_kept.append(row.id)
            continue
        if isinstance(intake, str):
            reason: str | None = intake
        else:
            reasons = [
                _read(engine, intake, row, message, now, outcome.receipts) for message in messages
            ]
            reason = next((each for each in reasons if each is not None), None)
        with engine.begin() as conn:
            if reason is None:
                settle_record(conn, row.id, "replayed", now=now)
                outcome.replayed.append(row.id)
            else:
                refuse_again(conn, row.id, reason)
                outcome.refused[row.id] = reason
    return outcome


def _intake(source: SourceRow) -> Intake | str:
    """What reads the messages of a source, or the reason why nothing can."""
    make = _INTAKES.get(source.type)
    if make is None:
        return f"sources of type {source.type} keep no messages"
    try:
        return make(source)
    except SuedwestError as error:
        return str(error)


def _read(
    engine: Engine,
    intake: Intake,
    row: QuarantineRow,
    message: Message,
    now: datetime,
    receipts: list[Receipt],
) -> str | None:
    """Read and write one message; why the record is refused still, or None."""
    decoded = intake.read_or_refuse(message)
    # What is refused again waits already; only what is usable is written.
    batch = intake.batch([replace(decoded, refusals=[])], message.received_at)
    batch = replace(batch, refusals=(), yields=True)
    if batch.observations or batch.stations or batch.device_reports:
        try:
            receipt = write_batch(engine, batch, lease=None, now=now)
        except (DataError, IntegrityError) as error:
            return f"the store refused it: {describe_database_error(error)}"
        receipts.append(receipt)
        if receipt.quarantined and receipt.quarantined == receipt.received:
            return "the store refused every value of it"
    return _still_refused(row, message, decoded.refusals)


def _still_refused(row: QuarantineRow, message: Message, refusals: Sequence[Refusal]) -> str | None:
    """Why a record of a message is refused, when it or the whole message is."""
    of_whole = row.record == message.topic
    return next(
        (
            refusal.reason
            for refusal in refusals
            if of_whole or refusal.record in (row.record, message.topic)
        ),
        None,
    )
