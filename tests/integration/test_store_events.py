"""Roadworks and closures in the store: whole feeds, what ends, and what is not believed at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from store_samples import empty, rows

from ckanext.suedwest.domain.errors import Refusal
from ckanext.suedwest.domain.event import Direction, Effect, Event, Place, Span
from ckanext.suedwest.domain.station import Licence, Operator
from ckanext.suedwest.store.batch import Batch, Receipt
from ckanext.suedwest.store.events import EventFeed, read_events, read_feeds, still_the_same
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import SHRUNK, write_batch

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    register(store_engine, "works", "kaiserslautern")
    return store_engine


def register(engine: Engine, source_id: str, owner: str | None, **options: Any) -> None:
    with engine.begin() as conn:
        register_source(
            conn,
            id=source_id,
            type="http",
            municipality=owner,
            url="https://example.org/works",
            options=options,
            interval=HOUR,
            managed_by="file",
        )


def works(number: int, **changes: Any) -> Event:
    event = Event(
        key=f"works:{number}",
        place=Place(lines=(((7.7, 49.4), (7.71, 49.41)),)),
        spans=(Span(NOW - DAY, NOW + DAY),),
        effect=Effect.CLOSED,
        operator=Operator("Stadt"),
        licence=Licence("dl-de-by-2.0", "Namensnennung", "https://example.org", "Stadt"),
        direction=Direction.BOTH,
        roads=("L 395", "Hauptstraße"),
        description="Kanalbau & <b>mehr</b>",
        version="3",
    )
    return replace(event, **changes)


def write(
    engine: Engine,
    events: Sequence[Event],
    *,
    source: str = "works",
    now: datetime = NOW,
    refusals: Sequence[Refusal] = (),
) -> Receipt:
    batch = Batch(source_id=source, received_at=now, events=events, refusals=refusals)
    return write_batch(engine, batch, lease=None, now=now)


def current(engine: Engine, at: datetime | None = None) -> list[str]:
    return [row.event.key for row in read_events(engine, at=at)]


def test_a_feed_is_accounted_for_and_read_as_it_was_written(engine: Engine) -> None:
    place = Place(
        points=((7.7, 49.4),),
        lines=(((7.7, 49.4), (7.71, 49.41)),),
        areas=(((7.7, 49.4), (7.8, 49.4), (7.8, 49.5), (7.7, 49.4)),),
    )
    spans = (Span(NOW, NOW + HOUR), Span(NOW + DAY))
    all_of_it = [works(1), works(2, place=place, spans=spans, intermittent=True)]
    receipt = write(engine, [*all_of_it, works(1)])
    assert (receipt.received, receipt.stored, receipt.unchanged) == (3, 2, 1)
    found = read_events(engine)
    assert [row.event for row in found] == all_of_it
    assert [row.municipalities for row in found] == [("kaiserslautern",)] * 2
    receipt = write(engine, [works(1, version="4"), all_of_it[1]], now=NOW + HOUR)
    assert (receipt.stored, receipt.corrected, receipt.unchanged) == (0, 1, 1)
    assert [
        (row.first_seen_at, row.last_seen_at, row.changed_at) for row in read_events(engine)
    ] == [
        (NOW, NOW + HOUR, NOW + HOUR),
        (NOW, NOW + HOUR, NOW),
    ]


def test_what_the_feed_does_not_have_any_more_has_ended_and_stays(engine: Engine) -> None:
    write(engine, [works(1), works(2), works(3)])
    refused = [Refusal("3", "it lies outside the region")]
    write(engine, [works(1)], now=NOW + HOUR, refusals=refused)
    assert current(engine) == ["works:1", "works:3"]
    assert current(engine, NOW) == ["works:1", "works:2", "works:3"]
    assert current(engine, NOW + HOUR) == ["works:1", "works:3"]
    write(engine, [works(1), works(2)], now=NOW + 2 * HOUR)
    assert current(engine) == ["works:1", "works:2"], "it came back"


def test_only_what_holds_is_told_of_an_instant(engine: Engine) -> None:
    spans = (Span(NOW - HOUR, NOW), Span(NOW + HOUR, NOW + 2 * HOUR))
    write(engine, [works(1, spans=spans), works(2, spans=(Span(NOW),))], now=NOW - DAY)
    asked = {0: ["works:2"], 1: ["works:1", "works:2"], 2: ["works:2"], -1: ["works:1"], -2: []}
    assert {hours: current(engine, NOW + hours * HOUR) for hours in asked} == asked


@pytest.mark.parametrize("left", [0, 1])
def test_a_feed_that_shrinks_to_nearly_nothing_is_believed_after_a_day(
    engine: Engine, left: int
) -> None:
    everything = [works(number) for number in range(8)]
    write(engine, everything)
    for hours in (1, 23):
        write(engine, everything[:left], now=NOW + hours * HOUR)
        assert len(current(engine)) == 8
    assert read_feeds(engine) == [EventFeed("works", NOW + 23 * HOUR, left, NOW + HOUR)]
    assert rows(engine, "SELECT reason, times FROM suedwest.quarantine") == [(SHRUNK, 2)]
    write(engine, everything[:left], now=NOW + 25 * HOUR)
    assert len(current(engine)) == left
    assert read_feeds(engine)[0].shrunk_at is None


def test_the_flag_goes_when_the_feed_has_its_events_again(engine: Engine) -> None:
    everything = [works(number) for number in range(8)]
    for hours, found in enumerate([everything, [], everything]):
        write(engine, found, now=NOW + hours * HOUR)
    still_the_same(engine, "works", NOW + 3 * HOUR)
    assert read_feeds(engine) == [EventFeed("works", NOW + 3 * HOUR, 8, None)]


def test_events_of_the_platform_are_shown_where_they_lie(engine: Engine) -> None:
    regions = {
        "kusel": {"west": 7.2, "south": 49.3, "east": 7.72, "north": 49.7},
        "cochem-zell": {"west": 6.9, "south": 49.9, "east": 7.4, "north": 50.3},
    }
    register(engine, "motorways", None, regions=regions, simulated=True)
    elsewhere = Place(points=((9.0, 48.0),))
    write(engine, [works(1), works(2, place=elsewhere)], source="motorways")
    assert [(row.municipalities, row.simulated) for row in read_events(engine)] == [
        (("kusel",), True),
        ((), True),
    ]
    assert [row.event.key for row in read_events(engine, municipality="kusel")] == ["works:1"]
    assert read_events(engine, municipality="cochem-zell") == []


def test_a_batch_without_a_feed_ends_nothing(engine: Engine) -> None:
    write(engine, [works(1)])
    write_batch(engine, Batch(source_id="works", received_at=NOW), lease=None, now=NOW + HOUR)
    assert current(engine) == ["works:1"]
    with engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM suedwest.event_feed")).scalar_one() == 1
