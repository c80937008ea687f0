"""Latest values and stations as JSON, GeoJSON and CSV, as their OpenAPI document says."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ckan.tests import factories
from ckan.tests.helpers import call_action
from open_data_client import asker
from open_data_samples import BASE, FORMULA, STEP, add, fill
from sqlalchemy import Engine, text

from ckanext.suedwest.domain.observation import Observation

KUSEL = "landkreis-kusel"


@pytest.fixture(autouse=True)
def english(ckan_config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentences as they stand in the code."""
    monkeypatch.setitem(ckan_config, "ckan.locale_default", "en")


@pytest.fixture
def newest() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)


@pytest.fixture
def filled(clean_db: None, clean_index: None, store: Engine, newest: datetime) -> Engine:
    factories.Organization(name=KUSEL)
    factories.Organization(name="linz-am-rhein")
    fill(store, newest)
    return store


@pytest.fixture
def get(filled: Engine, app: Any) -> Any:
    """Asks for a path below the base; every answer has to be as the document says."""
    return asker(app)


def rows(answer: Any) -> list[dict[str, str]]:
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_latest_of_all_has_what_one_needs_to_show_a_value(get: Any, newest: datetime) -> None:
    answer = get("/latest.json")
    found = {each["station"]: each for each in answer.json["values"]}
    assert list(found) == [
        "pegel-rhein-andernach",
        "pegel-oehlbach-bruecke-oehlbach",
        "pegel-oehlbach-muehle",
        "pegel-oehlbach-ohne-ort",
    ]
    bridge = found["pegel-oehlbach-bruecke-oehlbach"]
    assert bridge == bridge | {
        "name": "Brücke, Öhlbach",
        "unit": "cm",
        "result": 100.0,
        "time": newest.isoformat(),
        "quality": "not_evaluated",
        "freshness": "live",
        "live_until": (newest + timedelta(minutes=60)).isoformat(),
        "operator": "Landkreis Kusel",
        "licence": "dl-de-by-2.0",
        "attribution": "LK Kusel",
        "simulated": False,
        "municipalities": [KUSEL],
    }
    assert found["pegel-oehlbach-muehle"]["simulated"] is True
    doubted = found["pegel-rhein-andernach"]
    assert (doubted["result"], doubted["quality"]) == (0.0, "suspect")
    assert (doubted["freshness"], doubted["live_until"]) == ("implausible", None)
    assert doubted["good_result"] is None


def test_what_never_was_measured_is_missing_not_0(get: Any) -> None:
    empty = next(
        each for each in get("/latest").json["values"] if each["station"].endswith("ohne-ort")
    )
    assert (empty["time"], empty["result"], empty["quality"]) == (None, None, None)
    assert empty["freshness"] == "silent"
    line = next(each for each in rows(get("/latest.csv")) if each["station"].endswith("ohne-ort"))
    assert (line["time"], line["result"], line["longitude"]) == ("", "", "")


def test_csv_keeps_umlauts_and_numbers_and_lets_no_table_program_run_a_text(get: Any) -> None:
    line = next(each for each in rows(get("/latest?format=csv")) if "bruecke" in each["station"])
    assert line["name"] == "Brücke, Öhlbach"
    assert line["remark"] == f"'{FORMULA}"
    assert line["number"] == "'-7"
    assert (line["result"], line["longitude"], line["simulated"]) == ("100", "7.4", "false")
    negative = next(each for each in rows(get("/latest.csv")) if "muehle" in each["station"])
    assert negative["result"] == "-3.5"


def test_geojson_leaves_a_place_that_nobody_knows_open(get: Any) -> None:
    answer = get("/latest.geojson")
    assert answer.content_type == "application/geo+json"
    places = {each["properties"]["station"]: each["geometry"] for each in answer.json["features"]}
    assert places["pegel-rhein-andernach"] == {"type": "Point", "coordinates": [7.39, 50.44]}
    assert places["pegel-oehlbach-ohne-ort"] is None


def test_filters_leave_what_was_asked_for(get: Any) -> None:
    for query, count in (
        (f"municipality={KUSEL}", 4),
        ("municipality=linz-am-rhein", 0),
        ("kind=water", 4),
        (f"municipality={KUSEL}&kind=water&operator=landkreis-kusel", 3),
        ("operator=wsa-rhein", 1),
        ("operator=nobody", 0),
    ):
        for path, key in (("latest", "values"), ("stations", "stations")):
            found = [
                get(f"/{path}.json?{query}").json[key],
                get(f"/{path}.geojson?{query}").json["features"],
                rows(get(f"/{path}.csv?{query}")),
            ]
            assert [len(each) for each in found] == [count] * 3, (path, query)


def test_one_station(get: Any) -> None:
    for end in ("", ".json", ".geojson", ".csv"):
        answer = get(f"/stations/pegel-rhein-andernach/latest{end}")
        assert answer.status_code == 200
        assert "pegel-rhein-andernach" in answer.text
        assert "oehlbach" not in answer.text


def test_stations_say_which_series_there_are(get: Any, newest: datetime) -> None:
    found = {each["station"]: each for each in get("/stations").json["stations"]}
    (series,) = found["pegel-oehlbach-bruecke-oehlbach"]["datastreams"]
    assert (series["datastream"], series["values"], series["day_rule"]) == ("W", 96, "mez")
    assert series["first_time"] == (newest - 95 * STEP).isoformat()
    assert rows(get("/stations.csv"))[0]["datastreams"] == "W"


def test_what_makes_no_sense_is_refused_in_a_sentence(get: Any) -> None:
    for path, status, sentence in (
        (
            "/latest?kind=air",
            400,
            "There is no kind air, but these: charging, counter, parking, sharing, water.",
        ),
        ("/latest?muncipality=x", 400, "There is no parameter muncipality."),
        ("/latest?kind=water&kind=water", 400, "kind may be given once only."),
        ("/latest?municipality=atlantis", 404, "There is no municipality with this name."),
        ("/latest?municipality=%00", 400, "municipality is no usable text."),
        ("/latest?format=xlsx", 400, "There is no format xlsx here"),
        ("/latest.xlsx", 404, "There is no format xlsx here"),
        ("/stations?operator=" + "x" * 300, 400, "operator is no usable text."),
        ("/stations/nowhere/latest", 404, "There is no station with this address."),
        ("/stations/nowhere/latest.csv", 404, "There is no station with this address."),
        ("/stations/pegel-oehlbach-geheim/latest", 404, "There is no station"),
        ("/stations/pegel-altrhein-worms/latest", 404, "There is no station"),
    ):
        answer = get(path)
        error = answer.json["error"]
        assert (answer.status_code, error["status"]) == (status, status), path
        assert error["message"].startswith(sentence), path
        assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_else_is_below_this_address_and_nobody_writes(filled: Any, app: Any) -> None:
    client = app.test_client()
    for path in ("", "/", "/everything", "/months/latest/x", "/latest/x"):
        answer = client.get(BASE + path)
        assert answer.status_code == 404, path
        assert f"{BASE}/openapi.json" in answer.json["error"]["message"]
    for method in ("POST", "PUT", "DELETE"):
        answer = client.open(f"{BASE}/latest.json", method=method)
        assert (answer.status_code, answer.json["error"]["status"]) == (405, 405), method


def test_an_answer_is_sent_again_only_when_it_changed(
    get: Any, filled: Engine, newest: datetime
) -> None:
    paths = [f"/latest.{end}" for end in ("json", "geojson", "csv")]
    first = {path: get(path) for path in paths}
    for path, answer in first.items():
        etag = answer.headers["ETag"]
        assert not etag.startswith("W/")
        again = get(path, headers={"If-None-Match": etag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
        weakened = get(path, headers={"If-None-Match": f"W/{etag}"})
        assert weakened.status_code == 304
        since = {"If-Modified-Since": answer.headers["Last-Modified"]}
        assert get(path, headers=since).status_code == 200
    add(filled, [Observation("own:1", "W", newest + timedelta(minutes=1), 101)])
    for path, answer in first.items():
        changed = get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert changed.status_code == 200


def test_no_cache_keeps_a_value_as_live_longer_than_it_is(
    get: Any, filled: Engine, newest: datetime
) -> None:
    assert get("/latest").headers["Cache-Control"] == (
        "public, max-age=15, stale-while-revalidate=30"
    )
    soon_late = datetime.now(UTC) - timedelta(minutes=60) + timedelta(seconds=10)
    add(filled, [Observation("own:3", "W", soon_late, 1)])
    caching = get("/latest").headers["Cache-Control"].replace("=", " ").replace(",", "").split()
    assert int(caching[2]) + int(caching[4]) <= 10


def test_head_has_the_headers_and_no_body(filled: Any, app: Any) -> None:
    client = app.test_client()
    whole, head = client.get(f"{BASE}/latest.csv"), client.head(f"{BASE}/latest.csv")
    assert (head.status_code, head.data) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Last-Modified", "Cache-Control"):
        assert head.headers[name] == whole.headers[name]


def test_a_browser_may_ask_from_anywhere_with_an_etag(filled: Any, app: Any) -> None:
    answer = app.test_client().options(
        f"{BASE}/latest.json",
        headers={
            "Origin": "https://anywhere.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "If-None-Match" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_even_staff_get_what_everybody_gets(get: Any, filled: Any, app: Any) -> None:
    token = call_action("api_token_create", user=factories.Sysadmin()["name"], name="test")
    headers = {"Authorization": token["token"]}
    for path in ("/latest.json", "/stations.csv"):
        assert get(path, headers=headers).data == get(path).data


def test_internal_series_are_nowhere(get: Any, filled: Engine) -> None:
    with filled.connect() as connection:
        internal = list(
            connection.execute(
                text(
                    "SELECT resource_id::text FROM suedwest.datastream"
                    " WHERE visibility = 'internal'"
                )
            ).scalars()
        )
    assert len(internal) == 2
    month = f"{datetime.now(UTC):%Y-%m}"
    paths = [
        *(
            f"/{name}.{end}"
            for name in ("latest", "stations")
            for end in ("json", "geojson", "csv")
        ),
        "/stations/pegel-oehlbach-bruecke-oehlbach/latest",
        "/months.json",
        f"/months/{month}.csv",
    ]
    for path in paths:
        body = get(path).text
        for hidden in ("4.711", "discharge", "Geheim", *internal):
            assert hidden not in body, path
    for series in internal:
        assert get(f"/datastreams/{series}/observations").status_code == 404
