"""A chart of live series, from the store. Only what is public is shown, whoever looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import ckan.plugins.toolkit as tk
from markupsafe import Markup
from sqlalchemy import Engine

from ...domain.time import DayRule, day_of, day_span
from ...observations.store_access import read_engine
from ...portal.profile import Profile
from ...portal.stations import title
from ...store.query import Column, days, series_columns
from .. import access, pages, table
from ..access import PublicSeries
from ..load import load_series
from ..markup import element, join
from ..ranges import RANGES, Range, floor_to
from ..series import Series
from ..state import state_of
from ..words import property_name
from . import alignment, bars, words
from .chart import Chart, Line
from .settings import N_, Bars, ChartSettings, Compare, Kind, Per, SettingsRefused

_HOUR = timedelta(hours=1)
_COUNTED = frozenset({"count"})
"""Units whose values are numbers of passages, so that a sum of them means something."""


def chart(
    resource_id: str,
    settings: ChartSettings,
    now: datetime,
    lang: str,
    *,
    municipality: Profile | None = None,
) -> Chart:
    """The chart of a live resource, ending at `now`, with the thresholds of `municipality`.

    Raises:
        SettingsRefused: a series is not public or is none, or the bars would mean nothing.
    """
    shown = _public(resource_id, settings)
    range_ = RANGES[settings.range]
    if settings.kind is Kind.BAR:
        lines = [_bars(each, shown, settings, range_, now, lang) for each in shown]
    else:
        town = municipality.name if municipality else None
        lines = [_line(each, shown, settings, range_, now, lang, town) for each in shown]
    start = min(line.series.start for line in lines)
    end = max([now, *(line.columns[-1].end for line in lines if line.columns)])
    if settings.kind is not Kind.BAR:
        end = now
    if settings.compare:
        lines.append(_past(shown[0], settings, range_, lines[0].series, now, lang))
    first = shown[0].station
    return Chart(
        title=pages.series_title(shown[0], lang),
        kind=settings.kind,
        lines=tuple(lines),
        start=start,
        end=end,
        address=tk.h.url_for("suedwest.station", slug=first.slug, _external=True),
        sources=tuple(dict.fromkeys(pages.source_of(each.station) for each in shown)),
        range=settings.range,
        bars=settings.bars,
        per=settings.per,
        compare=settings.compare,
        tile=_tile(shown, now, lang) if settings.kind is Kind.TILE else Markup(""),
        simulated=any(each.station.properties.get("simulated") == "true" for each in shown),
        live=shown[0] if len(shown) == 1 else None,
        thresholds=settings.thresholds,
    )


def check(resource_id: str, settings: ChartSettings) -> None:
    """Whether all series are public and can be drawn so; no value is read.

    Raises:
        SettingsRefused: as `chart`.
    """
    for public in _public(resource_id, settings):
        if settings.kind is Kind.BAR:
            _check_bars(public, settings)


def _public(resource_id: str, settings: ChartSettings) -> list[PublicSeries]:
    found: list[PublicSeries] = []
    for number, each in enumerate((resource_id, *settings.others)):
        public = access.by_resource(each)
        if public is None:
            field = f"other{number}" if number else "kind"
            raise SettingsRefused(field, N_("There is no public series of this id."))
        if each in settings.others and each == resource_id:
            raise SettingsRefused(f"other{number}", N_("This series is chosen twice."))
        found.append(public)
    return found


def _name(public: PublicSeries, shown: Sequence[PublicSeries], lang: str) -> str:
    """As short as it stays clear beside the others."""
    place = title(public.station)
    if len(shown) == 1:
        return pages.series_title(public, lang)
    properties = {each.datastream.observed_property for each in shown}
    same_place = [each for each in shown if each.station.id == public.station.id]
    if len(properties) == 1 and len(same_place) == 1:
        return place
    name = property_name(public.datastream.observed_property, lang)
    if (
        len(same_place) > 1
        and sum(
            each.datastream.observed_property == public.datastream.observed_property
            for each in same_place
        )
        > 1
    ):
        name = f"{name} ({public.datastream.name})"
    return f"{place}, {name}"


def _line(
    public: PublicSeries,
    shown: Sequence[PublicSeries],
    settings: ChartSettings,
    range_: Range,
    now: datetime,
    lang: str,
    town: str | None,
) -> Line:
    engine = read_engine()
    series = load_series(engine, public.station, public.datastream, range_, now, municipality=town)
    if not settings.thresholds or len(shown) > 1:
        series = replace(series, thresholds=())
    return Line(
        name=_name(public, shown, lang),
        series=series,
        columns=series.columns,
        table=_table(engine, public, range_, now, lang),
        trend=state_of(engine, public.station, public.datastream, now).trend,
    )


def _table(engine: Engine, public: PublicSeries, range_: Range, now: datetime, lang: str) -> Markup:
    rows = table.load_table(engine, public.datastream, range_, now, lang)
    return table.render(rows, public.datastream.unit, lang)


def _past(
    public: PublicSeries,
    settings: ChartSettings,
    range_: Range,
    current: Series,
    now: datetime,
    lang: str,
) -> Line:
    """The same length of time of the past, moved to the time axis of now."""
    rule = DayRule(public.datastream.day_rule)
    if settings.compare is Compare.LAST_YEAR or settings.compare_from is None:
        end = alignment.year_earlier(now, rule)
        move = alignment.a_year(rule)
    else:
        start = day_span(settings.compare_from, rule)[0]
        end = start + range_.span
        if start >= now - range_.span:
            raise SettingsRefused(
                "compare_from", N_("The past span has to begin before the one that is shown.")
            )
        move = alignment.by(now - end)
    engine = read_engine()
    series = load_series(engine, public.station, public.datastream, range_, end)
    columns = alignment.aligned(series.columns, move, start=current.start, end=current.end)
    return Line(
        name=words.past_name(settings.compare, series.start, lang),
        series=replace(series, thresholds=()),
        columns=columns,
        table=_table(engine, public, range_, end, lang),
        past=True,
    )


def _bars(
    public: PublicSeries,
    shown: Sequence[PublicSeries],
    settings: ChartSettings,
    range_: Range,
    now: datetime,
    lang: str,
) -> Line:
    _check_bars(public, settings)
    stream = public.datastream
    engine = read_engine()
    if settings.per is Per.HOUR:
        end = floor_to(now, _HOUR) + _HOUR
        columns: list[Column] = series_columns(
            engine,
            stream.datastream_id,
            start=end - range_.span,
            end=end,
            columns=range_.span // _HOUR,
        )
        start = end - range_.span
    else:
        rule = DayRule(stream.day_rule)
        today = day_of(now, rule)
        first = today - range_.span + timedelta(days=1)
        start = day_span(first, rule)[0]
        columns = [
            Column(
                *day_span(row.day, rule),
                *(row.good_min, row.good_mean, row.good_max, row.good_count),
                *(row.doubted_count, row.doubted_min, row.doubted_max),
            )
            for row in days(engine, stream.datastream_id, start=first, end=today)
        ]
    made = bars.of_columns(columns, settings.bars)
    series = Series(
        place=title(public.station),
        observed_property=stream.observed_property,
        unit=stream.unit,
        interval=stream.interval,
        start=start,
        end=now,
        step=None,
        columns=tuple(columns),
        gaps=(),
        highest=None,
        lowest=None,
        latest=None,
        thresholds=(),
    )
    return Line(
        name=_name(public, shown, lang),
        series=series,
        columns=made,
        table=bars.table(made, settings, stream.unit, now, lang),
    )


def _check_bars(public: PublicSeries, settings: ChartSettings) -> None:
    if settings.bars is Bars.SUM and public.datastream.unit not in _COUNTED:
        raise SettingsRefused(
            "bars",
            N_("These values are no counts, so their sum says nothing. Choose the number instead."),
        )


def _tile(shown: Sequence[PublicSeries], now: datetime, lang: str) -> Markup:
    """The newest value of each series in a sentence, with age and sign of its freshness."""
    parts: list[Markup] = []
    for public in shown:
        said = pages.value_told(public.station, public.datastream, now, lang)
        space = "" if said["sentence"][:1] in (",", ".") else " "
        sign = element(
            "svg",
            element("use", Markup(""), href=f"#{said['sign']}"),
            class_="sym-fresh",
            aria_hidden="true",
        )
        parts.append(
            element("p", element("b", said["first"]), f"{space}{said['sentence']}", class_="lead")
        )
        parts.append(element("p", sign, said["fresh"], class_="fresh"))
    return join(parts)
