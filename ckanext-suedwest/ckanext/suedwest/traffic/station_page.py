"""What the page of a car park, a sharing station, a charging site or a counter shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import ckan.plugins.toolkit as tk
from ckan.common import _, request
from markupsafe import Markup

from ..charts.ranges import RANGES
from ..charts.words import property_name
from ..portal import contributions, formats
from ..store.query import DatastreamNow, StationRow
from . import counted, sentences
from .availability import RELIABLE, Availability, Mode, state_of
from .rows import age_words, availabilities, language, last_words

_DEFAULT_RANGE = {Mode.COUNTER: "7d"}


@dataclass(frozen=True, slots=True)
class StreamLine:
    """Another series of the same station; `value` is empty without one that speaks of now."""

    label: str
    value: str
    age: str
    age_sign: Markup
    csv_url: str


def page_context(station: StationRow, package: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Everything the body of the page shows."""
    lang = language()
    (one,) = availabilities([station], now)
    stream = one.datastream
    return {
        "one": one,
        "mode_title": sentences.mode_title(one.mode),
        "value": None if one.value is None else formats.quantity(one.value, "count", lang),
        "offer": sentences.offer(one, lang),
        "filling": sentences.filling_words(one.filling),
        "last": last_words(one, now, lang),
        "meter": None if one.share is None else round(one.share * 100),
        "age": age_words(one, now, lang),
        "age_sign": formats.freshness_sign(one.state),
        "others": [_line(each, now, lang) for each in station.datastreams if each is not stream],
        "csv_url": stream and _csv(stream),
        "facts": _facts(one, lang),
        "towns": [name for name, _relation in station.municipalities],
        "licence_url": _web_address(station.licence.get("url")),
        "operator_url": _web_address(station.operator.get("url")),
        **_chart(one, now),
    }


def _line(stream: DatastreamNow, now: datetime, lang: str) -> StreamLine:
    state = state_of(stream, now=now)
    value = ""
    if state in RELIABLE and stream.latest_result is not None:
        value = (
            (_("open") if stream.latest_result else _("closed"))
            if stream.observed_property == "opening_state"
            else formats.quantity(stream.latest_result, stream.unit, lang)
        )
    return StreamLine(
        property_name(stream.observed_property, lang),
        value,
        formats.freshness_words(state, stream.latest_time, now, lang),
        formats.freshness_sign(state),
        _csv(stream),
    )


def _facts(one: Availability, lang: str) -> list[tuple[str, str]]:
    """Pairs of a word and what is known, plain text."""
    station = one.station
    facts = [
        (_("Operator"), station.operator["name"]),
        (_("Spaces"), formats.number(one.of, lang) if one.of and one.mode is Mode.PARKING else ""),
        (_("Position"), _position(station, lang)),
        (_("Remark of the operator"), station.remark or ""),
    ]
    return [(word, text) for word, text in facts if text]


def _position(station: StationRow, lang: str) -> str:
    if station.latitude is None or station.longitude is None:
        return ""
    latitude = formats.number(station.latitude, lang, 5)
    longitude = formats.number(station.longitude, lang, 5)
    east = "O" if lang == "de" else "E"
    return f"{latitude}°{formats.NO_BREAK}N, {longitude}°{formats.NO_BREAK}{east}"


def _chart(one: Availability, now: datetime) -> dict[str, Any]:
    plugin, stream = contributions.station_chart(), one.datastream
    if plugin is None or stream is None or one.closed or not stream.total:
        return {"chart": None}
    wanted = request.args.get("range", "")
    range_ = wanted if wanted in RANGES else _DEFAULT_RANGE.get(one.mode, "24h")
    drawn = (
        counted.bars(stream, range_, now)
        if one.mode is Mode.COUNTER and stream.unit == counted.COUNTS
        else plugin.station_chart(one.station, stream, range_, now)
    )
    return {
        "chart": drawn,
        "embed_code": plugin.embed_code(one.station, stream),
        "embed_url": f"/embed/{quote(one.station.slug)}/{quote(stream.name)}",
    }


def _csv(stream: DatastreamNow) -> str:
    return tk.h.url_for(
        "datastore.dump", resource_id=stream.resource_id, format="csv", locale="default"
    )


def _web_address(text: str | None) -> str | None:
    """The text where it is an address a link may go to: sources may write `javascript:` too."""
    return text if text and text.startswith(("https://", "http://")) else None
