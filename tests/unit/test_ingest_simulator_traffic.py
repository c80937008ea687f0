"""The sandbox's traffic: the formats of real feeds, plausible days, and clearly no measurement."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shapely.geometry import Point, shape

from ckanext.suedwest.connectors.base import Context, Decoded, find_connector
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.event import Effect
from ckanext.suedwest.domain.freshness import Freshness, freshness
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.time import BERLIN
from ckanext.suedwest.ingest.simulator.traffic import Feed, crowd
from ckanext.suedwest.ingest.simulator.traffic_feeds import FEEDS, answer

BOUNDARIES = Path(__file__).parents[2] / "config" / "municipalities" / "boundaries"
NOON = datetime(2026, 11, 23, 11, 2, 40, tzinfo=UTC)
CLOCK_CHANGES = (
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
)
MIDNIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
ALL = pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.id)


def read(feed: Feed, now: datetime = NOON) -> Decoded:
    told = answer(feed.path, now)
    assert told is not None
    context = Context(options=feed.source_options(), received_at=now)
    return find_connector(feed.connector)(told[1], context)


def values(decoded: Decoded, name: str) -> dict[str, float]:
    """The newest value of this datastream, by the station's id at its source."""
    found = sorted(decoded.observations, key=lambda each: each.phenomenon_time)
    return {
        each.station_key.partition(":")[2]: each.result for each in found if each.datastream == name
    }


def feed_of(name: str) -> Feed:
    return next(feed for feed in FEEDS if feed.id == name)


@ALL
@pytest.mark.parametrize("now", [NOON, MIDNIGHT, *CLOCK_CHANGES])
def test_its_connector_reads_everything_and_only_registered_places(
    feed: Feed, now: datetime
) -> None:
    if feed.connector == "kaiserslautern-pls" and now in CLOCK_CHANGES[1:]:
        # That format writes local times, so nobody can tell which of the two hours is meant.
        with pytest.raises(PayloadRefused, match="happens twice"):
            read(feed, now)
        return
    decoded = read(feed, now)
    assert decoded.refusals == []
    if feed.kind is None:
        assert len(decoded.events) == len(feed.places)
        return
    keys = {each.station_key.partition(":")[2] for each in decoded.observations}
    assert keys == set(feed.devices())
    assert all(each.phenomenon_time <= now for each in decoded.observations)


@ALL
def test_it_says_the_same_whenever_it_is_asked_about_an_instant(feed: Feed) -> None:
    assert answer(feed.path, NOON) == answer(feed.path, NOON + timedelta(seconds=20))


@ALL
def test_a_place_lies_in_its_municipality_and_says_that_it_does_not_exist(feed: Feed) -> None:
    content = json.loads((BOUNDARIES / f"{feed.municipality}.geojson").read_text("utf-8"))
    outline = content["features"][0] if "features" in content else content
    area = shape(outline.get("geometry", outline))
    for place in feed.places:
        assert area.contains(Point(place.longitude, place.latitude)), place
    options = feed.source_options()
    assert options["simulated"] is True
    assert options["licence"]["attribution"] == "Simulierte Werte, keine Messung"
    for device in feed.devices().values():
        assert device["name"].endswith("(Simulation)")
        assert "Diesen Ort gibt es nicht" in device["remark"]


def test_every_municipality_has_traffic_and_no_two_feeds_share_a_station() -> None:
    assert len({feed.municipality for feed in FEEDS}) == 6
    assert {feed.kind for feed in FEEDS} == {"parking", "counter", "sharing", "charging", None}
    keys = Counter(
        key
        for feed in FEEDS
        for key in {each.station_key for each in read(feed).observations}
        | {each.key for each in read(feed).events}
    )
    assert set(keys.values()) == {1}


def test_kaiserslautern_has_a_closed_car_park_and_one_whose_sum_contradicts_itself() -> None:
    feed = feed_of("parken-kaiserslautern")
    decoded = read(feed)
    closed = [name for name, open_ in values(decoded, "opening").items() if not open_]
    doubtful = {
        each.station_key.partition(":")[2]
        for each in decoded.observations
        if each.quality is Quality.SUSPECT
    }
    assert closed == ["6"]
    assert doubtful == {"5"}
    assert set(values(decoded, "free")) == {"1", "2", "3", "4", "5"}
    assert all(place.size >= 5 for place in feed.places)


@pytest.mark.parametrize("hours", range(0, 24, 3))
def test_a_car_park_is_silent_whenever_somebody_looks(hours: int) -> None:
    now = NOON + timedelta(hours=hours)
    times = {
        each.station_key.partition(":")[2]: each.phenomenon_time
        for each in read(feed_of("parken-kaiserslautern-pr"), now).observations
    }
    step = timedelta(minutes=5)

    def state(name: str) -> Freshness:
        return freshness(
            "parking", step, times[name], Quality.NOT_EVALUATED, out_of_service=False, now=now
        )

    assert state("kl-pr-1") is Freshness.LIVE
    assert state("kl-pr-2") is Freshness.SILENT


@pytest.mark.parametrize("name", ["strassen-kaiserslautern", "strassen-mayen-koblenz"])
@pytest.mark.parametrize("now", [NOON, MIDNIGHT, *CLOCK_CHANGES])
def test_a_road_is_closed_today_another_tomorrow_and_one_was(name: str, now: datetime) -> None:
    closed = [event for event in read(feed_of(name), now).events if event.effect is Effect.CLOSED]
    today = now.astimezone(BERLIN).date()
    days = [
        (span.start.astimezone(BERLIN).date(), span.end and span.end.astimezone(BERLIN).date())
        for event in closed
        for span in event.spans
    ]
    assert [(start < today, end is not None and end > today) for start, end in days].count(
        (True, True)
    ) == 1
    assert [start for start, _ in days].count(today + timedelta(days=1)) == 1
    assert [end is not None and end < today for _, end in days].count(True) == 1
    assert all("(Simulation)" in event.description for event in closed)


def test_a_day_has_a_full_noon_and_an_empty_night_and_a_sunday_is_quiet() -> None:
    for name in ("1", "r-1", "w-2"):
        noon, night = crowd(name, NOON), crowd(name, NOON + timedelta(hours=14))
        sunday = crowd(name, NOON - timedelta(days=1))
        assert 0 <= night < 0.35 < noon <= 1
        assert sunday < noon


def test_counts_are_whole_hours_that_are_over() -> None:
    for name in ("rad-linz", "rad-mayen-koblenz"):
        decoded = read(feed_of(name))
        newest = max(each.phenomenon_time for each in decoded.observations)
        assert newest == datetime(2026, 11, 23, 10, tzinfo=UTC)
        assert len(decoded.observations) == 21 * 24 * len(feed_of(name).places)


def test_there_is_nothing_at_other_addresses() -> None:
    assert answer("/traffic/other", NOON) is None
