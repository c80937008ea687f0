"""What the page of a gauge shows; its template only places it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import ckan.plugins.toolkit as tk
from ckan.common import _, request
from markupsafe import Markup
from sqlalchemy import Connection

from ..domain.freshness import Freshness
from ..domain.station import Datum
from ..domain.threshold import ThresholdKind
from ..domain.time import MEZ, DayRule, day_of
from ..domain.units import (
    DEPTH,
    DISCHARGE,
    DISTANCE,
    FLOOD_CLASS,
    TEMPERATURE,
    WATER_ELEVATION,
    WATER_LEVEL,
)
from ..observations.store_access import read_engine
from ..portal import contributions, formats
from ..portal.organizations import profiles
from ..store.public_marks import public_corrections
from ..store.query import (
    DatastreamNow,
    DatumRow,
    StationRow,
    datums,
    days,
    observations,
)
from . import marks, sentences
from .day_table import DAYS, day_lines
from .lead import lead
from .reading import situations
from .rows import class_words, language, standing_sign, state_words
from .situation import Situation, highest_class, state_of
from .staff import staff
from .station_tables import capital, correction_lines, threshold_lines, value_lines

RANGES = ("24h", "7d", "30d", "1y")
_DEFAULT_RANGE = "7d"
_SINGLE_VALUES = 8
_CORRECTIONS_OF = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class OtherStream:
    """A second series of the same gauge, with an age of its own."""

    label: str
    value: str
    age: str
    age_sign: Markup
    csv_url: str


def page_context(station: StationRow, package: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Everything the body of a gauge's page shows."""
    lang = language()
    (situation,) = situations([station], now)
    stream = situation.datastream
    context: dict[str, Any] = {
        "situation": situation,
        "lead": lead(situation, now, lang, _towns(station)),
        "lead_sign": standing_sign(situation),
        "class_words": class_words(highest_class(situation)),
        "hero": _hero(situation, lang),
        "label": _property_name(stream) if stream else "",
        "age": state_words(situation, now, lang),
        "age_sign": formats.freshness_sign(situation.state),
        "measured": _measured(situation, now, lang),
        "measured_at": situation.time and formats.iso(situation.time),
        "live_until": situation.live_until and formats.iso(situation.live_until),
        "interval": _interval(stream),
        "staff": staff(situation, lang),
        "others": [_other(each, station, now, lang) for each in situation.others],
        "thresholds": threshold_lines(situation, lang),
        "facts": [],
        "chart": None,
        "operator_url": _web_address(station.operator.get("url")),
        "contact_url": _web_address(station.operator.get("contact")),
        "licence_url": _web_address(station.licence.get("url")),
    }
    if stream is not None:
        with read_engine().connect() as connection:
            known = datums(connection, stream.datastream_id)
            context |= _tables(connection, stream, now, lang)
        context["facts"] = _facts(situation, known, lang)
        context |= _chart(station, stream, now)
        context |= _downloads(stream)
    return context


def _towns(station: StationRow) -> dict[str, str]:
    """Names of the municipalities that show a station, where there are several."""
    shown = dict(station.municipalities)
    if len(shown) < 2:
        return {}
    return {town.name: town.short_title for town in profiles() if town.name in shown}


def _web_address(text: str | None) -> str | None:
    """The text where it is an address a link may go to: sources may write `javascript:` too."""
    return text if text and text.startswith(("https://", "http://")) else None


def _hero(situation: Situation, lang: str) -> tuple[str, str] | None:
    """Number and unit of the value of now."""
    if situation.datastream is None or situation.value is None:
        return None
    stream = situation.datastream
    words = sentences.value_text(stream, situation.value, lang)
    if stream.unit == FLOOD_CLASS.unit:
        return words, ""
    number, unit = words.split(formats.NO_BREAK, 1)
    return number, unit


def _measured(situation: Situation, now: datetime, lang: str) -> str:
    """`um 15:30 Uhr MESZ`, `gestern, 23:50 Uhr MEZ`: when the value of now was measured."""
    if situation.time is None:
        return ""
    zone = formats.zone_name(situation.time, lang)
    words = formats.moment(situation.time, now, lang)
    return words if words.endswith(zone) else f"{words}{formats.NO_BREAK}{zone}"


def _interval(stream: DatastreamNow | None) -> str:
    if stream is None or not stream.interval:
        return ""
    minutes = round(stream.interval.total_seconds() / 60)
    if minutes == 1:
        return _("There is a new value every minute.")
    return _("There is a new value every {minutes} minutes.").format(minutes=minutes)


def _property_name(stream: DatastreamNow) -> str:
    names = {
        WATER_LEVEL.name: _("Water level"),
        WATER_ELEVATION.name: _("Water surface above sea level"),
        DISCHARGE.name: _("Discharge"),
        DISTANCE.name: _("Distance from sensor to water"),
        DEPTH.name: _("Water above the sensor"),
        TEMPERATURE.name: _("Temperature"),
        FLOOD_CLASS.name: _("Flood class"),
    }
    return names.get(stream.observed_property, stream.observed_property)


def _other(stream: DatastreamNow, station: StationRow, now: datetime, lang: str) -> OtherStream:
    state = state_of(stream, now=now)
    time = stream.latest_time
    if state is Freshness.OUT_OF_SERVICE:
        time = station.gone_at or stream.maintenance_since
    value = ""
    if stream.good_result is not None and state is not Freshness.OUT_OF_SERVICE:
        value = sentences.value_text(stream, stream.good_result, lang)
    return OtherStream(
        label=_property_name(stream),
        value=value,
        age=formats.freshness_words(state, time, now, lang),
        age_sign=formats.freshness_sign(state),
        csv_url=dump_url(stream, "csv"),
    )


def _tables(
    connection: Connection, stream: DatastreamNow, now: datetime, lang: str
) -> dict[str, Any]:
    rule = DayRule(stream.day_rule)
    today = day_of(now, rule)
    stretch = timedelta(days=DAYS)
    rows = days(
        connection, stream.datastream_id, start=today - stretch + timedelta(days=1), end=today
    )
    newest = observations(
        connection,
        stream.datastream_id,
        start=now - stretch,
        end=now + timedelta(days=1),
        limit=_SINGLE_VALUES,
        newest_first=True,
    )
    corrected = public_corrections(
        connection, stream.datastream_id, start=now - _CORRECTIONS_OF, end=now
    )
    return {
        "days": day_lines(rows, stream, now, lang),
        "day_unit": "m" if stream.unit == "cm" else stream.unit,
        "day_border": _("A day goes from 0 to 24 h CET.")
        if rule is DayRule.MEZ
        else _("A day goes from 0 to 24 h local time."),
        "single_values": value_lines(newest, stream, now, lang),
        "corrections": correction_lines(corrected, stream, lang),
        "zone": formats.zone_name(newest[0].time if newest else now, lang),
    }


def _facts(situation: Situation, known: list[DatumRow], lang: str) -> list[tuple[str, str]]:
    """Pairs of a word and what is known of the gauge, plain text."""
    station = situation.station
    facts: list[tuple[str, str | None]] = [
        (_("Body of water"), station.water),
        (_("Station number"), station.number),
        (_("River kilometre"), _kilometre(station.properties.get("river_km"), lang)),
        (_("Position"), _position(station, lang)),
        (_("Zero of the gauge"), _datum(known[0], lang) if known else None),
        (_("Water surface now"), _surface(situation, known, lang)),
        (_("Usual levels"), _usual(situation, lang)),
        (_("Remark of the operator"), _remark(situation)),
        (_("Testing"), _("unverified raw data: the operator has not checked them yet.")),
    ]
    return [(word, text) for word, text in facts if text]


def _kilometre(text: str | None, lang: str) -> str | None:
    return None if text is None else formats.number(float(text), lang, 2)


def _position(station: StationRow, lang: str) -> str | None:
    if station.latitude is None or station.longitude is None:
        return None
    latitude = formats.number(abs(station.latitude), lang, 5)
    longitude = formats.number(abs(station.longitude), lang, 5)
    north = "N" if station.latitude >= 0 else "S"
    east = ("O" if lang == "de" else "E") if station.longitude >= 0 else "W"
    return f"{latitude}°{formats.NO_BREAK}{north}, {longitude}°{formats.NO_BREAK}{east}"


def _height(reference: str, metres: float, lang: str, decimals: int) -> str:
    """`52,74 m über NHN`, with the reference in the words of the source."""
    above = "über" if lang == "de" else "above"
    unit = reference if reference.startswith("m") else f"m {above} {reference}"
    return f"{formats.number(metres, lang, decimals)}{formats.NO_BREAK}{unit}"


def _datum(datum: DatumRow, lang: str) -> str:
    text = _height(datum.reference, datum.metres, lang, 3)
    if datum.valid_from is None:
        return text
    since = formats.long_date(datum.valid_from, lang, year=True)
    return _("{height}, valid since {day}").format(height=text, day=since)


def _surface(situation: Situation, known: list[DatumRow], lang: str) -> str | None:
    """The level as a height above sea level, where the gauge's zero is known in German heights."""
    stream = situation.datastream
    if not known or situation.value is None or stream is None or stream.unit != WATER_LEVEL.unit:
        return None
    zero = known[0]
    if not Datum(zero.reference, zero.metres).is_german_height:
        return None
    return _height(zero.reference, zero.metres + situation.value / 100, lang, 2)


def _usual(situation: Situation, lang: str) -> str | None:
    stream = situation.datastream
    if stream is None:
        return None
    return capital(
        ", ".join(
            f"{marks.name(each, lang)} {sentences.value_text(stream, each.level, lang)}"
            for each in situation.thresholds
            if each.kind == ThresholdKind.STATISTICAL
        )
    )


def _remark(situation: Situation) -> str:
    remarks = [situation.station.remark, situation.datastream and situation.datastream.remark]
    return " ".join(dict.fromkeys(text for text in remarks if text))


def _chart(station: StationRow, stream: DatastreamNow, now: datetime) -> dict[str, Any]:
    plugin = contributions.station_chart()
    if plugin is None:
        return {}
    wanted = request.args.get("range", _DEFAULT_RANGE)
    range_ = wanted if wanted in RANGES else _DEFAULT_RANGE
    return {
        "chart": plugin.station_chart(station, stream, range_, now),
        "embed_code": plugin.embed_code(station, stream),
        "embed_url": f"/embed/{quote(station.slug)}/{quote(stream.name)}",
    }


def dump_url(stream: DatastreamNow, format_: str) -> str:
    """Address of all values of a datastream as a file."""
    return tk.h.url_for(
        "datastore.dump", resource_id=stream.resource_id, format=format_, locale="default"
    )


def _downloads(stream: DatastreamNow) -> dict[str, Any]:
    query = f"resource_id={stream.resource_id}&sort=phenomenon_time%20desc&limit=1"
    first = stream.first_time.astimezone(MEZ).date() if stream.first_time else None
    return {
        "csv_url": dump_url(stream, "csv"),
        "json_url": dump_url(stream, "json"),
        "api_url": f"/api/3/action/datastore_search?{query}",
        "total": stream.total,
        "first_day": first,
    }
