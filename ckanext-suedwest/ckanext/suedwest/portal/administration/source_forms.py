"""Forms in which staff connect a gauge, add devices, and describe any other source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.common import request
from werkzeug.wrappers import Response

from ...ingest.secrets import SECRET_OPTIONS
from ...ingest.source_check import TYPES, connectors_of
from ...observations.logic.fields import Fields
from ...store.text import NAME_LENGTH
from .area import administration, require_staff, staff_context, staff_page
from .gauge_form import (
    LICENCES,
    WAYS,
    Way,
    device_data,
    errors_by_field,
    find_way,
    mounting_is_plain,
    operator_and_licence,
    read_device,
    sensor_choices,
)
from .sources import TAB, find_source, keep_token, source_page, to_source, type_title

_BASE = "/<municipality>/quellen"
_ONE = f"{_BASE}/<source>"
_FORM = ("GET", "POST")
_LORAWAN = frozenset({"tts", "chirpstack", "chirpstack3", "lorawan-recordings"})
_PLAIN_OPTIONS = (
    *("connector", "topic", "username", "client_id", "protocol", "ca_certificate"),
    *("client_certificate", "header_name"),
)
"""Options with a field of their own; they are texts."""
_ELSEWHERE = frozenset({*_PLAIN_OPTIONS, "devices", "operator", "licence", "title"})


@administration.route(f"{_BASE}/pegel", methods=_FORM)
def source_gauge(municipality: str) -> str | Response:
    """The short path: choose the way (`weg`), describe one gauge, and it is connected."""
    town = require_staff(municipality)
    way = find_way(request.values.get("weg"))
    if way is None:
        ways = [(each.name, tk._(each.title)) for each in WAYS]
        return _page("ways", municipality, ways=ways)
    data: dict[str, Any] = {
        "operator": town.title or town.name,
        "licence": "dl-de-zero-2.0",
        "topic": way.topic,
        "url": way.url,
        "interval": "15",
    }
    errors: dict[str, Any] = {}
    if request.method == "POST":
        data = request.form.to_dict()
        errors, made = _connect(municipality, way, data)
        if made:
            return to_source(municipality, made["id"])
    return _page(
        "gauge",
        municipality,
        way=way,
        way_title=tk._(way.title),
        data=data,
        errors=errors,
        sensors=sensor_choices(),
        licences=_licence_choices(),
        labels=_labels(),
    )


@administration.route(f"{_ONE}/geraet", methods=_FORM)
def source_device(municipality: str, source: str) -> str | Response:
    """Add a device, or change the one named by `geraet`."""
    found = find_source(municipality, source, change=True)
    devices: dict[str, Any] = dict(found["options"].get("devices") or {})
    wanted = request.values.get("geraet") or ""
    known = devices.get(wanted, {})
    data = device_data(wanted, known)
    # A device that spoke in a trial is added by its id.
    data["device"] = wanted or request.args.get("neu", "")
    errors: dict[str, Any] = {}
    if request.method == "POST":
        data = request.form.to_dict()
        fields = Fields(data)
        lorawan = found["options"].get("connector") in _LORAWAN and wanted != data.get("device")
        device, entry = read_device(fields, data, known, lorawan=lorawan)
        if device != wanted and device.casefold() in map(str.casefold, devices):
            fields.refuse("device", tk._("This device is registered already."))
        errors = fields.errors
        if not errors:
            devices.pop(wanted, None)
            devices[device] = entry
            errors = _change(found, {"devices": devices})
        if not errors:
            tk.h.flash_success(tk._("The device was saved."))
            return to_source(municipality, source)
    return source_page(
        "device",
        municipality,
        found,
        data=data,
        errors=errors,
        known=wanted,
        plain_mounting=mounting_is_plain(known),
        sensors=sensor_choices(),
        labels=_labels(),
    )


@administration.route(f"{_ONE}/geraet/entfernen", methods=["POST"])
def source_device_delete(municipality: str, source: str) -> Response:
    """Take a device out of a source."""
    found = find_source(municipality, source, change=True)
    devices = dict(found["options"].get("devices") or {})
    devices.pop(request.form.get("geraet", ""), None)
    errors = _change(found, {"devices": devices})
    if errors:
        raise tk.ValidationError(errors)
    tk.h.flash_success(tk._("The device was removed. Its station and all its values stay."))
    return to_source(municipality, source)


@administration.route(f"{_BASE}/neu", methods=_FORM)
def source_new(municipality: str) -> str | Response:
    """Any source: choose its type (`art`), then describe it."""
    town = require_staff(municipality)
    kind = request.values.get("art")
    if kind not in TYPES or kind == "pegelonline":
        kinds = [(each, type_title(each)) for each in TYPES if each != "pegelonline"]
        return _page("types", municipality, kinds=kinds)
    data: dict[str, Any] = {
        "interval": "15",
        "operator": town.title or town.name,
        "licence": "dl-de-zero-2.0",
    }
    errors: dict[str, Any] = {}
    if request.method == "POST":
        data = request.form.to_dict()
        fields = Fields(data)
        described = _read_source(fields, data, {}, kind)
        errors, made = fields.errors, None
        if not errors:
            wanted = {"municipality": municipality, "type": kind, "paused": True, **described}
            errors, made = _try("create", wanted)
        if made:
            keep_token(made)
            return to_source(municipality, made["id"])
    return _page("edit", municipality, **_edit_values(kind, data, errors, []))


@administration.route(f"{_ONE}/aendern", methods=_FORM)
def source_edit(municipality: str, source: str) -> str | Response:
    """Change a source."""
    found = find_source(municipality, source, change=True)
    options = found["options"]
    data = _source_data(found)
    errors: dict[str, Any] = {}
    if request.method == "POST":
        data = request.form.to_dict()
        fields = Fields(data)
        described = _read_source(fields, data, options, found["type"])
        errors = fields.errors
        if not errors:
            errors, made = _try("update", {"id": source, **described})
            if made:
                tk.h.flash_success(tk._("The source was saved."))
                return to_source(municipality, source)
    values = _edit_values(found["type"], data, errors, found["secrets"])
    return source_page("edit", municipality, found, **values)


def _connect(
    municipality: str, way: Way, data: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    fields = Fields(data)
    device, entry = read_device(fields, data, {}, lorawan=True)
    options: dict[str, Any] = {"connector": way.connector, **operator_and_licence(fields)}
    if way.type == "mqtt":
        options |= {name: data.get(name) for name in ("topic", "username", "password")}
    if fields.errors:
        return fields.errors, None
    title = f"{entry['name']} ({entry['water']})" if entry.get("water") else entry["name"]
    wanted = {
        "municipality": municipality,
        "title": title,
        "type": way.type,
        "url": data.get("url", ""),
        "interval": data.get("interval"),
        "options": {**options, "devices": {device: entry}},
        "paused": True,
    }
    errors, made = _try("create", wanted)
    if made:
        keep_token(made)
    # The name of the gauge is that of the source too.
    return {("name" if name == "title" else name): said for name, said in errors.items()}, made


def _change(source: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {"id": source["id"], "options": {**source["options"], **changed}}
    return _try("update", wanted)[0]


def _try(action: str, data: dict[str, Any]) -> tuple[dict[str, list[str]], dict[str, Any] | None]:
    """What an action refuses by the fields of the form, or what it gives."""
    try:
        return {}, tk.get_action(f"suedwest_source_{action}")(staff_context(), data)
    except tk.ValidationError as error:
        return errors_by_field(error.error_dict), None


def _read_source(
    fields: Fields, data: Mapping[str, Any], old: Mapping[str, Any], kind: str
) -> dict[str, Any]:
    """What the long form says, for an action; devices stay as they are."""
    options: dict[str, Any] = {}
    try:
        rest = json.loads(data.get("options") or "{}")
    except ValueError:
        rest = None
    if isinstance(rest, dict):
        options |= {name: value for name, value in rest.items() if name not in _ELSEWHERE}
    else:
        fields.refuse("options", tk._("This is no JSON object: it begins with { and ends with }."))
    options |= {name: data[name] for name in (*_PLAIN_OPTIONS, *SECRET_OPTIONS) if data.get(name)}
    if "\n" in (topics := str(options.get("topic", "")).strip()):
        options["topic"] = [line.strip() for line in topics.splitlines() if line.strip()]
    if data.get("forget_secrets"):
        options |= {name: None for name in SECRET_OPTIONS if not data.get(name)}
    if "devices" in old:
        options["devices"] = old["devices"]
    if kind not in ("lhp", "pegelonline"):
        options |= _operator_and_licence(fields, data, old)
    described: dict[str, Any] = {
        "title": data.get("title"),
        "url": data.get("url", ""),
        "interval": data.get("interval"),
        "options": options,
    }
    if kind == "lhp":
        described["stations"] = [
            {"water": line.partition(":")[2]}
            if line.startswith(("Gewässer:", "water:"))
            else {"id": line}
            for line in map(str.strip, data.get("stations", "").splitlines())
            if line
        ]
    return described


def _operator_and_licence(
    fields: Fields, data: Mapping[str, Any], old: Mapping[str, Any]
) -> dict[str, Any]:
    """As the form says; what a file says beyond that stays."""
    licence, operator = old.get("licence") or {}, old.get("operator") or {}
    if licence and data.get("licence") == licence.get("id"):
        name = fields.text("operator", most=NAME_LENGTH)
        return {"operator": {**operator, "name": name}, "licence": licence}
    said = operator_and_licence(fields)
    return {**said, "operator": {**operator, **said["operator"]}}


def _source_data(source: Mapping[str, Any]) -> dict[str, Any]:
    """A source as the fields of the long form."""
    options = source["options"]
    topic = options.get("topic")
    rest = {name: value for name, value in options.items() if name not in _ELSEWHERE}
    return {
        **{name: options.get(name) for name in _PLAIN_OPTIONS},
        "topic": "\n".join(topic) if isinstance(topic, list) else topic,
        "title": source["title"],
        "url": source["url"],
        "interval": f"{source['interval']:g}",
        "operator": (options.get("operator") or {}).get("name"),
        "licence": (options.get("licence") or {}).get("id"),
        "options": json.dumps(rest, ensure_ascii=False, indent=2) if rest else "",
        "stations": "\n".join(
            each["id"] if "id" in each else f"Gewässer: {each['water']}"
            for each in source.get("stations", [])
        ),
    }


def _edit_values(
    kind: str, data: dict[str, Any], errors: dict[str, Any], secrets: list[str]
) -> dict[str, Any]:
    known = data.get("licence")
    licences = _licence_choices()
    if known and known not in LICENCES:
        licences.append((known, known))
    return {
        "kind": kind,
        "kind_title": type_title(kind),
        "data": data,
        "errors": errors,
        "kept_secrets": secrets,
        "connectors": [(name, name) for name in connectors_of(kind)],
        "licences": licences,
        "labels": _labels(),
    }


def _licence_choices() -> list[tuple[str, str]]:
    return [(name, title) for name, (title, _) in LICENCES.items()]


def _labels() -> dict[str, str]:
    """What the fields are called in the list of errors."""
    return {
        "title": tk._("Name of the source"),
        "device": tk._("Device EUI"),
        "name": tk._("Name of the gauge"),
        "water": tk._("Water"),
        "codec": tk._("Sensor"),
        "kp": tk._("Scale Kp"),
        "place": tk._("Place"),
        "height_cm": tk._("Mounting height in cm"),
        "zero_metres": tk._("Zero of the gauge in metres"),
        "zero_reference": tk._("Height reference"),
        "operator": tk._("Operator"),
        "licence": tk._("Licence"),
        "interval": tk._("Minutes between two values"),
        "url": tk._("Address"),
        "topic": tk._("Topic"),
        "username": tk._("User name"),
        "password": tk._("Password"),
        "connector": tk._("Format"),
        "options": tk._("Further settings"),
        "client_key": tk._("Key of the certificate"),
        "client_certificate": tk._("Client certificate"),
        "header_name": tk._("Header"),
        "header_value": tk._("Value of the header"),
        "stations": tk._("Stations"),
        "protocol": tk._("Version of MQTT"),
    }


def _page(template: str, municipality: str, **values: Any) -> str:
    return staff_page(
        f"suedwest/administration/sources/{template}.html", municipality, TAB, **values
    )
