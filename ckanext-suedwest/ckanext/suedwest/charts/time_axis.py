"""Where a time axis has its marks and what they say, in the clock time of Europe/Berlin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ..domain.time import BERLIN, DayRule, day_span
from ..portal import formats
from .text_size import text_width

_HOURS_UP_TO = timedelta(hours=50)
_DAYS_UP_TO = timedelta(days=10)
_WEEKS_UP_TO = timedelta(days=75)
_MONTHS_UP_TO = timedelta(days=900)
_ROUND_YEARS = (1, 2, 5, 10, 20, 50, 100)
_DISTANCE = 8.0
_MONTHS = {
    "de": ["Jan", "Feb", "März", "Apr", "Mai", "Juni", "Juli", "Aug", "Sep", "Okt", "Nov", "Dez"],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}


@dataclass(frozen=True, slots=True)
class Label:
    """A text whose middle stands at an instant."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Instants of the marks, in order, and the labels that have room."""

    marks: tuple[datetime, ...]
    labels: tuple[Label, ...]


def time_axis(start: datetime, end: datetime, width: float, lang: str) -> TimeAxis:
    """The axis of `[start, end]` on `width` pixels: hours, days, weeks, months or years."""
    span = end - start
    if span <= _HOURS_UP_TO:
        return _hours(start, end, width, lang)
    if span <= _DAYS_UP_TO:
        return _days(start, end, width, lang)
    if span <= _WEEKS_UP_TO:
        return _weeks(start, end, width, lang)
    if span <= _MONTHS_UP_TO:
        return _months(start, end, width, lang)
    return _years(start, end, width)


def _hours(start: datetime, end: datetime, width: float, lang: str) -> TimeAxis:
    pixels = width / max((end - start) / timedelta(hours=1), 1.0)
    every = next((hours for hours in (1, 2, 3, 6) if hours * pixels >= 62), 12)
    marks: list[datetime] = []
    labels: list[Label] = []
    hour = start.replace(minute=0, second=0, microsecond=0)
    while hour <= end:
        local = hour.astimezone(BERLIN)
        # The second 2 o'clock of the October night is no mark of its own.
        if hour >= start and local.hour % every == 0 and not local.fold:
            marks.append(hour)
            labels.append(Label(hour, _hour_text(local, lang)))
        hour += timedelta(hours=1)
    return TimeAxis(tuple(marks), _with_room(labels, start, end, width, inside=False))


def _hour_text(local: datetime, lang: str) -> str:
    if local.hour == 0:
        return formats.day_label(local.date(), lang)
    return f"{local.hour} Uhr" if lang == "de" else f"{local.hour}:00"


def _days(start: datetime, end: datetime, width: float, lang: str) -> TimeAxis:
    spans = [(day, *day_span(day, DayRule.CIVIL)) for day in _civil_days(start, end)]
    full = [Label(_middle(a, b, start, end), formats.day_label(day, lang)) for day, a, b in spans]
    pixels = width / ((end - start) / timedelta(days=1))
    if max(text_width(label.text) for label in full) + _DISTANCE > pixels:
        full = [Label(label.at, label.text.split()[0]) for label in full]
    shown = [
        label
        for label, (_day, a, b) in zip(full, spans, strict=True)
        if text_width(label.text) <= (min(b, end) - max(a, start)) / (end - start) * width
    ]
    marks = tuple(a for _day, a, _b in spans if start <= a <= end)
    return TimeAxis(marks, _with_room(shown, start, end, width, inside=True))


def _weeks(start: datetime, end: datetime, width: float, lang: str) -> TimeAxis:
    mondays = [day for day in _civil_days(start, end) if day.weekday() == 0]
    begins = [(day, day_span(day, DayRule.CIVIL)[0]) for day in mondays]
    begins = [(day, begin) for day, begin in begins if start <= begin <= end]
    pixels = width / max((end - start) / timedelta(days=7), 1.0)
    labels = [Label(begin, formats.day_label(day, lang)) for day, begin in begins]
    if any(text_width(label.text) + _DISTANCE > pixels for label in labels):
        labels = [Label(label.at, label.text.split(maxsplit=1)[1]) for label in labels]
    marks = tuple(begin for _day, begin in begins)
    return TimeAxis(marks, _with_room(labels, start, end, width, inside=False))


def _months(start: datetime, end: datetime, width: float, lang: str) -> TimeAxis:
    months = list(_civil_months(start, end))
    begins = [day_span(month, DayRule.CIVIL)[0] for month in months]
    texts = [_MONTHS[lang][month.month - 1] for month in months]
    shown = begins[1:] if begins[0] < start else begins
    marks = tuple(begin for begin in shown if begin <= end)
    pixels = width / ((end - start) / timedelta(days=30.4))
    if max(text_width(text) for text in texts) + _DISTANCE <= pixels:
        spans = zip(months, texts, begins, [*begins[1:], end], strict=True)
        labels = [
            label
            for month, text, begin, after in spans
            if (label := _month_label(month, text, begin, after, start, end, width))
        ]
        return TimeAxis(marks, _with_room(labels, start, end, width, inside=True))
    # The beginnings of quarters or half years, where months have no room.
    wide = max(text_width(_with_year(date(2000, 1, 1), text)) for text in texts) + _DISTANCE
    every = 3 if 3 * pixels >= wide else 6 if 6 * pixels >= wide else 12
    labels = [
        Label(begin, _with_year(month, text))
        for month, text, begin in zip(months, texts, begins, strict=True)
        if (month.month - 1) % every == 0 and start <= begin <= end
    ]
    return TimeAxis(marks, _with_room(labels, start, end, width, inside=False))


def _month_label(
    month: date,
    text: str,
    begin: datetime,
    after: datetime,
    start: datetime,
    end: datetime,
    width: float,
) -> Label | None:
    """The name in the middle of what is seen of the month, January with its year, if it fits."""
    room = (min(after, end) - max(begin, start)) / (end - start) * width
    choices = (_with_year(month, text), str(month.year)) if month.month == 1 else (text,)
    fitting = next((each for each in choices if text_width(each) <= room), None)
    return None if fitting is None else Label(_middle(begin, after, start, end), fitting)


def _with_year(month: date, text: str) -> str:
    return f"{text} {month.year}" if month.month == 1 else text


def _years(start: datetime, end: datetime, width: float) -> TimeAxis:
    first, last = (each.astimezone(BERLIN).year for each in (start, end))
    pixels = width / ((end - start) / timedelta(days=365.25))
    needed = text_width("2000") + _DISTANCE
    every = next((years for years in _ROUND_YEARS if years * pixels >= needed), _ROUND_YEARS[-1])
    begins = [
        (year, begin)
        for year in range(first + 1, last + 1)
        if year % every == 0
        and start <= (begin := day_span(date(year, 1, 1), DayRule.CIVIL)[0]) <= end
    ]
    labels = [Label(begin, str(year)) for year, begin in begins]
    return TimeAxis(
        tuple(begin for _year, begin in begins),
        _with_room(labels, start, end, width, inside=False),
    )


def _civil_months(start: datetime, end: datetime) -> Iterator[date]:
    month = start.astimezone(BERLIN).date().replace(day=1)
    last = end.astimezone(BERLIN).date()
    while month <= last:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)


def _civil_days(start: datetime, end: datetime) -> Iterator[date]:
    day = start.astimezone(BERLIN).date()
    last = end.astimezone(BERLIN).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _middle(begin: datetime, after: datetime, start: datetime, end: datetime) -> datetime:
    """The middle of what is seen of a day or month."""
    begin, after = max(begin, start), min(after, end)
    return (begin + (after - begin) / 2).astimezone(UTC)


def _with_room(
    labels: list[Label], start: datetime, end: datetime, width: float, *, inside: bool
) -> tuple[Label, ...]:
    """The labels that do not touch the one before, nor leave the axis by more than a bit."""
    shown: list[Label] = []
    free_from = 0.0 if inside else -16.0
    limit = width if inside else width + 16.0
    for label in labels:
        middle = (label.at - start) / (end - start) * width
        half = text_width(label.text) / 2
        if middle - half >= free_from and middle + half <= limit:
            shown.append(label)
            free_from = middle + half + _DISTANCE
    return tuple(shown)
