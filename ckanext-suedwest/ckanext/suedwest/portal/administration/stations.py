"""The stations of a municipality, and what staff have said of each."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

from .. import formats
from ..titles import named
from .area import administration, staff_context, staff_page
from .station_words import (
    amount,
    language,
    limit_title,
    limit_unit,
    mark_title,
    moment,
    plain,
    stream_title,
)

TAB = "stations"
_RAW = ("distance", "depth")


@administration.route("/<municipality>/stationen")
def stations(municipality: str) -> str:
    """All stations the municipality shows or owns."""
    found = tk.get_action("suedwest_station_list")(staff_context(), {"municipality": municipality})
    for each in found:
        each["title"] = named(each["name"], each["water"])
        each["latest"] = _latest(each["datastreams"])
        each["out_of_service"] = each["gone"] or any(
            stream["out_of_service"] for stream in each["datastreams"]
        )
    return staff_page(
        "suedwest/administration/stations/list.html", municipality, TAB, stations=found
    )


@administration.route("/<municipality>/stationen/<station>")
def station(municipality: str, station: str) -> str:
    """One station: action levels, marks, corrections, mounting, limits."""
    found = find_station(municipality, station)
    lang = language()
    streams = found["datastreams"]
    return station_page(
        "station",
        municipality,
        found,
        thresholds=[
            {"stream": stream, "title": stream_title(stream), "rows": rows}
            for stream in streams
            if stream["levels"]
            for rows in [_thresholds(municipality, stream, lang)]
        ],
        marks=_each(found, "suedwest_mark_list", lambda stream, row: _mark(stream, row, lang)),
        corrections=_each(
            found, "suedwest_correction_list", lambda stream, row: _correction(stream, row, lang)
        ),
        mountings=_mountings(found, lang),
        limits=_limits(found, lang),
    )


def find_station(municipality: str, slug: str) -> dict[str, Any]:
    """A station of the municipality as `suedwest_station_list` gives it.

    Raises:
        ObjectNotFound: when it neither shows nor owns one of this address.
    """
    found = tk.get_action("suedwest_station_list")(
        staff_context(), {"municipality": municipality, "station": slug}
    )
    if not found:
        raise tk.ObjectNotFound(tk._("There is no station with this address."))
    return found[0]


def find_stream(station: dict[str, Any], resource_id: str | None) -> dict[str, Any]:
    """The station's datastream of this live resource.

    Raises:
        ObjectNotFound: when it has no such datastream.
    """
    for stream in station["datastreams"]:
        if stream["resource_id"] == resource_id:
            return stream
    raise tk.ObjectNotFound(tk._("There is no such datastream."))


def station_page(template: str, municipality: str, station: dict[str, Any], **values: Any) -> str:
    """A page about one station."""
    return staff_page(
        f"suedwest/administration/stations/{template}.html",
        municipality,
        TAB,
        station=station,
        station_title=named(station["name"], station["water"]),
        stream_title=stream_title,
        **values,
    )


def _latest(streams: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Value and time of the first datastream that has one."""
    lang = language()
    for stream in streams:
        if stream["latest_time"] and stream["observed_property"] not in _RAW:
            return {
                "value": formats.quantity(stream["latest_result"], stream["unit"], lang),
                "time": moment(stream["latest_time"], lang),
            }
    return None


def _thresholds(municipality: str, stream: dict[str, Any], lang: str) -> list[dict[str, Any]]:
    rows = tk.get_action("suedwest_threshold_list")(
        staff_context(), {"municipality": municipality, "resource_id": stream["resource_id"]}
    )
    return [
        {**row, "level": amount(row["level"], stream["unit"], lang)}
        for row in rows
        if row["kind"] != "statistical"
    ]


def _each(station: dict[str, Any], action: str, told: Any) -> list[dict[str, Any]]:
    """What an action lists for every datastream of a station that may be edited."""
    if not station["editable"]:
        return []
    return [
        told(stream, row)
        for stream in station["datastreams"]
        for row in tk.get_action(action)(staff_context(), {"resource_id": stream["resource_id"]})
    ]


def _mark(stream: dict[str, Any], row: dict[str, Any], lang: str) -> dict[str, Any]:
    return {
        **row,
        "resource_id": stream["resource_id"],
        "stream": stream_title(stream),
        "says": mark_title(row["says"]),
        "start": moment(row["start"], lang),
        "until": moment(row["until"], lang),
        "made_at": moment(row["made_at"], lang),
    }


def _correction(stream: dict[str, Any], row: dict[str, Any], lang: str) -> dict[str, Any]:
    return {
        **row,
        "stream": stream_title(stream),
        "time": moment(row["time"], lang),
        "result": amount(row["result"], stream["unit"], lang),
        "original": amount(row["original"], stream["unit"], lang),
        "made_at": moment(row["made_at"], lang),
    }


def _mountings(station: dict[str, Any], lang: str) -> list[dict[str, Any]]:
    if not station["editable"]:
        return []
    sensors: list[dict[str, Any]] = []
    for stream in station["datastreams"]:
        if stream["observed_property"] not in _RAW:
            continue
        told = tk.get_action("suedwest_mounting_list")(
            staff_context(), {"resource_id": stream["resource_id"]}
        )
        rows = [
            {
                **each,
                "valid_from": moment(each["valid_from"], lang),
                "valid_until": moment(each["valid_until"], lang),
                "height": f"{plain(each['height_cm'], lang)}{formats.NO_BREAK}cm",
                "offset": f"{plain(each['offset_cm'], lang)}{formats.NO_BREAK}cm",
                "zero": _zero(each, lang),
            }
            for each in reversed(told["mountings"])
        ]
        sensors.append({**told, "title": stream_title(stream), "rows": rows})
    return sensors


def _zero(mounting: dict[str, Any], lang: str) -> str:
    if mounting["zero_metres"] is None:
        return ""
    metres = formats.number(mounting["zero_metres"], lang, 3)
    return f"{metres}{formats.NO_BREAK}m, {mounting['zero_reference']}"


def _limits(station: dict[str, Any], lang: str) -> list[dict[str, Any]]:
    if not station["editable"]:
        return []
    found: list[dict[str, Any]] = []
    for stream in station["datastreams"]:
        told = tk.get_action("suedwest_limits_show")(
            staff_context(), {"resource_id": stream["resource_id"]}
        )
        if told["defaults"] is None:
            continue
        own = [
            {
                "title": limit_title(name),
                "value": tk._("switched off")
                if value is None
                else f"{plain(value, lang)} {limit_unit(name, stream['unit'])}".strip(),
            }
            for name, value in told["own"].items()
        ]
        found.append(
            {"resource_id": stream["resource_id"], "title": stream_title(stream), "own": own}
        )
    return found
