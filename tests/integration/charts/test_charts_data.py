"""The series as JSON, and the resource view."""

from __future__ import annotations

import gzip
import json
import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from charts_samples import STATION, STEP, now_on_the_grid, poll
from ckan.tests import factories
from ckan.tests.helpers import call_action
from sqlalchemy import Engine

from ckanext.suedwest.charts import load, table
from ckanext.suedwest.charts.ranges import RANGES
from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.observations.store_access import read_engine, write_engine
from ckanext.suedwest.portal.stations import package_id
from ckanext.suedwest.store.marks import Says, correct_value, mark_span
from ckanext.suedwest.store.query import DatastreamNow, StationRow

pytestmark = pytest.mark.usefixtures("gauge")


def address(level: DatastreamNow) -> str:
    return f"/api/suedwest/series/{level.resource_id}"


def test_a_series_carries_everything_needed_to_read_it(app: Any, level: DatastreamNow) -> None:
    answer = app.get(address(level))
    found = json.loads(answer.body)
    assert found["unit"] == "cm"
    assert found["interval_seconds"] == 900
    assert found["step_seconds"] == 3600
    assert found["freshness"] == "live"
    assert found["simulated"] is True
    assert found["attribution"] == "WSV über PEGELONLINE"
    assert found["licence"]["id"] == "dl-de-zero-2.0"
    assert {each["code"] for each in found["thresholds"]} == {"MNW", "M_I"}
    newest = datetime.fromisoformat(found["latest"]["time"])
    assert newest == now_on_the_grid()
    assert found["highest"] == {
        "time": (newest - timedelta(days=3)).isoformat().replace("+00:00", "Z"),
        "value": 210.0,
    }
    columns = found["columns"]
    assert len({len(values) for values in columns.values()}) == 1
    assert max(value for value in columns["maximum"] if value is not None) == 210.0
    assert sum(columns["doubted_count"]) == 1
    assert sum(columns["count"]) + 1 == 7 * 96 - 21
    assert len(found["gaps"]) == 1
    start, end = found["gaps"][0]
    assert end - start == timedelta(hours=5.5).total_seconds()


def test_a_series_publishes_its_coverage_and_what_staff_said(
    app: Any, level: DatastreamNow
) -> None:
    newest = now_on_the_grid()
    said = {"author": "anna", "now": newest}
    correct_value(write_engine(), level.datastream_id, newest, 118.0, note="abgelesen", **said)
    span = {"start": newest - timedelta(hours=2), "until": newest - timedelta(hours=1)}
    mark = {"says": Says.DOUBTED, "note": "Gras", "note_public": True, **span, **said}
    mark_span(write_engine(), level.datastream_id, **mark)
    found = json.loads(app.get(f"{address(level)}?range=24h").body)
    (correction,) = found["corrections"]
    assert (correction["result"], correction["original"]) == (118.0, level.latest_result)
    assert correction["note"] is None
    (told,) = found["marks"]
    assert (told["says"], told["note"]) == ("doubted", "Gras")
    coverage = found["coverage"]
    assert coverage["doubted"] == sum(found["columns"]["doubted_count"]) == 4
    assert coverage["good"] == sum(found["columns"]["count"])
    assert coverage["expected"] >= coverage["good"] + coverage["doubted"] - 1
    assert coverage["share"] == pytest.approx(coverage["good"] / coverage["expected"], abs=1e-4)
    week = json.loads(app.get(f"{address(level)}?range=7d").body)
    assert set(week["columns"]["expected_count"][2:-2]) == {4}
    assert "anna" not in json.dumps([found, week])


def test_it_is_public_cacheable_and_open_to_other_pages(app: Any, level: DatastreamNow) -> None:
    answer = app.get(address(level), headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    assert "max-age=60" in answer.headers["Cache-Control"]
    again = app.get(address(level), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_no_range_and_no_number_of_columns_loses_the_peak(app: Any, level: DatastreamNow) -> None:
    for query, most, peak in (
        ("range=24h", 300, 119.0),
        ("range=7d", 170, 210.0),
        ("range=30d", 242, 210.0),
        ("range=1y", 367, 210.0),
        ("columns=2", 2, 210.0),
        ("columns=10", 10, 210.0),
        ("columns=2000", 2000, 210.0),
    ):
        found = json.loads(app.get(f"{address(level)}?{query}").body)
        columns = found["columns"]
        assert len(columns["start"]) <= most, query
        assert max(value for value in columns["maximum"] if value is not None) == peak, query
        assert found["highest"]["value"] == peak, query
        widths = {end - start for start, end in zip(columns["start"], columns["end"], strict=True)}
        if query.startswith("range"):
            assert widths == {found["step_seconds"] or 0}, query


def test_a_year_of_quarter_hours_is_small_and_keeps_every_peak(
    app: Any, store: Engine, level: DatastreamNow
) -> None:
    newest = now_on_the_grid()
    draw = random.Random(7)  # noqa: S311 (the same year every time)
    raw: dict[int, float] = {}
    peaks: set[float] = set()
    for index in range(365 * 96):
        # Slow waves, noise that packs badly, and now and then a flood that is over in two hours.
        from_peak = abs(index % 2500 - 1203)
        wave = 150 + 60 * math.sin(index / 900) + max(0, 180 - 40 * from_peak)
        result = round(wave + draw.random(), 1)
        raw[round((newest - index * STEP).timestamp())] = result
        if from_peak == 0:
            peaks.add(result)
    poll(
        store,
        [
            Observation(STATION.key, "W", datetime.fromtimestamp(time, UTC), result, Quality.PASS)
            for time, result in raw.items()
        ],
    )
    for query, whole_year in (
        ("range=1y", True),
        ("range=30d", False),
        ("columns=1000&range=1y", True),
    ):
        answer = app.get(f"{address(level)}?{query}")
        assert len(gzip.compress(answer.data, 6)) <= 50 * 1024, query
        columns = json.loads(answer.body)["columns"]
        if whole_year:
            assert peaks - set(columns["maximum"]) == set(), query
        if query.startswith("columns"):
            continue
        for start, end, largest in zip(
            columns["start"], columns["end"], columns["maximum"], strict=True
        ):
            inside = [raw[time] for time in range(-(-start // 900) * 900, end, 900) if time in raw]
            assert largest == max(inside, default=None), (query, start)


def test_a_wrong_question_is_answered_with_what_is_right(app: Any, level: DatastreamNow) -> None:
    for query, word in (
        ("range=2d", "range"),
        ("range=", "range"),
        ("columns=1", "columns"),
        ("columns=2001", "columns"),
        ("columns=-5", "columns"),
        ("columns=1e3", "columns"),
        ("columns=%D9%A1%D9%A2", "columns"),
        ("columns=99999999999999999999", "columns"),
    ):
        for prefix, verb in (("", "muss"), ("/en", "must")):
            answer = app.get(f"{prefix}{address(level)}?{query}", expect_errors=True)
            assert answer.status_code == 400, query
            message = json.loads(answer.body)["error"]["message"]
            assert message.startswith(f"{word} {verb}"), query


def test_what_is_not_public_is_not_found(app: Any, discharge: DatastreamNow) -> None:
    for resource in (
        discharge.resource_id,
        "00000000-0000-4000-8000-000000000000",
        "no-id",
    ):
        answer = app.get(f"/api/suedwest/series/{resource}", expect_errors=True)
        assert answer.status_code == 404
        assert json.loads(answer.body)["error"]["status"] == 404
        assert "Set-Cookie" not in answer.headers


def test_a_private_station_is_not_even_told_to_its_editor(app: Any, level: DatastreamNow) -> None:
    call_action("package_patch", id=package_id(STATION.key), private=True)
    editor = factories.SysadminWithToken()
    answer = app.get(address(level), headers={"Authorization": editor["token"]}, expect_errors=True)
    # The answer is kept by shared caches, so it must be the same for everybody.
    assert answer.status_code == 404


def view_address(level: DatastreamNow) -> str:
    views = call_action("resource_view_list", id=level.resource_id)
    chart = next(each for each in views if each["view_type"] == "suedwest_chart")
    return f"/dataset/{package_id(STATION.key)}/resource/{level.resource_id}/view/{chart['id']}"


@pytest.fixture
def chart_view(level: DatastreamNow) -> str:
    """The address of the chart of the level, which the catalogue made or an editor adds."""
    views = call_action("resource_view_list", id=level.resource_id)
    if not any(each["view_type"] == "suedwest_chart" for each in views):
        call_action(
            "resource_view_create",
            resource_id=level.resource_id,
            title="Diagramm",
            view_type="suedwest_chart",
        )
    return view_address(level)


def test_the_view_is_a_small_complete_page(app: Any, chart_view: str) -> None:
    page = app.get(chart_view)
    assert page.status_code == 200
    assert page.body.lstrip().startswith("<!doctype html>")
    assert page.body.count("<svg class=") >= 3
    assert "<table>" in page.body
    assert "5½" in page.body
    assert "bootstrap" not in page.body
    assert "Set-Cookie" not in page.headers


def test_the_view_changes_its_range_without_a_script(app: Any, chart_view: str) -> None:
    page = app.get(f"{chart_view}?range=30d")
    assert '<a href="?range=30d" aria-current="true">30 Tage</a>' in page.body


def test_a_view_from_the_address_cannot_bring_anything_in(app: Any, level: DatastreamNow) -> None:
    evil = "<script>alert(1)</script>"
    for settings in (
        {"view_type": "suedwest_chart", "range": evil},
        {"view_type": "suedwest_chart", "range": ["7d"], "title": evil},
        {"view_type": "suedwest_chart", "range": {"a": 1}, "id": "x", "lang": evil},
    ):
        page = app.get(
            f"/dataset/{package_id(STATION.key)}/resource/{level.resource_id}/view",
            query_string={"resource_view": json.dumps(settings)},
        )
        assert page.status_code == 200
        assert "<script>alert" not in page.body
        assert '<p class="empty">' in page.body


def test_only_live_resources_get_a_chart(app: Any) -> None:
    organization = factories.Organization()
    dataset = factories.Dataset(owner_org=organization["id"])
    resource = factories.Resource(package_id=dataset["id"], format="CSV", url="https://a.example")
    views = call_action("resource_view_list", id=resource["id"])
    assert all(each["view_type"] != "suedwest_chart" for each in views)
    injected = json.dumps({"view_type": "suedwest_chart"})
    page = app.get(
        f"/dataset/{dataset['id']}/resource/{resource['id']}/view",
        query_string={"resource_view": injected},
    )
    assert page.status_code == 200
    assert "<figure" not in page.body


def test_drawing_and_table_agree(gauge: StationRow, level: DatastreamNow) -> None:
    now = now_on_the_grid() + timedelta(minutes=3)
    for name, range_ in RANGES.items():
        series = load.load_series(read_engine(), gauge, level, range_, now)
        rows = table.load_table(read_engine(), level, range_, now, "de").rows
        assert series.highest is not None
        assert series.lowest is not None
        assert max(row.maximum for row in rows if row.maximum) == series.highest.value, name
        assert min(row.minimum for row in rows if row.minimum) == series.lowest.value, name
        if name != "24h":
            assert sum(row.doubted for row in rows) == 1
            assert sum(row.missing for row in rows) == 21
