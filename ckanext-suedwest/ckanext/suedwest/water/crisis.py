"""The page of a flood night: all gauges by urgency, as short as one screen of a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ckan.common import _
from markupsafe import Markup

from ..domain.threshold import ThresholdKind
from ..domain.time import BERLIN
from ..observations.store_access import read_engine
from ..portal import formats
from ..portal.organizations import profiles
from ..portal.profile import Profile
from ..portal.stations import title
from ..store.query import StationRow, stations
from . import closures, marks, sentences, summaries
from .lists import KIND, attributions
from .reading import situations
from .rows import Row, class_words, clock, language, rows
from .situation import Situation, Urgency, by_urgency, highest_class, was_reached

_NAMED = 2
_QUIET_LISTED = 5
"""So many quiet gauges get a line each on the page of the whole cluster; more are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """A gauge as the crisis page shows it: its row, what it has reached and what comes next."""

    row: Row
    urgency: Urgency
    reached: str
    ahead: str
    clock: Markup
    """When its value was measured, `10:45`, short enough for a phone; a late one says so."""


@dataclass(frozen=True, slots=True)
class Group:
    """Gauges of one urgency under a heading."""

    urgency: Urgency
    heading: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class QuietTown:
    """How many quiet gauges a municipality shows."""

    town: Profile
    count: int


def crisis_context(municipality: str | None, now: datetime) -> dict[str, Any] | None:
    """Everything the crisis page shows; None for a municipality that does not exist.

    Of others than `municipality` no action level counts; on the page of all, everybody's do.
    """
    towns = profiles()
    town = next((each for each in towns if each.name == municipality), None)
    if municipality and town is None:
        return None
    shown = [
        station
        for station in stations(read_engine(), kind=KIND, municipality=municipality)
        if station.municipalities
    ]
    ordered = by_urgency(situations(shown, now, municipality))
    lang = language()
    quiet = [each for each in ordered if each.urgency is Urgency.QUIET]
    counted = quiet if town is None and len(quiet) > _QUIET_LISTED else []
    listed = [each for each in ordered if not counted or each.urgency is not Urgency.QUIET]
    reported = closures.closures([town] if town else towns, now, lang)
    told = notes(listed, [each for each in listed if each.urgency is not Urgency.QUIET])
    return {
        "now": now,
        "heading_time": page_time(now, lang),
        "town": town,
        "towns": towns,
        "empty": "" if ordered else summaries.none_connected(town.title if town else None, lang),
        "headline": headline(ordered, lang),
        "groups": _groups(listed, now, municipality),
        "quiet_count": len(counted),
        "quiet_towns": quiet_towns(counted, towns),
        "closures": reported,
        **told,
        "sources": list(dict.fromkeys([*told["sources"], *closures.attributions(reported)])),
    }


def lines(shown: Sequence[Situation], now: datetime, municipality: str | None = None) -> list[Line]:
    """The lines of gauges in the order given."""
    lang = language()
    return [
        Line(
            row,
            each.urgency,
            reached_words(each, lang),
            ahead_words(each, lang),
            clock(each, lang, short=True),
        )
        for each, row in zip(shown, rows(shown, now, municipality=municipality), strict=True)
    ]


def notes(shown: Sequence[Situation], full: Sequence[Situation]) -> dict[str, Any]:
    """What has to be said below lines: what “about” and brackets mean, and whose all this is.

    Only the lines of `full` speak of thresholds.
    """
    told = [each for one in full for each in (*one.reached, one.next_above) if each]
    return {
        "projected": any(each.rising and each.next_above for each in full),
        "in_brackets": any(not each.reliable and each.last_value is not None for each in shown),
        "below_zero": any(each.value is not None and each.value < 0 for each in shown),
        "threshold_sources": list(dict.fromkeys(each.source for each in told)),
        "sources": attributions(shown),
    }


def page_time(now: datetime, lang: str) -> str:
    """`Mo 23.11.2026, 10:50 Uhr MEZ`: when the page was made, on one line of a phone."""
    year = now.astimezone(BERLIN).year
    day = f"{formats.day_label(now.astimezone(BERLIN), lang)}{'' if lang == 'de' else ' '}{year}"
    return f"{day}, {formats.clock(now, lang, zone=True)}"


def headline(shown: Sequence[Situation], lang: str) -> str:
    """What a list by urgency does not say by itself; empty when it does.

    A gauge that fell silent above a threshold is named first: its water may be higher now.
    """
    german = lang == "de"
    parts: list[str] = []
    if lost := [each.station for each in shown if was_reached(each)]:
        names = named(lost, lang)
        parts.append(
            f"Ohne verlässlichen Wert und zuletzt über einer Schwelle: {names}."
            if german
            else f"Without a reliable value and last beyond a threshold: {names}."
        )
    reliable = [each for each in shown if each.reliable]
    known = [each for each in reliable if each.knows_thresholds]
    if shown and not reliable:
        parts.append(
            "Zurzeit gibt es hier keinen verlässlichen Wert."
            if german
            else "At present there is no reliable value here."
        )
    elif not any(each.reached for each in known):
        parts += _none_reached(len(known), len(reliable) - len(known), lang)
    return " ".join(parts)


def reached_words(situation: Situation, lang: str) -> str:
    """`Stufe 2, HW10`: the highest threshold reached and the municipalities' own ones."""
    if not situation.reached:
        return ""
    highest, *others = situation.reached
    own = [each for each in others if each.kind == ThresholdKind.MUNICIPAL]
    words = [class_words(highest_class(situation))]
    words += [marks.name(each, lang) for each in (highest, *own)]
    return ", ".join(dict.fromkeys(each for each in words if each))


def ahead_words(situation: Situation, lang: str) -> str:
    """`noch 42 cm bis zur Marke I, etwa 5 Stunden`; empty without a level or a threshold above.

    At low water it is far away, and what the sign before the line means has to be said instead.
    """
    threshold = situation.next_above
    away = situation.centimetres_to(threshold) if threshold else None
    if threshold is None or away is None or situation.low_mark is not None:
        return ""
    words = f"{formats.difference(away, lang)} {marks.way_to(threshold, lang)}"
    if lang == "de":
        words = f"noch {words}"
    hours = sentences.hours_left(situation, lang)
    return f"{words}, {hours}" if hours else words


def named(shown: Sequence[StationRow], lang: str) -> str:
    """`Rhein bei Andernach, Mosel bei Cochem und 2 weitere`."""
    words = ", ".join(title(each) for each in shown[:_NAMED])
    more = len(shown) - _NAMED
    if more <= 0:
        return words
    if lang == "de":
        return f"{words} und {more} weitere{'r' if more == 1 else ''}"
    return f"{words} and {more} more"


def quiet_towns(quiet: Sequence[Situation], towns: Sequence[Profile]) -> list[QuietTown]:
    """How many of these gauges each municipality shows; a gauge shown by two counts in both."""
    shown_by = [dict(each.station.municipalities) for each in quiet]
    counts = [QuietTown(town, sum(town.name in each for each in shown_by)) for town in towns]
    return [each for each in counts if each.count]


def _groups(shown: Sequence[Situation], now: datetime, municipality: str | None) -> list[Group]:
    headings = {
        Urgency.REACHED: _("Threshold reached"),
        Urgency.UNRELIABLE: _("Without a reliable value"),
        Urgency.RISING: _("Rising, no threshold reached"),
        Urgency.QUIET: _("Quiet"),
    }
    every = lines(shown, now, municipality)
    return [
        Group(urgency, headings[urgency], members)
        for urgency in Urgency
        if (members := [each for each in every if each.urgency is urgency])
    ]


def _none_reached(known: int, unknown: int, lang: str) -> list[str]:
    """How many gauges were compared with a threshold, and how many cannot be."""
    german = lang == "de"
    parts: list[str] = []
    if known:
        none = (
            "Zurzeit erreicht: keine Schwelle. Geprüft"
            if german
            else ("Reached at present: no threshold. Checked")
        )
        parts.append(f"{none}: {_gauges(known, lang)}.")
    if unknown:
        without = "Ohne bekannte Schwelle" if german else "Without a known threshold"
        parts.append(f"{without}: {_gauges(unknown, lang)}.")
    return parts


def _gauges(count: int, lang: str) -> str:
    if lang == "de":
        return f"{count} Pegel"
    return f"{count} gauge{'' if count == 1 else 's'}"
