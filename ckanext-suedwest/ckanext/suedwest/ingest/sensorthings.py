"""Sources of type `sensorthings`: the Observations of single Datastreams of an OGC server (FROST).

The address is the API's root (`…/FROST-Server/v1.1`). Options of the source: those of the
connector `sensorthings`, of `registered` (its device ids are those of the Things) and of `asking`,
and
    datastreams: ids of the Datastreams to poll, like [42, "gauge-7"].

Each Datastream is asked from where the store ends, in the order of time, page after page. A page
is stored before the next one is asked, and the mark moves only then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urljoin

import httpx

from ..connectors.base import Decoded
from ..connectors.json_payload import as_object, load_json
from ..connectors.options import OptionsRefused
from ..domain.errors import PayloadRefused, Refusal, SuedwestError
from ..domain.time import parse_instant
from ..store.batch import Batch
from .asking import LIMITS, Asking
from .http import AddressRefused, SourceUnavailable
from .http_poll import NothingUsable, require_something
from .intake import Intake, Message
from .task import Outcome, Task

FIRST_REACH = timedelta(days=31)
"""How far back the first poll asks."""
OVERLAP = timedelta(hours=2)
"""Asked again each time, for values that arrive late; what is known is stored as unchanged."""
PAGE = 500
MOST_PAGES = 20
"""In one poll; a server with more to say is asked again soon."""
MORE_AFTER = timedelta(seconds=5)
_EXPAND = (
    "Datastream($select=id,name,unitOfMeasurement,observationType;"
    "$expand=Thing($select=id),ObservedProperty($select=name,definition))"
)


def poll(task: Task) -> Outcome:
    """Ask for the new Observations of each Datastream, and write them.

    Raises:
        SourceUnavailable, ReplyTooLarge, AddressRefused: no reply that could be read, or a next
            page that lies elsewhere.
        PayloadRefused, NothingUsable: no Datastream could be read, or the options are faulty.
        RegistrationRefused: the registered devices are no object.
    """
    return _Poll(task).run()


class _Poll:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._asking = Asking.of(task.source, task.limits)
        self._intake = Intake(task.source, connector="sensorthings", largest=LIMITS.size)
        self._marks: dict[str, str] = dict(task.source.state.get("newest", {}))
        self._pages = 0
        self._new = 0

    def run(self) -> Outcome:
        names = datastreams_of(self._task.source.options)
        failed: list[SuedwestError] = []
        for name in names:
            try:
                self._follow(name)
            except (PayloadRefused, NothingUsable) as error:
                failed.append(error)
            except SourceUnavailable as error:
                if error.status != httpx.codes.NOT_FOUND:
                    raise
                failed.append(error)
                self._keep_refusal(name, error)
        # One Datastream that is gone does not keep the others from being asked.
        if len(failed) == len(names):
            raise failed[0]
        more = self._pages >= MOST_PAGES or self._task.stop.is_set()
        summary = (
            f"{len(names)} datastreams, {len(failed)} failed, {self._new} new values in "
            f"{self._pages} pages"
        )
        return Outcome({"newest": self._marks}, summary, again_after=MORE_AFTER if more else None)

    def _keep_refusal(self, name: str, error: SuedwestError) -> None:
        refusal = Refusal(f"Datastreams({name})", str(error))
        now = self._task.clock()
        self._task.write(Batch(self._task.source.id, now, refusals=[refusal]))

    def _follow(self, name: str) -> None:
        """Page through one Datastream."""
        address: str | None = self._first_page(name)
        seen: set[str] = set()
        while address and self._pages < MOST_PAGES and not self._task.stop.is_set():
            seen.add(address)
            self._pages += 1
            reply = self._asking.get_address(address)
            topic = f"Datastreams({name})/Observations"
            decoded = self._intake.read(Message(topic, reply.content, reply.received_at))
            receipt = self._task.write(self._intake.batch([decoded], reply.received_at))
            self._new += receipt.stored
            self._mark(name, decoded)
            require_something(decoded)
            address = next_page(reply.content, address, self._asking.root)
            if address in seen:
                raise AddressRefused("the next page is one that was read already")

    def _first_page(self, name: str) -> str:
        known = self._marks.get(name)
        since = self._task.clock() - FIRST_REACH
        if known is not None:
            since = parse_instant(known) - OVERLAP
        key = name if name.isdecimal() else "'" + name.replace("'", "''") + "'"
        query = (
            f"$filter=phenomenonTime gt {since:%Y-%m-%dT%H:%M:%SZ}"
            f"&$orderby=phenomenonTime asc&$top={PAGE}&$expand={_EXPAND}"
        )
        path = quote(f"Datastreams({key})/Observations", safe="()'/")
        return f"{self._asking.root}/{path}?{quote(query, safe='$=&(),;:')}"

    def _mark(self, name: str, decoded: Decoded) -> None:
        times: Sequence[datetime] = [value.phenomenon_time for value in decoded.observations]
        if times:
            self._marks[name] = max(times).isoformat()


def datastreams_of(options: Mapping[str, Any]) -> list[str]:
    """The ids of the Datastreams to poll, as texts.

    Raises:
        OptionsRefused: `datastreams` is no list of whole numbers and texts, or empty.
    """
    listed = options.get("datastreams")
    if (
        not isinstance(listed, list)
        or not listed
        or not all(isinstance(one, int | str) and not isinstance(one, bool) for one in listed)
    ):
        raise OptionsRefused('the option datastreams is not a list of ids like [42, "gauge-7"]')
    return list(dict.fromkeys(str(one) for one in listed))


def next_page(content: bytes, address: str, root: str) -> str | None:
    """The address of the page after this one; None after the last.

    Raises:
        AddressRefused: it lies outside the root of the service.
        PayloadRefused: the reply is no JSON.
    """
    link = (as_object(load_json(content)) or {}).get("@iot.nextLink")
    if link is None:
        return None
    if not isinstance(link, str):
        raise AddressRefused("the link to the next page is no text")
    following = urljoin(address, link)
    try:
        target, service = httpx.URL(following), httpx.URL(root)
    except httpx.InvalidURL as error:
        raise AddressRefused(f"the link to the next page is no address: {error}") from None
    same = (target.scheme, target.host, target.port) == (service.scheme, service.host, service.port)
    if not same or not target.path.startswith(service.path.rstrip("/") + "/"):
        raise AddressRefused(
            f"the next page {following[:200]!r} lies outside the service {root[:200]!r}"
        )
    return following
