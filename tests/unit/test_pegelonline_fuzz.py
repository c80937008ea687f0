"""Whatever comes is read or refused: mutated real replies and arbitrary bytes."""

from __future__ import annotations

import copy
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckanext.suedwest.connectors.base import Context
from ckanext.suedwest.connectors.water.pegelonline import connector
from ckanext.suedwest.domain.errors import PayloadRefused

NOW = datetime(2026, 11, 20, tzinfo=UTC)
RECORDINGS = Path(__file__).parents[1] / "data" / "pegelonline"
NAMES = [
    "pegelonline_2026_rhein_mosel_current.json",
    "pegelonline_2026_characteristic_values.json",
    "pegelonline_currentmeasurement_variants.json",
    "pegelonline_errors.json",
    "pegelonline_forecast_WV.json",
    "wsv_lobith_2026_sentinel_99999_and_future_values.json",
]
DOCUMENTS = [json.loads((RECORDINGS / name).read_text("utf-8")) for name in NAMES]

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([1e308, -1e308, 10**400, "2026-13-45T99:99:99Z", "\x00", "\ud800", -777]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document; long lists of numbers count as their first twenty."""
    found = [path] if path else []
    if isinstance(document, dict):
        for name, value in document.items():
            found += places(value, (*path, name))
    elif isinstance(document, list):
        for position, value in enumerate(document[:20]):
            found += places(value, (*path, position))
    return found


PLACES = [places(document) for document in DOCUMENTS]


def check(payload: bytes) -> None:
    try:
        decoded = connector(payload, Context(NOW, "pegelonline:test", "W", "cm"))
    except PayloadRefused:
        return
    for value in decoded.observations:
        assert math.isfinite(value.result)
        assert value.phenomenon_time.tzinfo is UTC
    for refusal in decoded.refusals:
        assert refusal.reason
        # What is kept must fit into a database of UTF-8 without NUL.
        text = refusal.record + refusal.reason + refusal.payload
        assert "\x00" not in text
        text.encode("utf-8")
    for station in decoded.stations:
        assert station.name.isprintable()
        "".join([station.name, station.water or "", *station.properties.values()]).encode("utf-8")
        assert (station.longitude is None) == (station.latitude is None)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_mutated_reply_is_read_or_refused(data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(DOCUMENTS) - 1))
    document = copy.deepcopy(DOCUMENTS[which])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(PLACES[which]))
        parent = document
        try:
            for step in path[:-1]:
                parent = parent[step]
            if data.draw(st.booleans()):
                parent[path[-1]] = data.draw(junk)
            else:
                del parent[path[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier mutation took this place away
    check(json.dumps(document).encode())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_read_or_refused(payload: bytes) -> None:
    check(payload)


@settings(max_examples=200, deadline=None)
@given(junk)
def test_arbitrary_json_is_read_or_refused(document: Any) -> None:
    check(json.dumps(document).encode())


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(NAMES) - 1), st.integers(0, 4000))
def test_a_truncated_reply_is_read_or_refused(which: int, length: int) -> None:
    check((RECORDINGS / NAMES[which]).read_bytes()[:length])
