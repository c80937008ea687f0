"""`datastore_search` over a live resource: filters, sort, pages, totals, formats, words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests.helpers import call_action

pytestmark = pytest.mark.usefixtures("gauge")

HOUR_2 = {"gte": "2026-11-01T02:00:00Z", "lt": "2026-11-01T03:00:00Z"}


def search(gauge: Any, **parameters: Any) -> dict[str, Any]:
    return call_action("datastore_search", resource_id=gauge.resource_id, **parameters)


def results(answer: dict[str, Any]) -> list[float]:
    return [record["result"] for record in answer["records"]]


def test_rows_come_in_order_of_time_with_their_columns(gauge):
    answer = search(gauge, limit=2)
    assert [field["id"] for field in answer["fields"]] == [
        "_id",
        "phenomenon_time",
        "result",
        "quality",
        "received_at",
    ]
    assert answer["records"][0] == {
        "_id": 1_793_491_200_000_000,
        "phenomenon_time": "2026-11-01T00:00:00+00:00",
        "result": 0.5,
        "quality": 2,
        "received_at": "2026-12-01T00:00:00+00:00",
    }
    assert results(answer) == [0.5, 1.5]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"phenomenon_time": HOUR_2}, [8.5, 9.5, 10.5, 11.5]),
        ({"phenomenon_time": "2026-11-01T02:15:00+00:00"}, [9.5]),
        ({"phenomenon_time": {"gt": "2026-11-06T04:30:00Z"}}, [499.5]),
        ({"phenomenon_time": {"lte": "2026-11-01T01:15:00+01:00"}}, [0.5, 1.5]),
        ({"result": {"gte": 497.5}}, [497.5, 498.5, 499.5]),
        ({"result": [3.5, 4.5]}, [3.5, 4.5]),
        ({"_id": {"gt": 1_793_491_200_000_000, "lte": 1_793_493_000_000_000}}, [1.5, 2.5]),
        ({"_id": [1_793_491_200_000_000]}, [0.5]),
        ({"_id": "1793491200000000"}, [0.5]),
        ({"$or": [{"_id": 1_793_491_200_000_000}, {"result": 7.5}]}, [0.5, 7.5]),
        ({"quality": 1}, []),
        ({"_id": {"gt": 9_000_000_000_000_000_000}}, []),
    ],
)
def test_filters(gauge, filters, expected):
    answer = search(gauge, filters=filters)
    assert results(answer) == expected
    assert answer["total"] == len(expected)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("phenomenon_time desc", [499.5, 498.5]),
        ("_id desc", [499.5, 498.5]),
        ("_id", [0.5, 1.5]),
        ("result desc", [499.5, 498.5]),
        ("quality, result desc nulls last", [499.5, 498.5]),
        ("quality", [0.5, 1.5]),
    ],
)
def test_sort(gauge, sort, expected):
    assert results(search(gauge, sort=sort, limit=2)) == expected


def test_limit_offset_and_fields(gauge):
    answer = search(gauge, limit=2, offset=10, fields="result,phenomenon_time")
    assert answer["records"] == [
        {"result": 10.5, "phenomenon_time": "2026-11-01T02:30:00+00:00"},
        {"result": 11.5, "phenomenon_time": "2026-11-01T02:45:00+00:00"},
    ]
    assert [field["id"] for field in answer["fields"]] == ["result", "phenomenon_time"]
    assert search(gauge, limit=0)["records"] == []


def test_totals_follow_the_store(gauge):
    assert search(gauge, limit=0)["total"] == 500
    gauge.write([1.0, 2.0], start=datetime(2026, 11, 20, tzinfo=UTC))
    assert search(gauge, limit=0)["total"] == 502
    assert search(gauge, limit=0, filters={"result": {"lte": 2}})["total"] == 4
    assert "total" not in search(gauge, limit=0, include_total=False)


@pytest.mark.parametrize(
    ("records_format", "expected"),
    [
        ("objects", [{"phenomenon_time": "2026-11-01T00:00:00+00:00", "result": 0.5}]),
        ("lists", [["2026-11-01T00:00:00+00:00", 0.5]]),
        ("csv", "2026-11-01T00:00:00+00:00,0.5\n"),
        ("tsv", "2026-11-01T00:00:00+00:00\t0.5\n"),
    ],
)
def test_formats(gauge, records_format, expected):
    answer = search(
        gauge, limit=1, records_format=records_format, fields=["phenomenon_time", "result"]
    )
    assert answer["records"] == expected


def test_distinct(gauge):
    answer = search(gauge, fields="quality", distinct=True)
    assert answer["records"] == [{"quality": 2}]
    assert answer["total"] == 1
    sorted_desc = search(gauge, fields="result", distinct=True, sort="result desc", limit=1)
    assert sorted_desc["records"] == [{"result": 499.5}]
    assert search(gauge, fields="quality", distinct=True, records_format="csv")["records"] == "2\n"


@pytest.mark.parametrize("sort", ["_id", "_id desc", "phenomenon_time", "phenomenon_time desc"])
@pytest.mark.parametrize("records_format", ["objects", "csv"])
def test_the_next_page_begins_where_this_one_ends(gauge, sort, records_format):
    seen: list[Any] = []
    filters: dict[str, Any] = {}
    for _ in range(6):
        answer = search(
            gauge,
            sort=sort,
            limit=100,
            filters=filters,
            include_next_page=True,
            records_format=records_format,
            fields="result",
        )
        records = answer["records"]
        seen += records.split() if records_format == "csv" else results(answer)
        filters = answer.get("next_page", {})
    assert "next_page" not in answer
    wanted = sorted((number + 0.5 for number in range(500)), reverse="desc" in sort)
    assert [float(each) for each in seen] == wanted


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("2026-11-03", 96),
        ("03.11.2026", 96),
        ("2026-11", 500),
        ("2026-10", 0),
        ("2026-11-03 14:45", 1),
        ("2026-11-03T14:45:00+00:00", 1),
        ("2026-11-03 150.5", 0),
        ("2026-11-03 251.5", 1),
        ("14:45", 5),
        ("251.5", 1),
        ("251,5", 1),
        ("251", 0),
        ("2026-13-45", 0),
        ("Hochwasser", 0),
        ("%", 0),
        ({"result": "251.5"}, 1),
        ({"phenomenon_time": "2026-11-03", "result": "251.5"}, 1),
        ({"received_at": "2026-12-01"}, 500),
    ],
)
def test_words_are_found(gauge, q, expected):
    answer = search(gauge, q=q)
    assert answer["total"] == expected
    assert len(answer["records"]) == min(expected, 100)


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("25:*", 11),
        ("251:*", 1),
        ("251_5:*", 1),
        ("2026-11-0:*", 500),
        ("2026-11-03_14:*", 4),
        ("03_11_2026:*", 96),
        ("03_11_:*", 96),
        ("14_45:*", 5),
        ("2026-11-03 & 251:*", 1),
        ({"result": "251:*"}, 1),
        ("_:*", 0),
    ],
)
def test_beginnings_are_found_as_the_table_view_asks_for_them(gauge, q, expected):
    assert search(gauge, q=q, plain=False, language="simple")["total"] == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"fields": "no_such_column"},
        {"sort": "no_such_column"},
        {"filters": {"no_such_column": 1}},
        {"filters": {"phenomenon_time": {"gte": "gestern"}}},
        {"filters": {"result": "viel"}},
        {"filters": {"_id": "x"}},
        {"q": "1 | 2", "plain": False},
        {"fields": "result", "distinct": True, "sort": "quality"},
    ],
)
def test_what_cannot_be_used_is_a_validation_error(gauge, parameters):
    with pytest.raises(tk.ValidationError):
        search(gauge, **parameters)


def test_an_internal_series_is_not_found(gauge):
    with pytest.raises(tk.ObjectNotFound):
        call_action("datastore_search", resource_id=gauge.internal_resource_id)


def test_microseconds_survive(gauge):
    odd = datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=UTC)
    gauge.write([-12.5], start=odd)
    (record,) = search(gauge, sort="_id desc", limit=1)["records"]
    assert datetime.fromisoformat(record["phenomenon_time"]) == odd
    assert record["_id"] == (odd - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert results(search(gauge, filters={"_id": record["_id"]})) == [-12.5]
    assert results(search(gauge, q="-12.5")) == [-12.5]
