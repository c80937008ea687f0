"""Roadworks and closures: validity of each record, effect and not cause, swapped places, feeds."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.connectors.base import Connector, Context, Decoded
from ckanext.suedwest.connectors.traffic import autobahn, datex2_situations, roadworks_geojson
from ckanext.suedwest.domain.contacts import without_contacts
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.event import Direction, Effect, Span, closed_at, joined_spans
from ckanext.suedwest.domain.event_feeds import cifs, geojson

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REGION = {"west": 7.0, "south": 49.0, "east": 8.5, "north": 50.0}
CONTEXT = Context(received_at=NOW, options={"region": REGION})
LINE = "<groupOfLocations><gmlLineString><posList>49.44 7.76 49.45 7.77</posList></gmlLineString>"
PLACE = f"{LINE}<roadNumber>L395</roadNumber><tpegDirection>bothWays</tpegDirection>"
VALID = (
    "<validity><validityTimeSpecification>"
    "<overallStartTime>2026-11-01T00:00:00+01:00</overallStartTime>"
    "<overallEndTime>2026-11-30T23:59:59+01:00</overallEndTime>{}"
    "</validityTimeSpecification></validity>"
)
CLOSED = "<roadOrCarriagewayOrLaneManagementType>roadClosed</roadOrCarriagewayOrLaneManagementType>"


def record(
    inner: str = "",
    *,
    kind: str = "RoadOrCarriagewayOrLaneManagement",
    identifier: str = "1",
    place: str = f"{PLACE}</groupOfLocations>",
    periods: str = "",
) -> str:
    return (
        f'<situationRecord xsi:type="{kind}" id="{identifier}" version="2">'
        f"{VALID.format(periods)}{inner}{place}</situationRecord>"
    )


def read(*records: str, header: str = "") -> Decoded:
    payload = (
        '<d xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><situation id="s">'
        f"<headerInformation>{header}</headerInformation>{''.join(records)}</situation></d>"
    )
    return datex2_situations.connector(payload.encode(), CONTEXT)


def test_a_closed_road() -> None:
    decoded = read(record(CLOSED))
    (event,) = decoded.events
    assert decoded.refusals == []
    assert (event.key, event.version, event.effect) == ("datex2:1", "2", Effect.CLOSED)
    assert event.roads == ("L395",)
    assert event.direction is Direction.BOTH
    # Latitude comes first in a posList.
    assert event.place.lines == (((7.76, 49.44), (7.77, 49.45)),)
    # The last second of a day is its end.
    end = datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert event.spans == (Span(datetime(2026, 10, 31, 23, tzinfo=UTC), end),)
    assert closed_at([event], NOW) == [event]
    assert closed_at([event], end) == []


CAUSE = record(
    "<generalPublicComment><comment><values><value lang='de'>Kanalbau</value></values></comment>"
    "</generalPublicComment>",
    kind="ConstructionWorks",
    identifier="works",
)


@pytest.mark.parametrize(
    "link", ["", '<cause><managedCause id="works" version="1"/></cause>'], ids=["same", "named"]
)
def test_an_effect_is_told_once_with_the_words_of_its_cause(link: str) -> None:
    decoded = read(CAUSE, record(CLOSED + link, identifier="closure"))
    (event,) = decoded.events
    assert (event.key, event.description) == ("datex2:closure", "Kanalbau")
    assert decoded.refusals == []


def test_works_without_an_effect_are_told_and_close_nothing() -> None:
    (event,) = read(CAUSE).events
    assert event.effect is Effect.UNKNOWN
    assert closed_at([event], NOW) == []


@pytest.mark.parametrize(
    ("inner", "effect"),
    [
        (CLOSED.replace("roadClosed", "carriagewayClosures"), Effect.CLOSED),
        (CLOSED.replace("roadClosed", "laneClosures"), Effect.LANES_CLOSED),
        (CLOSED.replace("roadClosed", "narrowLanes"), Effect.RESTRICTED),
        (
            f"{CLOSED}<forVehiclesWithCharacteristicsOf><vehicleType>lorry</vehicleType>"
            "</forVehiclesWithCharacteristicsOf>",
            Effect.RESTRICTED,
        ),
        (
            "<impact><capacityRemaining>0.0</capacityRemaining><numberOfLanesRestricted>1"
            "</numberOfLanesRestricted><originalNumberOfLanes>1</originalNumberOfLanes></impact>",
            Effect.CLOSED,
        ),
        (
            "<impact><numberOfLanesRestricted>1</numberOfLanesRestricted>"
            "<originalNumberOfLanes>2</originalNumberOfLanes></impact>",
            Effect.RESTRICTED,
        ),
        (
            "<impact><trafficConstrictionType>roadBlocked</trafficConstrictionType></impact>",
            Effect.CLOSED,
        ),
        ("<impact><capacityRemaining>0.0</capacityRemaining></impact>", Effect.UNKNOWN),
    ],
)
def test_the_effect_is_what_the_record_says(inner: str, effect: Effect) -> None:
    (event,) = read(record(inner)).events
    assert event.effect is effect


def test_periods_cut_the_overall_time_and_hours_of_the_day_are_told() -> None:
    periods = (
        "<validPeriod><startOfPeriod>2026-10-01T00:00:00Z</startOfPeriod>"
        "<endOfPeriod>2026-11-05T00:00:00Z</endOfPeriod></validPeriod>"
        "<validPeriod><startOfPeriod>2026-11-10T00:00:00Z</startOfPeriod>"
        "<recurringTimePeriodOfDay><startTimeOfPeriod>22:00:00</startTimeOfPeriod>"
        "</recurringTimePeriodOfDay></validPeriod>"
    )
    (event,) = read(record(CLOSED, periods=periods)).events
    assert [(span.start.day, span.end and span.end.day) for span in event.spans] == [
        (31, 5),
        (10, 30),
    ]
    assert event.intermittent
    # It may be closed, so it is named; a navigation app would keep everyone away all day.
    assert closed_at([event], NOW) == [event]
    assert cifs([event]) == {"incidents": []}


@pytest.mark.parametrize(
    ("inner", "header", "reason"),
    [
        ("", "<confidentiality>internalUse</confidentiality>", "not for the public"),
        ("", "<informationStatus>securityExercise</informationStatus>", "not real"),
        ("<operatorActionStatus>terminated</operatorActionStatus>", "", "terminated"),
        (
            "<management><lifeCycleManagement><cancel>true</cancel></lifeCycleManagement>"
            "</management>",
            "",
            "cancelled",
        ),
    ],
)
def test_what_is_not_public_or_not_in_force_is_refused(
    inner: str, header: str, reason: str
) -> None:
    decoded = read(record(inner), header=header)
    assert decoded.events == []
    assert reason in decoded.refusals[0].reason


DISPLAY = (
    "<locationForDisplay><latitude>{}</latitude><longitude>{}</longitude></locationForDisplay>"
)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("<groupOfLocations/>", "no coordinates"),
        ("<groupOfLocations><alertCPoint/></groupOfLocations>", "code of a location table"),
        (f"<groupOfLocations>{DISPLAY.format(52.1, 13.4)}</groupOfLocations>", "outside"),
        (f"<groupOfLocations>{DISPLAY.format(7.76, 49.44)}</groupOfLocations>", "swapped"),
        (f"<groupOfLocations>{DISPLAY.format(491, 7.76)}</groupOfLocations>", "no place on earth"),
        (f"<groupOfLocations>{DISPLAY.format('nan', 7)}</groupOfLocations>", "no place on earth"),
        (f"{LINE.replace('49.45 7.77', '49.45')}</groupOfLocations>", "not pairs"),
    ],
)
def test_a_place_that_cannot_be_is_refused_and_its_neighbour_goes_on(
    place: str, reason: str
) -> None:
    decoded = read(record(place=place, identifier="bad"), record(identifier="good"))
    assert [event.key for event in decoded.events] == ["datex2:good"]
    (refusal,) = decoded.refusals
    assert refusal.record == "situationRecord bad"
    assert reason in refusal.reason


def test_a_swapped_point_beside_a_line_in_order_is_left_out_and_told() -> None:
    decoded = read(record(place=f"{PLACE}{DISPLAY.format(7.76, 49.44)}</groupOfLocations>"))
    (event,) = decoded.events
    assert event.place.points == ()
    assert "swapped" in decoded.refusals[0].reason


def test_a_publication_without_situations_is_in_order() -> None:
    empty = (
        b'<m xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:s="s">'
        b'<payload xsi:type="s:SituationPublication"/></m>'
    )
    assert datex2_situations.connector(empty, CONTEXT) == Decoded()
    with pytest.raises(PayloadRefused, match="no situations"):
        datex2_situations.connector(b"<a/>", CONTEXT)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Vollsperrung\nTel. 0631 123456", "Vollsperrung"),
        ("Kanalbau. Fragen an a.b@example.org.", "Kanalbau."),
        ("Ruf: +49 631 1234567", ""),
        ("B 270, km 0-3, 01.11.2026 bis 05.12.2026, 2x500 m", None),
        ("Linie 0631-12345 ruft", ""),
    ],
)
def test_contacts_are_cut_out_of_texts(text: str, kept: str | None) -> None:
    assert without_contacts(text) == (text if kept is None else kept)


def feature(geometry: object, **properties: object) -> dict[str, object]:
    described = {"von": "2026-11-01", "bis": "2026-11-30", "art": "voll", "strasse": "Ring"}
    return {
        "type": "Feature",
        "id": 7,
        "geometry": geometry,
        "properties": {**described, **properties},
    }


NAMES = {
    "start": "von",
    "end": "bis",
    "time": {"zone": "Europe/Berlin"},
    "last_day": True,
    "effect": "art",
    "effects": {"voll": "closed"},
    "roads": "strasse",
    "region": REGION,
}


def collection(*features: object, **fields: object) -> Decoded:
    payload = {"type": "FeatureCollection", "features": features, **fields}
    return roadworks_geojson.connector(
        json.dumps(payload).encode(), Context(NOW, options={**NAMES})
    )


def test_a_feature_with_days_lasts_to_the_end_of_the_last_one() -> None:
    pieces = [
        [[7.7, 49.4], [7.71, 49.4]],
        [[7.71, 49.4], [7.71, 49.4]],
        [[7.71, 49.4], [7.8, 49.5]],
    ]
    decoded = collection(feature({"type": "MultiLineString", "coordinates": pieces}))
    (event,) = decoded.events
    assert event.spans[0].end == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert event.effect is Effect.CLOSED
    assert event.place.lines == (((7.7, 49.4), (7.71, 49.4), (7.8, 49.5)),)


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "no geometry"),
        ({"type": "Point", "coordinates": ["7.7", 49.4]}, "not two numbers"),
        ({"type": "Point", "coordinates": [49.4, 7.7]}, "swapped"),
        ({"type": "Point", "coordinates": [400000, 5480000]}, "no place on earth"),
        ({"type": "Polygon", "coordinates": [[[7.7, 49.4], [7.7, 49.5]]]}, "at least four"),
        ({"type": "Curve", "coordinates": []}, "not known"),
    ],
)
def test_a_feature_that_cannot_be_used_is_refused_alone(geometry: object, reason: str) -> None:
    good = {**feature({"type": "Point", "coordinates": [7.7, 49.4]}), "id": "good"}
    decoded = collection(feature(geometry), good)
    assert [event.key for event in decoded.events] == ["roadworks-geojson:good"]
    assert reason in decoded.refusals[0].reason


def test_metres_of_another_grid_are_refused() -> None:
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
    with pytest.raises(PayloadRefused, match="25832"):
        collection(crs=named)


def autobahn_entry(**fields: object) -> dict[str, object]:
    return {
        "identifier": "a1",
        "title": "A6 | AS Musterstadt - AS Beispielheim",
        "subtitle": "Saarbrücken Richtung Mannheim",
        "coordinate": {"lat": "49.44", "long": 7.76},
        "isBlocked": "true",
        "display_type": "CLOSURE",
        "description": ["Beginn: 01.11.2026 09:00", "Ende: 28.11.2026 17:00", "", "Brückenbau"],
        "startTimestamp": "2026-11-01T09:00:00.000+0100",
        **fields,
    }


@pytest.mark.parametrize(
    ("fields", "effect"),
    [
        ({}, Effect.CLOSED),
        ({"isBlocked": "false"}, Effect.UNKNOWN),
        ({"isBlocked": False}, Effect.UNKNOWN),
        ({"display_type": "WEIGHT_LIMIT_35"}, Effect.RESTRICTED),
        ({"description": ["in beiden Richtungen gesperrt für LKW über 3,5 t"]}, Effect.RESTRICTED),
    ],
)
def test_the_autobahn_is_closed_where_it_is_blocked_for_all(
    fields: dict[str, object], effect: Effect
) -> None:
    payload = json.dumps({"closure": [autobahn_entry(**fields)]}).encode()
    (event,) = autobahn.connector(payload, CONTEXT).events
    assert event.effect is effect
    assert event.roads == ("A6",)
    if not fields:
        assert event.spans[0].end == datetime(2026, 11, 28, 16, tzinfo=UTC)
        assert "Brückenbau" in event.description
        assert "Ende:" not in event.description


@pytest.mark.parametrize("service", ["warning", "webcam", "parking_lorry", "x"])
def test_other_services_of_the_autobahn_are_refused(service: str) -> None:
    with pytest.raises(PayloadRefused):
        autobahn.connector(json.dumps({service: []}).encode(), CONTEXT)


def test_feeds_for_others() -> None:
    closed, lanes = read(
        record(CLOSED), record(CLOSED.replace("roadClosed", "laneClosures"), identifier="2")
    ).events
    document = geojson([closed, lanes])
    first = document["features"][0]  # type: ignore[index]
    assert first["geometry"]["type"] == "LineString"
    assert first["properties"]["end"] == "2026-11-30T23:00:00Z"
    (incident,) = cifs([closed, lanes])["incidents"]  # type: ignore[misc]
    assert incident["location"] == {
        "street": "L395",
        "polyline": "49.440000 7.760000 49.450000 7.770000",
        "direction": "BOTH_DIRECTIONS",
    }
    assert incident["starttime"] == "2026-11-01T00:00:00+01:00"


def test_a_point_is_no_line_of_the_closures_feed() -> None:
    place = f"<groupOfLocations><roadNumber>L395</roadNumber>{DISPLAY.format(49.4, 7.7)}"
    (event,) = read(record(CLOSED, place=f"{place}</groupOfLocations>")).events
    assert cifs([event]) == {"incidents": []}
    assert geojson([event])["features"][0]["geometry"]["type"] == "Point"  # type: ignore[index]


def test_a_description_that_is_markup_stays_text() -> None:
    text = "&lt;script&gt;alert(1)&lt;/script&gt;"
    comment = (
        f"<generalPublicComment><comment><values><value>{text}</value></values></comment>"
        "</generalPublicComment>"
    )
    (event,) = read(record(comment)).events
    assert event.description == "<script>alert(1)</script>"


instants = st.integers(0, 500_000).map(lambda minutes: NOW + timedelta(minutes=minutes))
spans = st.builds(
    lambda first, second: Span(min(first, second), None if first == second else max(first, second)),
    instants,
    instants,
)


@given(st.lists(spans, max_size=6), instants)
def test_joining_spans_changes_no_instant(given_spans: list[Span], instant: datetime) -> None:
    joined = joined_spans(given_spans)
    assert any(one.holds(instant) for one in joined) == any(
        one.holds(instant) for one in given_spans
    )
    for earlier, later in zip(joined, joined[1:], strict=False):
        assert earlier.end is not None
        assert earlier.end < later.start


ALL: list[Connector] = [
    autobahn.connector,
    datex2_situations.connector,
    lambda payload, _: roadworks_geojson.connector(payload, Context(NOW, options={**NAMES})),
]


@pytest.mark.parametrize("connector", ALL)
@given(payload=st.one_of(st.binary(max_size=200), st.text(alphabet='<>/{}[]":,1a', max_size=60)))
def test_nothing_but_its_own_refusal_comes_out(connector: Connector, payload: bytes | str) -> None:
    with contextlib.suppress(PayloadRefused):
        connector(payload if isinstance(payload, bytes) else payload.encode(), CONTEXT)


ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["type", "coordinates", "lat", "long", "geometries"]), inner, max_size=3
        ),
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(autobahn_entry())), ODD))
def test_odd_fields_of_the_autobahn_are_refused_with_a_reason(fields: dict[str, object]) -> None:
    payload = json.dumps({"roadworks": [autobahn_entry(**fields)]}).encode()
    decoded = autobahn.connector(payload, CONTEXT)
    assert len(decoded.events) + len(decoded.refusals) >= 1


@given(ODD, st.dictionaries(st.sampled_from(["von", "bis", "art", "strasse"]), ODD))
def test_odd_features_are_refused_with_a_reason(
    geometry: object, fields: dict[str, object]
) -> None:
    decoded = collection(feature(geometry, **fields))
    assert len(decoded.events) + len(decoded.refusals) >= 1


@given(st.text(max_size=30), st.text(alphabet="0123456789. -e", max_size=20))
def test_odd_words_in_a_situation_are_refused_with_a_reason(word: str, numbers: str) -> None:
    kept = "".join(c for c in word if c.isprintable() and c not in "<>&\ufffe\uffff")
    inner = CLOSED.replace("roadClosed", kept)
    place = f"<groupOfLocations><posList>{numbers}</posList></groupOfLocations>"
    with contextlib.suppress(PayloadRefused):
        decoded = read(record(inner, place=place))
        assert len(decoded.events) + len(decoded.refusals) >= 1


# A developer may have recordings beside the checkout.
MORE = Path(__file__).parents[3] / "shared" / "samples" / "traffic"
KARLSRUHE = {
    **NAMES,
    "id": "id",
    "effect": "ampel",
    "effects": {"voll": "closed", "teil": "restricted"},
    "roads": "titel",
    "geometry": "area",
    "region": {"west": 8.2, "south": 48.9, "east": 8.6, "north": 49.1},
}
WZDX = {
    "start": "start_date",
    "end": "end_date",
    "roads": "core_details.road_names",
    "effect": "vehicle_impact",
    "effects": {"all-lanes-closed": "closed"},
}
RECORDINGS: list[tuple[Connector, str, dict[str, object], tuple[int, int, int]]] = [
    (datex2_situations.connector, f"datex2/{name}.xml", {}, counts)
    for name, counts in (
        ("v2_situation_finland_roadworks_no_exchange", (0, 0, 2)),
        ("v2_situation_france_vehicle_obstruction", (1, 0, 0)),
        ("v2_situation_roadworks_bw_single", (2, 2, 0)),
        ("v3_5_situation_finland", (0, 0, 1)),
        ("v3_messagecontainer_situation_ndw", (8, 1, 3)),
    )
]
RECORDINGS += [
    (autobahn.connector, "roadworks/autobahn_api_closure.json", {}, (1, 0, 0)),
    (autobahn.connector, "roadworks/autobahn_api_roadworks.json", {}, (1, 0, 0)),
    (
        roadworks_geojson.connector,
        "roadworks/karlsruhe_baustellen_derived_full.geojson",
        KARLSRUHE,
        (181, 46, 0),
    ),
    (roadworks_geojson.connector, "roadworks/wzdx_4.2_laneshift.geojson", WZDX, (1, 0, 0)),
    (
        roadworks_geojson.connector,
        "roadworks/wzdx_4.2_local_access_only.geojson",
        WZDX,
        (2, 0, 0),
    ),
]


@pytest.mark.parametrize(
    ("connector", "name", "options", "expected"),
    [row for row in RECORDINGS if (MORE / row[1]).exists()],
)
def test_recordings_are_read_or_refused(
    connector: Connector, name: str, options: dict[str, object], expected: tuple[int, int, int]
) -> None:
    decoded = connector((MORE / name).read_bytes(), Context(NOW, options=options))
    closed = [event for event in decoded.events if event.effect is Effect.CLOSED]
    assert (len(decoded.events), len(closed), len(decoded.refusals)) == expected
