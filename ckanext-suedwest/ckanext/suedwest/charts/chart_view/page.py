"""What a view shows, as HTML: the sentence, the drawing, the legend, the tables. Or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context
from markupsafe import Markup

from ...observations.live import URL_TYPE, find_series
from ...portal.profile import Profile
from .. import figure, pages, svg
from ..markup import EMPTY, element, join
from ..svg import Layout
from . import drawing, live_source, signs, table_reading, table_source, words
from .chart import Chart
from .settings import ChartSettings, Kind, SettingsRefused, parse


@dataclass(frozen=True, slots=True)
class Asked:
    """Which view is asked for, and who looks.

    `resource` and `package` are as their actions give them to that person; `now` (UTC) is where a
    live chart ends, `municipality` the one whose thresholds count, None for those of all.
    """

    resource: Mapping[str, Any]
    package: Mapping[str, Any]
    context: Context
    now: datetime
    lang: str
    municipality: Profile | None = None

    @property
    def live(self) -> bool:
        """Whether the resource is a live one, whatever its metadata say."""
        return (
            self.resource.get("url_type") == URL_TYPE
            or find_series(self.resource.get("id")) is not None
        )


def load(settings: ChartSettings, asked: Asked) -> Chart:
    """The chart with its values.

    Raises:
        SettingsRefused: something of it may not be seen, or cannot be drawn.
    """
    if asked.live:
        identity = str(asked.resource["id"])
        return live_source.chart(
            identity, settings, asked.now, asked.lang, municipality=asked.municipality
        )
    return table_source.chart(
        asked.resource, asked.package, settings, asked.context, asked.now, asked.lang
    )


def load_asked(view: Mapping[str, Any], asked: Asked, *, range_: str | None = None) -> Chart:
    """The chart of a view as stored or sent, with another range if one is asked for.

    Raises:
        SettingsRefused: as `parse` and `load`.
    """
    settings = parse(view, live=asked.live)
    if range_ is not None and range_ != settings.range:
        settings = parse({**view, "range": range_}, live=asked.live)
    return load(settings, asked)


def check(settings: ChartSettings, asked: Asked) -> None:
    """Whether the chosen series and columns are there and can be drawn so; no value is read.

    Raises:
        SettingsRefused: as `load`.
    """
    if asked.live:
        live_source.check(str(asked.resource["id"]), settings)
    else:
        columns = table_reading.describe(str(asked.resource["id"]), asked.context)
        table_reading.chosen(columns, settings)


def refusal(refused: SettingsRefused) -> Markup:
    """The sentence instead of a chart, in the language of the page."""
    # The sentences are collected where they are raised.
    return element("p", tk._(refused.sentence), class_="empty")


def body(chart: Chart, now: datetime, lang: str, *, embed: bool) -> Markup:
    """Everything below the heading."""
    said = element("p", words.summary(chart, now, lang), class_="measure")
    if chart.kind is Kind.TILE:
        return chart.tile + _notes(chart, lang)
    if chart.kind is Kind.TABLE:
        return said + _tables(chart) + _notes(chart, lang)
    if not chart.has_values:
        # Axes without a value would have numbers that nobody measured.
        return said + _notes(chart, lang)
    shown = said + _figure(chart, now, lang, embed=embed)
    summary = element("summary", tk._("Values as a table"))
    return shown + element("details", summary, _tables(chart), class_="above")


def _figure(chart: Chart, now: datetime, lang: str, *, embed: bool) -> Markup:
    layouts = svg.EMBED if embed else svg.FIGURE
    stream = chart.live.datastream if chart.live else None
    if stream is not None and chart.kind is Kind.LINE and len(chart.lines) == 1:
        # The usual chart of a station, which can also be read value by value.
        series = chart.lines[0].series
        if chart.thresholds:
            address = tk.url_for(
                "suedwest_charts.series", resource_id=stream.resource_id, range=chart.range
            )
            return figure.chart(
                series,
                layouts,
                data_url=address,
                now=now,
                lang=lang,
                ident="view-",
                caption=figure.caption(series, lang),
            )
        caption = figure.caption(series, lang)
        shown = figure.drawings(series, layouts, now=now, lang=lang, ident="view-")
        return element("figure", shown, caption, class_="chart above")
    shown = join(
        drawing.draw(chart, layout, now=now, lang=lang, ident=f"view-{number}-")
        for number, layout in enumerate(layouts)
    )
    caption = element("figcaption", legend(chart, lang), _notes(chart, lang))
    return element("figure", shown, caption, class_="chart above")


def legend(chart: Chart, lang: str) -> Markup:
    """Which sign is which series, with its axis where there are several."""
    texts = words.TEXTS[lang]
    units = drawing.units(chart, lang)
    edges = chart.kind is Kind.BAND
    entries: list[Markup] = []
    for number, line in enumerate(chart.lines):
        unit = words.unit_words(words.bar_unit(chart, line), lang)
        place = units.index(unit)
        name = line.name
        if len(units) > 1 and unit:
            name = f"{name}, {unit}"
        if place:
            name = f"{name} ({texts['right' if place == 1 else 'below']})"
        sign = signs.legend_sign(
            number, bars=chart.kind is Kind.BAR, edges=edges, ident=f"key{number}-"
        )
        entries.append(element("span", sign, name))
    if any(line.drawn(chart.start, chart.end).has_band for line in chart.lines):
        shade = element("rect", class_="bandfill", y=1, width=26, height=10)
        key = element("svg", shade, viewBox="0 0 26 12")
        entries.append(element("span", key, texts["band"]))
    if any(line.series.doubted_count for line in chart.lines) and chart.kind is not Kind.BAR:
        circle = element("circle", class_="doubt", cx=13, cy=6, r=3.5)
        key = element("svg", circle, viewBox="0 0 26 12")
        entries.append(element("span", key, texts["doubted"]))
    return element("p", join(entries), class_="legend")


def _tables(chart: Chart) -> Markup:
    several = len(chart.lines) > 1
    parts: list[Markup] = []
    for line in chart.lines:
        if several:
            parts.append(element("h2", line.name))
        name = f"{tk._('Values as a table')}: {line.name}"
        parts.append(
            element(
                "div", line.table, class_="scroll", tabindex="0", role="region", aria_label=name
            )
        )
    return join(parts)


def _notes(chart: Chart, lang: str) -> Markup:
    told = [*chart.notes]
    if chart.kind not in (Kind.TILE, Kind.TABLE) and chart.has_values and not chart.dates:
        told.insert(0, words.zones(chart.start, chart.end, lang))
    return element("p", " ".join(told), class_="small muted") if told else EMPTY


def picture_layout(chart: Chart, lang: str) -> Layout:
    """The layout of the drawing as a file."""
    return replace(svg.EMBED[0], height=drawing.height(chart, svg.EMBED[0], lang))


def title_of(view: Mapping[str, Any], chart: Chart | None) -> str:
    """What the editor called the view, else what it shows, if it shows anything."""
    title = view.get("title")
    if isinstance(title, str) and title.strip():
        # JSON can hold halves of characters, which no page can.
        return title.encode(errors="replace").decode()
    return chart.title if chart is not None else tk._("Chart")


def assets(chart: Chart) -> Markup:
    """Style and script of the interactive chart, where there is one."""
    return pages.assets() if chart.live else EMPTY
