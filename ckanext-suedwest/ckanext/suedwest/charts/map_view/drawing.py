"""Stations of a municipality on its own boundary: signs, and the list that says the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import ckan.plugins.toolkit as tk
from markupsafe import Markup

from ...domain.freshness import Freshness
from ...domain.threshold import Direction
from ...observations.store_access import read_engine
from ...portal import formats, maps
from ...portal.contributions import topic_of
from ...portal.profile import Profile
from ...portal.stations import title
from ...store.query import DatastreamNow, StationRow, ThresholdRow, stations, thresholds_of
from .. import access
from ..markup import EMPTY, element, join
from ..state import State, state_without_trend
from .clusters import Cluster, clusters

WIDTH = 640.0
# Drawn twice, so that signs and texts keep their size on a telephone; the styles choose.
_LAYOUTS = (("wide", WIDTH), ("narrow", 328.0))
_SIGN = 24.0
_APART = 30.0
_CURRENT = (Freshness.LIVE, Freshness.LATE)


@dataclass(frozen=True, slots=True)
class Marked:
    """A public station with its newest value; `severity` is the highest class it has reached."""

    station: StationRow
    datastream: DatastreamNow
    state: State
    severity: int | None

    @property
    def sign(self) -> str:
        """The symbol: a class by its shape, a broken square where no value speaks of now."""
        if self.state.freshness not in _CURRENT:
            return "none"
        return f"l{self.severity if self.severity in (1, 2, 3, 4) else 0}"


def marked_stations(
    municipality: str, now: datetime, kinds: Collection[str] | None = None
) -> list[Marked]:
    """The stations a municipality shows that anybody may see; of some kinds, or of all."""
    engine = read_engine()
    rows = stations(engine, municipality=municipality)
    shown = access.firsts(row for row in rows if kinds is None or row.kind in kinds)
    levels = thresholds_of(engine, [each.datastream.datastream_id for each in shown])
    found: list[Marked] = []
    for public in shown:
        stream = public.datastream
        state = state_without_trend(public.station, stream, now)
        current = state.freshness in _CURRENT
        severity = _severity(stream, levels[stream.datastream_id]) if current else None
        found.append(Marked(public.station, stream, state, severity))
    return found


def station_map(
    town: Profile,
    now: datetime,
    lang: str,
    *,
    ident: str,
    kinds: Collection[str] | None = None,
) -> Markup:
    """Map and list of stations of these kinds, or of all; `ident` begins the ids of this one, of
    which a page may hold several."""
    found = marked_stations(town.name, now, kinds)
    if not found:
        return element("p", tk._("There is no station to show on the map."), class_="empty")
    return _drawings(town, found, now, lang, ident) + _list(found, now, lang, ident)


def value_words(one: Marked, now: datetime, lang: str) -> str:
    """`4,31 m, vor 6 Minuten`; what is old or doubted is told as the last value."""
    stream, state = one.datastream, one.state
    topic = topic_of(one.station.kind) if stream.unit in formats.COUNTED else None
    # A number of things says nothing without what is counted, and of how many.
    if topic and (said := topic.meaning(one.station, stream, now, lang)):
        return said.removesuffix(".")
    age = formats.freshness_words(
        state.freshness,
        state.since if state.freshness is Freshness.OUT_OF_SERVICE else stream.latest_time,
        now,
        lang,
    )
    if stream.good_result is None or stream.good_time is None:
        # A doubted value is there; it is not told.
        doubted = state.freshness is Freshness.IMPLAUSIBLE
        none = tk._("no value") if doubted else tk._("no value yet")
        return f"{none}, {age}" if age else none
    value = formats.quantity(stream.good_result, stream.unit, lang)
    if state.freshness in _CURRENT:
        named = tk._("Class {number}").format(number=one.severity) if one.severity else ""
        return ", ".join(part for part in (value, named, age) if part)
    moment = formats.moment(stream.good_time, now, lang)
    last = tk._("last {value} {moment}").format(value=value, moment=moment)
    return f"{age}, {last}"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map as `<svg>`, with its height in the units of its width."""

    svg: Markup
    height: float


def draw(
    town: Profile,
    found: list[Marked],
    now: datetime,
    lang: str,
    *,
    width: float = WIDTH,
    css: str | None = None,
    list_id: str | None = None,
) -> Drawing | None:
    """The map alone; its signs are links only with `list_id`, the id of the list on the page.

    None where nobody knows the boundary.
    """
    short = width < WIDTH
    texts = {each.station.slug: _text(each, lang, short=short) for each in found}
    view = maps.municipality_map(
        town, [each.station for each in found], width, pin=_SIGN / 2, texts=texts
    )
    if view is None:
        return None
    by_slug = {each.station.slug: each for each in found}
    pins = [by_slug[pin.slug] for pin in view.pins]
    joined = clusters([(pin.x, pin.y) for pin in view.pins], _APART)
    alone = [each.members[0] for each in joined if len(each.members) == 1]
    labels = [label for each in alone if (label := view.pins[each].label)]
    areas = (element("path", class_="area", d=area.path) for area in view.areas)
    names = (
        element("text", each.text, x=each.x, y=each.y, text_anchor=each.anchor, class_="halo")
        for each in labels
    )
    signs = (
        _sign(pins[each.members[0]], each, now, lang, linked=list_id is not None)
        if len(each.members) == 1
        else _number(each, list_id)
        for each in joined
    )
    svg = element(
        "svg",
        *areas,
        *names,
        *signs,
        class_=css,
        viewBox=f"0 0 {view.width:.1f} {view.height:.1f}",
        role="group",
        aria_label=tk._("Map of {municipality} with its stations").format(municipality=town.title),
    )
    return Drawing(svg, view.height)


def _drawings(town: Profile, found: list[Marked], now: datetime, lang: str, ident: str) -> Markup:
    drawn = [
        draw(town, found, now, lang, width=width, css=css, list_id=f"{ident}-list")
        for css, width in _LAYOUTS
    ]
    svgs = [each.svg for each in drawn if each is not None]
    return element("div", *svgs, class_="map station-map") if svgs else EMPTY


def _text(one: Marked, lang: str, *, short: bool) -> str:
    """What stands beside the sign: name and value of now, where it is short the value alone."""
    stream = one.datastream
    value = ""
    # A number of things says nothing without what is counted.
    if one.state.freshness in _CURRENT and stream.unit not in formats.COUNTED:
        value = (
            ""
            if stream.good_result is None
            else formats.quantity(stream.good_result, stream.unit, lang)
        )
    return value if short else f"{one.station.name} {value}".rstrip()


def _sign(one: Marked, place: Cluster, now: datetime, lang: str, *, linked: bool) -> Markup:
    said = f"{title(one.station)}: {value_words(one, now, lang)}"
    half = _SIGN / 2
    # The whole place can be hit, not only the lines of the sign.
    target = element("circle", cx=place.x, cy=place.y, r=half, fill="none", pointer_events="all")
    shapes = element(
        "use", href=f"#{one.sign}", x=place.x - half, y=place.y - half, width=_SIGN, height=_SIGN
    )
    if one.state.freshness is Freshness.LATE:
        shapes += element(
            "use", href="#f-late", x=place.x + 4, y=place.y + 4, width=half, height=half
        )
    parts = (element("title", said), target, shapes)
    if not linked:
        return element("g", *parts)
    address = tk.h.url_for("suedwest.station", slug=one.station.slug)
    return element("a", *parts, href=address, target="_top", aria_label=said)


def _number(place: Cluster, list_id: str | None) -> Markup:
    count = len(place.members)
    parts = (
        element("circle", class_="cluster", cx=place.x, cy=place.y, r=_SIGN / 2 + 2),
        element("text", str(count), x=place.x, y=place.y + 5, text_anchor="middle", class_="count"),
    )
    if list_id is None:
        return element("g", *parts)
    said = tk._("{number} stations close together: to the list").format(number=count)
    return element("a", element("title", said), *parts, href=f"#{list_id}", aria_label=said)


def _list(found: list[Marked], now: datetime, lang: str, ident: str) -> Markup:
    rows = (
        element(
            "li",
            Markup('<svg class="sym" aria-hidden="true"><use href="#{}"/></svg> ').format(one.sign),
            element(
                "a",
                title(one.station),
                href=tk.h.url_for("suedwest.station", slug=one.station.slug),
                target="_top",
            ),
            f": {value_words(one, now, lang)} ",
            formats.freshness_sign(one.state.freshness),
        )
        for one in found
    )
    return element("ul", join(rows), class_="rows above", id=f"{ident}-list")


def _severity(stream: DatastreamNow, levels: Sequence[ThresholdRow]) -> int | None:
    """The highest class among the levels that the newest good value has reached."""
    value = stream.good_result
    if value is None:
        return None
    reached = (
        each.severity
        for each in levels
        if each.severity and each.direction == Direction.ABOVE and value >= each.level
    )
    return max(reached, default=None)
