"""What a message leaves behind on its way to the store: no identifier, no single bay, no part."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.gated import Gated
from ckanext.suedwest.domain.message import Message
from ckanext.suedwest.domain.station import Visibility
from ckanext.suedwest.ingest.intake import Intake
from ckanext.suedwest.ingest.registered import RegistrationRefused
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.sources import SourceRow

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "traffic"
EUI = "24e124600a1b2c3d"
OWNER: dict[str, Any] = {
    "operator": {"name": "Stadt"},
    "licence": {"id": "cc-zero", "title": "CC0", "url": "", "attribution": "Stadt"},
}
SECRETS = (
    "00:1A:2B:3C:4D:5E",
    "001a2b3c4d5e",
    EUI,
    "KL-AB 1234",
    "WVWZZZ1JZXW000001",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "anna.muster@example.org",
)


def source(connector: str, **options: Any) -> SourceRow:
    return SourceRow(
        id="test",
        type="http",
        municipality="kaiserslautern",
        url="https://example.org",
        options={"connector": connector, **OWNER, **options},
        interval=timedelta(minutes=15),
        enabled=True,
        state={},
        generation=0,
        last_attempt_at=None,
        last_success_at=None,
        last_error=None,
        failures=0,
    )


def read(made_of: SourceRow, payload: bytes) -> Batch:
    intake = Intake(made_of, largest=10_000_000)
    return intake.batch([intake.read_or_refuse(Message("/", payload, NOW))], NOW)


def telraam(**changes: Any) -> bytes:
    report = {
        "segment_id": 9000011165,
        "date": "2026-11-20T09:00:00.000Z",
        "interval": "hourly",
        "uptime": 0.9,
        "car": 50,
        "car_lft": 20,
        "car_rgt": 30,
        "mac": 123,
    }
    return json.dumps({"report": [{**report, **changes}]}).encode()


COUNTER = {"9000011165": {"name": "Hauptstraße", "kind": "counter"}}


def test_totals_and_their_parts_wait_and_nothing_of_them_is_an_observation() -> None:
    batch = read(source("telraam", devices=COUNTER), telraam())
    assert batch.observations == []
    assert isinstance(batch.gated, Gated)
    (counter,) = batch.gated.counters
    assert (counter.total, counter.cells) == ("car", {"car_lft", "car_rgt"})
    assert [one.cells for one in batch.gated.frames if "" not in one.cells] == [
        {"car_lft": 20.0},
        {"car_rgt": 30.0},
    ]
    assert {one.visibility for one in batch.datastreams} == {Visibility.PUBLIC}
    rule = json.loads(batch.stations[0].properties["privacy"])
    assert (rule["step_seconds"], rule["smallest_cell"]) == (3600, 3)


def test_a_total_alone_goes_on_and_finer_steps_wait() -> None:
    alone = telraam(car_lft=None, car_rgt=None)
    batch = read(source("telraam", devices=COUNTER), alone)
    assert [one.result for one in batch.observations] == [50.0]
    daily = {"step_minutes": 1440}
    batch = read(source("telraam", devices=COUNTER, privacy=daily), alone)
    assert batch.observations == []
    assert batch.gated is not None
    assert len(batch.gated.frames) == 1


def test_a_hidden_counter_stays_hidden() -> None:
    hidden = {"9000011165": {**COUNTER["9000011165"], "visibility": "internal"}}
    batch = read(source("telraam", devices=hidden), telraam())
    assert {one.visibility for one in batch.datastreams} == {Visibility.INTERNAL}


@pytest.mark.parametrize(
    ("privacy", "reason"),
    [
        ({"step_minutes": 5}, "needs a written reason"),
        ({"smallest_group": 3}, "needs a written reason"),
        ({"smallest_cell": 2, "reason": "because"}, "at least 3"),
        ({"step_minutes": 7, "reason": "because"}, "divides the day"),
        ({"stepp": 5}, "unknown"),
    ],
)
def test_a_rule_may_be_looser_only_with_a_reason(privacy: dict[str, Any], reason: str) -> None:
    with pytest.raises(RegistrationRefused, match=reason):
        Intake(source("telraam", privacy=privacy))


def test_a_stricter_rule_needs_no_reason_and_a_looser_one_publishes_it() -> None:
    Intake(source("telraam", privacy={"step_minutes": 60, "smallest_cell": 10}))
    looser = {"step_minutes": 5, "split_step_minutes": 60, "reason": "Ratsbeschluss"}
    batch = read(source("telraam", devices=COUNTER, privacy=looser), telraam())
    assert json.loads(batch.stations[0].properties["privacy"])["reason"] == "Ratsbeschluss"


def uplink(payload: str, device: str = EUI, port: int = 85) -> bytes:

    return json.dumps(
        {
            "end_device_ids": {"device_id": f"eui-{device}", "dev_eui": device.upper()},
            "received_at": "2026-11-20T11:59:00Z",
            "uplink_message": {
                "f_port": port,
                "f_cnt": 7,
                "frm_payload": base64.b64encode(bytes.fromhex(payload)).decode(),
                "rx_metadata": [{"gateway_ids": {"gateway_id": "gw", "eui": "A84041FFFF1EB8A0"}}],
            },
        }
    ).encode()


def test_cumulative_readings_are_stored_nowhere_and_their_device_is_not_named() -> None:
    devices = {EUI: {"name": "Rathaus", "kind": "counter", "codec": "milesight-vs133"}}
    batch = read(source("tts", devices=devices), uplink("03d20a00000004d205000000"))
    assert batch.observations == []
    assert batch.gated is not None
    assert [(one.cell, one.number) for one in batch.gated.readings] == [
        ("line_1_total_in", 10),
        ("line_1_total_out", 5),
    ]
    assert {one.name: one.part_of for one in batch.datastreams} == {
        "total": None,
        "line_1_total_in": "total",
        "line_1_total_out": "total",
    }
    assert EUI not in repr(batch).casefold()
    assert [one.device for one in batch.device_reports] == [batch.stations[0].key]


def bay_source(bays: list[str], **options: Any) -> SourceRow:
    groups = {"markt": {"name": "Marktplatz", "bays": bays}}
    devices = {bay: {"name": "x", "codec": "bosch-tps110"} for bay in bays}
    return source("tts", devices=devices, bay_groups=groups, **options)


def test_a_bay_is_only_ever_a_position_in_its_group() -> None:
    bays = [f"24e124600a1b2c{number}d" for number in range(1, 6)]
    batch = read(bay_source(bays), uplink("01", "24e124600a1b2c3d", port=1))
    assert [one.name for one in batch.stations] == ["Marktplatz"]
    assert sorted(one.name for one in batch.datastreams) == ["capacity", "free", "occupied"]
    assert (batch.observations, batch.device_reports) == ([], [])
    assert batch.gated is not None
    assert [(one.position, one.occupied) for one in batch.gated.bays] == [(2, True)]
    assert "24e1" not in repr(batch).casefold()


def test_groups_are_large_enough_and_share_no_bay() -> None:
    with pytest.raises(RegistrationRefused, match="fewer than 5"):
        Intake(bay_source(["a", "b", "c", "d"]))
    groups = {
        "one": {"name": "1", "bays": ["a", "b", "c", "d", "e"]},
        "two": {"name": "2", "bays": ["e", "f", "g", "h", "i"]},
    }
    with pytest.raises(RegistrationRefused, match="share a bay"):
        Intake(source("tts", bay_groups=groups))


def test_a_bay_of_no_group_is_nowhere() -> None:
    devices = {EUI: {"name": "Bucht", "kind": "parking", "codec": "bosch-tps110"}}
    batch = read(source("tts", devices=devices), uplink("01", port=1))
    assert (batch.observations, batch.stations, batch.datastreams) == ([], [], [])
    assert batch.gated is not None
    assert batch.gated.suppressed == 1


CONNECTORS = ("telraam", "eco-counter", "parkapi", "radar", "tts", "chirpstack", "json-paths")
SHAPES = st.recursive(
    st.one_of(st.sampled_from(SECRETS), st.integers(0, 5), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from(SECRETS),
                st.sampled_from(
                    [
                        "report",
                        "segment_id",
                        "car",
                        "date",
                        "lots",
                        "items",
                        "id",
                        "name",
                        "end_device_ids",
                        "device_id",
                        "uplink_message",
                        "mac",
                        "plate",
                    ]
                ),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CONNECTORS), SHAPES)
def test_no_identifier_leaves_the_gate(connector: str, content: Any) -> None:
    made_of = source(connector, devices={"1": {"name": "Ort", "kind": "counter"}})
    batch = read(made_of, json.dumps(content).encode())
    said = repr(batch).casefold()
    assert not [secret for secret in SECRETS if secret.casefold() in said]
    assert all(one.message is None for one in batch.refusals)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["segment_id", "date", "interval", "uptime", "car", "car_lft"]),
    st.sampled_from(SECRETS),
)
def test_no_identifier_comes_through_a_field_that_is_read(field: str, secret: str) -> None:
    batch = read(source("telraam", devices=COUNTER), telraam(**{field: secret}))
    assert secret.casefold() not in repr(batch).casefold()


PERSONAL = {
    "counters/moers_radar_single_vehicle_records_PRIVACY.txt": ("radar",),
    "counters/telraam_segment_response_PRIVACY.json": ("telraam",),
    "charging/ocpi_location_home_charger_PRIVACY.json": ("ocpi-locations", "json-paths"),
    "datex2/v2_parking_status_friedrichshafen_single_bays_PRIVACY.xml": ("datex2-parking",),
    "sharing/x2gbfs_src_deer_vehicles_licence_plates_PRIVACY.json": ("gbfs", "json-paths"),
}


@pytest.mark.parametrize("name", [name for name in PERSONAL if (SAMPLES / name).exists()])
def test_payloads_with_personal_data_leave_nothing(name: str) -> None:
    payload = (SAMPLES / name).read_bytes()
    for connector in PERSONAL[name]:
        try:
            batch = read(source(connector, devices=COUNTER), payload)
        except PayloadRefused:
            continue
        assert batch.observations == []
        assert batch.gated is None or not (batch.gated.frames or batch.gated.bays)
        assert all(one.message is None for one in batch.refusals)
