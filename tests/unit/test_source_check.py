"""What is said of a source before it is registered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ckanext.suedwest.ingest import secrets
from ckanext.suedwest.ingest.source_check import Wanted, connectors_of, faults

EUI = "70B3D57ED0000A01"
OPTIONS: dict[str, Any] = {
    "connector": "tts",
    "operator": {"name": "Kreis"},
    "licence": {"id": "cc-zero", "title": "CC0", "attribution": "Kreis"},
    "devices": {EUI: {"name": "Brücke"}},
}
WEBHOOK = Wanted("hook", "webhook", "", OPTIONS, timedelta(minutes=15))


def fields(wanted: Wanted) -> list[str]:
    return [fault.field for fault in faults(wanted)]


def with_options(source_type: str, url: str = "https://1.1.1.1", **options: Any) -> Wanted:
    return Wanted("one", source_type, url, {**OPTIONS, **options}, timedelta(minutes=15))


def test_a_webhook_with_a_device_is_in_order() -> None:
    assert faults(WEBHOOK) == []


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        (replace(WEBHOOK, id="Großes"), ["id"]),
        (replace(WEBHOOK, id=""), ["id"]),
        (replace(WEBHOOK, type="ftp"), ["type"]),
        (replace(WEBHOOK, interval=timedelta(seconds=30)), ["interval"]),
        (replace(WEBHOOK, interval=timedelta(days=2)), ["interval"]),
        (with_options("http", "ftp://1.1.1.1", connector="senml"), ["url"]),
        (with_options("http", "https://u:p@1.1.1.1", connector="senml"), ["url"]),
        (with_options("http", "https://10.0.0.1", connector="senml"), ["url"]),
        (with_options("http", "https://[::1]", connector="senml"), ["url"]),
        (with_options("http", "https://1.1.1.1:x", connector="senml"), ["url"]),
        (with_options("http", connector="tts"), ["connector"]),
        (with_options("webhook", connector="lorawan-recordings"), ["connector"]),
        (with_options("webhook", connector="json-paths"), ["options"]),
        (with_options("webhook", connector="tasmota", zone="Mars"), ["options"]),
        (with_options("sensorthings"), ["datastreams"]),
        (with_options("sensorthings", datastreams=[1]), []),
        (with_options("lhp", states=["rp"]), ["states"]),
        (with_options("webhook", header_name="X-Key"), ["header_value"]),
        (with_options("webhook", header_name="Host", header_value="x"), ["header_name"]),
        (with_options("webhook", header_name="X-Key", header_value="a\nb"), ["header_value"]),
        (with_options("webhook", devices=[1]), ["devices"]),
        (with_options("webhook", devices={"a": 1}), ["devices.a"]),
        (with_options("webhook", devices={" ": {"name": "x"}}), ["devices. "]),
        (
            with_options("webhook", devices={"a": {"name": "x"}, "A": {"name": "y"}}),
            ["devices.A"],
        ),
        (with_options("webhook", devices={"a": {"name": "x", "kind": 3}}), ["devices.a"]),
        (with_options("webhook", licence={"id": "x"}), ["licence.title", "licence.attribution"]),
    ],
)
def test_what_is_wrong_is_said_of_its_field(wanted: Wanted, named: list[str]) -> None:
    assert fields(wanted) == named


def test_an_address_an_operator_trusts_may_be_private() -> None:
    inside = with_options("http", "https://10.0.0.1", connector="senml")
    assert fields(replace(inside, trusted=True)) == []


def test_what_only_comes_as_a_message_is_not_polled() -> None:
    assert "tts" in connectors_of("mqtt")
    assert "tts" not in connectors_of("http")
    assert connectors_of("lhp") == []


def test_a_secret_sealed_again_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(secrets.KEY_VARIABLE, "k" * 40)
    known = secrets.seal_options({"password": "one", "topic": "a"})
    assert secrets.seal_again({"password": "one", "topic": "a"}, known) == known
    changed = secrets.seal_again({"password": "two"}, known)
    assert secrets.open_secret(changed, "password") == "two"
    monkeypatch.setenv(secrets.KEY_VARIABLE, "l" * 40)
    anew = secrets.seal_again({"password": "one"}, known)
    assert secrets.open_secret(anew, "password") == "one"
