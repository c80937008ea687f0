"""Sources of type `http`: one address with JSON, XML or a table, read as their options describe it.

Options of the source: `connector` (`json-paths`, `csv-columns` or any other), those the connector
reads, those of `registered` (which stations there are: a value of any other goes to the
quarantine; roadworks and closures need none) and of `asking`. For a source of the platform with
roadworks, `regions` says where they are shown: {"<municipality>": {"west": …, "south": …,
"east": …, "north": …}} in degrees.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from ..connectors.base import Decoded
from ..domain.errors import SuedwestError
from ..store.events import still_the_same
from .asking import LIMITS, Asking
from .http import Validators
from .intake import Intake, Message
from .task import Outcome, Task

ACCEPTED = (
    "application/json, application/geo+json, application/xml, text/xml, text/csv, text/plain, "
    "*/*;q=0.5"
)


class NothingUsable(SuedwestError):
    """The reply was read, and every record in it was refused."""


def poll(task: Task) -> Outcome:
    """Ask once, conditionally, and write what registered stations say.

    Raises:
        SourceUnavailable, ReplyTooLarge, AddressRefused: no reply that could be read.
        PayloadRefused: the reply is not what the options describe, or they are faulty.
        NothingUsable: all of it was refused; the reasons are in the quarantine.
        ConnectorNotNamed, UnknownConnector, RegistrationRefused: the options are faulty.
    """
    source = task.source
    intake = Intake(source, largest=LIMITS.size)
    known = Validators(source.state.get("etag"), source.state.get("last_modified"))
    reply = Asking.of(source, task.limits).get_address(source.url, known, accept=ACCEPTED)
    if reply.not_modified:
        still_the_same(task.engine, source.id, task.clock())
        return Outcome(source.state, "nothing new (304)")
    # The path alone: a query may hold a key, and what is refused is kept with its topic.
    path = urlsplit(source.url).path
    decoded = intake.read(Message(path, reply.content, reply.received_at))
    receipt = task.write(intake.batch([decoded], reply.received_at))
    require_something(decoded)
    state = {"etag": reply.validators.etag, "last_modified": reply.validators.last_modified}
    return Outcome(state, receipt.summary)


def require_something(decoded: Decoded) -> None:
    """Raise NothingUsable when there were records, and none of them could be used."""
    if decoded.refusals and not decoded.observations and not decoded.events:
        raise NothingUsable(
            f"all {len(decoded.refusals)} records were refused; the first because "
            f"{decoded.refusals[0].reason}"
        )
