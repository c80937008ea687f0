"""Stations and datastreams in the store: what a batch says of them is written when it is new.

Writers that have something to change queue up behind one advisory lock; all others only read.
So the usual poll, which changes nothing, waits for nobody, and locks are always taken in one
order: the catalogue's first, then datastreams by their id, then the source.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from ..domain.quality_tests import Limits, default_limits
from . import catalogue_rows as rows
from .batch import Batch
from .definitions import Definitions, StreamDefinition, StreamKey, read_definitions, unit_of
from .known import Known, KnownStream, read_known
from .selection import municipalities_of
from .text import identifies

# `last_seen_at` is renewed at most this often, so that a poll that says nothing new writes nothing.
SEEN_STEP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Where values may go, by `(station key, name)`.

    `definitions.refused` says why others cannot. `relimited` are datastreams whose usual limits
    follow from what the batch says anew, so that all their values are to be judged again.
    """

    stream_ids: dict[StreamKey, int]
    definitions: Definitions
    relimited: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Changes:
    """What has to be written: only what differs."""

    new: list[str] = field(default_factory=list[str])
    changed: list[str] = field(default_factory=list[str])
    seen: list[int] = field(default_factory=list[int])
    back: list[int] = field(default_factory=list[int])
    gone: list[int] = field(default_factory=list[int])
    shown: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    streams: list[StreamDefinition] = field(default_factory=list[StreamDefinition])

    def __bool__(self) -> bool:
        return any(
            (self.new, self.changed, self.seen, self.back, self.gone, self.shown, self.streams)
        )


def write_catalogue(
    conn: Connection,
    batch: Batch,
    stream_keys: Collection[StreamKey],
    *,
    owner: str | None,
    now: datetime,
) -> Catalogue:
    """Write what is new in the batch's definitions, and lock the datastreams its values go to.

    `stream_keys` are those of the values, `owner` the municipality the source belongs to.
    """
    definitions = read_definitions(batch.stations, batch.datastreams)
    keys = {*definitions.stations}
    keys.update(key for key, _ in definitions.streams)
    keys.update(key for key, _ in stream_keys if identifies(key))

    known = read_known(conn, batch.source_id, keys)
    unusable = _unusable(definitions, known, batch.source_id)
    changes = _compare(batch, definitions, known, unusable, owner, now)
    if changes:
        rows.lock_catalogue(conn)
        known = read_known(conn, batch.source_id, keys)
        unusable = _unusable(definitions, known, batch.source_id)
        changes = _compare(batch, definitions, known, unusable, owner, now)
    changed_stations = {*changes.changed}
    touched = {key for key in known.streams if key[0] in changed_stations}
    touched |= {change.key for change in changes.streams}
    _lock_streams(conn, known, {*stream_keys} | touched)
    relimited: frozenset[int] = frozenset()
    if changes:
        _write(conn, batch, definitions, known, changes, now)
        before, known = known, read_known(conn, batch.source_id, keys)
        relimited = _relimited(before, known, touched)

    for key, reason in unusable.items():
        definition = None if isinstance(key, str) else definitions.streams[key].columns
        definitions.refuse(key, reason, definition)
    return Catalogue(
        {
            key: stream.id
            for key, stream in known.streams.items()
            if key not in definitions.refused and key[0] not in definitions.refused
        },
        definitions,
        relimited,
    )


def _relimited(before: Known, now: Known, keys: Iterable[StreamKey]) -> frozenset[int]:
    """Those of the known datastreams whose usual limits are other ones now."""
    return frozenset(
        before.streams[key].id
        for key in keys
        if key in before.streams and _usual_limits(before, key) != _usual_limits(now, key)
    )


def _usual_limits(known: Known, key: StreamKey) -> Limits | None:
    station, stream = known.stations[key[0]].columns, known.streams[key].definition.columns
    seconds = stream["interval_s"]
    return default_limits(
        stream["observed_property"],
        None if seconds is None else timedelta(seconds=seconds),
        station=station["name"],
        water=station["water"],
    )


def apply_selections(conn: Connection, source_id: str) -> None:
    """Show the stations of a source where its selections say; the catalogue is locked."""
    owner = conn.execute(
        text("SELECT municipality FROM suedwest.source WHERE id = :id"), {"id": source_id}
    ).scalar_one()
    keys = conn.execute(
        text("SELECT key FROM suedwest.station WHERE source_id = :id"), {"id": source_id}
    ).scalars()
    known = read_known(conn, source_id, list(keys))
    changed: dict[int, str] = {}
    for key, station in known.stations.items():
        wanted = municipalities_of(
            key=key,
            number=station.columns["number"],
            water=station.columns["water"],
            owner=owner,
            selections=known.selections,
        )
        if wanted != station.municipalities:
            rows.show_in(conn, station.id, wanted)
            changed[station.id] = "changed"
    rows.tell_reconciler(conn, changed)


def _unusable(definitions: Definitions, known: Known, source_id: str) -> dict[str | StreamKey, str]:
    """Reasons against definitions that only the store can know."""
    reasons: dict[str | StreamKey, str] = {}
    for key, station in known.stations.items():
        # Values of one station from two sources would overwrite each other for ever.
        if station.source_id != source_id and station.source_enabled:
            reasons[key] = f"the station belongs to the source {station.source_id}"
    for key, definition in definitions.streams.items():
        station_known = key[0] in known.stations or key[0] in definitions.stations
        if not station_known:
            reasons[key] = "the datastream's station is not known"
        elif key in known.streams:
            stored = known.streams[key].definition
            if unit_of(stored) != unit_of(definition):
                reasons[key] = (
                    f"the source now gives {' in '.join(unit_of(definition))}, "
                    f"the datastream holds {' in '.join(unit_of(stored))}"
                )
            elif stored.day_rule != definition.day_rule:
                reasons[key] = f"the datastream counts its days by the rule {stored.day_rule}"
    return reasons


def _compare(
    batch: Batch,
    definitions: Definitions,
    known: Known,
    unusable: dict[str | StreamKey, str],
    owner: str | None,
    now: datetime,
) -> _Changes:
    changes = _Changes()
    refused = unusable.keys() | definitions.refused.keys()
    for key in sorted(definitions.stations.keys() - refused):
        columns = definitions.stations[key]
        wanted = municipalities_of(
            key=key,
            number=columns["number"],
            water=columns["water"],
            owner=owner,
            selections=known.selections,
        )
        station = known.stations.get(key)
        if station is None:
            changes.new.append(key)
            changes.shown[key] = wanted
            continue
        if station.columns != columns or station.source_id != batch.source_id:
            changes.changed.append(key)
        if station.municipalities != wanted:
            changes.shown[key] = wanted
        if station.gone:
            changes.back.append(station.id)
        if station.last_seen_at <= now - SEEN_STEP:
            changes.seen.append(station.id)
    for key in sorted(definitions.streams.keys() - refused):
        stream = known.streams.get(key)
        if key[0] not in refused and (stream is None or _differs(stream, definitions.streams[key])):
            changes.streams.append(definitions.streams[key])
    if batch.complete and batch.stations:
        changes.gone = known.unnamed
    return changes


def _differs(stream: KnownStream, definition: StreamDefinition) -> bool:
    stored = stream.definition
    return (
        stored.columns != definition.columns
        or stored.thresholds != definition.thresholds
        or (definition.datum is not None and stored.datum != definition.datum)
    )


def _lock_streams(conn: Connection, known: Known, keys: Iterable[StreamKey]) -> None:
    ids = sorted(known.streams[key].id for key in keys if key in known.streams)
    if ids:
        conn.execute(
            text("""
                SELECT id FROM suedwest.datastream
                WHERE id = ANY (:ids)
                   OR id IN (SELECT level_id FROM suedwest.derivation WHERE raw_id = ANY (:ids))
                ORDER BY id FOR NO KEY UPDATE
            """),
            {"ids": ids},
        )


def _write(
    conn: Connection,
    batch: Batch,
    definitions: Definitions,
    known: Known,
    changes: _Changes,
    now: datetime,
) -> None:
    ids = {key: station.id for key, station in known.stations.items()}
    told: dict[int, str] = {}
    for key in changes.changed:
        rows.update_station(conn, ids[key], batch.source_id, definitions.stations[key])
        told[ids[key]] = "changed"
    for key, station_id in rows.insert_stations(
        conn,
        {key: definitions.stations[key] for key in changes.new},
        source_id=batch.source_id,
        now=now,
    ):
        ids[key] = station_id
        told[station_id] = "new"
    for key, wanted in changes.shown.items():
        rows.show_in(conn, ids[key], wanted)
        told.setdefault(ids[key], "changed")
    for definition in changes.streams:
        stream = known.streams.get(definition.key)
        rows.write_stream(conn, ids[definition.key[0]], definition, stream, now)
        told.setdefault(ids[definition.key[0]], "changed")
    rows.mark_seen(conn, sorted({*changes.seen, *changes.back}), now)
    rows.mark_gone(conn, changes.gone, now)
    told |= dict.fromkeys(changes.back, "back") | dict.fromkeys(changes.gone, "gone")
    rows.tell_reconciler(conn, told)
