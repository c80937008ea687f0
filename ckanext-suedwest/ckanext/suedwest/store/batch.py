"""What goes into the store in one piece, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..domain.device import DeviceReport
from ..domain.errors import Refusal
from ..domain.event import Event
from ..domain.gated import Gated
from ..domain.mounting import Derivation
from ..domain.observation import Observation
from ..domain.station import Datastream, Station


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything one reply or message of a source said; `received_at` (UTC) is when it came.

    `complete` says that `stations` lists every station of the source (a poll of all of them):
    those it does not name any more are marked as gone. A list without a single station says
    nothing and marks none.

    `derivations` say which levels are reckoned from raw values and by which mountings; both
    datastreams are among `datastreams`. A derivation the batch does not name stays as it is.
    `device_reports` are the health of devices, which is not public.

    Without `replaces`, a value for a time that has another one already is refused, not written.
    One that `yields` takes the place only of values that were received no later: a message that
    is read again does not undo what came after it.

    `events` are all the events of a feed that was read as a whole; None where the source has no
    such feed. `gated` is what has to wait at the privacy gate; None where nothing ever has.
    """

    source_id: str
    received_at: datetime
    stations: Sequence[Station] = ()
    datastreams: Sequence[Datastream] = ()
    observations: Sequence[Observation] = ()
    refusals: Sequence[Refusal] = ()
    complete: bool = False
    derivations: Sequence[Derivation] = ()
    device_reports: Sequence[DeviceReport] = ()
    replaces: bool = True
    yields: bool = False
    events: Sequence[Event] | None = None
    gated: Gated | None = None

    def __post_init__(self) -> None:
        if self.received_at.tzinfo is None:
            raise ValueError("received_at needs a time zone")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of each record of a batch; every record is counted once.

    Attributes:
        received: observations, events and refusals of the batch, together; at the privacy gate
            what waits there, and what it publishes now.
        stored: values for a time that had none, and events nobody knew.
        unchanged: values and events the store held already, or that the batch repeats.
        corrected: another value for a time that had one (the older one is kept as a revision),
            and events of which something else is said.
        suppressed: values a privacy rule withheld, and those of a day that is published already.
        quarantined: records that could not be used, each with its reason.
    """

    source_id: str
    received: int
    stored: int
    unchanged: int
    corrected: int
    suppressed: int
    quarantined: int

    def __post_init__(self) -> None:
        accounted = (
            self.stored + self.unchanged + self.corrected + self.suppressed + self.quarantined
        )
        if self.received != accounted:
            raise ValueError(f"{self.received} records came, {accounted} are accounted for")

    @property
    def summary(self) -> str:
        """One line for a log."""
        withheld = f", {self.suppressed} withheld" if self.suppressed else ""
        return (
            f"{self.received} records: {self.stored} new, {self.unchanged} unchanged, "
            f"{self.corrected} corrected, {self.quarantined} refused{withheld}"
        )
