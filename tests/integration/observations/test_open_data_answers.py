"""Every kind of answer that the OpenAPI document names is given, and looks as it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from ckan.tests import factories
from open_data_client import asker
from open_data_samples import BASE, fill
from openapi_schema_validator import OAS31Validator
from sqlalchemy import Engine

from ckanext.suedwest.store.query import station_by_slug

STATION = "pegel-oehlbach-bruecke-oehlbach"
NEWEST = datetime(2026, 10, 26, 1, tzinfo=UTC)
MONTH = f"{NEWEST:%Y-%m}"
NOBODY = "00000000-0000-4000-8000-000000000000"
ALL, TWO = ("json", "geojson", "csv"), ("json", "csv")
SAME = (
    "ETag",
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
    "Last-Modified",
    "Link",
    "Vary",
)
"""Headers that an answer to HEAD has like that to GET."""


@pytest.fixture
def series(clean_db: None, clean_index: None, store: Engine) -> str:
    """Id of the series of the bridge."""
    factories.Organization(name="landkreis-kusel")
    fill(store, NEWEST)
    station = station_by_slug(store, STATION)
    assert station is not None
    return station.datastreams[0].resource_id


def _with_format(path: str, end: str, formats: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Requests with the format in the query and at the end, each with its path in the document."""
    for name in formats:
        yield f"{path}?format={name}", path
        yield f"{path}.{name}", f"{path}.{{{end}}}"


def _requests(series: str) -> Iterator[tuple[str, str]]:
    """Requests that are answered with 200, each with its path in the document."""
    for path in ("/latest", "/stations"):
        yield from _with_format(path, "extension", ALL)
    for request, path in _with_format("/stations/{station}/latest", "extension", ALL):
        yield request.replace("{station}", STATION), path
    template = "/datastreams/{datastream_id}/observations"
    for request, path in _with_format(template, "series_extension", TWO):
        request = request.replace("{datastream_id}", series)
        for resolution in ("raw", "hour", "day"):
            mark = "&" if "?" in request else "?"
            yield f"{request}{mark}resolution={resolution}&start=2026-10-25&limit=2", path
    yield "/months.json", "/months.json"
    yield f"/months/{MONTH}.csv", "/months/{month}.csv"
    yield "/events.geojson", "/events.geojson"
    yield "/events.cifs.json", "/events.cifs.json"
    yield "/openapi.json", "/openapi.json"


def _missing(request: str, path: str, series: str) -> str | None:
    """The same request for something that does not exist; None where everything does."""
    if path == "/openapi.json":
        return None
    for known, unknown in ((STATION, "nowhere"), (series, NOBODY), (MONTH, "1999-01")):
        if known in request:
            return request.replace(known, unknown)
    return f"{request}{'&' if '?' in request else '?'}municipality=atlantis"


def test_every_kind_of_answer_is_given_as_the_document_says(series: str, app: Any) -> None:
    get, client = asker(app), app.test_client()
    document = json.loads(app.get(f"{BASE}/openapi.json").body)
    given: set[tuple[str, str, str]] = set()
    for request, path in _requests(series):
        first = get(request)
        assert first.headers["ETag"]
        assert first.headers["Cache-Control"].startswith("public, max-age=")
        known = {"If-None-Match": first.headers["ETag"]}
        packed = {"Accept-Encoding": "gzip"}
        mark = "&" if "?" in request else "?"
        asked = [(request, {}, 200), (request, packed, 200), (request, known, 304)]
        asked.append((f"{request}{mark}nonsense=1", {}, 400))
        if missing := _missing(request, path, series):
            asked.append((missing, {}, 404))
        for address, headers, status in asked:
            answer = get(address, headers=headers)
            assert answer.status_code == status, address
            head = client.head(f"{BASE}{address}", headers=headers)
            assert (head.status_code, head.data) == (status, b""), address
            assert {name: head.headers.get(name) for name in SAME} == {
                name: answer.headers.get(name) for name in SAME
            }, address
            media = "" if status == 304 else answer.headers["Content-Type"].partition(";")[0]
            given.add((path, str(status), media))
    assert given == _named(document)


def _named(document: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Path, status and media type of every answer in the document."""
    named: set[tuple[str, str, str]] = set()
    for path, described in document["paths"].items():
        for status, answer in described["get"]["responses"].items():
            if "$ref" in answer:
                answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
            named |= {(path, status, media) for media in answer.get("content", {"": {}})}
    return named


def test_refusals_beside_the_described_paths_look_like_all_others(series: str, app: Any) -> None:
    client = app.test_client()
    components = json.loads(app.get(f"{BASE}/openapi.json").body)["components"]
    looks_right = OAS31Validator({"$ref": "#/components/schemas/Error", "components": components})
    for method, path, status in (
        ("GET", "", 404),
        ("GET", "/nothing", 404),
        ("GET", "/latest.xlsx", 404),
        ("GET", "/months.csv", 404),
        ("GET", f"/months/{MONTH}.json", 404),
        ("GET", "/openapi.yaml", 404),
        ("POST", "/latest.json", 405),
        ("PUT", f"/datastreams/{series}/observations", 405),
        ("PATCH", "/nothing", 405),
        ("DELETE", "/stations", 405),
    ):
        answer = client.open(f"{BASE}{path}", method=method)
        looks_right.validate(answer.json)
        told = (answer.status_code, answer.json["error"]["status"])
        assert told == (status, status), (method, path)
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "no-store"
        if method == "GET":
            assert client.head(f"{BASE}{path}").status_code == status
