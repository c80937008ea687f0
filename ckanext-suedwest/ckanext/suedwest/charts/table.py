"""The numbers of a chart as a table: hours, days or months."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from markupsafe import Markup
from sqlalchemy import Connection, Engine

from ..domain.time import BERLIN, DayRule, day_of, day_span
from ..portal import formats
from ..store.public_marks import public_corrections
from ..store.query import DatastreamNow, DayRow, days, series_columns
from . import words
from .markup import element, join
from .ranges import Range
from .series import longest_pause

_MONTHS_FROM = timedelta(days=90)
_HOUR = timedelta(hours=1)

# Levels have two always, what is counted has none but of a mean, a class is no number of that kind.
_OWN_DECIMALS = frozenset({"cm", "m", "class", *formats.COUNTED})

_Span = tuple[datetime, datetime]

_TEXTS = {
    "de": {
        "hours": "Stundenwerte in {unit}, Zeiten in {zone}.",
        "mez": "Tageswerte in {unit}. Ein Tag geht von 0 bis 24 Uhr MEZ.",
        "civil": "Tageswerte in {unit}. Ein Tag geht von 0 bis 24 Uhr.",
        "months": "Monatswerte in {unit}.",
        "hour": "Stunde ab",
        "day": "Tag",
        "month": "Monat",
        "minimum": "kleinster",
        "mean": "Mittel",
        "maximum": "größter",
        "count": "Werte",
        "of": "{count} von {expected}",
        "doubted": "{count} angezweifelt",
        "corrected": "{count} korrigiert",
        "missing-one": "1 fehlt",
        "missing": "{count} fehlen",
        "empty": "In diesem Zeitraum liegt kein Wert vor.",
    },
    "en": {
        "hours": "Hourly values in {unit}, times in {zone}.",
        "mez": "Daily values in {unit}. A day goes from 0:00 to 24:00 CET.",
        "civil": "Daily values in {unit}. A day goes from 0:00 to 24:00.",
        "months": "Monthly values in {unit}.",
        "hour": "Hour from",
        "day": "Day",
        "month": "Month",
        "minimum": "smallest",
        "mean": "mean",
        "maximum": "largest",
        "count": "Values",
        "of": "{count} of {expected}",
        "doubted": "{count} doubted",
        "corrected": "{count} corrected",
        "missing-one": "1 missing",
        "missing": "{count} missing",
        "empty": "There is no value in this period.",
    },
}


@dataclass(frozen=True, slots=True)
class Row:
    """An hour, day or month, in the unit of the datastream.

    `expected` is how many values should have come until now, None when the source states no
    interval.
    """

    label: str
    minimum: float | None
    mean: float | None
    maximum: float | None
    count: int
    doubted: int
    expected: int | None
    corrected: int = 0

    @property
    def missing(self) -> int:
        """How many of the expected values never came."""
        return max((self.expected or 0) - self.count - self.doubted, 0)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows from the newest down, with the words of their head."""

    caption: str
    label: str
    rows: tuple[Row, ...]


def load_table(
    bind: Engine | Connection,
    datastream: DatastreamNow,
    range_: Range,
    now: datetime,
    lang: str,
) -> Table:
    """Hours for a day, days for weeks, months for a year."""
    if range_.span <= timedelta(days=1):
        return _hours(bind, datastream, now, lang)
    rule = DayRule(datastream.day_rule)
    today = day_of(now, rule)
    first = today - (range_.span - timedelta(days=1))
    found = days(bind, datastream.datastream_id, start=first, end=today)
    corrected = _corrected(bind, datastream, day_span(first, rule)[0], now)
    unit = words.shown_unit(datastream.unit, lang)
    texts = _TEXTS[lang]
    if range_.span >= _MONTHS_FROM:
        caption, label = texts["months"], texts["month"]
        rows = _months(found, datastream, now, lang, corrected)
    else:
        caption, label = texts[rule.value], texts["day"]
        rows = [
            _row(
                formats.day_label(day.day, lang),
                [day],
                expected_values(datastream, [day_span(day.day, rule)], now),
                _within(corrected, [day_span(day.day, rule)]),
            )
            for day in found
        ]
    return Table(caption.format(unit=unit), label, tuple(reversed(rows)))


def _hours(bind: Engine | Connection, datastream: DatastreamNow, now: datetime, lang: str) -> Table:
    end = now.replace(minute=0, second=0, microsecond=0) + _HOUR
    columns = series_columns(
        bind, datastream.datastream_id, start=end - 24 * _HOUR, end=end, columns=24
    )
    corrected = _corrected(bind, datastream, end - 24 * _HOUR, end)
    rows = [
        Row(
            _hour_label(column.start, now, lang),
            column.minimum,
            column.mean,
            column.maximum,
            column.count,
            column.doubted_count,
            expected_values(datastream, [(column.start, column.end)], now),
            _within(corrected, [(column.start, column.end)]),
        )
        for column in columns
    ]
    caption = _TEXTS[lang]["hours"].format(
        unit=words.shown_unit(datastream.unit, lang), zone=formats.zone_name(now, lang)
    )
    return Table(caption, _TEXTS[lang]["hour"], tuple(reversed(rows)))


def _hour_label(start: datetime, now: datetime, lang: str) -> str:
    local = start.astimezone(BERLIN)
    clock = formats.clock(start, lang)
    if local.date() == now.astimezone(BERLIN).date():
        return clock
    return f"{formats.day_label(local.date(), lang)}, {clock}"


def _months(
    found: Sequence[DayRow],
    datastream: DatastreamNow,
    now: datetime,
    lang: str,
    corrected: Sequence[datetime],
) -> list[Row]:
    rule = DayRule(datastream.day_rule)

    def month(day: DayRow) -> date:
        return day.day.replace(day=1)

    rows: list[Row] = []
    for first, group in groupby(found, month):
        inside = list(group)
        spans = [day_span(day.day, rule) for day in inside]
        label = formats.long_date(first, lang, year=True)
        label = label.split("\u00a0", 1)[1]
        expected = expected_values(datastream, spans, now)
        rows.append(_row(label, inside, expected, _within(corrected, spans)))
    return rows


def _corrected(
    bind: Engine | Connection, datastream: DatastreamNow, start: datetime, end: datetime
) -> list[datetime]:
    """The times of the values of the span that staff corrected."""
    found = public_corrections(bind, datastream.datastream_id, start=start, end=end)
    return [each.time for each in found]


def _within(times: Sequence[datetime], spans: Sequence[_Span]) -> int:
    return sum(start <= time < end for time in times for start, end in spans)


def _row(label: str, inside: Sequence[DayRow], expected: int | None, corrected: int) -> Row:
    count = sum(day.good_count for day in inside)
    weighted = sum((day.good_mean or 0.0) * day.good_count for day in inside)
    return Row(
        label,
        min((day.good_min for day in inside if day.good_min is not None), default=None),
        weighted / count if count else None,
        max((day.good_max for day in inside if day.good_max is not None), default=None),
        count,
        sum(day.doubted_count for day in inside),
        expected,
        corrected,
    )


def expected_values(datastream: DatastreamNow, spans: Iterable[_Span], now: datetime) -> int | None:
    """How many values these spans should hold until now.

    A value that is only on its way is not missing yet, nor one from before the records began.
    """
    interval, first, latest = datastream.interval, datastream.first_time, datastream.latest_time
    if not interval or first is None or latest is None:
        return None
    until = now if now - latest > longest_pause(interval) else latest + interval
    seen = ((max(start, first), min(end, until)) for start, end in spans)
    return sum(-(-(end - start) // interval) for start, end in seen if end > start)


def render(table: Table, unit: str, lang: str) -> Markup:
    """The `<table>` with the classes of the pages."""
    texts = _TEXTS[lang]
    if not table.rows:
        return element("p", texts["empty"])
    head = element(
        "tr",
        element("th", table.label, scope="col"),
        *(
            element("th", texts[key], scope="col", class_="r")
            for key in ("minimum", "mean", "maximum")
        ),
        element("th", texts["count"], scope="col", class_="after"),
    )
    decimals = _decimals(table.rows)
    body = (_html(row, unit, lang, decimals) for row in table.rows)
    return element(
        "table",
        element("caption", table.caption),
        element("thead", head),
        element("tbody", join(body)),
    )


def _decimals(rows: Iterable[Row]) -> int:
    """As many for every number of a table, so that the points stand below each other."""
    largest = max(
        (
            abs(value)
            for row in rows
            for value in (row.minimum, row.mean, row.maximum)
            if value is not None
        ),
        default=0.0,
    )
    return 0 if largest >= 100 else 1 if largest >= 10 else 2


def _html(row: Row, unit: str, lang: str, decimals: int) -> Markup:
    texts = _TEXTS[lang]
    count = formats.number(row.count, lang)
    if row.expected is not None and row.expected >= row.count:
        expected = formats.number(row.expected, lang)
        count = texts["of"].format(count=count, expected=expected)
    remarks: list[str] = []
    if row.doubted:
        remarks.append(texts["doubted"].format(count=formats.number(row.doubted, lang)))
    if row.corrected:
        remarks.append(texts["corrected"].format(count=formats.number(row.corrected, lang)))
    if row.missing:
        key = "missing-one" if row.missing == 1 else "missing"
        remarks.append(texts[key].format(count=formats.number(row.missing, lang)))
    remark = [Markup("<br>"), element("span", ", ".join(remarks), class_="tag")] if remarks else []
    return element(
        "tr",
        element("th", row.label, scope="row", class_="num"),
        *(
            element("td", _number(value, unit, lang, decimals), class_="r")
            for value in (row.minimum, row.mean, row.maximum)
        ),
        element("td", element("span", count, class_="num"), *remark, class_="after"),
    )


def _number(value: float | None, unit: str, lang: str, decimals: int) -> str:
    if value is None:
        return "–"
    if unit not in _OWN_DECIMALS:
        return formats.number(value, lang, decimals)
    # The unit stands once, in the caption.
    return formats.quantity(value, unit, lang).rsplit("\u00a0", 1)[0]
