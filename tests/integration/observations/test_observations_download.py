"""`/datastore/dump` of a live resource: every row once, in every format, while values arrive."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from xml.etree import ElementTree

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from ckanext.datastore import blueprint
from sqlalchemy import text

MINUTE = timedelta(minutes=1)
HEADER = ["_id", "phenomenon_time", "result", "quality", "received_at"]


def dump(app, gauge, status=200, **parameters):
    return app.get(
        f"/datastore/dump/{gauge.resource_id}", query_string=parameters, status=status
    ).get_data(as_text=True)


def rows_of(body: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(StringIO(body), delimiter=delimiter))


@pytest.mark.parametrize(("format_", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_delimited(app, gauge, format_, delimiter):
    header, *rows = rows_of(dump(app, gauge, format=format_), delimiter)
    assert header == HEADER
    assert rows[0] == [
        "1793491200000000",
        "2026-11-01T00:00:00+00:00",
        "0.5",
        "2",
        "2026-12-01T00:00:00+00:00",
    ]
    assert [float(row[2]) for row in rows] == [number + 0.5 for number in range(500)]


def test_json(app, gauge):
    body = json.loads(dump(app, gauge, format="json"))
    assert [field["id"] for field in body["fields"]] == HEADER
    assert body["fields"][2]["info"]["unit"] == "cm"
    assert [row[2] for row in body["records"]] == [number + 0.5 for number in range(500)]
    assert body["records"][0][1] == "2026-11-01T00:00:00+00:00"


def test_xml(app, gauge):
    # CKAN's writer closes the data element, but declares nothing of the nil attribute's use.
    rows = ElementTree.fromstring(dump(app, gauge, format="xml")).findall("row")  # noqa: S314
    assert len(rows) == 500
    assert rows[0].attrib == {"_id": "1793491200000000"}
    assert rows[0].findtext("phenomenon_time") == "2026-11-01T00:00:00+00:00"
    assert rows[0].findtext("result") == "0.5"


@pytest.mark.parametrize("sort", ["_id", "_id desc", "phenomenon_time desc", "result", None])
@pytest.mark.parametrize("format_", ["csv", "json"])
def test_more_rows_than_one_page_holds(app, gauge, monkeypatch, sort, format_):
    monkeypatch.setattr(blueprint, "PAGINATE_BY", 60)
    parameters = {"format": format_, "fields": "result"} | ({"sort": sort} if sort else {})
    body = dump(app, gauge, **parameters)
    if format_ == "csv":
        values = [float(row[0]) for row in rows_of(body)[1:]]
    else:
        values = [row[0] for row in json.loads(body)["records"]]
    wanted = sorted((n + 0.5 for n in range(500)), reverse="desc" in (sort or ""))
    assert values == wanted


def test_as_many_rows_as_the_store_holds(app, gauge, store):
    gauge.write(
        [float(n) for n in range(40_000)], start=datetime(2025, 1, 1, tzinfo=UTC), step=MINUTE
    )
    _, *rows = rows_of(dump(app, gauge))
    with store.connect() as connection:
        times = connection.execute(
            text(
                "SELECT phenomenon_time FROM suedwest.observation"
                " WHERE datastream_id = :id ORDER BY phenomenon_time"
            ),
            {"id": gauge.datastream_id},
        ).scalars()
        wanted = [time.isoformat() for time in times]
    assert len(rows) == 40_500
    assert [row[1] for row in rows] == wanted


@pytest.mark.parametrize("format_", ["csv", "json"])
def test_values_that_arrive_during_a_download_cost_none(app, gauge, monkeypatch, format_):
    """Late and new values between two pages: what was there before comes once and only once."""
    monkeypatch.setattr(blueprint, "PAGINATE_BY", 50)
    response = app.get(
        f"/datastore/dump/{gauge.resource_id}", query_string={"format": format_}, buffered=False
    )
    body = b""
    for number, chunk in enumerate(response.response):
        body += chunk if isinstance(chunk, bytes) else chunk.encode()
        gauge.write(
            [-1.0, -2.0],
            start=datetime(2026, 11, 1, 0, 1, tzinfo=UTC) + number * 40 * timedelta(minutes=15),
            step=timedelta(days=25),
        )
    assert number >= 9
    found = re.findall(r",(\d+\.5),", body.decode())
    assert [float(value) for value in found] == [n + 0.5 for n in range(500)]


def test_filters_words_and_limits(app, gauge):
    day = json.dumps({"phenomenon_time": {"gte": "2026-11-02", "lt": "2026-11-03"}})
    assert len(rows_of(dump(app, gauge, filters=day))) == 1 + 96
    assert len(rows_of(dump(app, gauge, q="2026-11-02"))) == 1 + 96
    assert len(rows_of(dump(app, gauge, limit=7, offset=3))) == 1 + 7
    assert rows_of(dump(app, gauge, limit=1, fields="result,quality")) == [
        ["result", "quality"],
        ["0.5", "2"],
    ]


def test_a_private_station_is_hidden(app, gauge):
    call_action("package_patch", id=gauge.package["id"], private=True)
    dump(app, gauge, status=404)
    stranger = factories.UserWithToken()
    member = factories.UserWithToken()
    call_action(
        "organization_member_create",
        id=gauge.organization["id"],
        username=member["name"],
        role="member",
    )
    path = f"/api/action/datastore_search?resource_id={gauge.resource_id}"
    app.get(path, status=403)
    app.get(path, headers={"Authorization": stranger["token"]}, status=403)
    answer = app.get(path, headers={"Authorization": member["token"]}, status=200)
    assert answer.json["result"]["total"] == 500
    sql = f'SELECT * FROM "{gauge.resource_id}"'
    app.get("/api/action/datastore_search_sql", query_string={"sql": sql}, status=403)


def test_an_internal_series_has_no_download(app, gauge):
    app.get(f"/datastore/dump/{gauge.internal_resource_id}", status=404)
    with pytest.raises(tk.ObjectNotFound):
        call_action("datastore_info", id=gauge.internal_resource_id)
