"""A chart of a table in the DataStore that has a column with a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context
from markupsafe import Markup

from ...domain.time import BERLIN, DayRule, day_of, day_span
from ...portal import formats
from ...store.query import Column
from .. import table
from ..embed_page import Source
from ..markup import element, join
from ..ranges import RANGES, floor_to
from ..series import Reading, Series, find_gaps
from . import alignment, bars, bins, table_reading, words
from .bins import Value
from .chart import Chart, Line
from .settings import ALL, N_, ChartSettings, Compare, Kind, Per, SettingsRefused, ValueColumn
from .table_reading import Question, Read

_RULE = DayRule.CIVIL
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MOST_BARS = 800
_HOURS_UP_TO, _DAYS_UP_TO = timedelta(days=2), timedelta(days=90)


def chart(
    resource: Mapping[str, Any],
    package: Mapping[str, Any],
    settings: ChartSettings,
    context: Context,
    now: datetime,
    lang: str,
) -> Chart:
    """The chart of a table, ending at its newest value; `context` says who looks.

    Raises:
        SettingsRefused: the table is not to be seen, or what is chosen of it cannot be drawn.
    """
    resource_id = str(resource["id"])
    columns = table_reading.describe(resource_id, context)
    time, values = table_reading.chosen(columns, settings)
    asked = Question(
        resource_id, context, time, columns.times.get(time, table_reading.TEXT), settings.texts
    )
    dates = asked.kind == "date"
    end = table_reading.newest(asked)
    if end is None:
        raise SettingsRefused("kind", N_("The table has no row with a usable time."))
    start = None if settings.range == ALL else _start(settings, end)
    found = table_reading.read(asked, values, start=start, end=end)
    if found.cut or start is None:
        # Before the first row that was read, nobody knows whether there are values.
        start = found.first or end - _DAY
    if found.cut and settings.kind is Kind.BAR:
        start = _first_whole(settings, start)
        found = _from(found, start)
    start = min(start, end - _HOUR)
    names = {each.name: columns.label(each.name) for each in values}
    place = str(resource.get("name") or package.get("title") or "")
    lines = [
        _line(settings, column, each, names, place, (start, end), now, lang)
        for column, each in found.values
    ]
    if settings.kind is Kind.BAR:
        # Whole bars: the first begins before its first value, the last ends after the newest.
        drawn = [column for line in lines for column in line.columns]
        start = min([start, *(column.start for column in drawn)])
        end = max([end, *(column.end for column in drawn)])
    if settings.compare:
        span = (start, end)
        past = _past(asked, values, settings, span)
        lines.append(_moved(past, lines[0], settings, span, place, lang))
    if settings.kind is Kind.BAR and any(len(line.columns) > _MOST_BARS for line in lines):
        raise SettingsRefused("per", N_("That would be too many bars: choose days or less time."))
    return Chart(
        title=place,
        kind=settings.kind,
        lines=tuple(lines),
        start=start,
        end=end,
        address=tk.h.url_for(
            f"{package.get('type') or 'dataset'}_resource.read",
            id=package["name"],
            resource_id=resource_id,
            _external=True,
        ),
        sources=(source_of(package),),
        range=settings.range,
        bars=settings.bars,
        per=settings.per,
        compare=settings.compare,
        tile=_tile(lines, lang, dates=dates) if settings.kind is Kind.TILE else Markup(""),
        notes=_notes(found, asked.kind, lang),
        dates=dates,
    )


def source_of(package: Mapping[str, Any]) -> Source:
    """Who to name beside the values of a dataset: its publisher, with its licence."""
    organization = package.get("organization") or {}
    return Source(
        str(organization.get("title") or organization.get("name") or package.get("title") or ""),
        str(package.get("license_title") or ""),
        package.get("license_url") or None,
    )


def _start(settings: ChartSettings, end: datetime) -> datetime:
    start = end - RANGES[settings.range].span
    if settings.kind is not Kind.BAR:
        return start
    return _first_whole(settings, start)


def _first_whole(settings: ChartSettings, start: datetime) -> datetime:
    """Where the first bar begins that is a whole one."""
    if settings.per is Per.HOUR:
        return floor_to(start, _HOUR) + _HOUR
    return day_span(day_of(start, _RULE) + _DAY, _RULE)[0]


def _from(found: Read, start: datetime) -> Read:
    """What was read without what is before `start`."""
    values = tuple(
        (column, tuple(each for each in values if each[0] >= start))
        for column, values in found.values
    )
    return replace(found, values=values)


def _line(
    settings: ChartSettings,
    column: ValueColumn,
    values: Sequence[Value],
    names: Mapping[str, str],
    place: str,
    span: tuple[datetime, datetime],
    now: datetime,
    lang: str,
) -> Line:
    series = _series(column, values, place, span)
    if settings.kind is Kind.BAR:
        made = bins.hours(values) if settings.per is Per.HOUR else bins.days(values, _RULE)
        shown = bars.of_columns(made, settings.bars)
        written = bars.table(shown, settings, column.unit, now, lang)
    else:
        shown, written = series.columns, _table(series, values, lang)
    return Line(names[column.name], series, shown, written)


def _series(
    column: ValueColumn,
    values: Sequence[Value],
    place: str,
    span: tuple[datetime, datetime],
) -> Series:
    start, end = span
    columns = bins.fold(values, start, end)
    # Two values have no rhythm yet in which one could be missing.
    interval = bins.usual_interval([time for time, _ in values]) or end - start
    folded = any(each.start != each.end for each in columns)
    return Series(
        place=place,
        observed_property=column.name,
        unit=column.unit,
        interval=interval,
        start=start,
        end=end,
        step=bins.width_of(start, end) if folded else None,
        columns=columns,
        gaps=tuple(find_gaps(columns, start=start, end=end, interval=interval, since=None)),
        highest=_reading(max(values, key=lambda value: value[1], default=None)),
        lowest=_reading(min(values, key=lambda value: value[1], default=None)),
        latest=_reading(values[-1] if values else None),
        thresholds=(),
    )


def _reading(value: Value | None) -> Reading | None:
    return None if value is None else Reading(*value)


def _past(
    asked: Question,
    values: Sequence[ValueColumn],
    settings: ChartSettings,
    span: tuple[datetime, datetime],
) -> tuple[ValueColumn, tuple[Value, ...], datetime, datetime]:
    """The values of the past span, with its start and end."""
    start, end = span
    if settings.compare is Compare.LAST_YEAR or settings.compare_from is None:
        begin, until = (alignment.year_earlier(each, _RULE) for each in span)
    else:
        begin = day_span(settings.compare_from, _RULE)[0]
        until = begin + (end - start)
        if begin >= start:
            raise SettingsRefused(
                "compare_from", N_("The past span has to begin before the one that is shown.")
            )
    found = table_reading.read(asked, values, start=begin, end=until)
    column, past = found.values[0]
    return column, past, begin, until


def _moved(
    past: tuple[ValueColumn, tuple[Value, ...], datetime, datetime],
    current: Line,
    settings: ChartSettings,
    span: tuple[datetime, datetime],
    place: str,
    lang: str,
) -> Line:
    column, values, begin, until = past
    start, end = span
    if settings.compare is Compare.LAST_YEAR:
        move = alignment.a_year(_RULE)
    else:
        move = alignment.by(start - begin)
    series = _series(column, values, place, (begin, until))
    return Line(
        name=words.past_name(settings.compare, begin, lang),
        series=series,
        columns=alignment.aligned(series.columns, move, start=start, end=end),
        table=_table(series, values, lang),
        past=True,
    )


def _table(series: Series, values: Sequence[Value], lang: str) -> Markup:
    """Hours, days or months, the newest first, as the tables of live series."""
    span = series.end - series.start
    texts = words.TEXTS[lang]
    unit = words.unit_words(series.unit, lang)
    if span <= _HOURS_UP_TO:
        made, label = bins.hours(values), texts["hour"]
        names = [words.bar_label(column, Per.HOUR, lang) for column in made]
    elif span <= _DAYS_UP_TO:
        made, label = bins.days(values, _RULE), texts["day"]
        names = [words.bar_label(column, Per.DAY, lang) for column in made]
    else:
        made, label = bins.months(values, _RULE), "Monat" if lang == "de" else "Month"
        names = [_month(column, lang) for column in made]
    rows = tuple(
        table.Row(
            name,
            column.minimum,
            column.mean,
            column.maximum,
            column.count,
            column.doubted_count,
            None,
        )
        for name, column in zip(names, made, strict=True)
    )
    heading = f"{texts['value']}, {unit}" if unit else texts["value"]
    return table.render(table.Table(heading, label, rows[::-1]), series.unit, lang)


def _month(column: Column, lang: str) -> str:
    first = column.start.astimezone(BERLIN).date()
    return formats.long_date(first, lang, year=True).split(words.NO_BREAK, 1)[1]


def _tile(lines: Sequence[Line], lang: str, *, dates: bool) -> Markup:
    """The newest value of each column with its time, which a table does not grow older with."""
    parts: list[Markup] = []
    for line in lines:
        latest = line.series.latest
        if latest is None:
            told = element("p", f"{line.name}: {words.TEXTS[lang]['none']}.", class_="lead")
            parts.append(told)
            continue
        amount = words.amount(latest.value, line.series.unit, lang)
        parts.append(element("p", element("b", f"{line.name}: {amount}"), class_="lead"))
        when = (
            formats.weekday_date(latest.time, lang)
            if dates
            else formats.moment_absolute(latest.time, lang)
        )
        parts.append(
            element("p", words.TEXTS[lang]["last-value"].format(when=when), class_="fresh")
        )
    return join(parts)


def _notes(found: Read, kind: str, lang: str) -> tuple[str, ...]:
    german = lang == "de"
    notes: list[str] = []
    if kind in ("timestamp", table_reading.TEXT):
        notes.append(
            "Die Tabelle nennt keine Zeitzone: Ihre Zeiten sind als Uhrzeit in Deutschland gelesen."
            if german
            else "The table names no time zone: its times are read as clock times in Germany."
        )
    if found.cut:
        most = formats.number(table_reading.MOST_ROWS, lang)
        notes.append(
            f"Gezeigt sind die neuesten {most} Zeilen der Tabelle."
            if german
            else f"The newest {most} rows of the table are shown."
        )
    if found.unclear:
        count = formats.number(found.unclear, lang)
        notes.append(
            f"Zeilen ohne eindeutige Zeit, die fehlen: {count}."
            if german
            else f"Rows without a clear time, which are missing: {count}."
        )
    if found.unread:
        count = formats.number(found.unread, lang)
        notes.append(
            f"Einträge, die keine brauchbaren Zahlen sind und fehlen: {count}."
            if german
            else f"Entries that are no usable numbers, which are missing: {count}."
        )
    return tuple(notes)
