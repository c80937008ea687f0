"""Roadworks and closures in the store: what a feed says now, and what it said before.

A feed is read as a whole. An event it does not have any more is marked as ended and stays. A feed
that suddenly lacks nearly everything is more often broken than right, so its events stay as they
are, the feed is flagged, and it is believed when it says so for a day.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, text

from ..domain.event import Direction, Effect, Event, Span
from ..domain.event_feeds import geometry, place_of
from ..domain.station import Licence, Operator
from ..domain.time import parse_instant
from .engine import connected

SEEN_STEP = timedelta(minutes=10)
"""`last_seen_at` is renewed at most this often."""
SHRINKS_TO = 0.2
"""A feed that keeps less than this share of what was current is flagged."""
FEWEST_FOR_A_SHARE = 5
"""With fewer only a feed that has nothing at all is flagged."""
BELIEVED_AFTER = timedelta(days=1)

_SAID = (
    "place",
    "spans",
    "starts_at",
    "ends_at",
    "effect",
    "direction",
    "roads",
    "description",
    "intermittent",
    "version",
    "operator",
    "licence",
    "municipalities",
    "simulated",
)
_JSON = frozenset({"place", "spans", "roads", "operator", "licence"})


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event with where it came from and what is known of it; times in UTC.

    `municipalities` are those it is shown in: the one whose source brings it, or those in whose
    region (option `regions` of a source of the platform) it lies. `ended_at` is when the feed
    was first read without it.
    """

    source_id: str
    event: Event
    municipalities: tuple[str, ...]
    simulated: bool
    first_seen_at: datetime
    last_seen_at: datetime
    changed_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class EventFeed:
    """When a source's feed was last read as a whole, with how many events.

    `shrunk_at`: since then it lacks nearly all that was current, which is not believed yet.
    """

    source_id: str
    read_at: datetime
    events: int
    shrunk_at: datetime | None


@dataclass(frozen=True, slots=True)
class WrittenEvents:
    """How many events of a feed were new, changed, the same, and not in it any more.

    `shrunk`: those that are missing were left as they are, for nearly all are.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: int = 0
    shrunk: bool = False


def write_events(
    conn: Connection,
    source_id: str,
    events: Sequence[Event],
    now: datetime,
    *,
    refused: Collection[str] = (),
) -> WrittenEvents:
    """Write a whole feed; for use in the transaction of its batch.

    `refused` are the ids of records that were in the feed and could not be read: their events
    are not ended. Of a key that stands twice the last counts.
    """
    owner, regions, simulated = conn.execute(
        text("""
            SELECT municipality, options -> 'regions', options -> 'simulated' = 'true'
            FROM suedwest.source WHERE id = :id
        """),
        {"id": source_id},
    ).one()
    found = {
        event.key: _columns(event, _shown_in(event, owner, regions), bool(simulated))
        for event in events
    }
    known = {
        row["key"]: row
        for row in conn.execute(
            text("SELECT * FROM suedwest.event WHERE source_id = :id ORDER BY key FOR UPDATE"),
            {"id": source_id},
        ).mappings()
    }
    new = found.keys() - known.keys()
    changed = {
        key
        for key in found.keys() & known.keys()
        if known[key]["ended_at"] is not None
        or any(known[key][name] != found[key][name] for name in _SAID)
    }
    for key in sorted(new | changed):
        conn.execute(
            _UPSERT, {**_bound(found[key]), "source_id": source_id, "key": key, "now": now}
        )
    conn.execute(
        text("""
            UPDATE suedwest.event SET last_seen_at = :now
            WHERE source_id = :id AND key = ANY (:keys) AND last_seen_at <= :before
        """),
        {"id": source_id, "keys": sorted(found), "now": now, "before": now - SEEN_STEP},
    )
    current = {
        key
        for key, row in known.items()
        if row["ended_at"] is None and (row["ends_at"] is None or row["ends_at"] > now)
    }
    kept = {key for key in known if key.partition(":")[2] in set(refused)}
    missing = {key for key, row in known.items() if row["ended_at"] is None} - found.keys() - kept
    shrunk = _tell_feed(conn, source_id, len(found), len(current & missing), len(current), now)
    if missing and not shrunk:
        conn.execute(
            text("""
                UPDATE suedwest.event SET ended_at = :now, changed_at = :now
                WHERE source_id = :id AND key = ANY (:keys)
            """),
            {"id": source_id, "keys": sorted(missing), "now": now},
        )
    return WrittenEvents(
        new=len(new),
        changed=len(changed),
        unchanged=len(events) - len(new) - len(changed),
        ended=0 if shrunk else len(missing),
        shrunk=shrunk,
    )


def _tell_feed(
    conn: Connection, source_id: str, number: int, missing: int, current: int, now: datetime
) -> bool:
    """Note that the feed was read; whether what is missing is not to be believed yet."""
    before = conn.execute(
        text("SELECT shrunk_at FROM suedwest.event_feed WHERE source_id = :id"), {"id": source_id}
    ).scalar_one_or_none()
    left = current - missing
    shrinks = missing > 0 and (
        number == 0 or (current >= FEWEST_FOR_A_SHARE and left < SHRINKS_TO * current)
    )
    since = (before or now) if shrinks else None
    believed = since is not None and now - since >= BELIEVED_AFTER
    if believed:
        since = None
    conn.execute(
        text("""
            INSERT INTO suedwest.event_feed (source_id, read_at, events, shrunk_at)
            VALUES (:id, :now, :number, :since)
            ON CONFLICT (source_id) DO UPDATE
            SET read_at = excluded.read_at, events = excluded.events,
                shrunk_at = excluded.shrunk_at
        """),
        {"id": source_id, "now": now, "number": number, "since": since},
    )
    return since is not None


def still_the_same(bind: Engine, source_id: str, now: datetime) -> None:
    """The feed was asked for and had not changed (304): what is stored is what it says now."""
    with bind.begin() as conn:
        conn.execute(
            text("UPDATE suedwest.event_feed SET read_at = :now WHERE source_id = :id"),
            {"id": source_id, "now": now},
        )


def read_events(
    bind: Engine | Connection, *, municipality: str | None = None, at: datetime | None = None
) -> list[EventRow]:
    """Events by their beginning; without a municipality those of all.

    With `at` (UTC) only those one of whose spans holds it and that the feed still had then;
    without it what the feed has now, also what is over or only begins later.
    """
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT * FROM suedwest.event
                WHERE (CAST(:municipality AS text) IS NULL
                       OR :municipality = ANY (municipalities))
                  AND CASE WHEN CAST(:at AS timestamptz) IS NULL THEN ended_at IS NULL
                      ELSE starts_at <= :at AND (ends_at IS NULL OR ends_at > :at)
                           AND (ended_at IS NULL OR ended_at > :at) END
                ORDER BY starts_at, source_id, key
            """),
            {"municipality": municipality, "at": at},
        ).mappings()
        found = [_row(row) for row in rows]
    return found if at is None else [one for one in found if one.event.holds(at)]


def read_feeds(bind: Engine | Connection) -> list[EventFeed]:
    """The feeds of events there are, by source."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT source_id, read_at, events, shrunk_at FROM suedwest.event_feed
                ORDER BY source_id
            """)
        )
        return [EventFeed(*row) for row in rows]


def feeds_of(bind: Engine | Connection, municipality: str) -> list[EventFeed]:
    """The feeds that tell or told of events a municipality shows, by source."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT source_id, read_at, events, shrunk_at FROM suedwest.event_feed feed
                WHERE EXISTS (SELECT FROM suedwest.event
                              WHERE event.source_id = feed.source_id
                                AND :municipality = ANY (municipalities))
                ORDER BY source_id
            """),
            {"municipality": municipality},
        )
        return [EventFeed(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Publisher:
    """An operator with a licence whose events a municipality shows or showed; `owner` is the
    municipality of the source (None: the platform's) and `source_type` its type."""

    municipality: str
    operator: dict[str, Any]
    licence: dict[str, Any]
    simulated: bool
    owner: str | None
    source_type: str


def read_publishers(bind: Engine | Connection) -> list[Publisher]:
    """Who publishes events, also those whose feed has none now; for the role of the owner."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT DISTINCT shown.municipality, operator, licence, simulated,
                       source.municipality, source.type
                FROM suedwest.event JOIN suedwest.source ON source.id = source_id
                CROSS JOIN LATERAL unnest(municipalities) shown (municipality)
                ORDER BY 1, 2, 3, 4
            """)
        )
        return [Publisher(*row) for row in rows]


def _shown_in(event: Event, owner: str | None, regions: Any) -> list[str]:
    """The municipality of the source, or of the platform's those in whose region it lies."""
    if owner is not None:
        return [owner]
    named: dict[str, dict[str, float]] = regions if isinstance(regions, dict) else {}
    return sorted(
        name
        for name, region in named.items()
        if any(
            region["west"] <= longitude <= region["east"]
            and region["south"] <= latitude <= region["north"]
            for longitude, latitude in event.place.positions
        )
    )


def _columns(event: Event, municipalities: list[str], simulated: bool) -> dict[str, Any]:
    return {
        "place": json.loads(json.dumps(geometry(event.place))),
        "spans": [
            [one.start.isoformat(), None if one.end is None else one.end.isoformat()]
            for one in event.spans
        ],
        "starts_at": event.spans[0].start,
        "ends_at": event.spans[-1].end,
        "effect": str(event.effect),
        "direction": str(event.direction),
        "roads": list(event.roads),
        "description": event.description,
        "intermittent": event.intermittent,
        "version": event.version,
        "operator": asdict(event.operator),
        "licence": asdict(event.licence),
        "municipalities": municipalities,
        "simulated": simulated,
    }


def _bound(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(value) if name in _JSON else value for name, value in columns.items()}


def _row(row: RowMapping) -> EventRow:
    event = Event(
        key=row["key"],
        place=place_of(row["place"]),
        spans=tuple(_spans(row["spans"])),
        effect=Effect(row["effect"]),
        operator=Operator(**row["operator"]),
        licence=Licence(**row["licence"]),
        direction=Direction(row["direction"]),
        roads=tuple(row["roads"]),
        description=row["description"],
        intermittent=row["intermittent"],
        version=row["version"],
    )
    return EventRow(
        source_id=row["source_id"],
        event=event,
        municipalities=tuple(row["municipalities"]),
        simulated=row["simulated"],
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
        changed_at=row["changed_at"],
        ended_at=row["ended_at"],
    )


def _spans(written: Iterable[Sequence[str | None]]) -> Iterable[Span]:
    for start, end in written:
        if start is not None:
            yield Span(parse_instant(start), None if end is None else parse_instant(end))


def _parameter(name: str) -> str:
    return f"CAST(:{name} AS jsonb)" if name in _JSON else f":{name}"


_UPSERT = text(f"""
    INSERT INTO suedwest.event (source_id, key, {", ".join(_SAID)},
                                first_seen_at, last_seen_at, changed_at)
    VALUES (:source_id, :key,
            {", ".join(map(_parameter, _SAID))},
            :now, :now, :now)
    ON CONFLICT (source_id, key) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in _SAID)},
        last_seen_at = excluded.last_seen_at, changed_at = excluded.changed_at, ended_at = NULL
""")
