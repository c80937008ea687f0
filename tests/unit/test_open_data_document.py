"""The OpenAPI document is valid and names what the code knows; CSV is safe to open."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from openapi_spec_validator import validate

from ckanext.suedwest.observations.open_data import csv_text, records, series
from ckanext.suedwest.observations.open_data.description import description

DOCUMENT: dict[str, Any] = description("https://platform.example/api/live/v1")
SCHEMAS = DOCUMENT["components"]["schemas"]


def properties(name: str) -> set[str]:
    schema = SCHEMAS[name]
    parts = [*schema.get("allOf", []), schema]
    referred = [each["$ref"].rpartition("/")[2] for each in parts if "$ref" in each]
    own = set(schema.get("properties", {}))
    return own.union(*(properties(each) for each in referred))


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)
    assert DOCUMENT["servers"] == [{"url": "https://platform.example/api/live/v1"}]


def test_kinds_are_those_that_the_platform_has() -> None:
    assert SCHEMAS["Kind"]["enum"] == list(records.KINDS)


@pytest.mark.parametrize(
    ("schema", "columns"),
    [
        ("LatestValue", records.LATEST_COLUMNS),
        ("Station", records.STATION_COLUMNS),
        ("Value", series.COLUMNS["raw"]),
        ("Hour", series.COLUMNS["hour"]),
        ("Day", series.COLUMNS["day"]),
    ],
)
def test_fields_have_the_same_names_in_csv_and_document(
    schema: str, columns: tuple[str, ...]
) -> None:
    assert properties(schema) == set(columns)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (0.0, "0"),
        (-3.5, "-3.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e22, "1e+22"),
        (True, "true"),
        (["W", "Q"], "W Q"),
        ("Öhlbach", "Öhlbach"),
        ('Brücke, "alt"', 'Brücke, "alt"'),
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        (["=x"], "'=x"),
    ],
)
def test_a_field_of_csv(value: object, written: str) -> None:
    text = csv_text.table(["a", "b"], [{"a": value, "b": 1}])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["a", "b"], [written, "1"]]
