"""Stops of public transport: those of a municipality, and what leaves one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ckan.common import _, ungettext

from ..domain.freshness import Freshness
from ..domain.time import BERLIN
from ..domain.timetable import WARN_BEFORE, Departure, Mode
from ..observations.store_access import read_engine
from ..portal import formats, maps
from ..portal.organizations import profile
from ..portal.profile import Profile
from ..store.timetables import Board, StopRow, TimetableRow, board, lines, stops, timetables
from .rows import language

AHEAD = timedelta(hours=2)
_NOTICED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DepartureLine:
    """One departure as plain text; `expected` is empty where nothing is reported."""

    line: str
    mode: str
    headsign: str
    planned: str
    expected: str
    note: str
    off: bool
    iso: str


@dataclass(frozen=True, slots=True)
class Transit:
    """The public transport of a municipality; `notes` are what one should know of its timetable."""

    stops: tuple[StopRow, ...]
    lines: tuple[str, ...]
    map: maps.Ways | None
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    simulated: bool


def transit(town: Profile, now: datetime, lang: str) -> Transit | None:
    """Stops, lines and state of the timetables of a municipality; None where there is none."""
    engine = read_engine()
    tables = timetables(engine, town.name)
    if not tables:
        return None
    found, there = stops(engine, town.name), lines(engine, town.name)
    spots = (maps.Spot(each.slug, each.name, each.longitude, each.latitude) for each in found)
    return Transit(
        tuple(found),
        tuple(dict.fromkeys(line.name for line in there)),
        maps.ways(town, [line.path for line in there], spots),
        tuple(dict.fromkeys(note for one in tables if (note := _state(one, now, lang)))),
        tuple(dict.fromkeys(_attribution(one) for one in tables)),
        any(one.simulated for one in tables),
    )


def stop_context(municipality: str, slug: str, now: datetime) -> dict[str, Any] | None:
    """Everything the page of a stop shows; None when there is no such stop."""
    town = profile(municipality)
    found = board(read_engine(), municipality, slug, now=now, ahead=AHEAD) if town else None
    if town is None or found is None:
        return None
    lang = language()
    return {
        "now": now,
        "town": town,
        "stop": found.stop,
        "departures": [_line(one, found, now, lang) for one in found.departures],
        "alerts": found.alerts,
        "reported": _reported(found, now, lang),
        "reported_sign": formats.freshness_sign(
            Freshness.LIVE if found.reported_at else Freshness.OUT_OF_SERVICE
        ),
        "note": _state(found.timetable, now, lang),
        "timetable": found.timetable,
        "source": _attribution(found.timetable),
        "licence_url": _web_address(found.timetable.licence.get("url")),
    }


def mode_words(mode: Mode) -> str:
    """What people call a means of transport."""
    return {
        Mode.TRAM: _("Tram"),
        Mode.METRO: _("Underground"),
        Mode.RAIL: _("Train"),
        Mode.BUS: _("Bus"),
        Mode.FERRY: _("Ferry"),
        Mode.CABLE: _("Cable car"),
        Mode.OTHER: _("Route"),
    }[mode]


def _line(one: Departure, found: Board, now: datetime, lang: str) -> DepartureLine:
    line = found.lines[one.call.line_id]
    late = one.expected is not None and one.expected - one.planned >= _NOTICED
    early = one.expected is not None and one.planned - one.expected >= _NOTICED
    note = ""
    if one.cancelled:
        note = _("cancelled")
    elif one.skipped:
        note = _("does not stop here")
    elif one.expected is not None and (late or early):
        minutes = round(abs((one.expected - one.planned).total_seconds()) / 60)
        note = (
            ungettext("{number} minute late", "{number} minutes late", minutes)
            if late
            else ungettext("{number} minute early", "{number} minutes early", minutes)
        ).format(number=minutes)
    elif one.expected is not None:
        note = _("on time")
    return DepartureLine(
        line=line.name,
        mode=mode_words(line.mode),
        headsign=one.call.headsign or line.long_name,
        planned=_time(one.planned, now, lang),
        expected=_time(one.expected, now, lang) if one.expected and (late or early) else "",
        note=note,
        off=one.cancelled or one.skipped,
        iso=formats.iso(one.time),
    )


def _time(instant: datetime, now: datetime, lang: str) -> str:
    clock = formats.clock(instant, lang)
    today = now.astimezone(BERLIN).date()
    return clock if instant.astimezone(BERLIN).date() == today else f"{clock} ({_('tomorrow')})"


def _reported(found: Board, now: datetime, lang: str) -> str:
    if found.reported_at is None:
        return _("Planned times only: delays are not reported at the moment.")
    age = formats.age_words(found.reported_at, now, lang)
    return _("Delays as reported {age}.").format(age=age)


def _state(one: TimetableRow, now: datetime, lang: str) -> str:
    """That a timetable has ended, ends soon, or was not believed."""
    if not one.in_force:
        return _("A newer timetable of {agency} lacks so much that it is not used yet.").format(
            agency=one.agency
        )
    today = now.astimezone(BERLIN).date()
    if one.last_day is None or one.last_day < today:
        day = formats.long_date(one.last_day, lang, year=True) if one.last_day else "–"
        return _("The timetable of {agency} ended on {day}; nothing is known of today.").format(
            agency=one.agency, day=day
        )
    if one.last_day - today <= WARN_BEFORE:
        day = formats.long_date(one.last_day, lang, year=True)
        return _("The timetable of {agency} ends on {day}.").format(agency=one.agency, day=day)
    return ""


def _attribution(one: TimetableRow) -> str:
    return one.licence.get("attribution") or one.operator["name"]


def _web_address(text: str | None) -> str | None:
    return text if text and text.startswith(("https://", "http://")) else None
