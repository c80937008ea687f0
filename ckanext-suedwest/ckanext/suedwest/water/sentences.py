"""What is said of a gauge: place, value, direction; how old; what it means.

Pure functions; `lang` is `de` or `en`. Said is what was measured, not what to feel; a value that
does not speak of now is compared with nothing, and no class is named that no source gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..domain.freshness import Freshness
from ..domain.threshold import Direction, ThresholdKind
from ..domain.trend import Direction as Way
from ..domain.trend import Trend
from ..domain.units import DISCHARGE, FLOOD_CLASS, WATER_ELEVATION
from ..portal import formats
from ..portal.stations import title
from ..store.query import DatastreamNow, ThresholdRow
from . import marks
from .situation import Situation

_LONGEST_PROJECTION_HOURS = 24.0


def value_text(stream: DatastreamNow, result: float, lang: str) -> str:
    """A result as one reads it: `1,24 m`, `166,53 m ü. NHN`, `68,2 m³/s`."""
    words = formats.quantity(result, stream.unit, lang)
    if stream.observed_property == WATER_ELEVATION.name:
        words += " ü. NHN" if lang == "de" else " above NHN"
    return words


def quantity_name(stream: DatastreamNow, lang: str) -> str:
    """What is measured: `Wasserstand`, `Wasserspiegel`, `Abfluss`, or what a class is of."""
    names = {
        DISCHARGE.name: ("Abfluss", "Discharge"),
        WATER_ELEVATION.name: ("Wasserspiegel", "Water surface"),
        FLOOD_CLASS.name: ("Hochwasser", "Flood"),
    }
    german, english = names.get(stream.observed_property, ("Wasserstand", "Water level"))
    return german if lang == "de" else english


def sentence(situation: Situation, now: datetime, lang: str) -> str:
    """The whole gauge in one paragraph, as it is read aloud."""
    stream = situation.datastream
    if stream is None or situation.value is None:
        parts = without_value(situation, now, lang)
        return " ".join(f"{part[0].upper()}{part[1:]}." for part in parts)
    told = is_discharge(stream) or is_class(stream)
    name = f"{quantity_name(stream, lang)} " if told else ""
    parts = [f"{title(situation.station)}: {name}{value_text(stream, situation.value, lang)}"]
    if situation.trend:
        parts.append(direction(situation.trend, lang))
    return _joined(f"{', '.join(parts)}.", age(situation, now, lang), meaning(situation, lang))


def age(situation: Situation, now: datetime, lang: str) -> str:
    """How old the value of now is, as a sentence; empty without one."""
    if situation.time is None:
        return ""
    words = formats.age_words(situation.time, now, lang)
    late = situation.state is Freshness.LATE
    if lang == "de":
        return f"{'Verspätet, gemessen' if late else 'Gemessen'} {words}."
    return f"{'Late, measured' if late else 'Measured'} {words}."


def meaning(situation: Situation, lang: str) -> str:
    """What the level means beside the thresholds that are known; empty when none is."""
    value, factor = situation.value, situation.centimetres
    stream = situation.datastream
    if value is not None and stream is not None and is_class(stream):
        return _class_meaning(situation, lang)
    if value is None or factor is None:
        return ""
    if situation.reached:
        return _reached(situation, value, factor, lang)
    low = situation.low_mark
    if low is not None:
        words = f"{formats.difference((low.level - value) * factor, lang)} {marks.under(low, lang)}"
        return f"Niedrigwasser: {words}." if lang == "de" else f"Low water: {words}."
    if situation.next_above is not None:
        return _way_left(situation.next_above, value, factor, lang)
    return orientation(situation, value, factor, lang)


def standing(situation: Situation, lang: str) -> str:
    """`meaning` for the cell of a table; without a value of now, what the last one was."""
    stream = situation.datastream
    if situation.value is None or stream is None:
        return last_value(situation, lang)
    words = meaning(situation, lang).removesuffix(".")
    if words:
        return words
    if is_discharge(stream):
        return "nur Abfluss" if lang == "de" else "discharge only"
    return "keine Schwelle bekannt" if lang == "de" else "no threshold known"


def last_value(situation: Situation, lang: str) -> str:
    """`zuletzt 0,38 m`: the newest good value, for a gauge without a value of now."""
    if situation.datastream is None or situation.last_value is None:
        return "noch kein Wert" if lang == "de" else "no value yet"
    words = value_text(situation.datastream, situation.last_value, lang)
    return f"zuletzt {words}" if lang == "de" else f"last {words}"


def hours_left(situation: Situation, lang: str) -> str:
    """`etwa 5 Stunden`: when a rising level would reach the next threshold; else empty."""
    return hours_to(situation, situation.next_above, lang) if situation.rising else ""


def hours_to(situation: Situation, threshold: ThresholdRow | None, lang: str) -> str:
    """`etwa 5 Stunden`: when the level would come to a threshold that lies ahead; else empty.

    It continues the last hours and is no forecast, so nothing is said beyond a day, nor from a
    value that is late.
    """
    trend = situation.trend
    away = situation.centimetres_to(threshold) if threshold else None
    if away is None or trend is None or trend.direction is Way.STEADY:
        return ""
    if situation.state is not Freshness.LIVE or away * trend.cm_per_hour <= 0:
        return ""
    hours = away / trend.cm_per_hour
    if hours > _LONGEST_PROJECTION_HOURS:
        return ""
    if hours < 1:
        return "weniger als 1 Stunde" if lang == "de" else "less than 1 hour"
    whole = round(hours)
    if lang == "de":
        return f"etwa {whole} Stunde{'n' if whole != 1 else ''}"
    return f"about {whole} hour{'s' if whole != 1 else ''}"


def is_discharge(stream: DatastreamNow) -> bool:
    return stream.observed_property == DISCHARGE.name


def _class_meaning(situation: Situation, lang: str) -> str:
    """`Mittleres Hochwasser.`: a class is a threshold that was reached, or none was."""
    if situation.reached:
        return f"{marks.name(situation.reached[0], lang)}."
    return "Kein Hochwasser." if lang == "de" else "No flood."


def is_class(stream: DatastreamNow) -> bool:
    return stream.observed_property == FLOOD_CLASS.name


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def direction(trend: Trend, lang: str, *, roughly: bool = False) -> str:
    """`steigt schnell, 6 cm in der Stunde`; the rate only where it rounds to something."""
    words = formats.trend_words(trend, lang)
    size = round(abs(trend.cm_per_hour))
    if trend.direction is Way.STEADY or size < 1:
        return words
    if lang == "de":
        return f"{words}, {'etwa ' if roughly else ''}{size}{formats.NO_BREAK}cm in der Stunde"
    return f"{words}, {'about ' if roughly else ''}{size}{formats.NO_BREAK}cm an hour"


def _way_left(threshold: ThresholdRow, value: float, factor: float, lang: str) -> str:
    distance = formats.difference((threshold.level - value) * factor, lang)
    words = f"{distance} {marks.way_to(threshold, lang)}."
    return f"Noch {words}" if lang == "de" else words


def _reached(situation: Situation, value: float, factor: float, lang: str) -> str:
    """Which thresholds are reached, and how far the next one above is."""
    above = [each for each in situation.reached if each.direction == Direction.ABOVE]
    named = above or list(situation.reached)
    words = listed([marks.subject(each, lang) for each in named], lang)
    words = f"{words[0].upper()}{words[1:]}"
    several = len(named) > 1
    exactly = not several and named[0].level == value
    if lang == "de":
        verb = "erreicht" if exactly else "überschritten" if above else "unterschritten"
        first = f"{words} {'sind' if several else 'ist'} {verb}."
    else:
        verb = "reached" if exactly else "exceeded" if above else "undershot"
        first = f"{words} {'are' if several else 'is'} {verb}."
    if not above or situation.next_above is None:
        return first
    return f"{first} {_way_left(situation.next_above, value, factor, lang)}"


def orientation(situation: Situation, value: float, factor: float, lang: str) -> str:
    """Where the level lies beside the means, when no threshold is known above it."""
    mean = next(
        (
            each
            for each in situation.thresholds
            if each.code == "MW" and each.kind == ThresholdKind.STATISTICAL
        ),
        None,
    )
    mark = situation.high_mark or mean
    if mark is None:
        return ""
    away = (value - mark.level) * factor
    distance = formats.difference(away, lang)
    return f"{distance} {marks.over(mark, lang) if away >= 0 else marks.under(mark, lang)}."


def without_value(situation: Situation, now: datetime, lang: str) -> list[str]:
    """Why nothing is said of now, and what was said last; clauses without a full stop."""
    place, german = title(situation.station), lang == "de"
    last = last_value(situation, lang)
    stream = situation.datastream
    if situation.state is Freshness.OUT_OF_SERVICE:
        return [_out_of_service(situation, now, lang), last]
    if stream is None or stream.latest_time is None:
        if german:
            return [f"{place} hat noch keinen Wert geliefert"]
        return [f"{place} has not delivered a value yet"]
    if situation.state is Freshness.IMPLAUSIBLE and situation.doubted_value is not None:
        doubted = value_text(stream, situation.doubted_value, lang)
        when = formats.age_words(stream.latest_time, now, lang)
        first = (
            f"{place}: Der neueste Wert ({doubted}, {when}) ist angezweifelt und zählt nicht"
            if german
            else f"{place}: the newest value ({doubted}, {when}) is doubted and does not count"
        )
        if situation.last_time is None:
            return [first]
        return [first, f"{last}, {formats.moment(situation.last_time, now, lang)}"]
    since = formats.since(stream.latest_time, now, lang)
    if german:
        comma = "," if "," in since else ""
        return [f"{place} meldet seit {since}{comma} nichts mehr", last]
    return [f"{place} has been silent since {since}", last]


def _out_of_service(situation: Situation, now: datetime, lang: str) -> str:
    """Because its source does not list it, or because staff work on it."""
    place, german = title(situation.station), lang == "de"
    since = formats.since(situation.out_since or now, now, lang)
    comma = "," if "," in since else ""
    if situation.station.gone_at is not None:
        if german:
            return (
                f"{place} ist außer Betrieb: Die Quelle führt den Pegel seit {since}{comma} "
                "nicht mehr"
            )
        return f"{place} is out of service: its source has not listed it since {since}"
    note = situation.datastream.maintenance_note if situation.datastream else None
    why = f": {note.strip().rstrip('.')}" if note else ""
    if german:
        return f"{place} ist seit {since}{comma} außer Betrieb{why}"
    return f"{place} has been out of service since {since}{why}"


def listed(names: Sequence[str], lang: str) -> str:
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} {'und' if lang == 'de' else 'and'} {names[-1]}"
