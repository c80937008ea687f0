"""Sources of public transport: `gtfs`, a timetable in a ZIP archive, and `gtfs-realtime`, what
became of its trips.

Options of a timetable: `stop_prefixes` or `region` (what to keep of a larger feed), `operator`,
`licence`; of reports: `timetable`, the id of the source whose trips they speak of. Both read those
of `asking`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..connectors.options import read_options
from ..connectors.traffic.gtfs import GtfsOptions, read_timetable
from ..connectors.traffic.gtfs_realtime import read_realtime
from ..domain.errors import SuedwestError
from ..domain.station import Licence, Operator
from ..store.timetable_reports import write_report
from ..store.timetables import write_timetable
from .archive import Archive
from .asking import Asking
from .http import Limits, Validators
from .task import Outcome, Task

TIMETABLE, REALTIME = "gtfs", "gtfs-realtime"
LARGEST_FEED = 256 * 1024 * 1024
"""Bytes, packed: that of all Germany has 200 MB."""
_LONGEST = timedelta(minutes=10)
LARGEST_REPORT = 32 * 1024 * 1024
_READ_HERE = frozenset({"stop_prefixes", "region", "operator", "licence"})


class TimetableNotNamed(SuedwestError):
    """Reports without the option `timetable` speak of no trips."""


def timetable_options(options: Mapping[str, Any]) -> GtfsOptions:
    """What the options say of the feed.

    Raises:
        OptionsRefused: they are faulty.
    """
    known = {key: value for key, value in options.items() if key in _READ_HERE}
    return read_options(GtfsOptions, known)


def poll_timetable(task: Task) -> Outcome:
    """Ask for the feed, and replace the timetable when it changed.

    Raises:
        SourceUnavailable, ReplyTooLarge, AddressRefused: no reply that could be read.
        PayloadRefused: the archive or the feed in it cannot be used.
        OptionsRefused: the options are faulty.
    """
    source = task.source
    options = timetable_options(source.options)
    known = Validators(source.state.get("etag"), source.state.get("last_modified"))
    asking = Asking.of(source, Limits(size=LARGEST_FEED, total=_LONGEST))
    reply = asking.get_address(source.url, known, accept="application/zip, */*;q=0.5")
    if reply.not_modified:
        return Outcome(source.state, "nothing new (304)")
    read = read_timetable(Archive(reply.content), options)
    operator = options.operator or Operator(
        read.timetable.agency, read.timetable.agency_url or None
    )
    licence = options.licence or Licence("notspecified", "Keine Lizenz angegeben", "", "")
    with task.transaction() as conn:
        written = write_timetable(
            conn,
            source.id,
            read.timetable,
            operator=operator,
            licence=licence,
            refused=read.refused,
            now=task.clock(),
        )
    state: dict[str, Any] = {
        "etag": reply.validators.etag,
        "last_modified": reply.validators.last_modified,
        "refusals": [f"{each.record}: {each.reason}" for each in read.refusals[:20]],
    }
    if not written.in_force:
        # Asked again without them, so that a week later it is known to be still the same.
        state |= {"etag": None, "last_modified": None}
    summary = (
        f"{written.stops} stops, {written.trips} trips, {read.refused} rows refused, "
        f"{read.clipped} stops elsewhere"
    )
    return Outcome(state, summary if written.in_force else f"not believed yet: {summary}")


def poll_realtime(task: Task) -> Outcome:
    """Ask for the reports, and replace the ones before.

    Raises:
        SourceUnavailable, ReplyTooLarge, AddressRefused: no reply that could be read.
        PayloadRefused: no usable message.
        TimetableNotNamed: the options are faulty.
    """
    source = task.source
    timetable = source.options.get("timetable")
    if not isinstance(timetable, str) or not timetable:
        raise TimetableNotNamed("the option timetable does not name the source of the timetable")
    asking = Asking.of(source, Limits(size=LARGEST_REPORT))
    reply = asking.get_address(source.url, accept="application/x-protobuf, */*;q=0.5")
    read = read_realtime(reply.content, reply.received_at)
    with task.transaction() as conn:
        write_report(conn, source.id, timetable, read.made_at, read.updates, read.alerts)
    return Outcome(
        {},
        f"{len(read.updates)} trips, {len(read.alerts)} alerts, {len(read.refusals)} refused, "
        f"{read.positions} places of vehicles not read",
    )
