"""The DataTables view over a live resource: pages, sorting, search box, filtered download."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any

import pytest
from ckan.tests.helpers import call_action


@pytest.fixture
def view(gauge) -> dict[str, Any]:
    return call_action(
        "resource_view_create",
        resource_id=gauge.resource_id,
        view_type="datatables_view",
        title="Tabelle",
    )


def ask(app, view, *, search: str = "", column_search: dict[str, str] | None = None, **form: Any):
    columns = ["_id", "phenomenon_time", "result", "quality", "received_at"]
    fields = {"draw": "1", "search[value]": search, "start": "0", "length": "25"}
    for number, column in enumerate(columns):
        fields[f"columns[{number}][name]"] = column
        fields[f"columns[{number}][search][value]"] = (column_search or {}).get(column, "")
    response = app.post(f"/datatables/ajax/{view['id']}", data=fields | form, status=200)
    return json.loads(response.get_data(as_text=True))


def test_pages_and_totals(app, view):
    answer = ask(app, view, start="50")
    assert (answer["recordsTotal"], answer["recordsFiltered"]) == (500, 500)
    assert len(answer["data"]) == 25
    assert answer["data"][0]["result"] == "50.5"
    assert answer["data"][0]["DT_RowId"] == "row1793536200000000"


@pytest.mark.parametrize(
    ("column", "direction", "first"),
    [("0", "desc", "499.5"), ("1", "desc", "499.5"), ("2", "asc", "0.5"), ("3", "asc", "0.5")],
)
def test_sorting(app, view, column, direction, first):
    order = {"order[0][column]": column, "order[0][dir]": direction}
    assert ask(app, view, **order)["data"][0]["result"] == first


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("251.5", 1),
        ("251,5", 1),
        ("2026-11-03", 96),
        ("03.11.2026", 96),
        ("2026-11-03 14:45", 1),
        ("2026-11-03T14:45:00+00:00", 1),
        ("14:45", 5),
        ("nichts", 0),
        ("<script>", 0),
        ("'; DROP TABLE x; --", 0),
    ],
)
def test_the_search_box(app, view, words, found):
    answer = ask(app, view, search=words)
    assert (answer["recordsTotal"], answer["recordsFiltered"]) == (500, found)
    assert len(answer["data"]) == min(found, 25)


def test_searching_in_columns(app, view):
    assert ask(app, view, column_search={"result": "25"})["recordsFiltered"] == 11
    both = {"phenomenon_time": "2026-11-03", "result": "251.5"}
    assert ask(app, view, column_search=both)["recordsFiltered"] == 1


def test_filtered_download(app, view):
    parameters = {
        "search": {"value": "03.11.2026"},
        "order": [{"column": 1, "dir": "desc"}],
        "visible": [False, True, True, False, False],
        "columns": [{"name": "", "search": {"value": ""}}],
    }
    response = app.post(
        f"/datatables/filtered-download/{view['id']}",
        data={"params": json.dumps(parameters), "format": "csv"},
    )
    rows = list(csv.reader(StringIO(response.get_data(as_text=True))))
    assert rows[:2] == [["phenomenon_time", "result"], ["2026-11-03T23:45:00+00:00", "287.5"]]
    assert len(rows) == 1 + 96


def test_the_page_of_the_resource_shows_the_dictionary(app, gauge, view):
    page = app.get(f"/dataset/{gauge.package['name']}/resource/{gauge.resource_id}", status=200)
    assert "Messwert in cm" in page.get_data(as_text=True)
