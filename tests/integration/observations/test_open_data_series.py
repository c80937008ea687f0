"""Series and months of the open live data, over clock changes, pages and formats."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ckan.tests import factories
from open_data_client import asker
from open_data_samples import BASE, STEP, add, fill
from sqlalchemy import Engine

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.store.query import station_by_slug

NEWEST = datetime(2026, 10, 26, 1, tzinfo=UTC)
"""Two days before it the clocks of Europe/Berlin go back, on 25 October at 01:00 UTC."""
FIRST = NEWEST - 95 * STEP


@pytest.fixture(autouse=True)
def english(ckan_config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentences as they stand in the code."""
    monkeypatch.setitem(ckan_config, "ckan.locale_default", "en")


@pytest.fixture
def filled(clean_db: None, clean_index: None, store: Engine) -> Engine:
    factories.Organization(name="landkreis-kusel")
    fill(store, NEWEST)
    return store


@pytest.fixture
def series(filled: Engine) -> str:
    """Path of the series of the bridge."""
    station = station_by_slug(filled, "pegel-oehlbach-bruecke-oehlbach")
    assert station is not None
    return f"/datastreams/{station.datastreams[0].resource_id}/observations"


@pytest.fixture
def get(filled: Engine, app: Any) -> Any:
    """Asks for a path below the base; every answer has to be as the document says."""
    return asker(app)


def below(address: str) -> str:
    """The path of an absolute address, below the base."""
    return address[address.index(BASE) + len(BASE) :]


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_values_as_they_were_measured(get: Any, series: str) -> None:
    found = get(f"{series}?start=2026-10-26T00:30:00Z&end=2026-10-26T01:00:00%2B00:00").json
    assert found["resolution"] == "raw"
    assert (found["start"], found["end"]) == (
        "2026-10-26T00:30:00+00:00",
        "2026-10-26T01:00:00+00:00",
    )
    assert found["values"] == [
        {
            "time": f"2026-10-26T00:{minute}:00+00:00",
            "result": result,
            "quality": "not_evaluated",
            "reasons": [],
        }
        for minute, result in ((30, 99.5), (45, 99.75))
    ]
    assert found["next"] is None
    assert found["datastream"]["attribution"] == "LK Kusel"


def test_a_doubted_value_says_why(get: Any, filled: Engine, series: str) -> None:
    add(filled, [Observation("own:1", "W", NEWEST + STEP, 100.0, Quality.SUSPECT)], NEWEST)
    assert get(f"{series}?start=2026-10-26T01:15:00Z").json["values"] == [
        {
            "time": "2026-10-26T01:15:00+00:00",
            "result": 100.0,
            "quality": "suspect",
            "reasons": ["source"],
        }
    ]
    (line,) = lines(get(f"{series}.csv?start=2026-10-26T01:15:00Z").text)
    assert line == line | {"unit": "cm", "result": "100", "reasons": "source"}


def test_pages_have_everything_once_and_in_order(get: Any, series: str) -> None:
    for resolution, count in (("raw", 96), ("hour", 25), ("day", 2)):
        asked = f"{series}?start=2026-10-24&resolution={resolution}"
        whole = get(asked).json
        assert (len(whole["values"]), whole["next"]) == (count, None)
        for limit in (1, 7) if resolution == "day" else (7, 25):
            path, found = f"{asked}&limit={limit}", []
            while path:
                page = get(path).json
                assert 0 < len(page["values"]) <= limit
                found += page["values"]
                path = below(page["next"]) if page["next"] else ""
            assert found == whole["values"]


def test_a_page_of_csv_links_to_the_next(get: Any, series: str) -> None:
    answer = get(f"{series}.csv?start=2026-10-24&limit=90")
    address = answer.headers["Link"].removeprefix("<").removesuffix('>; rel="next"')
    rest = get(below(address))
    assert len(lines(answer.text)) == 90
    assert len(lines(rest.text)) == 6
    assert "Link" not in rest.headers


def test_a_day_of_a_gauge_has_24_hours_when_the_clock_changes(get: Any, series: str) -> None:
    found = get(f"{series}?resolution=day&start=2026-10-25&end=2026-10-26").json
    assert (found["start"], found["end"]) == (
        "2026-10-24T23:00:00+00:00",
        "2026-10-25T23:00:00+00:00",
    )
    (day,) = found["values"]
    assert day["day"] == "2026-10-25"
    assert (day["start"], day["end"]) == ("2026-10-25T00:00:00+01:00", "2026-10-26T00:00:00+01:00")
    assert (day["expected_count"], day["good_count"]) == (96, 87)
    assert day["doubted_min"] is None


def test_a_day_of_traffic_has_25_hours_when_the_clock_changes(
    get: Any, filled: Engine, series: str
) -> None:
    with filled.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE suedwest.datastream SET day_rule = 'civil' WHERE name = 'W'"
        )
    add(filled, [Observation("own:1", "W", FIRST, 1.0)], NEWEST)
    found = get(f"{series}?resolution=day&start=2026-10-25&end=2026-10-26").json
    assert (found["start"], found["end"]) == (
        "2026-10-24T22:00:00+00:00",
        "2026-10-25T23:00:00+00:00",
    )


def test_an_hour_tells_good_and_doubted_values_apart(get: Any, filled: Engine, series: str) -> None:
    add(filled, [Observation("own:1", "W", NEWEST + STEP, 500.0, Quality.FAIL)], NEWEST)
    (hour,) = get(f"{series}?resolution=hour&start=2026-10-26T01:00:00Z").json["values"]
    assert hour == {
        "start": "2026-10-26T01:00:00+00:00",
        "end": "2026-10-26T02:00:00+00:00",
        "good_count": 1,
        "good_min": 100.0,
        "good_mean": 100.0,
        "good_max": 100.0,
        "doubted_count": 1,
        "doubted_min": 500.0,
        "doubted_max": 500.0,
    }
    (line,) = lines(get(f"{series}.csv?resolution=hour&start=2026-10-26T01:00:00Z").text)
    assert (line["good_max"], line["doubted_count"]) == ("100", "1")


def test_what_makes_no_sense_is_refused_in_a_sentence(get: Any, series: str) -> None:
    for query, sentence in (
        ("start=yesterday", "start is a day like"),
        ("start=2026-10-25T02:30:00", "start is a day like"),
        ("start=2026-02-30", "start is a day like"),
        ("start=0001-01-01", "start is a day like"),
        ("end=9999-12-31", "end is a day like"),
        ("start=2026-10-26&end=2026-10-25", "The start has to come before the end."),
        ("resolution=minute", "There is no resolution minute"),
        ("limit=0", "limit is a whole number"),
        ("limit=50001", "limit is a whole number"),
        ("limit=-1", "limit is a whole number"),
        ("limit=%D9%A3", "limit is a whole number"),
        ("format=geojson", "There is no format geojson here"),
        ("columns=5", "There is no parameter columns."),
    ):
        answer = get(f"{series}?{query}")
        assert answer.status_code == 400, query
        assert answer.json["error"]["message"].startswith(sentence), query


def test_a_plus_sign_that_became_a_blank_is_understood(get: Any, series: str) -> None:
    found = get(f"{series}?start=2026-10-26T02:00:00+01:00").json
    assert found["start"] == "2026-10-26T01:00:00+00:00"


def test_an_unknown_series(get: Any) -> None:
    for unknown in ("x", "00000000-0000-4000-8000-000000000000", "%00"):
        for extension in ("", ".csv"):
            answer = get(f"/datastreams/{unknown}/observations{extension}")
            assert answer.status_code == 404, unknown


def test_a_series_is_sent_again_only_when_it_changed(get: Any, filled: Engine, series: str) -> None:
    paths = (f"{series}?start=2026-10-24", f"{series}.csv?start=2026-10-24")
    for path, corrected in zip(paths, (1.5, 2.5), strict=True):
        etag = get(path).headers["ETag"]
        assert get(path, headers={"If-None-Match": etag}).status_code == 304
        assert get(f"{path}&limit=5", headers={"If-None-Match": etag}).status_code == 200
        add(filled, [Observation("own:1", "W", FIRST, corrected)])
        assert get(path, headers={"If-None-Match": etag}).status_code == 200


def test_months_are_listed_and_each_is_a_file(get: Any, filled: Engine) -> None:
    for day in ("2026-07-31T22:45Z", "2026-07-31T23:00Z", "2024-02-29T12:00Z"):
        add(filled, [Observation("own:1", "W", datetime.fromisoformat(day), 50.0)])
    found = get("/months.json?municipality=landkreis-kusel&operator=landkreis-kusel").json
    months = {each["month"]: each["url"] for each in found["months"]}
    assert list(months) == ["2026-10", "2026-08", "2026-07", "2024-02"]
    assert "operator=landkreis-kusel" in months["2026-10"]
    files = {month: lines(get(below(url)).text) for month, url in months.items()}
    assert {month: len(found) for month, found in files.items()} == {
        "2026-10": 97,
        "2026-08": 1,
        "2026-07": 1,
        "2024-02": 1,
    }
    line = files["2026-10"][0]
    assert line == line | {
        "station": "pegel-oehlbach-bruecke-oehlbach",
        "name": "Brücke, Öhlbach",
        "time": FIRST.isoformat(),
        "result": "76.25",
        "unit": "cm",
        "simulated": "false",
        "licence": "dl-de-by-2.0",
    }
    assert files["2026-10"][-1]["simulated"] == "true"
    order = [(each["station"], each["time"]) for each in files["2026-10"]]
    assert order == sorted(order)


def test_a_month_as_gzip_is_the_same_month(get: Any) -> None:
    plain = get("/months/2026-10.csv")
    packed = get("/months/2026-10.csv", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert get("/months/2026-10.csv").data == plain.data


def test_a_month_is_sent_again_only_when_it_changed(get: Any, filled: Engine, app: Any) -> None:
    etag = get("/months/2026-10.csv").headers["ETag"]
    known = {"If-None-Match": etag}
    assert get("/months/2026-10.csv", headers=known).status_code == 304
    head = app.test_client().head(f"{BASE}/months/2026-10.csv")
    assert (head.headers["ETag"], head.data) == (etag, b"")
    add(filled, [Observation("own:1", "W", FIRST, 77.0)])
    assert get("/months/2026-10.csv", headers=known).status_code == 200


def test_a_month_without_values_is_no_file(get: Any) -> None:
    for month in ("2026-09", "2026-13", "2026-1", "0000-01", "9999-12", "now"):
        answer = get(f"/months/{month}.csv")
        assert answer.status_code == 404, month
        assert answer.json["error"]["message"]


def test_a_municipality_without_values_has_no_months(get: Any) -> None:
    factories.Organization(name="linz-am-rhein")
    assert get("/months.json?municipality=linz-am-rhein").json == {"months": []}


def test_a_default_span_ends_now(get: Any, filled: Engine, series: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    add(filled, [Observation("own:1", "W", now - timedelta(hours=1), 3.0)])
    found = get(series).json
    assert found["end"] is None
    assert [each["result"] for each in found["values"]][-1] == 3.0
