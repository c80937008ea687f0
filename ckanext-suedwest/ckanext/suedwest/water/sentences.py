"""What is said of a gauge: place, value, direction; how old; what it means.

Pure functions; `lang` is `de` or `en`. A value is compared with a threshold only while it is live
or late. Said is what was measured, not what to feel; no class the source did not give.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ..domain.freshness import Freshness
from ..domain.threshold import Direction
from ..domain.trend import Direction as Way
from ..domain.trend import Trend
from ..domain.units import DISCHARGE, WATER_ELEVATION
from ..portal import formats
from ..store.query import DatastreamNow, ThresholdRow
from . import marks
from .gauge import Gauge, Reading

_LONGEST_PROJECTION = timedelta(hours=24)


def value_words(stream: DatastreamNow, result: float, lang: str) -> str:
    """A result as one reads it: `1,24 m`, `166,53 m ü. NHN`, `68,2 m³/s`."""
    words = formats.quantity(result, stream.unit, lang)
    if stream.observed_property == WATER_ELEVATION.name:
        words += f" {'ü.' if lang == 'de' else 'above'}{formats.NO_BREAK}NHN"
    return words


def quantity_name(stream: DatastreamNow, lang: str) -> str:
    """What is measured: `Wasserstand`, `Abfluss`."""
    if stream.observed_property == DISCHARGE.name:
        return "Abfluss" if lang == "de" else "Discharge"
    if stream.observed_property == WATER_ELEVATION.name:
        return "Wasserspiegel" if lang == "de" else "Water surface"
    return "Wasserstand" if lang == "de" else "Water level"


def sentence(gauge: Gauge, now: datetime, lang: str) -> str:
    """The whole gauge in one paragraph, as it is read aloud."""
    reading = gauge.main
    if reading is None:
        return f"{gauge.title}: {_nothing_measured(lang)}"
    if reading.value is None:
        return _unreliable(gauge, reading, now, lang)
    name = "" if reading.is_level else f"{quantity_name(reading.stream, lang)} "
    parts = [f"{gauge.title}: {name}{value_words(reading.stream, reading.value, lang)}"]
    if reading.trend:
        parts.append(_direction(reading.trend, lang))
    return " ".join(
        part
        for part in (f"{', '.join(parts)}.", age(reading, now, lang), meaning(reading, lang))
        if part
    )


def lead(gauge: Gauge, now: datetime, lang: str) -> str:
    """What stands below the large number of the station page, which says place and value."""
    reading = gauge.main
    if reading is None:
        return _nothing_measured(lang)
    if reading.value is None:
        return _unreliable(gauge, reading, now, lang)
    if not reading.is_level:
        first = (
            "Hier wird der Abfluss gemessen, nicht der Wasserstand."
            if lang == "de"
            else "The discharge is measured here, not the level."
        )
    elif reading.trend is None:
        first = (
            "Für eine Richtung liegen noch zu wenige Werte vor."
            if lang == "de"
            else "There are too few values yet to tell a direction."
        )
    elif reading.trend.direction is Way.STEADY:
        first = "Der Wasserstand ist gleichbleibend." if lang == "de" else "The water is steady."
    elif lang == "de":
        first = f"Das Wasser {_direction(reading.trend, lang, roughly=True)}."
    else:
        first = f"The water is {_direction(reading.trend, lang, roughly=True)}."
    return " ".join(part for part in (first, meaning(reading, lang)) if part)


def age(reading: Reading, now: datetime, lang: str) -> str:
    """How old the value is, as a sentence."""
    time = reading.stream.latest_time
    if time is None:
        return "Noch kein Wert." if lang == "de" else "No value yet."
    words = formats.age_words(time, now, lang)
    late = reading.state is Freshness.LATE
    if lang == "de":
        return f"{'Verspätet, gemessen' if late else 'Gemessen'} {words}."
    return f"{'Late, measured' if late else 'Measured'} {words}."


def meaning(reading: Reading, lang: str) -> str:
    """What the value means beside the thresholds that are known; empty when none is."""
    value = reading.value
    if value is None or not reading.is_level or not reading.thresholds:
        return ""
    reached = reading.reached()
    if reached:
        return _reached(reading, value, reached, lang)
    low = reading.mark("MNW")
    if low is not None and value < low.level:
        size = formats.difference(reading.centimetres(low.level - value), lang)
        words = f"{size} {marks.under(low, lang)}"
        return f"Niedrigwasser: {words}." if lang == "de" else f"Low water: {words}."
    following = reading.next_above()
    if following is not None:
        size = formats.difference(reading.centimetres(following.level - value), lang)
        words = f"{size} {marks.way_to(following, lang)}."
        return f"Noch {words}" if lang == "de" else words
    return _orientation(reading, value, lang)


def place_of_value(reading: Reading, lang: str) -> str:
    """`meaning` for a cell of a table: no full stop, and a word when no threshold is known."""
    if reading.value is None:
        return last_value(reading, lang)
    words = meaning(reading, lang).rstrip(".")
    if words:
        return words
    if not reading.is_level:
        return "nur Abfluss" if lang == "de" else "discharge only"
    return "keine Schwelle bekannt" if lang == "de" else "no threshold known"


def last_value(reading: Reading, lang: str) -> str:
    """`zuletzt 0,38 m`: the newest good value, for a reading without a value of now."""
    stream = reading.stream
    if stream.good_result is None:
        return "noch kein Wert" if lang == "de" else "no value yet"
    words = value_words(stream, stream.good_result, lang)
    return f"zuletzt {words}" if lang == "de" else f"last {words}"


def remaining_time(reading: Reading) -> timedelta | None:
    """When the next threshold would be reached if the water went on rising as it does.

    None when it does not rise, when there is no threshold above, or beyond a day: it continues
    the last hours and is no forecast.
    """
    following = reading.next_above()
    if following is None or reading.value is None or reading.trend is None or not reading.rising:
        return None
    away = reading.centimetres(following.level - reading.value)
    left = timedelta(hours=away / reading.trend.cm_per_hour)
    return left if left <= _LONGEST_PROJECTION else None


def _direction(trend: Trend, lang: str, *, roughly: bool = False) -> str:
    words = formats.trend_words(trend, lang)
    size = round(abs(trend.cm_per_hour))
    if trend.direction is Way.STEADY or size < 1:
        return words
    about = ("etwa " if lang == "de" else "about ") if roughly else ""
    if lang == "de":
        return f"{words}, {about}{size}{formats.NO_BREAK}cm in der Stunde"
    return f"{words}, {about}{size}{formats.NO_BREAK}cm an hour"


def _reached(reading: Reading, value: float, reached: list[ThresholdRow], lang: str) -> str:
    above = [each for each in reached if each.direction == Direction.ABOVE]
    named = [f"„{marks.name(each, lang)}“" for each in above or reached]
    if lang == "en":
        named = [f"“{marks.name(each, lang)}”" for each in above or reached]
    words = _listed(named, lang)
    plural = len(named) > 1
    exactly = not plural and (above or reached)[0].level == value
    if lang == "de":
        verb = "erreicht" if exactly else "überschritten" if above else "unterschritten"
        first = f"{words} {'sind' if plural else 'ist'} {verb}."
    else:
        verb = "reached" if exactly else "exceeded" if above else "undershot"
        first = f"{words} {'are' if plural else 'is'} {verb}."
    following = reading.next_above() if above else None
    if following is None:
        return first
    size = formats.difference(reading.centimetres(following.level - value), lang)
    words = f"{size} {marks.way_to(following, lang)}."
    return f"{first} Noch {words}" if lang == "de" else f"{first} {words}"


def _orientation(reading: Reading, value: float, lang: str) -> str:
    """Where the value lies beside the means, when no alarm is known above it."""
    high, mean = reading.mark("MHW"), reading.mark("MW")
    if high is not None and value > high.level:
        mark = high
    elif mean is not None:
        mark = mean
    else:
        return ""
    away = reading.centimetres(value - mark.level)
    size = formats.difference(away, lang)
    return f"{size} {marks.over(mark, lang) if away >= 0 else marks.under(mark, lang)}."


def _unreliable(gauge: Gauge, reading: Reading, now: datetime, lang: str) -> str:
    stream = reading.stream
    last = last_value(reading, lang)
    last = f"{last[0].upper()}{last[1:]}."
    german = lang == "de"
    if reading.state is Freshness.OUT_OF_SERVICE:
        gone = gauge.station.gone_at or now
        since = formats.since(gone, now, lang)
        return (
            f"{gauge.title} ist außer Betrieb: Die Quelle führt den Pegel seit {since} nicht mehr. "
            f"{last}"
            if german
            else f"{gauge.title} is out of service: its source has not listed it since {since}. "
            f"{last}"
        )
    if stream.latest_time is None or stream.latest_result is None:
        return (
            f"{gauge.title} hat noch keinen Wert geliefert."
            if german
            else f"{gauge.title} has not delivered a value yet."
        )
    if reading.state is Freshness.IMPLAUSIBLE:
        doubted = value_words(stream, stream.latest_result, lang)
        when = formats.age_words(stream.latest_time, now, lang)
        first = (
            f"{gauge.title}: Der neueste Wert ({doubted}, {when}) ist angezweifelt und zählt nicht."
            if german
            else f"{gauge.title}: the newest value ({doubted}, {when}) is doubted and not counted."
        )
        if stream.good_time is None:
            return first
        moment = formats.moment(stream.good_time, now, lang)
        return f"{first} {last.removesuffix('.')}, {moment}."
    since = formats.since(stream.latest_time, now, lang)
    return (
        f"{gauge.title} meldet seit {since}{',' if ',' in since else ''} nichts mehr. {last}"
        if german
        else f"{gauge.title} has been silent since {since}. {last}"
    )


def _nothing_measured(lang: str) -> str:
    return (
        "An dieser Messstelle wird zurzeit nichts gemessen."
        if lang == "de"
        else "Nothing is measured at this station at present."
    )


def _listed(names: list[str], lang: str) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} {'und' if lang == 'de' else 'and'} {names[-1]}"
