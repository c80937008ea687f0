"""Every simulated feed is read by its connector, and says the same of the same instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded, find_connector
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.ingest.registered import Registered
from ckanext.suedwest.ingest.simulator.traffic import Feed
from ckanext.suedwest.ingest.simulator.traffic_feeds import FEEDS, answer

# A working day, a Sunday night, and the hours in which the clock changes.
INSTANTS = [
    datetime(2026, 11, 23, 11, 3, 20, tzinfo=UTC),
    datetime(2026, 11, 22, 2, 59, 59, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    datetime(2027, 3, 28, 1, 0, tzinfo=UTC),
]


TWICE = INSTANTS[2:4]


def read(feed: Feed, body: str, now: datetime, options: dict[str, Any]) -> Decoded:
    return find_connector(feed.connector)(body.encode(), Context(received_at=now, options=options))


@pytest.mark.parametrize("now", INSTANTS, ids=str)
@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.id)
def test_a_feed_is_read_without_a_refusal(feed: Feed, now: datetime):
    options = {
        key: value
        for key, value in feed.source_options().items()
        if key not in ("simulated", "connector", "devices")
    }
    content_type, body = answer(feed.path, now) or ("", "")
    assert content_type
    assert answer(feed.path, now) == (content_type, body)
    if feed.connector == "kaiserslautern-pls" and now in TWICE:
        # That format writes local times, so nobody can tell which of the two hours is meant.
        with pytest.raises(PayloadRefused, match="happens twice"):
            read(feed, body, now, options)
        return
    found = read(feed, body, now, options)
    assert [each.reason for each in found.refusals] == []
    if feed.kind is None:
        assert len(found.events) == 4
        return
    registered = Registered(feed.source_options(), timedelta(minutes=feed.minutes))
    keys = {each.station_key for each in found.observations}
    assert len(keys) == len(feed.places)
    for key in keys:
        station = registered.station(key)
        assert station.properties == {"simulated": "true"}
        assert station.name.endswith("(Simulation)")
    assert max(each.phenomenon_time for each in found.observations) <= now


def test_there_is_nothing_at_other_addresses():
    assert answer("/traffic/none", INSTANTS[0]) is None
