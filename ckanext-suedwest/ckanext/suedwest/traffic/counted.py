"""Counts as bars: a line between two counts would show what nobody counted."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from ..charts import figure, words
from ..charts.chart_view import live_source, page
from ..charts.chart_view.settings import Bars, ChartSettings, Kind, Per
from ..charts.markup import element
from ..charts.ranges import RANGES
from ..store.query import DatastreamNow
from .rows import language

COUNTS = "count"
"""The unit of a number of passages; a flow is a rate and stays a line."""


def per(range_: str) -> Per:
    """What one bar of a range stands for: an hour of a day, else a day."""
    return Per.HOUR if range_ == "24h" else Per.DAY


def bars(stream: DatastreamNow, range_: str, now: datetime) -> Markup:
    """Heading, links to the ranges, sentence, bars and their table; `stream` is public.

    The bars are of this series alone: its parts are not added to it.
    """
    lang = language()
    ident = f"chart-{stream.name}"
    settings = ChartSettings(kind=Kind.BAR, range=range_, bars=Bars.SUM, per=per(range_))
    chart = live_source.chart(stream.resource_id, settings, now, lang)
    heading = element(
        "div",
        element("h2", words.TEXTS[lang][f"heading-{range_}"]),
        figure.range_links(RANGES[range_], lambda name: f"?range={name}#{ident}", lang),
        class_="section-head",
        id=ident,
    )
    return heading + page.body(chart, now, lang, embed=False) + page.assets(chart)
