"""Filling gaps: up to when each series is complete, and fetching what is missing.

A poll brings only the newest value of a series. `Backlog` remembers in the source's state how far
each series is known without a gap; after a first run or a pause the newest value lies further
ahead, and the values between are fetched. The mark moves only after they are stored, so that an
interruption costs a repetition and never a value.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from ..connectors.base import Context, Decoded
from ..connectors.water.pegelonline import connector
from ..domain.errors import PayloadRefused, Refusal
from ..domain.time import parse_instant
from ..store.batch import Batch
from .http import Reply, SourceUnavailable
from .task import Task

log = logging.getLogger(__name__)

REACH = timedelta(days=31)
"""The service keeps 31 days."""
FILLS_PER_POLL = 20
PAUSE_SECONDS = 0.5
"""Between two requests, to be polite."""
MORE_AFTER = timedelta(seconds=5)
_USUAL_INTERVAL = timedelta(minutes=15)
_NOT_FOUND = 404


@dataclass(slots=True)
class Mark:
    """One series: its unit on the wire, newest value known, and until when there is no gap."""

    station_key: str
    datastream: str
    unit: str
    interval: timedelta
    newest: datetime
    complete_until: datetime | None = None

    @property
    def has_gap(self) -> bool:
        """Whether values are missing before the newest one."""
        return self.complete_until is None or self.complete_until < self.newest


@dataclass(slots=True)
class Backlog:
    """The marks of all series of a source."""

    marks: dict[str, Mark]

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Backlog:
        """From what the source remembers; nothing at a first run."""
        marks = {
            name: Mark(
                station_key=entry["station_key"],
                datastream=entry["datastream"],
                unit=entry["unit"],
                interval=timedelta(seconds=entry["interval_s"]),
                newest=parse_instant(entry["newest"]),
                complete_until=(
                    parse_instant(entry["complete_until"]) if entry["complete_until"] else None
                ),
            )
            for name, entry in state.get("series", {}).items()
        }
        return cls(marks)

    def as_state(self) -> dict[str, Any]:
        """For the source's state, as JSON knows it."""
        return {
            name: {
                "station_key": mark.station_key,
                "datastream": mark.datastream,
                "unit": mark.unit,
                "interval_s": mark.interval.total_seconds(),
                "newest": mark.newest.isoformat(),
                "complete_until": mark.complete_until and mark.complete_until.isoformat(),
            }
            for name, mark in self.marks.items()
        }

    def note_poll(self, polled: Decoded) -> None:
        """Take the newest values of a poll; a value one step on continues the series."""
        newest = {
            (value.station_key, value.datastream): value.phenomenon_time
            for value in polled.observations
        }
        for stream in polled.datastreams:
            time = newest.get((stream.station_key, stream.name))
            if time is None or stream.source_unit is None:
                continue
            name = f"{stream.station_key} {stream.name}"
            interval = stream.interval or _USUAL_INTERVAL
            known = self.marks.get(name)
            complete_until = known.complete_until if known else None
            if complete_until is not None and time - complete_until <= 1.5 * interval:
                complete_until = max(time, complete_until)
            self.marks[name] = Mark(
                stream.station_key, stream.name, stream.source_unit, interval, time, complete_until
            )

    def gaps(self) -> list[Mark]:
        """Series with a gap, the ones never filled first."""
        return sorted(
            (mark for mark in self.marks.values() if mark.has_gap),
            key=lambda mark: (mark.complete_until is not None, mark.station_key, mark.datastream),
        )


@dataclass(frozen=True, slots=True)
class Filled:
    """How the filling went: words for the log, and whether to go on soon."""

    summary: str = ""
    again_after: timedelta | None = None


def fill_gaps(task: Task, get: Callable[[str], Reply], backlog: Backlog) -> Filled:
    """Fetch and store what is missing, up to `FILLS_PER_POLL` series, and move their marks.

    A series that cannot be fetched is put into the quarantine with the reason and tried again
    at the next poll; when the service as a whole is away, the rest waits too. A failure here
    never fails the poll.
    """
    gaps = backlog.gaps()
    stored = filled = failed = 0
    for position, mark in enumerate(gaps[:FILLS_PER_POLL]):
        if task.stop.is_set() or (position and task.stop.wait(PAUSE_SECONDS)):
            break
        try:
            stored += _fill(task, get, mark)
            filled += 1
        except (SourceUnavailable, PayloadRefused) as error:
            failed += 1
            _keep_failure(task, mark, error)
            if isinstance(error, SourceUnavailable) and error.status is None:
                break
    if not gaps:
        return Filled()
    summary = f"; gaps: {filled} of {len(gaps)} series filled, {stored} values"
    more = len(gaps) > filled and not failed and not task.stop.is_set()
    return Filled(summary + (f", {failed} failed" if failed else ""), MORE_AFTER if more else None)


def measurements_path(mark: Mark, now: datetime) -> str:
    """Values since the mark, or of the 31 days the service keeps; `+` would mean a blank."""
    station = quote(mark.station_key.partition(":")[2], safe="")
    start = "P31D"
    if mark.complete_until is not None and now - mark.complete_until < REACH:
        start = quote(mark.complete_until.isoformat(), safe=":")
    return f"stations/{station}/{mark.datastream}/measurements.json?start={start}"


def _fill(task: Task, get: Callable[[str], Reply], mark: Mark) -> int:
    """Store what the service has of a series since its mark; the number of new values."""
    try:
        reply = get(measurements_path(mark, task.clock()))
    except SourceUnavailable as error:
        if error.status != _NOT_FOUND:
            raise
        # The series is listed, but the service keeps no past of it: there is no gap to fill.
        mark.complete_until = mark.newest
        _keep_failure(task, mark, error)
        return 0
    context = Context(
        received_at=reply.received_at,
        station_key=mark.station_key,
        datastream=mark.datastream,
        unit=mark.unit,
    )
    decoded = connector(reply.content, context)
    receipt = task.write(
        Batch(
            source_id=task.source.id,
            received_at=reply.received_at,
            observations=decoded.observations,
            refusals=decoded.refusals,
        )
    )
    times = [value.phenomenon_time for value in decoded.observations]
    mark.complete_until = max([mark.newest, *times])
    return receipt.stored


def _keep_failure(task: Task, mark: Mark, error: Exception) -> None:
    record = f"{mark.station_key} {mark.datastream} measurements"
    log.warning("%s: %s: %s", task.source.id, record, error)
    task.write(
        Batch(
            source_id=task.source.id,
            received_at=task.clock(),
            refusals=(Refusal(record, str(error)),),
        )
    )
