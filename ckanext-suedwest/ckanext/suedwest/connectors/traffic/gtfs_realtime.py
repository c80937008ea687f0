"""GTFS-RT 2.0: delays, cancellations and alerts.

Places of vehicles are not read: kept over time they are the tracks of drivers. Neither are the ids
and labels of vehicles. Of a trip update only times are taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2

from ...domain.errors import PayloadRefused, Refusal
from ...domain.timetable import Alert, StopUpdate, TripUpdate
from .xml_payload import mended

MOST_ENTITIES = 100_000
_MOST_PERIODS = 1000
LONGEST_DELAY = timedelta(hours=24)
_LONGEST_TEXT = 2000
_AHEAD = timedelta(minutes=15)
_PB: Any = gtfs_realtime_pb2


@dataclass(frozen=True, slots=True)
class Realtime:
    """What a feed says; `made_at` (UTC) is its own time. `positions` were there and not read."""

    made_at: datetime
    updates: tuple[TripUpdate, ...]
    alerts: tuple[Alert, ...]
    refusals: tuple[Refusal, ...]
    positions: int


class _Refused(ValueError):
    pass


def read_realtime(payload: bytes, received_at: datetime) -> Realtime:
    """Read one message.

    Raises:
        PayloadRefused: no FeedMessage, a change to an earlier one, or without a usable time.
    """
    message: Any = _PB.FeedMessage()
    try:
        message.ParseFromString(payload)
    except (DecodeError, ValueError) as error:
        raise PayloadRefused(f"this is no GTFS-RT message: {str(error)[:80]}") from None
    header = message.header
    if header.incrementality == _PB.FeedHeader.DIFFERENTIAL:
        raise PayloadRefused("only whole messages are read, not changes to an earlier one")
    made_at = _instant(header.timestamp) if header.HasField("timestamp") else None
    if made_at is None:
        raise PayloadRefused("the message does not say when it was made")
    if made_at > received_at + _AHEAD:
        raise PayloadRefused("the message says that it was made in the future")
    if len(message.entity) > MOST_ENTITIES:
        raise PayloadRefused(f"the message has more than {MOST_ENTITIES:,} entities")
    updates: list[TripUpdate] = []
    alerts: list[Alert] = []
    refusals: list[Refusal] = []
    positions = 0
    for number, entity in enumerate(message.entity, start=1):
        try:
            if entity.HasField("trip_update"):
                updates.append(_trip_update(entity.trip_update))
            if entity.HasField("alert"):
                alerts.extend(_alerts(entity.alert))
        except _Refused as error:
            refusals.append(Refusal(f"entity {number}", str(error)))
        positions += entity.HasField("vehicle")
    return Realtime(made_at, tuple(updates), tuple(alerts), tuple(refusals), positions)


def _instant(seconds: int) -> datetime | None:
    """None for 0, which stands for “not known”, and for what no calendar holds."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None


def _trip_update(update: Any) -> TripUpdate:
    trip = update.trip
    if not trip.trip_id:
        raise _Refused("the trip has no id, so it is none of the timetable")
    relation = trip.schedule_relationship
    descriptor = _PB.TripDescriptor
    if relation in (descriptor.ADDED, descriptor.UNSCHEDULED, descriptor.DUPLICATED):
        # An extra trip without a place in the timetable has no stops people could look it up at.
        raise _Refused("the trip is not in the timetable")
    cancelled = relation in (descriptor.CANCELED, descriptor.DELETED)
    by_sequence: dict[int, StopUpdate] = {}
    by_stop: dict[str, StopUpdate] = {}
    reported: list[Any] = [] if cancelled else list(update.stop_time_update)
    for stop in reported:
        said = _stop_update(stop)
        if stop.HasField("stop_sequence"):
            by_sequence[stop.stop_sequence] = said
        elif stop.stop_id:
            by_stop[stop.stop_id] = said
    if not cancelled and not by_sequence and not by_stop and update.HasField("delay"):
        by_sequence[0] = StopUpdate(delay=_delay(update.delay))
    return TripUpdate(
        trip_id=trip.trip_id,
        day=_date(trip.start_date),
        cancelled=cancelled,
        by_sequence=by_sequence,
        by_stop=by_stop,
    )


def _stop_update(stop: Any) -> StopUpdate:
    relation = stop.schedule_relationship
    kinds = _PB.TripUpdate.StopTimeUpdate
    if relation == kinds.SKIPPED:
        return StopUpdate(skipped=True)
    if relation == kinds.NO_DATA:
        return StopUpdate()
    for name in ("departure", "arrival"):
        if stop.HasField(name):
            event = getattr(stop, name)
            if event.HasField("delay"):
                return StopUpdate(delay=_delay(event.delay))
            if event.HasField("time") and (time := _instant(event.time)) is not None:
                return StopUpdate(time=time)
    return StopUpdate()


def _delay(seconds: int) -> int:
    if abs(seconds) > LONGEST_DELAY.total_seconds():
        raise _Refused(f"a delay of {seconds} seconds is no delay")
    return seconds


def _date(written: str) -> date | None:
    if not written:
        return None
    try:
        return date(int(written[:4]), int(written[4:6]), int(written[6:8]))
    except ValueError:
        raise _Refused(f"{written[:20]!r} is no date") from None


def _alerts(alert: Any) -> list[Alert]:
    """One for each period in which it is in force; without one it holds as long as it is told."""
    header = _german(alert.header_text)
    if not header:
        raise _Refused("the alert says nothing")
    lines = tuple(sorted({one.route_id for one in alert.informed_entity if one.route_id}))
    stops = tuple(sorted({one.stop_id for one in alert.informed_entity if one.stop_id}))
    narrower = any(
        one.HasField("trip") or one.HasField("route_type") for one in alert.informed_entity
    )
    if narrower and not (lines or stops):
        # Told of all lines and stops it would be wrong nearly everywhere.
        raise _Refused("the alert is of single trips or a means of transport only")
    if len(alert.active_period) > _MOST_PERIODS:
        raise _Refused(f"the alert has more than {_MOST_PERIODS} periods")
    periods = [(_instant(each.start), _instant(each.end)) for each in alert.active_period]
    return [
        Alert(
            header=header,
            description=_german(alert.description_text),
            start=start,
            end=end,
            lines=lines,
            stops=stops,
        )
        for start, end in periods or [(None, None)]
    ]


def _german(text: Any) -> str:
    """The German wording, else the first."""
    found = {each.language.partition("-")[0].casefold(): each.text for each in text.translation}
    written = found.get("de") or found.get("") or next(iter(found.values()), "")
    return mended(written).strip()[:_LONGEST_TEXT]
