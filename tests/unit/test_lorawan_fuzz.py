"""Whatever comes is read or refused: arbitrary frames, objects, mutated and arbitrary messages."""

from __future__ import annotations

import base64
import copy
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckanext.suedwest.connectors.base import Connector, Context, find_connector
from ckanext.suedwest.connectors.lorawan.codec import Frame, FrameRefused, codecs, read_frame
from ckanext.suedwest.connectors.lorawan.decoded_object import read_object
from ckanext.suedwest.domain.errors import PayloadRefused

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FILES = Path(__file__).parents[1] / "data" / "lorawan"
CONNECTORS: dict[str, Connector] = {
    name: find_connector(name)
    for name in ("tts", "chirpstack", "chirpstack3", "iotcreators", "lorawan-recordings")
}
MESSAGES = [
    ("tts", "tts_up.json"),
    ("tts", "tts_join.json"),
    ("chirpstack", "chirpstack_up.json"),
    ("chirpstack", "chirpstack_status.json"),
    ("chirpstack", "chirpstack_log.json"),
    ("chirpstack3", "chirpstack3_up.json"),
    ("chirpstack3", "chirpstack3_up_hex.json"),
    ("iotcreators", "iotcreators_ndds75.json"),
    ("lorawan-recordings", "objects.json"),
]
DOCUMENTS = [(name, json.loads((FILES / file).read_text("utf-8"))) for name, file in MESSAGES]
FIELDS = sorted({name for codec in codecs().values() for name in codec.fields})
LONGEST = 242

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            1e308,
            10**400,
            "2999-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "\x00",
            "\ud800",
            "1404 mm",
        ]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
options = st.fixed_dictionaries(
    {},
    optional={
        "codec": st.sampled_from([*codecs(), "none"]) | junk,
        "kp": junk,
        "simulated": st.booleans(),
        "quantities": junk,
        "devices": st.dictionaries(st.sampled_from(["70b3d57ed0000a01", "x"]), junk) | junk,
    },
)


def check(connector: str, payload: bytes, chosen: dict[str, Any]) -> None:
    context = Context(NOW, "test:fuzz", "W", options=chosen)
    try:
        decoded = CONNECTORS[connector](payload, context)
    except PayloadRefused:
        return
    described = {(stream.station_key, stream.name) for stream in decoded.datastreams}
    for value in decoded.observations:
        assert math.isfinite(value.result)
        assert value.phenomenon_time.tzinfo is UTC
        assert 1990 <= value.phenomenon_time.year <= 2026
        assert (value.station_key, value.datastream) in described
    for refusal in decoded.refusals:
        assert refusal.reason
        text = refusal.record + refusal.reason + refusal.payload
        assert "\x00" not in text
        text.encode("utf-8")
    for report in decoded.device_reports:
        assert report.device.isprintable()
        assert report.time.tzinfo is UTC
        numbers = (report.battery_volts, report.battery_percent, report.rssi_dbm, report.snr_db)
        assert all(number is None or math.isfinite(number) for number in numbers)


@pytest.mark.parametrize("name", codecs())
@settings(max_examples=60, deadline=None)
@given(
    payload=st.binary(max_size=LONGEST + 10),
    port=st.none() | st.integers(0, 255) | st.sampled_from([2, 85]),
    kp=junk,
)
def test_any_frame_is_read_or_refused(
    name: str, payload: bytes, port: int | None, kp: object
) -> None:
    codec = codecs()[name]
    try:
        reading = read_frame(codec, Frame(payload, port, None, {"kp": kp}))
    except FrameRefused:
        return
    for one in reading.measured:
        limits = codec.limits[one.quantity.datastream]
        assert limits.lowest <= one.value <= limits.highest


@pytest.mark.parametrize("name", [*codecs(), None])
@settings(max_examples=30, deadline=None)
@given(
    fields=st.dictionaries(
        st.sampled_from([*FIELDS, "position", "IDC_intput_mA", "Bat", "Sensor_flag"])
        | st.text(max_size=8),
        junk | st.fixed_dictionaries({"value": junk, "unit": junk}),
    )
)
def test_any_object_is_read_or_refused(name: str | None, fields: dict[str, Any]) -> None:
    codec = None if name is None else codecs()[name]
    reading = read_object(fields, codec, {})
    assert all(math.isfinite(one.value) for one in reading.measured)
    assert all(reading.faults)


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(document, dict):
        for name, value in document.items():
            found += places(value, (*path, name))
    elif isinstance(document, list):
        for position, value in enumerate(document):
            found += places(value, (*path, position))
    return found


PLACES = [places(document) for _, document in DOCUMENTS]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), options)
def test_a_mutated_message_is_read_or_refused(data: st.DataObject, chosen: dict[str, Any]) -> None:
    which = data.draw(st.integers(0, len(DOCUMENTS) - 1))
    connector, document = DOCUMENTS[which]
    document = copy.deepcopy(document)
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
    check(connector, json.dumps(document).encode(), chosen)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([*CONNECTORS]), st.binary(max_size=200), options)
def test_arbitrary_bytes_are_read_or_refused(
    connector: str, payload: bytes, chosen: dict[str, Any]
) -> None:
    check(connector, payload, chosen)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([*CONNECTORS]), junk, options)
def test_arbitrary_json_is_read_or_refused(
    connector: str, document: Any, chosen: dict[str, Any]
) -> None:
    check(connector, json.dumps(document).encode(), chosen)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=LONGEST), st.integers(0, 255), options)
def test_an_uplink_of_arbitrary_bytes_is_read_or_refused(
    frame: bytes, port: int, chosen: dict[str, Any]
) -> None:
    message = copy.deepcopy(DOCUMENTS[0][1])
    message["uplink_message"] |= {
        "frm_payload": base64.b64encode(frame).decode(),
        "f_port": port,
    }
    check("tts", json.dumps(message).encode(), chosen)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(DOCUMENTS), st.integers(0, 3000))
def test_a_truncated_message_is_read_or_refused(document: tuple[str, Any], length: int) -> None:
    connector, message = document
    check(connector, json.dumps(message, indent=1).encode()[:length], {})


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=5))
def test_any_table_is_read_or_refused(lines: list[str]) -> None:
    table = "\n".join(["vendor,model,fport,hex", *lines])
    check("lorawan-recordings", table.encode("utf-8", "replace"), {})
