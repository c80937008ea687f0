"""What the embedded chart, the resource view and the station page show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from markupsafe import Markup

from ..domain.freshness import Freshness
from ..observations.store_access import read_engine
from ..portal import formats
from ..portal.contributions import topic_of
from ..portal.organizations import Profile, profile
from ..portal.stations import title
from ..store.query import DatastreamNow, StationRow
from . import figure, svg, words
from .access import PublicSeries
from .embed_code import snippet
from .embed_page import Source
from .load import load_series
from .markup import element
from .oembed import Embeddable
from .ranges import Range, window_end
from .series import Series
from .state import State, headline, state_of

_SIGNS = {
    Freshness.LIVE: "f-live",
    Freshness.LATE: "f-late",
    Freshness.SILENT: "f-silent",
    Freshness.IMPLAUSIBLE: "f-implausible",
    Freshness.OUT_OF_SERVICE: "f-out",
}


def station_figure(
    station: StationRow, datastream: DatastreamNow, range_: Range, now: datetime, lang: str
) -> Markup:
    """Heading, links to the ranges, sentence, drawings, legend, note: a part of a page."""
    series = load_series(read_engine(), station, datastream, range_, now)
    ident = f"chart-{datastream.name}"
    heading = element(
        "div",
        element("h2", words.TEXTS[lang][f"heading-{range_.name}"]),
        figure.range_links(range_, lambda name: f"?range={name}#{ident}", lang),
        class_="section-head",
        id=ident,
    )
    sentence = element("p", words.summary(series, now, lang), class_="measure")
    return (
        heading + sentence + _figure(series, datastream, range_, now, lang, embed=False) + assets()
    )


def assets() -> Markup:
    """Style and script of the interactive chart; the page is complete without them."""
    style, script = (
        tk.h.url_for_static(f"/suedwest-charts/build/{name}") for name in ("chart.css", "chart.js")
    )
    return Markup(
        '<link rel="stylesheet" href="{}"><script type="module" src="{}"></script>'
    ).format(style, script)


def embedded_chart(
    public: PublicSeries, range_: Range, municipality: Profile | None, now: datetime, lang: str
) -> Markup:
    """The middle of the page for the `<iframe>`: sentence, age, drawing."""
    station, datastream = public.station, public.datastream
    engine = read_engine()
    series = load_series(
        engine,
        station,
        datastream,
        range_,
        window_end(now),
        municipality=municipality.name if municipality else None,
    )
    said = value_told(station, datastream, now, lang)
    shown = {
        **said,
        "summary": words.summary(series, now, lang),
        "figure": _figure(series, datastream, range_, now, lang, embed=True),
    }
    return tk.literal(tk.render("suedwest_charts/embed_chart.html", shown))


def embedded_value(public: PublicSeries, now: datetime, lang: str) -> Markup:
    """The middle of a small page for the `<iframe>`: sentence and age without a drawing."""
    said = value_told(public.station, public.datastream, now, lang)
    return tk.literal(tk.render("suedwest_charts/embed_value.html", said))


def series_title(public: PublicSeries, lang: str) -> str:
    """`Wasserstand Rhein bei Andernach`"""
    name = words.property_name(public.datastream.observed_property, lang)
    return f"{name} {title(public.station)}"


def source_of(station: StationRow) -> Source:
    """Who to name beside values of a station."""
    licence = station.licence
    return Source(
        licence.get("attribution") or station.operator["name"],
        licence.get("title") or "",
        licence.get("url") or None,
    )


def value_told(
    station: StationRow, datastream: DatastreamNow, now: datetime, lang: str
) -> dict[str, Any]:
    """The newest value in a sentence, with its age and the sign of its freshness."""
    state = state_of(read_engine(), station, datastream, now)
    first, sentence = headline(station, datastream, state, now, lang)
    kind = topic_of(station.kind)
    if kind is not None and state.freshness in (Freshness.LIVE, Freshness.LATE):
        sentence = f"{sentence} {kind.meaning(station, datastream, now, lang)}".rstrip()
    return {
        "first": first,
        "sentence": sentence,
        "fresh": _freshness_line(datastream, state, now, lang),
        "sign": _SIGNS[state.freshness],
    }


def embeddable_chart(public: PublicSeries, lang: str) -> Embeddable:
    """The chart as oEmbed and the code to copy offer it."""
    return Embeddable(series_title(public, lang), "suedwest_charts.embed", _place(public), 480)


def embeddable_value(public: PublicSeries, lang: str) -> Embeddable:
    """The newest value as oEmbed offers it."""
    return Embeddable(
        series_title(public, lang), "suedwest_charts.embed_value", _place(public), 240
    )


def embed_code(station: StationRow, datastream: DatastreamNow, lang: str) -> str:
    """The HTML to copy; it asks nothing of the page it is put into."""
    offered = embeddable_chart(PublicSeries(station, datastream), lang)
    address = tk.h.url_for(offered.endpoint, **offered.values, _external=True)
    return snippet(address, offered.title, height=offered.height)


def _place(public: PublicSeries) -> dict[str, str]:
    return {"slug": public.station.slug, "datastream": public.datastream.name}


def embedders(station: StationRow) -> list[str]:
    """Hosts of all municipalities that show the station, sorted; they may frame its charts."""
    towns = (profile(name) for name, _relation in station.municipalities)
    return sorted({host for town in towns if town for host in town.embed_hosts})


def chosen_municipality(station: StationRow, asked: str | None) -> Profile | None:
    """The municipality whose colour and action levels are shown: the asked one if it shows the
    station, else the only one that does."""
    names = [name for name, _relation in station.municipalities]
    if asked in names:
        return profile(str(asked))
    return profile(names[0]) if len(names) == 1 else None


def _figure(
    series: Series,
    datastream: DatastreamNow,
    range_: Range,
    now: datetime,
    lang: str,
    *,
    embed: bool,
) -> Markup:
    return figure.chart(
        series,
        svg.EMBED if embed else svg.FIGURE,
        data_url=tk.url_for(
            "suedwest_charts.series", resource_id=datastream.resource_id, range=range_.name
        ),
        now=now,
        lang=lang,
        ident=f"{datastream.name}-",
        caption=None if embed else figure.caption(series, lang),
    )


def _freshness_line(datastream: DatastreamNow, state: State, now: datetime, lang: str) -> Markup:
    """Age in words, set off, with the clock time; a script keeps the age up to date."""
    freshness = state.freshness
    if freshness is Freshness.OUT_OF_SERVICE:
        words = formats.freshness_words(freshness, state.since, now, lang)
        return element("b", words[0].upper() + words[1:])
    time = datastream.latest_time
    age = formats.freshness_words(freshness, time, now, lang)
    if time is None:
        return element("b", age)
    measured = "Gemessen " if lang == "de" else "Measured "
    current = freshness in (Freshness.LIVE, Freshness.LATE)
    if current and now - time < timedelta(hours=12):
        at = "um" if lang == "de" else "at"
        told = measured + age if freshness is Freshness.LIVE else age[0].upper() + age[1:]
        clock = f", {at} {formats.clock(time, lang, zone=True)}"
    else:
        told, clock = age[0].upper() + age[1:], ""
    marked = element(
        "time",
        told,
        datetime=formats.iso(time),
        # Only what is told as an age goes on while the page is open.
        data_age=measured if freshness is Freshness.LIVE and clock else None,
        data_live_until=formats.iso(state.live_until)
        if freshness is Freshness.LIVE and state.live_until
        else None,
    )
    return element("b", marked) + clock
