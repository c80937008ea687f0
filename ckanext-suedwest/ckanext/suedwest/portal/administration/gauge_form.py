"""What the short form of a gauge says, as a source and a device of it; and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk

from ...connectors.lorawan.codec import codecs
from ...domain.place_input import PlaceRefused, read_place
from ...domain.units import DISTANCE
from ...observations.logic.fields import Fields
from ...store.text import NAME_LENGTH
from .area import N_
from .station_words import plain

FROM_THE_BEGINNING = "2000-01-01T00:00:00+00:00"
"""A mounting nobody dates holds for all values of the device."""
_EUI = re.compile(r"[0-9A-F]{16}")


@dataclass(frozen=True, slots=True)
class Way:
    """How the messages of LoRaWAN gauges come; `title` is an English msgid."""

    name: str
    title: str
    type: str
    connector: str
    topic: str = ""
    url: str = ""


WAYS = (
    Way("tts-webhook", N_("The Things Stack (TTN), by webhook"), "webhook", "tts"),
    Way("chirpstack-webhook", N_("ChirpStack 4, by HTTP integration"), "webhook", "chirpstack"),
    Way("chirpstack3-webhook", N_("ChirpStack 3, by HTTP integration"), "webhook", "chirpstack3"),
    Way(
        "tts-mqtt",
        N_("The Things Stack (TTN), by MQTT"),
        "mqtt",
        "tts",
        "v3/+/devices/+/up",
        "mqtts://eu1.cloud.thethings.network:8883",
    ),
    Way(
        "chirpstack-mqtt",
        N_("ChirpStack 4, by MQTT"),
        "mqtt",
        "chirpstack",
        "application/+/device/+/event/up",
    ),
)
LICENCES: Mapping[str, tuple[str, str]] = {
    "dl-de-zero-2.0": (
        "Datenlizenz Deutschland – Zero – Version 2.0",
        "https://www.govdata.de/dl-de/zero-2-0",
    ),
    "dl-de-by-2.0": (
        "Datenlizenz Deutschland – Namensnennung – Version 2.0",
        "https://www.govdata.de/dl-de/by-2-0",
    ),
    "cc-zero": (
        "Creative Commons CC0 1.0",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ),
    "cc-by-4.0": (
        "Creative Commons Namensnennung 4.0 (CC BY 4.0)",
        "https://creativecommons.org/licenses/by/4.0/",
    ),
}


def find_way(name: str | None) -> Way | None:
    """The way of this name."""
    return next((way for way in WAYS if way.name == name), None)


def sensor_choices() -> list[tuple[str, str]]:
    """Names of the codecs with maker, model and what the sensor measures, for a choice."""
    choices = [("", tk._("The network server knows it, or none of these"))]
    for name, codec in sorted(codecs().items(), key=lambda item: item[1].sensor):
        looks_down = DISTANCE.name in codec.limits
        how = tk._("measures down to the water") if looks_down else tk._("hangs in the water")
        choices.append((name, f"{codec.sensor} – {how}"))
    return choices


def operator_and_licence(fields: Fields) -> dict[str, Any]:
    """The options `operator` and `licence`; who operates is named with the values."""
    operator = fields.text("operator", most=NAME_LENGTH)
    licence = fields.choice("licence", list(LICENCES))
    if licence is None:
        return {"operator": {"name": operator}}
    title, url = LICENCES[licence]
    return {
        "operator": {"name": operator},
        "licence": {"id": licence, "title": title, "url": url, "attribution": operator},
    }


def read_device(
    fields: Fields, data: Mapping[str, Any], known: Mapping[str, Any], *, lorawan: bool
) -> tuple[str, dict[str, Any]]:
    """Id and entry of a device; what the form does not show stays as it is `known`."""
    device = fields.text("device", most=NAME_LENGTH)
    if lorawan and device:
        device = re.sub(r"[\s:-]", "", device).upper()
        if not _EUI.fullmatch(device):
            fields.refuse(
                "device", tk._("A device EUI has 16 characters, digits and the letters A to F.")
            )
    entry = {key: value for key, value in known.items() if key not in ("latitude", "longitude")}
    entry["name"] = fields.text("name", most=NAME_LENGTH)
    entry["water"] = fields.text("water", most=NAME_LENGTH, required=False)
    entry["codec"] = data.get("codec") or ""
    entry["kp"] = fields.number("kp", required=False)
    entry["visibility"] = "internal" if fields.flag("internal") else ""
    if fields.text("place", most=2_000, required=False):
        try:
            entry["latitude"], entry["longitude"] = read_place(data["place"])
        except PlaceRefused:
            fields.refuse(
                "place",
                tk._(
                    "This is no place. Write latitude and longitude like 49,4321 7,1234, or "
                    "paste the address of a map."
                ),
            )
    if mounting_is_plain(known):
        entry["mounting"] = _read_mounting(fields, known)
    return device, {key: value for key, value in entry.items() if value not in (None, "", [])}


def mounting_is_plain(entry: Mapping[str, Any]) -> bool:
    """Whether the short form can show how a device is mounted: once, and for good."""
    listed = entry.get("mounting") or []
    return isinstance(listed, list) and len(listed) <= 1


def _read_mounting(fields: Fields, known: Mapping[str, Any]) -> list[dict[str, Any]]:
    height = fields.number("height_cm", required=False)
    metres = fields.number("zero_metres", required=False)
    reference = fields.text("zero_reference", most=NAME_LENGTH, required=False)
    if height is None:
        if metres is not None:
            fields.refuse("height_cm", tk._("This is needed."))
        return []
    before = (known.get("mounting") or [{}])[0]
    mounting = {"valid_from": FROM_THE_BEGINNING, **before, "height_mm": round(height * 10, 3)}
    mounting.pop("gauge_zero", None)
    if metres is not None:
        mounting["gauge_zero"] = {"reference": reference or "DHHN2016 NHN", "metres": metres}
    return [mounting]


def device_data(device: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """A registered device as the fields of its form."""
    mounting = (entry.get("mounting") or [{}])[0] if mounting_is_plain(entry) else {}
    zero = mounting.get("gauge_zero") or {}
    height = mounting.get("height_mm")
    place = ""
    if entry.get("latitude") is not None and entry.get("longitude") is not None:
        place = f"{entry['latitude']}, {entry['longitude']}"
    return {
        "device": device,
        "name": entry.get("name"),
        "water": entry.get("water"),
        "codec": entry.get("codec"),
        "kp": _german(entry.get("kp")),
        "place": place,
        "height_cm": _german(None if height is None else height / 10),
        "zero_metres": _german(zero.get("metres")),
        "zero_reference": zero.get("reference"),
        "internal": entry.get("visibility") == "internal",
    }


def errors_by_field(errors: Mapping[str, Any]) -> dict[str, list[str]]:
    """What an action refused, by the fields of the forms."""
    own = {"latitude": "place", "longitude": "place", "mounting": "height_cm"}
    found: dict[str, list[str]] = {}
    for name, sentences in errors.items():
        parts = name.split(".")
        if parts[0] == "devices":
            field = own.get(parts[-1], parts[-1]) if len(parts) > 2 else "device"
        else:
            field = parts[0]
        kept = found.setdefault(field, [])
        kept += [one for one in sentences if one not in kept]
    return found


def _german(number: float | None) -> str:
    # With a point before three digits it could be read as a thousand.
    return plain(number, "de")
