"""The one sentence of a station's page: where the level stands, which way it goes, how old the
value is, and what comes next.

Pure functions; `lang` is `de` or `en`. What comes next is the nearest threshold in the way of the
water, official or a municipality's own. When it would be reached is only said of a value that is
live, moves and comes there within a day; it continues the last hours and is called so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..domain.threshold import Direction
from ..domain.trend import Direction as Way
from ..domain.units import WATER_ELEVATION
from ..portal import formats
from ..store.query import DatastreamNow, ThresholdRow
from . import marks, sentences
from .situation import Situation

NO_TOWNS: Mapping[str, str] = {}


def lead(
    situation: Situation, now: datetime, lang: str, towns: Mapping[str, str] = NO_TOWNS
) -> str:
    """The sentence. `towns` names the municipalities whose action levels need telling apart."""
    stream = situation.datastream
    if stream is None or situation.value is None:
        return f"{'; '.join(sentences.without_value(situation, now, lang))}."
    clauses = [
        f"{_stands(situation, stream, situation.value, lang)}, {_age(situation, now, lang)}",
        *_next(situation, stream, situation.value, lang, towns),
    ]
    return f"{'; '.join(clauses)}."


def _stands(situation: Situation, stream: DatastreamNow, value: float, lang: str) -> str:
    """`Der Wasserstand steht bei 1,24 m und fällt langsam, etwa 1 cm in der Stunde`."""
    words, german = sentences.value_text(stream, value, lang), lang == "de"
    if sentences.is_class(stream):
        return f"Gemeldet ist {words}" if german else f"What is told is {words}"
    if sentences.is_discharge(stream):
        return f"Der Abfluss beträgt {words}" if german else f"The discharge is {words}"
    surface = stream.observed_property == WATER_ELEVATION.name
    trend = situation.trend
    steady = trend is not None and trend.direction is Way.STEADY
    if german:
        place = "Der Wasserspiegel liegt" if surface else "Der Wasserstand steht"
        first = f"{place} {'gleichbleibend ' if steady else ''}bei {words}"
    else:
        place = "The water surface is" if surface else "The water level is"
        first = f"{place} {'steady ' if steady else ''}at {words}"
    if trend is None or steady:
        return first
    way = sentences.direction(trend, lang, roughly=True)
    return f"{first} und {way}" if german else f"{first} and {way}"


def _age(situation: Situation, now: datetime, lang: str) -> str:
    words = sentences.age(situation, now, lang).removesuffix(".")
    words = words.replace("Verspätet, gemessen", "verspätet gemessen")
    return f"{words[0].lower()}{words[1:]}"


def _next(
    situation: Situation,
    stream: DatastreamNow,
    value: float,
    lang: str,
    towns: Mapping[str, str],
) -> list[str]:
    """What the level has reached, and what lies ahead of it."""
    german = lang == "de"
    if sentences.is_class(stream):
        return [
            sentences.meaning(situation, lang).removesuffix("."),
            "der Wasserstand wird hier nicht gemeldet" if german else "the level is not told here",
        ]
    if sentences.is_discharge(stream):
        return [
            "der Wasserstand wird hier nicht gemessen"
            if german
            else "the level is not measured here"
        ]
    clauses: list[str] = []
    if situation.trend is None:
        clauses.append(
            "für eine Richtung liegen noch zu wenige Werte vor"
            if german
            else "there are too few values yet to tell a direction"
        )
    if situation.reached:
        clauses.append(_reached(situation, stream, lang, towns))
    ahead = _ahead(situation)
    if ahead is not None:
        clauses.append(_way(situation, stream, ahead, lang, towns))
    elif situation.low_mark is not None and not situation.reached:
        clauses.append(sentences.meaning(situation, lang).removesuffix(".").replace(": ", ", "))
    elif not situation.reached:
        known = sentences.orientation(situation, value, situation.centimetres or 1.0, lang)
        nothing = "eine Schwelle ist hier nicht bekannt" if german else "no threshold is known here"
        clauses.append(known.removesuffix(".") or nothing)
    return clauses


def _ahead(situation: Situation) -> ThresholdRow | None:
    """The threshold the water comes to next; of water that stands, the one above.

    Water that goes back from a threshold it has reached comes to no other one first. At low water
    the mean says more than a threshold far above.
    """
    above = any(each.direction == Direction.ABOVE for each in situation.reached)
    if situation.reached and (situation.falling if above else situation.rising):
        return None
    if situation.falling and situation.next_below is not None:
        return situation.next_below
    if situation.low_mark is not None and not situation.rising:
        return None
    return situation.next_above or situation.next_below


def _reached(
    situation: Situation, stream: DatastreamNow, lang: str, towns: Mapping[str, str]
) -> str:
    """`„Unterführung gesperrt“ (5,80 m) ist um 12 cm überschritten`."""
    above = [each for each in situation.reached if each.direction == Direction.ABOVE]
    first, *others = above or situation.reached
    beyond = formats.difference(situation.centimetres_to(first) or 0.0, lang)
    name = _placed(marks.subject(first, lang), first, stream, lang, towns)
    exactly = first.level == situation.value
    hours = sentences.hours_to(situation, first, lang)
    listed = sentences.listed([marks.subject(each, lang) for each in others], lang)
    if lang == "de":
        verb, back = ("überschritten", "darunter") if above else ("unterschritten", "darüber")
        words = f"{name} ist {'erreicht' if exactly else f'um {beyond} {verb}'}"
        words += f", ebenso {listed}" if others else ""
        pace = "Rückgang" if above else "Anstieg"
        return words + (f", bei diesem {pace} in {hours} wieder {back}" if hours else "")
    verb, back = ("exceeded", "below it") if above else ("undershot", "above it")
    words = f"{name} is {'reached' if exactly else f'{verb} by {beyond}'}"
    words += f", as {'are' if len(others) > 1 else 'is'} {listed}" if others else ""
    pace = "fall" if above else "rise"
    return words + (f", at this {pace} again {back} in {hours}" if hours else "")


def _way(
    situation: Situation,
    stream: DatastreamNow,
    ahead: ThresholdRow,
    lang: str,
    towns: Mapping[str, str],
) -> str:
    """`noch 32 cm bis zur Handlungsstufe „…“ (5,80 m), bei diesem Anstieg in etwa 5 Stunden`."""
    distance = formats.difference(situation.centimetres_to(ahead) or 0.0, lang)
    down = ahead.direction == Direction.BELOW
    way = marks.way_down_to(ahead, lang) if down else marks.way_to(ahead, lang)
    words = f"{distance} {_placed(way, ahead, stream, lang, towns)}"
    hours = sentences.hours_to(situation, ahead, lang)
    if lang == "de":
        pace = "Rückgang" if down else "Anstieg"
        return f"noch {words}" + (f", bei diesem {pace} in {hours}" if hours else "")
    pace = "fall" if down else "rise"
    return words + (f", at this {pace} in {hours}" if hours else "")


def _placed(
    name: str, threshold: ThresholdRow, stream: DatastreamNow, lang: str, towns: Mapping[str, str]
) -> str:
    """The name with its level, and in front of that whose it is where that needs telling."""
    level = sentences.value_text(stream, threshold.level, lang)
    town = towns.get(threshold.municipality or "")
    place = f"{town}, {level}" if town else level
    return f"{name[:-1]}, {place})" if name.endswith(")") else f"{name} ({place})"
