"""Messages of network servers: the device, the time, the bytes or the object, the health."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded, find_connector
from ckanext.suedwest.domain.device import DeviceReport
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.station import Visibility

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FILES = Path(__file__).parents[1] / "data" / "lorawan"
MUEHLBACH = "lorawan:70b3d57ed0000a01"
AHRBACH = "lorawan:24e124136b000a02"
KYLL = "lorawan:70b3d57ba0000a03"
IMEI = "iotcreators:860000000000471"


def load(name: str) -> Any:
    return json.loads((FILES / name).read_text("utf-8"))


def read(
    connector: str, message: object, options: Mapping[str, Any] | None = None, **context: Any
) -> Decoded:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return find_connector(connector)(payload, Context(NOW, options=options or {}, **context))


def values(decoded: Decoded) -> list[tuple[str, str, str, float]]:
    return [
        (
            one.station_key,
            one.datastream,
            f"{one.phenomenon_time:%Y-%m-%dT%H:%M:%S.%f}"[:23],
            one.result,
        )
        for one in decoded.observations
    ]


def reasons(decoded: Decoded) -> str:
    return "; ".join(refusal.reason for refusal in decoded.refusals)


CODEC = {"codec": "milesight-em500-swl"}
NDDS75 = {"codec": "dragino-ndds75"}
DL_MBX = {"codec": "decentlab-dl-mbx"}


@pytest.mark.parametrize(
    ("connector", "name", "options", "expected"),
    [
        (
            "tts",
            "tts_up.json",
            {},
            [
                (MUEHLBACH, "distance", "2026-11-20T06:15:01.998", 1625.0),
                (MUEHLBACH, "temperature", "2026-11-20T06:15:01.998", 8.0),
            ],
        ),
        (
            "chirpstack",
            "chirpstack_up.json",
            CODEC,
            [(AHRBACH, "depth", "2026-11-20T06:20:11.123", 1230.0)],
        ),
        (
            "chirpstack3",
            "chirpstack3_up.json",
            DL_MBX,
            [(KYLL, "distance", "2026-11-20T06:25:40.512", 1234.0)],
        ),
        (
            "chirpstack3",
            "chirpstack3_up_hex.json",
            {},
            [(KYLL, "distance", "2026-11-20T06:25:40.512", 1234.0)],
        ),
        (
            "iotcreators",
            "iotcreators_ndds75.json",
            NDDS75,
            [(IMEI, "distance", "2026-11-20T06:15:00.000", 2000.0)],
        ),
    ],
)
def test_an_uplink(
    connector: str,
    name: str,
    options: dict[str, Any],
    expected: list[tuple[str, str, str, float]],
) -> None:
    decoded = read(connector, load(name), options)
    assert values(decoded) == expected
    assert decoded.refusals == []
    assert [(stream.station_key, stream.name) for stream in decoded.datastreams] == [
        one[:2] for one in expected
    ]
    assert len(decoded.device_reports) == 1


def test_what_a_sensor_measures_by_itself_is_not_public() -> None:
    decoded = read("tts", load("tts_up.json"))
    assert {stream.name: stream.visibility for stream in decoded.datastreams} == {
        "distance": Visibility.INTERNAL,
        "temperature": Visibility.PUBLIC,
    }


def test_the_health_of_a_device_is_that_of_the_best_gateway() -> None:
    (report,) = read("tts", load("tts_up.json")).device_reports
    assert report == DeviceReport(
        device=MUEHLBACH,
        time=datetime(2026, 11, 20, 6, 15, 1, 998877, tzinfo=UTC),
        frame_counter=4711,
        battery_volts=3.3,
        battery_percent=91.34,
        rssi_dbm=-97.0,
        snr_db=7.25,
    )


@pytest.mark.parametrize(
    ("connector", "name", "options", "expected"),
    [
        ("chirpstack", "chirpstack_up.json", CODEC, (88, None, 97.0, -88.0, 0.0)),
        ("chirpstack3", "chirpstack3_up.json", DL_MBX, (301, 2.993, None, -92.0, 8.8)),
        ("iotcreators", "iotcreators_ndds75.json", NDDS75, (None, 3.3, None, -77.0, None)),
        ("tts", "tts_join.json", {}, (None, None, None, None, None)),
        ("chirpstack", "chirpstack_join.json", {}, (None, None, None, None, None)),
        ("chirpstack", "chirpstack_status.json", {}, (None, None, 96.5, None, None)),
    ],
)
def test_the_health_of_a_device(
    connector: str, name: str, options: dict[str, Any], expected: tuple[float | None, ...]
) -> None:
    decoded = read(connector, load(name), options)
    (report,) = decoded.device_reports
    assert (
        report.frame_counter,
        report.battery_volts,
        report.battery_percent,
        report.rssi_dbm,
        report.snr_db,
    ) == expected
    assert decoded.refusals == []


@pytest.mark.parametrize("name", ["tts_down_ack.json", "tts_location_solved.json"])
def test_messages_about_something_else_say_nothing(name: str) -> None:
    assert read("tts", load(name)) == Decoded()


def test_a_solved_location_moves_no_station() -> None:
    assert read("chirpstack", load("chirpstack_location.json")) == Decoded()


def test_what_the_network_server_complains_about_is_kept() -> None:
    (refusal,) = read("chirpstack", load("chirpstack_log.json")).refusals
    assert refusal.record == AHRBACH
    assert "UPLINK_F_CNT_RETRANSMISSION" in refusal.reason
    event = load("chirpstack_log.json") | {"level": "INFO"}
    assert read("chirpstack", event) == Decoded()


@pytest.mark.parametrize(
    ("connector", "name", "fields"),
    [
        ("chirpstack", "chirpstack_join.json", {"fCntDown": 3, "txInfo": {}, "gatewayId": "00"}),
        ("chirpstack", "chirpstack_join.json", {"queueItemId": "5b7c", "fCntDown": 3}),
        ("chirpstack", "chirpstack_join.json", {"integrationName": "x", "object": {"a": 1}}),
        ("chirpstack3", "chirpstack3_up.json", {"acknowledged": True, "fCnt": 4}),
        ("chirpstack3", "chirpstack3_up.json", {"gatewayID": "AAECAwQFBgc=", "fCnt": 4}),
    ],
)
def test_an_acknowledgement_is_no_uplink(
    connector: str, name: str, fields: dict[str, object]
) -> None:
    """Its counter is another one: taken for an uplink's, it would look like a new session."""
    assert read(connector, load(name) | fields, DL_MBX) == Decoded()


def test_the_name_of_a_webhook_is_no_kind_of_event() -> None:
    decoded = read("chirpstack", load("chirpstack_up.json"), CODEC, topic="/webhook/status")
    assert len(decoded.observations) == 1


def test_an_error_of_chirpstack_3_is_kept() -> None:
    event = {"devEUI": "70b3d57ba0000a03", "type": "UPLINK_CODEC", "error": "exception", "fCnt": 9}
    (refusal,) = read("chirpstack3", event).refusals
    assert refusal.record == KYLL
    assert refusal.reason == 'the network server reports "UPLINK_CODEC": "exception"'


@pytest.mark.parametrize("topic", ["application/6d2f/device/24e1/event/join", "/hook?event=join"])
def test_the_topic_tells_the_kind_of_an_event(topic: str) -> None:
    decoded = read("chirpstack", load("chirpstack_up.json"), CODEC, topic=topic)
    assert decoded.observations == []
    assert decoded.device_reports[0].frame_counter is None


def test_the_storage_gives_a_message_on_each_line() -> None:
    decoded = read("tts", (FILES / "tts_storage.jsonl").read_bytes())
    assert [report.frame_counter for report in decoded.device_reports] == [0, 1, 2]
    assert [one.result for one in decoded.observations] == [1625.0, 8.0]
    (refusal,) = decoded.refusals
    assert refusal.record == f"message 2: {MUEHLBACH} frame 1"
    assert "blind zone" in refusal.reason
    assert '"f_cnt": 1' in refusal.payload


def uplink(**changes: object) -> dict[str, Any]:
    message = load("tts_up.json")
    for path, value in changes.items():
        *steps, last = path.split("__")
        place = message
        for step in steps:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return message


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "2026-11-20T06:15:01.998877"),
        ({"uplink_message__rx_metadata": []}, "2026-11-20T06:15:02.401234"),
        (
            {
                "uplink_message__rx_metadata": [],
                "uplink_message__settings": {"time": "2026-11-20T06:15:01.5Z"},
            },
            "2026-11-20T06:15:01.500000",
        ),
        (
            {"uplink_message__rx_metadata": [{"time": "2026-11-20T06:16:30Z"}]},
            "2026-11-20T06:15:02.401234",
        ),
        (
            {"uplink_message__rx_metadata": None, "uplink_message__received_at": None},
            "2026-11-20T06:15:02.612345",
        ),
    ],
)
def test_the_time_is_a_believable_gateways_else_the_servers(
    changes: dict[str, object], expected: str
) -> None:
    decoded = read("tts", uplink(**changes))
    assert decoded.observations[0].phenomenon_time.isoformat() == f"{expected}+00:00"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"uplink_message__received_at": "2026-11-24T06:15:02Z"}, "lies in the future"),
        ({"uplink_message__received_at": "1970-01-01T00:00:00Z"}, "before 1990"),
        ({"uplink_message__received_at": "2026-11-20T06:15:02"}, "has no offset"),
        ({"uplink_message__received_at": 5}, "not a text"),
        ({"end_device_ids__dev_eui": "70B3"}, "is not 8 bytes"),
        ({"end_device_ids": None}, "end_device_ids is missing"),
        ({"uplink_message": None}, "neither an uplink nor a known event"),
        ({"uplink_message__f_cnt": -1}, "f_cnt is -1"),
        ({"uplink_message__f_cnt": True}, "f_cnt is true"),
        ({"uplink_message__f_port": 256}, "f_port is 256"),
        ({"uplink_message__frm_payload": "%%%"}, "frm_payload is not base64"),
        ({"uplink_message__frm_payload": 7}, "frm_payload is a number"),
        ({"simulated": True}, "is simulated, its source is not"),
    ],
)
def test_an_uplink_that_cannot_be_is_refused(changes: dict[str, object], reason: str) -> None:
    decoded = read("tts", uplink(**changes))
    assert (decoded.observations, decoded.device_reports) == ([], [])
    assert reason in reasons(decoded)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"uplink_message__f_port": 3}, "on port 2, not 3"),
        ({"uplink_message__frm_payload": "DOQ="}, "the frame has 2 bytes"),
        ({"uplink_message__frm_payload": "DOQAAAAAAAE="}, "no ultrasonic sensor answered"),
    ],
)
def test_a_refused_frame_still_tells_that_the_device_lives(
    changes: dict[str, object], reason: str
) -> None:
    decoded = read("tts", uplink(**changes))
    assert decoded.observations == []
    (refusal,) = decoded.refusals
    assert refusal.record == f"{MUEHLBACH} frame 4711"
    assert reason in refusal.reason
    assert decoded.device_reports[0].frame_counter == 4711


def test_a_source_of_simulated_devices_takes_simulated_uplinks() -> None:
    decoded = read("tts", uplink(simulated=True), {"simulated": True})
    assert len(decoded.observations) == 2


def test_an_uplink_without_bytes_says_nothing_but_that_the_device_lives() -> None:
    message = uplink(uplink_message__frm_payload=None, uplink_message__decoded_payload=None)
    decoded = read("tts", message)
    assert (decoded.observations, decoded.refusals) == ([], [])
    assert decoded.device_reports[0].frame_counter == 4711


def test_bytes_win_over_the_object() -> None:
    message = uplink()
    message["uplink_message"]["decoded_payload"]["Distance"] = "9.9 m"
    assert read("tts", message).observations[0].result == 1625.0


def test_without_a_codec_the_object_is_read_where_its_unit_is_certain() -> None:
    message = uplink(
        uplink_message__version_ids=None, uplink_message__decoded_payload__Node_type=None
    )
    assert values(read("tts", message))[0][1:] == ("distance", "2026-11-20T06:15:01.998", 1625.0)
    message["uplink_message"]["decoded_payload"]["Distance"] = 1625
    assert "Distance: 1625 without a unit" in reasons(read("tts", message))
    del message["uplink_message"]["decoded_payload"]
    assert "no codec is registered" in reasons(read("tts", message))


def test_what_is_registered_of_a_device_goes_before_what_the_server_says() -> None:
    devices = {"70B3D57ED0000A01": {"codec": "dragino-ldds45"}, "other": None}
    message = uplink(uplink_message__frm_payload="DOQAyAAAAAE=")
    assert "280 to 7500 mm" in reasons(read("tts", message))
    assert read("tts", message, {"devices": devices}).observations[0].result == 200.0


def test_a_codec_that_is_not_installed_is_told() -> None:
    devices = {"70b3d57ed0000a01": {"codec": "dragino-lds75"}}
    assert "no codec 'dragino-lds75'" in reasons(read("tts", uplink(), {"devices": devices}))


@pytest.mark.parametrize("entry", [{"codec": 5}, {"quantities": {"pegel": {"unit": "mm"}}}])
def test_a_faulty_registration_is_told(entry: dict[str, object]) -> None:
    decoded = read("tts", uplink(), {"devices": {"70b3d57ed0000a01": entry}})
    assert decoded.observations == []
    assert "the option" in reasons(decoded)


def test_a_device_without_eui_has_the_servers_id() -> None:
    decoded = read("tts", uplink(end_device_ids__dev_eui=None))
    assert decoded.observations[0].station_key == "tts:pegel-muehlbach"


def test_a_formatter_of_ones_own_is_described() -> None:
    event = load("chirpstack_up.json")
    event["object"] = {"pegel": 123.4, "battery": 97}
    quantity = {"datastream": "W", "observed_property": "water_level", "unit": "cm"}
    devices = {"24e124136b000a02": {"quantities": {"pegel": quantity}}}
    decoded = read("chirpstack", event, {"devices": devices})
    assert values(decoded) == [(AHRBACH, "W", "2026-11-20T06:20:11.123", 123.4)]


@pytest.mark.parametrize(
    ("gateway", "expected"),
    [
        (None, NOW),
        ("2026-11-02T06:25:40Z", datetime(2026, 11, 2, 6, 25, 40, tzinfo=UTC)),
        ("2000-01-01T00:00:40Z", NOW),
        ("2026-11-24T06:25:40Z", NOW),
    ],
)
def test_an_old_chirpstack_tells_no_time_of_its_own(
    gateway: str | None, expected: datetime
) -> None:
    event = load("chirpstack3_up.json")
    for reception in event["rxInfo"]:
        reception["time"] = gateway
    decoded = read("chirpstack3", event, DL_MBX)
    assert decoded.observations[0].phenomenon_time == expected


@pytest.mark.parametrize(
    ("written", "reason"), [("{", "objectJSON: the reply is not valid JSON"), (5, "a number")]
)
def test_an_object_that_is_no_json_is_told(written: object, reason: str) -> None:
    event = load("chirpstack3_up.json") | {"objectJSON": written}
    assert reason in reasons(read("chirpstack3", event, DL_MBX))


def test_an_empty_object_is_none() -> None:
    event = load("chirpstack3_up.json") | {"objectJSON": ""}
    assert read("chirpstack3", event, DL_MBX).observations[0].result == 1234.0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"serialNumber": "ICCID:1"}, "not an IMEI"),
        ({"value": "xyz"}, "value is not hex"),
        ({"timestamp": 1e300}, "outside the calendar"),
        ({"timestamp": 0}, "before 1990"),
        ({"serialNumber": "IMEI:860000000000999"}, "is of the device …000000000471"),
    ],
)
def test_a_report_that_cannot_be_is_refused(changes: dict[str, object], reason: str) -> None:
    callback = load("iotcreators_ndds75.json")
    callback["reports"][0] |= changes
    decoded = read("iotcreators", callback, NDDS75)
    assert decoded.observations == []
    assert reason in reasons(decoded)


def test_a_callback_without_reports_is_refused() -> None:
    with pytest.raises(PayloadRefused, match="no list of reports"):
        read("iotcreators", {"registrations": []})


@pytest.mark.parametrize("connector", ["tts", "chirpstack", "chirpstack3"])
@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"<html>", "HTML"),
    ],
)
def test_what_is_no_json_is_refused(connector: str, payload: bytes, reason: str) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read(connector, payload)


def test_a_field_written_twice_is_refused() -> None:
    payload = json.dumps(uplink()).replace('"f_cnt": 4711', '"f_cnt": 1, "f_cnt": 4712')
    with pytest.raises(PayloadRefused, match="two fields 'f_cnt'"):
        read("tts", payload.encode())


def test_infinite_numbers_are_no_values() -> None:
    message = uplink(uplink_message__version_ids=None)
    message["uplink_message"]["decoded_payload"] = {"water_deep_cm": float("nan")}
    message["uplink_message"]["decoded_payload"]["IDC_intput_mA"] = 12.0
    decoded = read("tts", message)
    assert decoded.observations == []
    assert "not a finite number" in reasons(decoded)


def test_the_same_message_again_says_the_same() -> None:
    message = load("tts_up.json")
    assert read("tts", message) == read("tts", copy.deepcopy(message))


def test_an_option_that_is_no_text_is_told() -> None:
    devices = {"70b3d57ed0000a01": {"quantities": "\ud800"}}
    assert "surrogate" in reasons(read("tts", uplink(), {"devices": devices}))
