"""Roadworks as GeoJSON and CIFS, and the privacy rule of a counter, for whoever asks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from ckan.tests import factories
from open_data_client import asker
from sqlalchemy import Engine

from ckanext.suedwest.domain.event import Direction, Effect, Event, Place, Span
from ckanext.suedwest.domain.gated import Counter, Frame, Gated
from ckanext.suedwest.domain.privacy import DEFAULT_RULE
from ckanext.suedwest.domain.station import Datastream, Licence, Operator, Station
from ckanext.suedwest.domain.time import DayRule
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch

KUSEL = "landkreis-kusel"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
CITY = Operator("Stadt Kusel")
LICENCE = Licence("dl-de-by-2.0", "Namensnennung", "https://example.org", "Stadt Kusel")


def _register(engine: Engine, source: str, **options: Any) -> None:
    with engine.begin() as conn:
        register_source(
            conn,
            id=source,
            type="http",
            municipality=KUSEL,
            url="https://example.org",
            options=options,
            interval=DAY,
            managed_by="file",
        )


def _works(key: str, span: Span) -> Event:
    return Event(
        key=key,
        place=Place(lines=(((7.4, 49.5), (7.41, 49.51)),)),
        spans=(span,),
        effect=Effect.CLOSED,
        operator=CITY,
        licence=LICENCE,
        direction=Direction.BOTH,
        roads=("Hauptstraße",),
        description="<script>alert(1)</script>",
    )


def test_traffic_is_told_with_its_rights_its_rule_and_without_what_is_held_back(
    clean_db: None, clean_index: None, store: Engine, app: Any
) -> None:
    factories.Organization(name=KUSEL)
    for source, options in (("works", {}), ("played", {"simulated": True}), ("counters", {})):
        _register(store, source, **options)
    spans = {
        "now": Span(NOW - DAY),
        "over": Span(NOW - 2 * DAY, NOW - DAY),
        "later": Span(NOW + DAY),
    }
    for source in ("works", "played"):
        told = [_works(f"{source}:{name}", span) for name, span in spans.items()]
        batch = Batch(source_id=source, received_at=NOW, events=told)
        write_batch(store, batch, lease=None, now=NOW)
    counter = Counter("counters:1", "total", frozenset({"in", "out"}), DEFAULT_RULE)
    start = (NOW - 3 * DAY).replace(minute=0, second=0)
    frames = [
        Frame(counter.id, f"{hour}", start + hour * timedelta(hours=1), {"in": 9.0, "out": number})
        for hour, number in enumerate((1.0, 9.0))
    ]
    batch = Batch(
        source_id="counters",
        received_at=NOW,
        stations=[
            Station(
                "counters:1",
                "counter",
                "Brücke",
                CITY,
                LICENCE,
                properties={"privacy": json.dumps(DEFAULT_RULE.describe())},
            )
        ],
        datastreams=[
            Datastream("counters:1", name, "bicycle_count", "count", day_rule=DayRule.CIVIL)
            for name in ("total", "in", "out")
        ],
        gated=Gated(counters=[counter], frames=frames),
    )
    write_batch(store, batch, lease=None, now=NOW)

    get = asker(app)
    works = get("/events.geojson").json["features"]
    assert [each["id"] for each in works] == [
        "played:now",
        "works:now",
        "played:later",
        "works:later",
    ]
    told = works[1]["properties"]
    assert (told["licence"], told["operator"]) == ("dl-de-by-2.0", "Stadt Kusel")
    assert (told["municipalities"], told["simulated"]) == ([KUSEL], False)
    assert (told["feed_read_at"], told["feed_doubted_since"]) == (NOW.isoformat(), None)
    assert get("/events.geojson?operator=somebody").json["features"] == []
    assert get("/events.geojson?municipality=nowhere").status_code == 404
    incidents = get(f"/events.cifs.json?municipality={KUSEL}").json["incidents"]
    assert [each["id"] for each in incidents] == ["works:now:1:1", "works:later:1:1"]

    (station,) = get("/stations.json").json["stations"]
    assert station["privacy"] == {**DEFAULT_RULE.describe(), "spans": 2, "spans_withheld": 1}
    series = {each["datastream"]: each["values"] for each in station["datastreams"]}
    assert series == {"total": 2, "in": 1, "out": 1}
    assert '""smallest_cell"":3' in get("/stations.csv").text
