"""What staff say of stations: action levels, marks, corrections, limits, mountings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from observations_samples import START, STATION, STEP, Gauge
from sqlalchemy import Engine

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Datastream, Visibility
from ckanext.suedwest.domain.threshold import Direction, Threshold, ThresholdKind
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.query import datums, observations, stations
from ckanext.suedwest.store.selection import Selection
from ckanext.suedwest.store.sources import set_selections
from ckanext.suedwest.store.writer import write_batch

KUSEL, LINZ = "landkreis-kusel", "linz-am-rhein"
NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def editor(gauge: Gauge) -> str:
    """Name of an editor of the municipality that owns the gauge's source."""
    user = factories.User()
    call_action("organization_member_create", id=KUSEL, username=user["name"], role="editor")
    return user["name"]


@pytest.fixture
def neighbour(gauge: Gauge, store: Engine) -> str:
    """Name of an editor of a municipality that only shows the gauge."""
    factories.Organization(name=LINZ)
    with store.begin() as conn:
        set_selections(conn, "glan", LINZ, [Selection("water", "kuselbach", "near")])
    gauge.write([0.5])
    user = factories.User()
    call_action("organization_member_create", id=LINZ, username=user["name"], role="editor")
    return user["name"]


def act(name: str, user: str, **data: Any) -> Any:
    return tk.get_action(f"suedwest_{name}")({"user": user}, data)


def refused(name: str, user: str, **data: Any) -> dict[str, Any]:
    with pytest.raises(tk.ValidationError) as error:
        act(name, user, **data)
    return error.value.error_dict


def stored(store: Engine, datastream_id: int, start: datetime = START, count: int = 1) -> Any:
    rows = observations(store, datastream_id, start=start, end=start + count * STEP)
    return [(row.result, row.quality) for row in rows]


def test_a_municipality_keeps_its_own_action_levels(gauge, store, editor) -> None:
    level = {"municipality": KUSEL, "resource_id": gauge.resource_id, "direction": "above"}
    first = act("threshold_create", editor, level="580,5", label="Unterführung gesperrt", **level)
    assert (first["level"], first["code"], first["own"]) == (580.5, "unterfuhrung-gesperrt", True)
    second = act("threshold_create", editor, level=600, label="Unterführung gesperrt", **level)
    assert second["code"] == "unterfuhrung-gesperrt-2"
    changed = act(
        "threshold_update", editor, code=first["code"], level="570", label="Radweg", **level
    )
    assert (changed["level"], changed["label"], changed["code"]) == (570, "Radweg", first["code"])
    act("threshold_delete", editor, code=second["code"], **level)
    listed = act("threshold_list", editor, **level)
    assert [(row["level"], row["label"], row["municipality"]) for row in listed] == [
        (570, "Radweg", KUSEL)
    ]


def test_an_action_level_is_asked_for_plainly(gauge, editor) -> None:
    errors = refused("threshold_create", editor, municipality=KUSEL, resource_id=gauge.resource_id)
    assert set(errors) == {"level", "direction", "label"}
    given = {"municipality": KUSEL, "resource_id": gauge.resource_id, "label": "x"}
    errors = refused("threshold_create", editor, level="1.234", direction="up", **given)
    assert set(errors) == {"level", "direction"}


def test_official_and_foreign_action_levels_cannot_be_changed(gauge, store, editor, neighbour):
    official = Threshold(
        300.0, Direction.ABOVE, "M_I", "Marke I", ThresholdKind.OFFICIAL, "Land", 1
    )
    stream = Datastream(
        STATION.key, "W", "water_level", "cm", interval=STEP, thresholds=(official,)
    )
    write_batch(store, Batch("glan", NOW, [STATION], [stream], []), lease=None, now=NOW)
    place = {"resource_id": gauge.resource_id}
    act(
        "threshold_create",
        neighbour,
        municipality=LINZ,
        level=400,
        direction="above",
        label="Deich",
        **place,
    )
    listed = act("threshold_list", editor, municipality=KUSEL, **place)
    assert [(row["code"], row["own"]) for row in listed] == [("M_I", False), ("deich", False)]
    for code in ("M_I", "deich"):
        with pytest.raises(tk.ObjectNotFound):
            act("threshold_delete", editor, municipality=KUSEL, code=code, **place)
    with pytest.raises(tk.NotAuthorized):
        act("threshold_delete", editor, municipality=LINZ, code="deich", **place)


def test_who_only_shows_a_station_has_no_say_over_its_values(gauge, store, editor, neighbour):
    call = {"resource_id": gauge.resource_id}
    for action, data in (
        ("mark_create", {"says": "doubted", "start": "2026-11-01T00:00Z", "note": "n"}),
        ("correction_create", {"time": START.isoformat(), "result": 1, "note": "n"}),
        ("limits_update", {}),
        ("mounting_create", {}),
    ):
        with pytest.raises(tk.NotAuthorized):
            act(action, neighbour, **call, **data)
    internal = {"resource_id": gauge.internal_resource_id, "municipality": LINZ}
    with pytest.raises(tk.ObjectNotFound):
        act("threshold_list", neighbour, **internal)
    (row,) = act("station_list", neighbour, municipality=LINZ)
    assert (row["editable"], row["shown"]) == (False, True)
    assert [stream["name"] for stream in row["datastreams"]] == ["W"]
    (row,) = act("station_list", editor, municipality=KUSEL)
    assert row["editable"] is True
    assert {stream["name"] for stream in row["datastreams"]} == {"W", "Q"}


def test_a_span_is_marked_and_taken_back(gauge, store, editor) -> None:
    call = {"resource_id": gauge.resource_id}
    made = act(
        "mark_create",
        editor,
        says="doubted",
        start="01.11.2026 01:00",
        until="2026-11-01T01:15",
        note="Gras im Messfeld",
        **call,
    )
    assert (made["start"], made["until"]) == (
        "2026-11-01T00:00:00+00:00",
        "2026-11-01T00:15:00+00:00",
    )
    assert made["author"] == editor
    assert stored(store, gauge.datastream_id, count=2) == [
        (0.5, Quality.SUSPECT),
        (1.5, Quality.NOT_EVALUATED),
    ]
    assert act("mark_list", editor, **call) == [made]
    act("mark_delete", editor, id=made["id"], **call)
    assert stored(store, gauge.datastream_id) == [(0.5, Quality.NOT_EVALUATED)]
    assert act("mark_list", editor, **call) == []
    for gone in (made["id"], "x"):
        with pytest.raises(tk.ObjectNotFound):
            act("mark_delete", editor, id=gone, **call)


def test_the_night_of_the_clock_change_is_asked_about(gauge, editor) -> None:
    call = {"resource_id": gauge.resource_id, "says": "maintenance", "note": "Wartung"}
    errors = refused("mark_create", editor, start="2026-10-25T02:30", **call)
    assert "happened twice" in errors["start"][0]
    errors = refused("mark_create", editor, start="2026-03-29T02:30", **call)
    assert "did not exist" in errors["start"][0]
    made = act("mark_create", editor, start="2026-10-25T02:30", start_zone="MEZ", **call)
    assert made["start"] == "2026-10-25T01:30:00+00:00"


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({}, {"says", "start", "note"}),
        (
            {"says": "gone", "start": "gestern", "note": " ", "note_public": "maybe"},
            {"says", "start", "note", "note_public"},
        ),
        (
            {"says": "good", "start": "2026-11-02T00:00", "until": "2026-11-01T00:00", "note": "n"},
            {"until"},
        ),
        ({"says": "good", "start": "0900-01-01T00:00", "note": "n" * 2001}, {"start", "note"}),
    ],
)
def test_a_mark_is_asked_for_plainly(gauge, editor, data, wrong) -> None:
    assert set(refused("mark_create", editor, resource_id=gauge.resource_id, **data)) == wrong


def test_a_value_is_corrected_and_the_original_kept(gauge, store, editor) -> None:
    call = {"resource_id": gauge.resource_id, "time": START.isoformat()}
    made = act("correction_create", editor, result="0,75", note="abgelesen", **call)
    assert (made["result"], made["original"], made["author"]) == (0.75, 0.5, editor)
    assert stored(store, gauge.datastream_id) == [(0.75, Quality.NOT_EVALUATED)]
    assert act("correction_list", editor, resource_id=gauge.resource_id) == [made]
    nothing = {**call, "time": "2026-11-01T00:07Z"}
    assert set(refused("correction_create", editor, result="x", note="n", **nothing)) == {
        "time",
        "result",
    }
    assert set(refused("correction_create", editor, result="9" * 20, note="n", **call)) == {
        "result"
    }


def test_a_gauge_has_limits_of_its_own(gauge, store, editor) -> None:
    call = {"resource_id": gauge.resource_id}
    shown = act("limits_show", editor, **call)
    assert (shown["defaults"]["highest"], shown["own"]) == (1300.0, {})
    shown = act("limits_update", editor, highest="1,0", off=["spike"], **call)
    assert shown["own"] == {"highest": 1.0, "spike": None}
    assert stored(store, gauge.datastream_id, count=2) == [
        (0.5, Quality.NOT_EVALUATED),
        (1.5, Quality.SUSPECT),
    ]
    for data, wrong in (
        ({"lowest": 5, "highest": 1}, {"lowest"}),
        ({"spike": -1}, {"spike"}),
        ({"flat_line_hours": 1000}, {"flat_line_hours"}),
        ({"off": ["gap_hours"]}, {"gap_hours"}),
        ({"highest": "hoch"}, {"highest"}),
    ):
        assert set(refused("limits_update", editor, **call, **data)) == wrong
    assert act("limits_update", editor, **call)["own"] == {}


@pytest.fixture
def sensor(gauge: Gauge, store: Engine) -> str:
    """The live resource of a distance sensor of which no level is made yet."""
    other = Datastream(
        "test:sensor", "distance", "distance", "mm", STEP, visibility=Visibility.INTERNAL
    )
    station = type(STATION)(
        "test:sensor", "water", "Ulmet", STATION.operator, STATION.licence, water="Glan"
    )
    values = [
        Observation("test:sensor", "distance", START + step * STEP, 3000.0 - 10 * step)
        for step in range(4)
    ]
    write_batch(store, Batch("glan", NOW, [station], [other], values), lease=None, now=NOW)
    (found,) = (row for row in stations(store, include_internal=True) if row.name == "Ulmet")
    return found.datastreams[0].resource_id


def level_of(store: Engine) -> int:
    (station,) = (row for row in stations(store, include_internal=True) if row.name == "Ulmet")
    (level,) = (row for row in station.datastreams if row.name == "W")
    return level.datastream_id


def test_a_sensor_is_mounted_and_moved(sensor, store, editor) -> None:
    call = {"resource_id": sensor}
    told = act("mounting_list", editor, **call)
    assert (told["has_level"], told["mountings"]) == (False, [])
    zero = {"zero_metres": "161,5", "zero_reference": "NHN (DHHN2016)"}
    act(
        "mounting_create",
        editor,
        valid_from="2026-10-01T00:00",
        height_cm="350,5",
        offset_cm="-0,5",
        **zero,
        **call,
    )
    level = level_of(store)
    assert [row[0] for row in stored(store, level, count=4)] == [50.0, 51.0, 52.0, 53.0]
    assert [(row.reference, row.metres) for row in datums(store, level)] == [
        ("NHN (DHHN2016)", 161.5)
    ]
    moved = (START + 2 * STEP).isoformat()
    told = act("mounting_create", editor, valid_from=moved, height_cm=400, **call)
    assert [row[0] for row in stored(store, level, count=4)] == [50.0, 51.0, 102.0, 103.0]
    before, after = told["mountings"]
    assert before["valid_until"] == after["valid_from"] == moved
    assert datums(store, level) == [], "nobody surveyed the zero of the mounting of now"
    act("mounting_update", editor, id=after["id"], valid_from=moved, height_cm=410, **zero, **call)
    assert stored(store, level, count=4)[-1] == (113.0, Quality.NOT_EVALUATED)
    assert [row.metres for row in datums(store, level)] == [161.5, 161.5]
    act("mounting_delete", editor, id=after["id"], **call)
    assert stored(store, level, count=4)[-1] == (113.0, Quality.FAIL)


def test_a_mounting_is_asked_for_plainly(gauge, sensor, store, editor) -> None:
    call = {"resource_id": sensor}
    assert set(refused("mounting_create", editor, **call)) == {"valid_from", "height_cm"}
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    wrong = refused(
        "mounting_create", editor, valid_from=tomorrow, height_cm=1, zero_metres=5, **call
    )
    assert set(wrong) == {"valid_from", "zero_reference"}
    act("mounting_create", editor, valid_from="2026-11-01T00:00", height_cm=1, **call)
    early = {"valid_from": "2026-10-01T00:00", "height_cm": 1}
    assert set(refused("mounting_create", editor, **early, **call)) == {"valid_from"}
    act("mounting_create", editor, **early, valid_until="2026-11-01T00:00", **call)
    level = {"resource_id": gauge.resource_id}
    assert set(refused("mounting_list", editor, **level)) == {"resource_id"}
    with pytest.raises(tk.ObjectNotFound):
        act("mounting_delete", editor, id="2020-01-01", **call)
