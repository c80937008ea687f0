"""Forms in which staff say something of a station; each is read by one action."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.common import request
from werkzeug.wrappers import Response

from ...domain.german_input import read_time
from ...domain.quality import Quality
from ...domain.time import TimeRefused
from ...observations.logic.limits import NAMES
from ...observations.store_access import read_engine
from ...store.query import datastream_by_resource, observations
from .area import administration, staff_context
from .station_words import (
    amount,
    language,
    limit_title,
    limit_unit,
    local_input,
    plain,
    short_moment,
    stream_title,
    time_fields,
)
from .stations import find_station, find_stream, station_page

_BASE = "/<municipality>/stationen/<station>"
_SHOWN_VALUES = 25
_FORM = ("GET", "POST")


@administration.route(f"{_BASE}/handlungsstufe", methods=_FORM)
def threshold(municipality: str, station: str) -> str | Response:
    """Make an action level, or change the one named by `code`."""
    found = find_station(municipality, station)
    streams = [each for each in found["datastreams"] if each["levels"]]
    stream = _asked_stream(found, streams)
    code = request.values.get("code") or None
    place = {"municipality": municipality, "resource_id": stream["resource_id"]}
    data: dict[str, Any] = {"direction": "above"}
    if code:
        rows = tk.get_action("suedwest_threshold_list")(staff_context(), place)
        known = [row for row in rows if row["own"] and row["code"] == code]
        if not known:
            raise tk.ObjectNotFound(tk._("Your municipality has no such action level here."))
        data = {**known[0], "level": plain(known[0]["level"], language())}
    errors: dict[str, Any] = {}
    if request.method == "POST":
        data = _sent("level", "direction", "label", "source")
        action = "suedwest_threshold_update" if code else "suedwest_threshold_create"
        errors = _try(action, {**data, **place, "code": code})
        if not errors:
            return _done(found, municipality, tk._("The action level was saved."), "levels")
    return station_page(
        "threshold",
        municipality,
        found,
        data={**data, "stream": stream["resource_id"]},
        errors=errors,
        code=code,
        stream=stream,
        streams=streams,
        streams_choices=[(each["resource_id"], stream_title(each)) for each in streams],
    )


@administration.route(f"{_BASE}/handlungsstufe/loeschen", methods=["POST"])
def threshold_delete(municipality: str, station: str) -> Response:
    """Delete an action level."""
    found = find_station(municipality, station)
    place = {"municipality": municipality, **_sent("code"), "resource_id": _sent_stream()}
    tk.get_action("suedwest_threshold_delete")(staff_context(), place)
    return _done(found, municipality, tk._("The action level was deleted."), "levels")


@administration.route(f"{_BASE}/zeitraum", methods=_FORM)
def mark(municipality: str, station: str) -> str | Response:
    """Mark a span of one or several datastreams."""
    found = _editable(municipality, station)
    streams = found["datastreams"]
    data: dict[str, Any] = {"start": local_input(_this_minute()), "says": "maintenance"}
    chosen = [each["resource_id"] for each in streams]
    errors: dict[str, Any] = {}
    if request.method == "POST":
        data = _sent("says", "start", "start_zone", "until", "until_zone", "note", "note_public")
        asked = request.form.getlist("stream")
        chosen = [each["resource_id"] for each in streams if each["resource_id"] in asked]
        if not chosen:
            errors = {"stream": [tk._("Choose at least one.")]}
        for resource_id in chosen:
            # What is wrong is wrong for all of them, so the first one is refused.
            errors = _try("suedwest_mark_create", {**data, "resource_id": resource_id})
            if errors:
                break
        if not errors:
            return _done(found, municipality, tk._("The time span was marked."), "marks")
    return station_page(
        "mark", municipality, found, data=data, errors=errors, streams=streams, chosen=chosen
    )


@administration.route(f"{_BASE}/zeitraum/aufheben", methods=["POST"])
def mark_delete(municipality: str, station: str) -> Response:
    """Take a mark back."""
    found = _editable(municipality, station)
    tk.get_action("suedwest_mark_delete")(
        staff_context(), {**_sent("id"), "resource_id": _sent_stream()}
    )
    return _done(found, municipality, tk._("The mark was taken back."), "marks")


@administration.route(f"{_BASE}/korrektur", methods=_FORM)
def correction(municipality: str, station: str) -> str | Response:
    """Choose a value of a datastream (`stream`, up to `before`), and correct it (`time`)."""
    found = _editable(municipality, station)
    stream = _asked_stream(found, found["datastreams"])
    lang = language()
    data = {"time": request.values.get("time") or ""}
    errors: dict[str, Any] = {}
    if request.method == "POST":
        data |= _sent("result", "note", "note_public")
        errors = _try("suedwest_correction_create", {**data, "resource_id": stream["resource_id"]})
        if not errors:
            return _done(found, municipality, tk._("The value was corrected."), "corrections")
    before, wrong = _before()
    values = _values(stream, before, lang)
    chosen = _value_at(stream, data["time"], lang) if data["time"] else None
    return station_page(
        "correction",
        municipality,
        found,
        data=data,
        errors=errors,
        stream=stream,
        streams=found["datastreams"],
        values=values,
        chosen=chosen,
        before=request.args.get("before") or "",
        before_wrong=wrong,
    )


@administration.route(f"{_BASE}/einbau", methods=_FORM)
def mounting(municipality: str, station: str) -> str | Response:
    """Say how a sensor is mounted from a time on, or correct the mounting named by `id`."""
    found = _editable(municipality, station)
    stream = find_stream(found, request.values.get("stream"))
    told = tk.get_action("suedwest_mounting_list")(
        staff_context(), {"resource_id": stream["resource_id"]}
    )
    lang, mounting_id = language(), request.values.get("id") or None
    newest = told["mountings"][-1] if told["mountings"] else None
    known = next((each for each in told["mountings"] if each["id"] == mounting_id), None)
    if mounting_id and known is None:
        raise tk.ObjectNotFound(tk._("There is no such mounting."))
    data = _mounting_fields(known, lang) if known else _new_mounting(newest, lang)
    errors: dict[str, Any] = {}
    if request.method == "POST":
        data = _sent(
            *("valid_from", "valid_from_zone", "valid_until", "valid_until_zone"),
            *("height_cm", "offset_cm", "blanking_cm"),
            *("zero_metres", "zero_reference", "zero_valid_from", "visibility"),
        )
        action = "suedwest_mounting_update" if known else "suedwest_mounting_create"
        errors = _try(action, {**data, "id": mounting_id, "resource_id": stream["resource_id"]})
        if not errors:
            said = tk._("The mounting was saved, and the levels of its time were reckoned again.")
            return _done(found, municipality, said, "mounting")
    return station_page(
        "mounting",
        municipality,
        found,
        data=data,
        errors=errors,
        stream=stream,
        told=told,
        mounting_id=mounting_id,
    )


@administration.route(f"{_BASE}/einbau/loeschen", methods=["POST"])
def mounting_delete(municipality: str, station: str) -> Response:
    """Take a mounting back."""
    found = _editable(municipality, station)
    tk.get_action("suedwest_mounting_delete")(
        staff_context(), {**_sent("id"), "resource_id": _sent_stream()}
    )
    return _done(found, municipality, tk._("The mounting was taken back."), "mounting")


@administration.route(f"{_BASE}/grenzen", methods=_FORM)
def limits(municipality: str, station: str) -> str | Response:
    """Set the limits of the quality tests of one datastream."""
    found = _editable(municipality, station)
    stream = find_stream(found, request.values.get("stream"))
    lang = language()
    told = tk.get_action("suedwest_limits_show")(
        staff_context(), {"resource_id": stream["resource_id"]}
    )
    if told["defaults"] is None:
        raise tk.ObjectNotFound(tk._("Values of this kind are not tested."))
    data: dict[str, Any] = {name: plain(value, lang) for name, value in told["own"].items()}
    data |= {f"off_{name}": value is None for name, value in told["own"].items()}
    errors: dict[str, Any] = {}
    if request.method == "POST":
        data = _sent(*NAMES, *(f"off_{name}" for name in NAMES))
        off = [name for name in NAMES if data.get(f"off_{name}")]
        errors = _try(
            "suedwest_limits_update",
            {**data, "off": off, "resource_id": stream["resource_id"]},
        )
        if not errors:
            said = tk._("The limits were saved, and all values were tested again.")
            return _done(found, municipality, said, "limits")
    fields = [
        {
            "name": name,
            "title": limit_title(name),
            "unit": limit_unit(name, stream["unit"]),
            "default": plain(told["defaults"][name], lang),
            "may_be_off": name != "gap_hours",
        }
        for name in NAMES
    ]
    return station_page(
        "limits", municipality, found, data=data, errors=errors, stream=stream, fields=fields
    )


def _editable(municipality: str, slug: str) -> dict[str, Any]:
    """A station whose values the person who asks has the say over."""
    found = find_station(municipality, slug)
    if not found["editable"]:
        raise tk.NotAuthorized(
            tk._("Only those who run the source of this station may change this.")
        )
    return found


def _asked_stream(station: dict[str, Any], among: list[dict[str, Any]]) -> dict[str, Any]:
    """The datastream the address or the form names, else the first that fits."""
    asked = request.values.get("stream")
    if asked:
        return find_stream({"datastreams": among}, asked)
    if not among:
        raise tk.ObjectNotFound(tk._("There is no such datastream."))
    return among[0]


def _sent_stream() -> str:
    return request.form.get("stream", "")


def _sent(*names: str) -> dict[str, Any]:
    return {name: request.form.get(name, "") for name in names}


def _try(action: str, data: dict[str, Any]) -> dict[str, Any]:
    """What the action finds wrong with the data; nothing when it did what was asked."""
    try:
        tk.get_action(action)(staff_context(), data)
    except tk.ValidationError as error:
        return dict(error.error_dict)
    return {}


def _done(station: dict[str, Any], municipality: str, said: str, section: str) -> Response:
    tk.h.flash_success(said)
    return tk.redirect_to(
        "suedwest_administration.station",
        municipality=municipality,
        station=station["slug"],
        _anchor=section,
    )


def _this_minute() -> datetime:
    return datetime.now(UTC).replace(second=0)


def _before() -> tuple[datetime, str]:
    """Up to when values shall be listed, and what is wrong with what was asked."""
    now = datetime.now(UTC)
    asked = request.args.get("before")
    if not asked:
        return now, ""
    try:
        return read_time(asked, "MEZ"), ""
    except TimeRefused:
        return now, tk._("This is not a time. Write it like 25.10.2026 14:30.")


def _values(stream: dict[str, Any], before: datetime, lang: str) -> list[dict[str, Any]]:
    """The newest values up to a time."""
    found = datastream_by_resource(read_engine(), stream["resource_id"])
    if found is None:
        return []
    rows = observations(
        read_engine(),
        found.datastream_id,
        start=before - timedelta(days=366),
        end=before + timedelta(minutes=1),
        limit=_SHOWN_VALUES,
        newest_first=True,
    )
    return [
        {
            "time": row.time.isoformat(),
            "shown": short_moment(row.time, lang),
            "value": amount(row.result, stream["unit"], lang),
            "doubted": not Quality(row.quality).good,
        }
        for row in rows
    ]


def _value_at(stream: dict[str, Any], written: str, lang: str) -> dict[str, Any] | None:
    try:
        time = read_time(written)
    except TimeRefused:
        return None
    return next(
        (each for each in _values(stream, time, lang) if each["time"] == time.isoformat()), None
    )


def _mounting_fields(mounting: dict[str, Any], lang: str) -> dict[str, Any]:
    numbers = ("height_cm", "offset_cm", "blanking_cm", "zero_metres")
    return {
        **mounting,
        **{name: plain(mounting[name], lang) for name in numbers},
        **time_fields("valid_from", mounting["valid_from"]),
        **time_fields("valid_until", mounting["valid_until"]),
    }


def _new_mounting(before: dict[str, Any] | None, lang: str) -> dict[str, Any]:
    """A form for a mounting of now; what hardly changes stands there as it was before."""
    kept: Iterable[str] = ("blanking_cm", "zero_metres", "zero_reference", "zero_valid_from")
    data = {name: _mounting_fields(before, lang)[name] for name in kept} if before else {}
    return {
        **data,
        "valid_from": local_input(_this_minute()),
        "offset_cm": "0",
        "visibility": "public",
    }
