"""What a chart says in words, in German and in English.

Pure functions; `lang` is `de` or `en`. Nothing here is escaped.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ...domain.time import BERLIN
from ...portal import formats
from ...store.query import Column
from .. import words
from ..series import Reading
from .chart import Chart, Line
from .settings import Bars, Compare, Kind, Per

NO_BREAK = formats.NO_BREAK

TEXTS: dict[str, dict[str, str]] = {
    "de": {
        "past": "die Zeit davor",
        "last_year": "vor einem Jahr",
        "latest": "zuletzt",
        "highest": "Höchster Wert",
        "lowest": "niedrigster",
        "between": "zwischen {lowest} und {highest}",
        "unchanged": "unverändert",
        "none": "kein Wert in diesem Zeitraum",
        "none-past": "Damals liegt kein Wert vor.",
        "empty": "In diesem Zeitraum liegt kein Wert vor.",
        "risen": "in diesem Zeitraum um {amount} gestiegen",
        "fallen": "in diesem Zeitraum um {amount} gefallen",
        "level": "am Ende wie am Anfang",
        "higher": "Damals zur selben Zeit {past}: jetzt {amount} höher.",
        "lower": "Damals zur selben Zeit {past}: jetzt {amount} niedriger.",
        "same": "Damals zur selben Zeit ebenso {past}.",
        "sum": "zusammen {total}",
        "count": "{total} Werte",
        "each-day": "an jedem ganzen Tag {amount}",
        "each-hour": "in jeder ganzen Stunde {amount}",
        "most": "am meisten {when}: {amount}",
        "least": "am wenigsten {when}: {amount}",
        "unfinished": "noch nicht zu Ende",
        "mean": "Mittel",
        "band": "kleinster bis größter Wert",
        "doubted": "angezweifelt, nicht mitgerechnet",
        "right": "rechte Achse",
        "below": "unten",
        "value": "Wert",
        "hour": "Stunde ab",
        "day": "Tag",
        "values": "Werte",
        "threshold": "Schwelle",
        "gaps": "zusammen {length} ohne Werte",
        "last-value": "letzter Wert {when}",
        "count-unit": "Zählungen",
        "vehicles": "Fahrzeuge",
        "vehicles/h": "Fahrzeuge/h",
    },
    "en": {
        "past": "the time before",
        "last_year": "a year ago",
        "latest": "last",
        "highest": "Highest value",
        "lowest": "lowest",
        "between": "between {lowest} and {highest}",
        "unchanged": "unchanged",
        "none": "no value in this period",
        "none-past": "There is no value of that time.",
        "empty": "There is no value in this period.",
        "risen": "{amount} up over this period",
        "fallen": "{amount} down over this period",
        "level": "at the end as at the beginning",
        "higher": "At the same point then {past}: now {amount} higher.",
        "lower": "At the same point then {past}: now {amount} lower.",
        "same": "At the same point then {past} as well.",
        "sum": "{total} in total",
        "count": "{total} values",
        "each-day": "{amount} on each full day",
        "each-hour": "{amount} in each full hour",
        "most": "most {when}: {amount}",
        "least": "least {when}: {amount}",
        "unfinished": "not over yet",
        "mean": "mean",
        "band": "smallest to largest value",
        "doubted": "doubted, not counted",
        "right": "right axis",
        "below": "below",
        "value": "Value",
        "hour": "Hour from",
        "day": "Day",
        "values": "values",
        "threshold": "Threshold",
        "gaps": "{length} without values in total",
        "last-value": "last value {when}",
        "count-unit": "counts",
        "vehicles": "vehicles",
        "vehicles/h": "vehicles/h",
    },
}
_SAME = 1e-9
# In the order of `signs`.
_LINES = {
    "de": ("durchgezogen", "gestrichelt, Quadrate", "gepunktet, Dreiecke", "Strichpunkt, Rauten"),
    "en": ("solid", "dashed, squares", "dotted, triangles", "dash-dotted, diamonds"),
}
_BARS = {
    "de": ("voll", "schraffiert", "leer", "gepunktet"),
    "en": ("full", "hatched", "empty", "dotted"),
}


def unit_words(unit: str, lang: str) -> str:
    """The unit as shown at an axis: levels in metres, countings by their word."""
    named = {"count": "count-unit", "vehicles": "vehicles", "vehicles/h": "vehicles/h"}
    return TEXTS[lang][named[unit]] if unit in named else words.shown_unit(unit, lang)


def amount(value: float, unit: str, lang: str) -> str:
    """A value with its unit: `1,24 m`, `3,2 °C`, `1.234 Fahrzeuge`, `12` without a unit."""
    if unit in ("cm", "m", "class"):
        return formats.quantity(value, unit, lang)
    size = abs(value)
    most = 0 if size >= 100 else 1 if size >= 10 else 2
    # No more decimals than the value has: 48 was counted, 48,0 would be measured.
    decimals = next((few for few in range(most) if round(value, few) == value), most)
    text = formats.number(value, lang, decimals)
    shown = unit_words(unit, lang)
    # The word for passages stands at the axis; beside a number it would not be said.
    return f"{text}{NO_BREAK}{shown}" if shown and unit != "count" else text


def difference(value: float, unit: str, lang: str) -> str:
    """How far two values are apart, without a sign; of levels in centimetres below a metre."""
    return formats.difference(value, lang) if unit == "cm" else amount(abs(value), unit, lang)


def summary(chart: Chart, now: datetime, lang: str) -> str:
    """What a person would say of the chart, series by series."""
    if not chart.has_values:
        return TEXTS[lang]["empty"]
    if chart.kind is Kind.BAR:
        return " ".join(_bars_told(chart, line, now, lang) for line in chart.lines)
    told = [_told(chart, line, now, lang) for line in chart.lines if not line.past]
    past = next((line for line in chart.lines if line.past), None)
    if past is not None:
        told.append(_past_told(chart, chart.lines[0], past, now, lang))
    return " ".join(told)


def _told(chart: Chart, line: Line, now: datetime, lang: str) -> str:
    texts, series = TEXTS[lang], line.series
    highest, lowest, latest = series.highest, series.lowest, series.latest
    start = f"{line.name}: "
    if highest is None or lowest is None:
        return f"{start}{texts['none']}."
    last = latest or _newest(line)

    def said(reading: Reading) -> str:
        return f"{amount(reading.value, series.unit, lang)} {_when(chart, reading, now, lang)}"

    before = chart.lines[0].series.latest if line is not chart.lines[0] else None
    if last and before and before.time == last.time:
        # The moment was said with the series before.
        parts = [f"{texts['latest']} {amount(last.value, series.unit, lang)}"]
    else:
        parts = [f"{texts['latest']} {said(last)}"] if last else []
    direction = _direction(line, last, lang)
    if highest.value == lowest.value:
        parts.append(texts["unchanged"])
        return f"{start}{', '.join(parts)}."
    if len([each for each in chart.lines if not each.past]) > 1:
        # Of several series nobody would tell everything; the tables do.
        low, high = (amount(each.value, series.unit, lang) for each in (lowest, highest))
        # The unit once, with the second number.
        end = high.partition(NO_BREAK)[1:]
        low = low.removesuffix("".join(end))
        parts.append(texts["between"].format(lowest=low, highest=high))
        return f"{start}{', '.join(parts)}.{_missing(line, lang)}"
    if direction:
        parts.append(direction)
    extremes = f"{texts['highest']} {said(highest)}, {texts['lowest']} {said(lowest)}."
    return f"{start}{', '.join(parts)}. {extremes}{_missing(line, lang)}"


def _when(chart: Chart, reading: Reading, now: datetime, lang: str) -> str:
    if not chart.dates:
        return words.when(reading, now, lang)
    day = formats.weekday_date(reading.time, lang)
    return f"am {day}" if lang == "de" else f"on {day}"


def _newest(line: Line) -> Reading | None:
    good = line.series.good()
    if not good or good[-1].mean is None:
        return None
    return Reading(good[-1].start + (good[-1].end - good[-1].start) / 2, good[-1].mean)


def _direction(line: Line, last: Reading | None, lang: str) -> str:
    if line.trend is not None:
        return formats.trend_words(line.trend, lang)
    good = line.series.good()
    if last is None or len(good) < 2 or good[0].mean is None:
        return ""
    change = last.value - good[0].mean
    if abs(change) < _SAME:
        return TEXTS[lang]["level"]
    key = "risen" if change > 0 else "fallen"
    return TEXTS[lang][key].format(amount=difference(change, line.series.unit, lang))


def _missing(line: Line, lang: str) -> str:
    told: list[str] = []
    if line.series.gaps:
        missing = sum((gap.end - gap.start for gap in line.series.gaps), timedelta())
        told.append(TEXTS[lang]["gaps"].format(length=formats.hours_words(missing, lang)))
    if line.series.doubted_count:
        told.append(words.doubted_text(line.series.doubted_count, lang))
    return "".join(f" {each[0].upper()}{each[1:]}." for each in told)


def _past_told(chart: Chart, line: Line, past: Line, now: datetime, lang: str) -> str:
    texts, series = TEXTS[lang], past.series
    if series.highest is None or series.lowest is None:
        return texts["none-past"]
    name = past.name[0].upper() + past.name[1:]
    high, low = (
        f"{amount(each.value, series.unit, lang)} {_when(chart, each, now, lang)}"
        for each in (series.highest, series.lowest)
    )
    told = f"{name}: {texts['highest'][0].lower()}{texts['highest'][1:]} {high}, "
    told += f"{texts['lowest']} {low}."
    latest = line.series.latest
    then = None if latest is None else at_time(past, latest.time)
    if latest is None or then is None:
        return told
    change = latest.value - then
    key = "same" if abs(change) < _SAME else "higher" if change > 0 else "lower"
    said = texts[key].format(
        past=amount(then, series.unit, lang), amount=difference(change, series.unit, lang)
    )
    return f"{told} {said}"


def at_time(line: Line, instant: datetime) -> float | None:
    """The value drawn nearest to an instant; None with nothing within an hour of it."""
    near = [
        (max(column.start - instant, instant - column.end, timedelta()), column.mean)
        for column in line.columns
        if column.mean is not None
    ]
    if not near:
        return None
    distance, value = min(near, key=lambda pair: pair[0])
    return value if distance <= timedelta(hours=1) else None


def _bars_told(chart: Chart, line: Line, now: datetime, lang: str) -> str:
    texts = TEXTS[lang]
    unit = bar_unit(chart, line)
    over = [each for each in line.columns if each.mean is not None]
    if not over:
        return f"{line.name}: {texts['none']}."
    total = sum(column.mean or 0.0 for column in over)
    told = [f"{line.name}: {texts[chart.bars.value].format(total=amount(total, unit, lang))}"]
    # A day that is not over yet is no least one; a table may have days to come.
    full = [column for column in over if not column.start <= now < column.end]
    years = {column.start.astimezone(BERLIN).year for column in over}
    if len(full) > 1 and len({column.mean for column in full}) == 1:
        same = amount(full[0].mean or 0.0, unit, lang)
        told.append(texts[f"each-{chart.per.value}"].format(amount=same))
    elif len(full) > 1:
        for key, choose in (("most", max), ("least", min)):
            found = choose(full, key=lambda column: column.mean or 0.0)
            told.append(
                texts[key].format(
                    when=bar_label(found, chart.per, lang, year=len(years) > 1),
                    amount=amount(found.mean or 0.0, unit, lang),
                )
            )
    return f"{'; '.join(told)}."


def bar_unit(chart: Chart, line: Line) -> str:
    """The unit of the bars of a line; numbers of values have none."""
    return "" if chart.bars is Bars.COUNT else line.series.unit


def bar_label(column: Column, per: Per, lang: str, *, year: bool = False) -> str:
    """`Mi 23.9.`, with `year` `Mi 23.9.2026`; of an hour `Mi 23.9., 14:00 Uhr`."""
    middle = column.start + (column.end - column.start) / 2
    at = (middle if per is Per.DAY else column.start).astimezone(BERLIN).date()
    day = formats.day_label(at, lang)
    if year:
        day = f"{day}{at.year}" if lang == "de" else f"{day} {at.year}"
    if per is Per.DAY:
        return day
    return f"{day}, {formats.clock(column.start, lang)}"


def past_name(chart_compare: Compare, start: datetime, lang: str) -> str:
    """What the line of the past is called: `vor einem Jahr`, `ab 14. Juli 2021`."""
    if chart_compare is Compare.LAST_YEAR:
        return TEXTS[lang]["last_year"]
    day = formats.long_date(start.astimezone(BERLIN).date(), lang, year=True)
    return f"ab {day}" if lang == "de" else f"from {day}"


def span(start: datetime, end: datetime, lang: str) -> str:
    """`22. September 2026 bis 29. September 2026`."""
    first, last = (each.astimezone(BERLIN).date() for each in (start, end))
    if first == last:
        return formats.long_date(last, lang, year=True)
    to = "bis" if lang == "de" else "to"
    begin = formats.long_date(first, lang, year=first.year != last.year)
    return f"{begin} {to} {formats.long_date(last, lang, year=True)}"


def zones(start: datetime, end: datetime, lang: str) -> str:
    """In which clock times the axis is written."""
    first, last = formats.zone_name(start, lang), formats.zone_name(end, lang)
    begin = "Zeiten in" if lang == "de" else "Times in"
    both = f"{first} {'und' if lang == 'de' else 'and'} {last}"
    return f"{begin} {first if first == last else both}."


def keys(chart: Chart, lang: str) -> list[str]:
    """Which line is which, in one sentence, where there are several; for a picture by itself."""
    if len(chart.lines) < 2:
        return []
    signs = (_BARS if chart.kind is Kind.BAR else _LINES)[lang]
    named = zip(chart.lines, signs, strict=False)
    return [f"{'; '.join(f'{line.name}: {sign}' for line, sign in named)}."]
