"""What stands around a message: secrets, allowance, registered devices, settings of a broker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ckanext.suedwest.domain.mounting import MountingRefused
from ckanext.suedwest.domain.station import Datastream, Visibility
from ckanext.suedwest.ingest import secrets
from ckanext.suedwest.ingest.allowance import Allowance
from ckanext.suedwest.ingest.mounted import derived_level
from ckanext.suedwest.ingest.mqtt_connection import SettingRefused, Settings
from ckanext.suedwest.ingest.registered import Registered, RegistrationRefused
from ckanext.suedwest.store.sources import SourceRow

KEY = "a key of forty characters, only for tests"
QUARTER = timedelta(minutes=15)
SOURCE = SourceRow(
    id="own",
    type="mqtt",
    municipality="landkreis-kusel",
    url="mqtt://broker.example",
    options={"topic": "v3/pegel@ttn/devices/+/up"},
    interval=QUARTER,
    enabled=True,
    state={},
    generation=1,
    last_attempt_at=None,
    last_success_at=None,
    last_error=None,
    failures=0,
)
OPTIONS: dict[str, Any] = {
    "operator": {"name": "Kreis", "url": "https://kreis.example"},
    "licence": {"id": "cc-zero", "title": "CC0", "attribution": "Kreis"},
    "devices": {"70B3D57ED0000001": {"name": "Bach", "longitude": 7, "latitude": 49.5}},
}
STREAM = Datastream("lorawan:70b3d57ed0000001", "distance", "distance", "mm")


@pytest.fixture
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(secrets.KEY_VARIABLE, KEY)


@pytest.mark.usefixtures("_key")
def test_a_secret_is_sealed_once_and_opened_with_the_same_key_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sealed = secrets.seal_options({"password": "Geheim4711", "username": "pegel", "topic": "a"})
    assert "Geheim4711" not in str(sealed)
    assert (sealed["username"], sealed["topic"]) == ("pegel", "a")
    assert secrets.seal_options(sealed) == sealed
    assert secrets.open_secret(sealed, "password") == "Geheim4711"
    assert secrets.without_secrets(sealed) == {"username": "pegel", "topic": "a"}
    monkeypatch.setenv(secrets.KEY_VARIABLE, KEY[::-1])
    with pytest.raises(secrets.SecretUnreadable, match="sealed with another key"):
        secrets.open_secret(sealed, "password")


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize("options", [{}, {"password": None}, {"password": ""}])
def test_no_secret_is_none(options: dict[str, Any]) -> None:
    assert secrets.open_secret(options, "password") is None


@pytest.mark.usefixtures("_key")
def test_a_secret_in_plain_text_is_not_used() -> None:
    with pytest.raises(secrets.SecretUnreadable, match="not sealed; enter it again"):
        secrets.open_secret({"password": "Geheim4711"}, "password")


@pytest.mark.parametrize("key", [None, "", "short"])
def test_without_a_key_nothing_is_sealed(monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    monkeypatch.delenv(secrets.KEY_VARIABLE, raising=False)
    if key is not None:
        monkeypatch.setenv(secrets.KEY_VARIABLE, key)
    with pytest.raises(secrets.SecretUnreadable, match="SUEDWEST_SECRET_KEY does not hold"):
        secrets.seal_options({"password": "Geheim4711"})


def test_a_token_is_long_unique_and_kept_as_its_hash() -> None:
    token, kept = secrets.make_token()
    assert len(token) >= 40
    assert token not in kept
    assert secrets.token_matches(token, {secrets.TOKEN_OPTION: kept})
    assert not secrets.token_matches(token + "x", {secrets.TOKEN_OPTION: kept})
    assert not secrets.token_matches(kept, {secrets.TOKEN_OPTION: kept})
    assert secrets.make_token()[0] != token


def test_a_topic_that_floods_is_bounded_and_recovers_and_no_other_notices() -> None:
    allowance = Allowance(at_once=3, per_second=2)
    assert [allowance.take("loud", 0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert allowance.take("quiet", 0)
    assert [allowance.take("loud", 1) for _ in range(3)] == [True, True, False]
    assert [allowance.take("loud", 1000) for _ in range(4)] == [True] * 3 + [False]


def test_a_registered_device_makes_a_station() -> None:
    registered = Registered(OPTIONS | {"simulated": True}, QUARTER)
    station = registered.station(STREAM.station_key)
    assert (station.key, station.name, station.kind) == (STREAM.station_key, "Bach", "water")
    assert (station.longitude, station.latitude) == (7.0, 49.5)
    assert station.operator.name == "Kreis"
    assert station.properties == {"simulated": "true"}
    assert registered.station(STREAM.station_key) is station
    assert registered.datastream(STREAM).interval == QUARTER


@pytest.mark.parametrize(
    ("entry", "interval", "visibility"),
    [
        ({"interval": 10}, timedelta(minutes=10), Visibility.PUBLIC),
        ({"interval": 0.5}, timedelta(seconds=30), Visibility.PUBLIC),
        ({"visibility": "internal"}, timedelta(hours=1), Visibility.INTERNAL),
    ],
)
def test_a_device_says_how_often_it_measures_and_who_may_see_it(
    entry: dict[str, Any], interval: timedelta, visibility: Visibility
) -> None:
    devices = {"70b3d57ed0000001": {"name": "Bach"} | entry}
    stream = replace(STREAM, interval=timedelta(hours=1))
    found = Registered(OPTIONS | {"devices": devices}, QUARTER).datastream(stream)
    assert (found.interval, found.visibility) == (interval, visibility)


@pytest.mark.parametrize(
    ("devices", "said"),
    [
        ({}, "the device is not registered"),
        ({"70b3d57ed0000001": "Bach"}, "is not an object"),
        ({"70b3d57ed0000001": {}}, "name is missing"),
        ({"70b3d57ed0000001": {"name": ["Bach"]}}, "name of the device is not a text"),
        ({"70b3d57ed0000001": {"name": "B", "latitude": "49"}}, "latitude of the device is not a"),
        ({"70b3d57ed0000001": {"name": "B", "latitude": True}}, "latitude of the device is not a"),
        ({"70b3d57ed0000001": {"name": "B", "licence": {"id": "x"}}}, "title is missing"),
    ],
)
def test_a_faulty_registration_says_what_is_wrong(devices: dict[str, Any], said: str) -> None:
    registered = Registered(OPTIONS | {"devices": devices}, QUARTER)
    with pytest.raises(RegistrationRefused, match=said):
        registered.station(STREAM.station_key)


@pytest.mark.parametrize(
    ("url", "options", "host", "port", "protocols"),
    [
        ("mqtt://broker.example", {}, "broker.example", 1883, ("5", "3.1.1")),
        ("mqtts://broker.example", {}, "broker.example", 8883, ("5", "3.1.1")),
        ("mqtt://10.0.0.1:1884", {"protocol": "3.1.1"}, "10.0.0.1", 1884, ("3.1.1",)),
    ],
)
def test_settings_are_read(
    url: str, options: dict[str, Any], host: str, port: int, protocols: tuple[str, ...]
) -> None:
    settings = Settings.of(replace(SOURCE, url=url, options=SOURCE.options | options))
    assert (settings.host, settings.port, settings.protocols) == (host, port, protocols)
    assert settings.client_id == "suedwest-own"
    assert settings.trusted is False
    assert (settings.tls is not None) == url.startswith("mqtts:")


@pytest.mark.usefixtures("_key")
def test_a_password_does_not_show_when_settings_are_printed() -> None:
    options = secrets.seal_options(SOURCE.options | {"password": "Geheim4711"})
    settings = Settings.of(replace(SOURCE, options=options))
    assert settings.password == "Geheim4711"
    assert "Geheim4711" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        ("http://broker.example", {}, "not mqtt://host:port"),
        ("mqtt://", {}, "not mqtt://host:port"),
        ("mqtt://broker.example:port", {}, "the address is no URL"),
        ("mqtt://me:secret@broker.example", {}, "carries a password"),
        ("mqtt://broker.example", {"topic": "a/b#"}, r"\+ and # stand alone"),
        ("mqtt://broker.example", {"topic": ["a", 7]}, "7 is not a topic"),
        ("mqtt://broker.example", {"topic": "a\0"}, "is not a topic"),
        ("mqtt://broker.example", {"client_id": 7}, "the option client_id is not a text"),
        ("mqtts://broker.example", {"ca_certificate": "nonsense"}, "certificate or key"),
    ],
)
def test_a_setting_that_cannot_be_used_is_said(
    url: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingRefused, match=said):
        Settings.of(replace(SOURCE, url=url, options=SOURCE.options | options))


@pytest.mark.parametrize(
    ("observed_property", "unit", "visibility", "shown"),
    [
        ("distance", "mm", None, Visibility.PUBLIC),
        ("depth", "mm", "internal", Visibility.INTERNAL),
    ],
)
def test_a_mounting_makes_a_level_of_what_is_measured(
    observed_property: str, unit: str, visibility: str | None, shown: Visibility
) -> None:
    raw = Datastream("lorawan:1", observed_property, observed_property, unit, QUARTER)
    zero = {"reference": "DHHN2016 NHN", "metres": 123.45}
    device = {
        "visibility": visibility,
        "mounting": [
            {"valid_from": "2026-01-01T00:00:00+01:00", "height_mm": 4000, "gauge_zero": zero},
            {
                "valid_from": "2025-01-01T00:00:00+01:00",
                "valid_until": "2026-01-01T00:00:00+01:00",
                "height_mm": 3900,
                "offset_cm": 1.5,
                "blanking_mm": 280,
            },
        ],
    }
    derived = derived_level(raw, device)
    assert derived is not None
    level, derivation = derived
    assert (level.name, level.observed_property, level.unit) == ("W", "water_level", "cm")
    assert (level.visibility, level.interval) == (shown, QUARTER)
    assert level.datum is None, "the height of the zero belongs to the mounting"
    assert (derivation.raw, derivation.level) == (observed_property, "W")
    assert [mounting.height_mm for mounting in derivation.mountings] == [4000, 3900]
    assert derivation.mountings[1].blanking_mm == 280
    assert {str(mounting.measured) for mounting in derivation.mountings} == {observed_property}


def test_without_a_mounting_no_level_is_guessed() -> None:
    assert derived_level(STREAM, {"name": "Bach"}) is None


@pytest.mark.parametrize(
    ("mounting", "said"),
    [
        ("4000", "is not a list"),
        ([4000], "is not an object"),
        ([{"height_mm": 4000}], "the validity of a mounting"),
        ([{"valid_from": "2026-01-01", "height_mm": 4000}], "has no offset"),
        ([{"valid_from": "2026-01-01T00:00Z"}], "height_mm of a mounting is missing"),
        (
            [{"valid_from": "2026-01-01T00:00Z", "height_mm": "4 m"}],
            "height_mm of a mounting is no",
        ),
        ([{"valid_from": "2026-01-01T00:00Z", "height_mm": 1, "gauge_zero": 7}], "no reference"),
        ([{"valid_from": "2026-01-01T00:00Z", "height_mm": 1}] * 2, "two mountings are valid"),
    ],
)
def test_a_mounting_that_cannot_be_used_is_said(mounting: Any, said: str) -> None:
    with pytest.raises(MountingRefused, match=said):
        derived_level(STREAM, {"mounting": mounting})
