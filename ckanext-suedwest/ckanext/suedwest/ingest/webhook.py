"""Sources of type `webhook`: a network server posts each message to the portal.

The Things Stack and ChirpStack call this a webhook and an HTTP integration. The portal's web
server answers (`observations.webhook_views`), so it needs no port and no certificate of its own;
everything but the request itself is here. Such a source has no holder: every message is written
by whoever is asked, and one that is sent again writes nothing new.

Options: those of `intake` and `registered`, and
    webhook_token_sha256: SHA-256 of the token the caller shows, made by `secrets.make_token`.
    most_at_once: messages that may come at once (default 600); 10 more each second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from ..connectors.base import Decoded
from ..domain.errors import PayloadRefused, SuedwestError
from ..store.batch import Receipt
from ..store.sources import SourceRow, UnknownSource, note_delivery, read_source
from ..store.text import identifies
from ..store.writer import write_batch
from .allowance import Allowance
from .database_errors import describe_database_error
from .intake import LARGEST_MESSAGE, Intake, Message, refused
from .secrets import token_matches
from .task import utc_now

log = logging.getLogger(__name__)

LARGEST_REQUEST = 1024 * 1024
"""Bytes; more is not read."""
MOST_AT_ONCE = 600
RETRY_AFTER_SECONDS = 30
SOURCE_TYPE = "webhook"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller is told: an HTTP status, one sentence, and what became of the message.

    200 says that the message is kept: its values are stored, or in the quarantine with the
    reason. 422 says that nothing of it can be read; sending it again is of no use. After 429 and
    503 the caller may send it again.
    """

    status: int
    sentence: str
    receipt: Receipt | None = None

    @property
    def retry_after(self) -> int | None:
        """Seconds after which the caller may try again."""
        return RETRY_AFTER_SECONDS if self.status in (429, 503) else None


class Webhook:
    """Takes messages for all sources of the type; used by several threads at once.

    `largest` is the size of a message in bytes, unpacked.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime] = utc_now,
        *,
        source_type: str = SOURCE_TYPE,
        largest: int = LARGEST_MESSAGE,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._source_type = source_type
        self._largest = largest
        self._counting = threading.Lock()
        self._allowances: dict[str, tuple[int, Allowance]] = {}

    def receive(self, source_id: str, token: str, topic: str, payload: bytes) -> Answer:
        """Check who calls, store what the message says, and answer after the commit.

        `topic` is the path and query the caller used, for connectors that look at it.
        """
        try:
            source = self._source(source_id, token)
            if isinstance(source, Answer):
                return source
            if not self._may_pass(source):
                return Answer(429, "This source sends too many messages; try again later.")
            return self._store(source, Message(topic, payload, self._clock()))
        except DBAPIError as error:
            log.error("%s: %s", source_id, describe_database_error(error))
            return Answer(503, "The message could not be stored now; send it again later.")

    def turned_away(self, source_id: str, token: str) -> Answer | None:
        """The answer to a caller who may not send, so that nothing large is read before."""
        try:
            source = self._source(source_id, token)
        except DBAPIError as error:
            log.error("%s: %s", source_id, describe_database_error(error))
            return Answer(503, "The message could not be stored now; send it again later.")
        return source if isinstance(source, Answer) else None

    def _source(self, source_id: str, token: str) -> SourceRow | Answer:
        source = self._allowed(source_id, token)
        if source is None:
            return Answer(401, "The token is missing, or is not the one of this source.")
        if not source.enabled:
            return Answer(403, "This source is switched off.")
        return source

    def _allowed(self, source_id: str, token: str) -> SourceRow | None:
        """The source, when the caller knows its token; a stranger learns of no source."""
        if not identifies(source_id):
            return None
        try:
            source = read_source(self._engine, source_id)
        except UnknownSource:
            return None
        known = token_matches(token, source.options)
        return source if known and source.type == self._source_type else None

    def _may_pass(self, source: SourceRow) -> bool:
        most = source.options.get("most_at_once")
        most = most if isinstance(most, int) and most > 0 else MOST_AT_ONCE
        with self._counting:
            kept = self._allowances.get(source.id)
            if kept is None or kept[0] != most:
                kept = self._allowances[source.id] = most, Allowance(most)
            return kept[1].take(source.id, time.monotonic())

    def _store(self, source: SourceRow, message: Message) -> Answer:
        try:
            intake = Intake(source, largest=self._largest)
        except SuedwestError as error:
            log.error("%s: %s", source.id, error)
            return Answer(503, "The source is not set up completely; its editor has to look.")
        try:
            decoded = intake.read(message)
        except PayloadRefused as error:
            self._write(intake, Decoded(refusals=[refused(message, str(error))]), message)
            return Answer(422, f"The message cannot be used: {error}.")
        try:
            receipt = self._write(intake, decoded, message)
        except (DataError, IntegrityError) as error:
            log.exception("%s: a message on %s", source.id, message.topic)
            reason = f"the store refused it: {describe_database_error(error)}"
            receipt = self._write(intake, Decoded(refusals=[refused(message, reason)]), message)
        return Answer(
            200,
            f"{receipt.stored} new values, {receipt.unchanged} known, "
            f"{receipt.corrected} corrected, {receipt.quarantined} refused.",
            receipt,
        )

    def _write(self, intake: Intake, decoded: Decoded, message: Message) -> Receipt:
        batch = intake.batch([decoded], message.received_at)
        now = self._clock()
        receipt = write_batch(self._engine, batch, lease=None, now=now)
        with self._engine.begin() as conn:
            note_delivery(conn, batch.source_id, now)
        return receipt
