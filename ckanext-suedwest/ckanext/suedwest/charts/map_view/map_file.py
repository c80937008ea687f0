"""The map as a picture of its own: what the page around it would say stands on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import ckan.plugins.toolkit as tk
from markupsafe import Markup

from ...portal import formats
from ...portal.profile import Profile
from ...portal.stations import title
from .. import picture, svg
from ..embed_page import Source
from ..markup import element
from .drawing import WIDTH, Marked, draw

# The light ones of the portal's frame.css that maps need beside those of charts.
_COLOURS = {
    **picture.COLOURS,
    "accent-wash": "#dfebf0",
    "level-1": "#f4c430",
    "level-2": "#e8862a",
    "level-3": "#c42b1c",
    "level-4": "#7b2d8b",
    "low": "#7c5e31",
    "digit-dark": "#1b2126",
    "digit-light": "#ffffff",
}
_STYLE = """
.area{fill:var(--accent-wash);stroke:var(--accent);stroke-width:1.25;stroke-linejoin:round}
.cluster{fill:var(--ink)} .count{fill:var(--paper);font-weight:700}
.s1{fill:var(--level-1)} .s2{fill:var(--level-2)} .s3{fill:var(--level-3)} .s4{fill:var(--level-4)}
.outline{stroke:var(--ink);stroke-width:1.5;stroke-linejoin:round}
.digit{font-weight:700;font-size:12px;text-anchor:middle}
.dd{fill:var(--digit-dark)} .dl{fill:var(--digit-light)}
"""
_VARIABLE = re.compile(r"var\(--([a-z0-9-]+)\)")
_SYMBOL = re.compile(r"<symbol.*?</symbol>", re.DOTALL)


def svg_file(
    town: Profile,
    shown: list[Marked],
    now: datetime,
    lang: str,
    *,
    heading: str,
    sources: Sequence[Source],
    address: str,
    simulated: bool,
) -> str:
    """A complete SVG document with the map and every value, each with the time it is from."""
    drawn = draw(town, shown, now, lang)
    drawing = layout = None
    if drawn is not None:
        style = element("style", Markup(_STYLE))  # noqa: S704 (a constant)
        drawing = _coloured(style + _symbols() + drawn.svg)
        layout = replace(svg.EMBED[0], width=WIDTH, height=drawn.height)
    data = "Daten" if lang == "de" else "Data"
    return picture.svg_file(
        heading=f"{heading}, {formats.moment_absolute(now, lang)}",
        told=[_told(each, lang) for each in shown],
        sources=[
            *(["Sandbox"] if simulated else []),
            *(
                f"{data}: {', '.join(filter(None, (each.attribution, each.licence_title)))}"
                for each in sources
            ),
            address,
        ],
        lang=lang,
        drawing=drawing,
        layout=layout,
    )


def _told(one: Marked, lang: str) -> str:
    stream = one.datastream
    if stream.good_result is None or stream.good_time is None:
        return f"{title(one.station)}: {tk._('no value yet')}"
    value = formats.quantity(stream.good_result, stream.unit, lang)
    named = f", {tk._('Class {number}').format(number=one.severity)}" if one.severity else ""
    moment = formats.moment_absolute(stream.good_time, lang)
    return f"{title(one.station)}: {value}{named}, {moment}"


def _symbols() -> Markup:
    """The signs of the pages, which a picture has to bring along."""
    return Markup("").join(
        Markup(each)  # noqa: S704 (a template of our own)
        for each in _SYMBOL.findall(tk.render("suedwest/symbols.html", {}))
    )


def _coloured(drawing: Markup) -> Markup:
    """Not every program that shows SVG knows the colours of a page by name."""

    def colour(found: re.Match[str]) -> str:
        return _COLOURS[found[1]]

    return Markup(_VARIABLE.sub(colour, str(drawing)))  # noqa: S704 (escaped before)
