"""The examples of docs/sources.md are read as they stand there."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ckanext.suedwest.connectors.base import Context, find_connector
from ckanext.suedwest.ingest.source_types import LISTENERS, POLLERS, PUSHED

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text("utf-8")
EXAMPLES = re.findall(
    r"^## `([a-z-]+)`\n.*?```json\n(.*?)```\n\n```(?:json|text)\n(.*?)```",
    PAGE,
    re.DOTALL | re.MULTILINE,
)
VALUES = {
    "csv-columns": [("csv-columns:1001", "W", 62.5), ("csv-columns:1001", "Q", 1.2)],
    "json-paths": [("json-paths:1001", "W", 62)],
    "lhp": [("lhp:RP_1001", "class", 1)],
    "ngsi-ld": [("ngsi-ld:urn:ngsi-ld:WaterObserved:1001", "W", 62)],
    "senml": [("senml:urn:dev:ow:1001", "W", 62), ("senml:urn:dev:ow:1001", "W", 63)],
    "sensorthings": [("sensorthings:1001", "W", 62)],
    "tasmota": [("tasmota:bach", "distance", 1205), ("tasmota:bach", "temperature", 5.4)],
}


def test_every_connector_of_the_page_has_an_example() -> None:
    assert [name for name, *_ in EXAMPLES] == sorted(VALUES)


@pytest.mark.parametrize(("name", "options", "payload"), EXAMPLES)
def test_an_example_is_read(name: str, options: str, payload: str) -> None:
    context = Context(
        received_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
        topic="tele/bach/SENSOR",
        options=json.loads(options),
    )
    decoded = find_connector(name)(payload.encode(), context)
    assert decoded.refusals == []
    assert [
        (value.station_key, value.datastream, value.result) for value in decoded.observations
    ] == VALUES[name]


def test_every_type_of_source_is_listed() -> None:
    table = PAGE.partition("## Types of sources")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    listed = {name for cell in first_cells for name in re.findall(r"`([a-z-]+)`", cell)}
    assert listed == set(POLLERS) | set(LISTENERS) | PUSHED
