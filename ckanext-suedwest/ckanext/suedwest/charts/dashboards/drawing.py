"""Tiles as HTML. Whatever is missing is said in the tile's place and leaves the page whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import ckan.plugins.toolkit as tk
from markupsafe import Markup

from ...observations.store_access import read_engine
from ...portal import formats
from ...portal.contributions import list_parts, station_kinds, topic_of
from ...portal.interfaces import PartList
from ...portal.profile import Profile
from ...portal.stations import title
from ...store.query import StationRow, stations
from .. import access, figure, pages, svg, words
from ..embed_page import Source
from ..lists import sources_of
from ..load import load_series
from ..map_view.drawing import marked_stations, station_map
from ..markup import element, join
from ..ranges import RANGES, window_end
from ..state import headline, state_of
from .tiles import (
    ChartTile,
    DatasetsTile,
    ImageTile,
    ListTile,
    MapTile,
    TextTile,
    Tile,
    ValueTile,
)

_MOST_DATASETS = 5


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page's tiles as HTML, with whom to name, and whether a value is replayed or made up."""

    body: Markup
    sources: tuple[Source, ...]
    simulated: bool


@dataclass(frozen=True, slots=True)
class _Place:
    town: Profile
    now: datetime
    lang: str
    ident: str
    lists: Mapping[str, PartList | None]


def draw(tiles: Sequence[Tile | None], town: Profile, now: datetime, lang: str) -> Drawn:
    """All tiles in their order; None stands for one that cannot be read any more."""
    used, lists = _stations(tiles, town, now), _parts(tiles, town, now)
    parts = [
        _tile(tile, _Place(town, now, lang, f"tile-{number}", lists))
        for number, tile in enumerate(tiles, start=1)
    ]
    told = [each for each in lists.values() if each]
    body = element("div", join(parts), class_="dashboard") if parts else _empty_page()
    if any(isinstance(tile, ChartTile) for tile in tiles):
        body += pages.assets()
    return Drawn(
        body,
        tuple(sources_of(told, used)),
        any(each.properties.get("simulated") == "true" for each in used)
        or any(each.simulated for each in told),
    )


def name_of(tile: Tile | None) -> str:
    """What a tile is called: its title, or what it shows."""
    if tile is None:
        return tk._("A tile that cannot be shown")
    if tile.title:
        return tile.title
    if isinstance(tile, ValueTile | ChartTile):
        public = access.by_address(tile.station, tile.datastream)
        return title(public.station) if public else tile.station
    if isinstance(tile, ListTile):
        part = list_parts().get(tile.stations)
        return tk._(part.title if part else tile.stations.capitalize())
    return kind_title(tile.kind)


def kind_title(kind: str) -> str:
    """What staff call a kind of tile."""
    return {
        "value": tk._("Value"),
        "chart": tk._("Chart"),
        "list": tk._("List of stations"),
        "map": tk._("Map of the stations"),
        "text": tk._("Text"),
        "image": tk._("Picture"),
        "datasets": tk._("Datasets"),
    }[kind]


def _empty_page() -> Markup:
    return element("p", tk._("Nothing stands on this page yet."), class_="empty")


def _stations(tiles: Sequence[Tile | None], town: Profile, now: datetime) -> list[StationRow]:
    found: list[StationRow] = []
    for tile in tiles:
        if isinstance(tile, ValueTile | ChartTile):
            public = access.by_address(tile.station, tile.datastream)
            found += [public.station] if public else []
        elif isinstance(tile, ListTile) and tile.stations not in list_parts():
            found += _of_kind(tile, town)
        elif isinstance(tile, MapTile):
            found += [each.station for each in marked_stations(town.name, now)]
    return found


def _parts(
    tiles: Sequence[Tile | None], town: Profile, now: datetime
) -> dict[str, PartList | None]:
    """The parts of topics that tiles list, by name; None where the municipality has nothing."""
    known = list_parts()
    names = {each.stations for each in tiles if isinstance(each, ListTile)} & set(known)
    return {name: known[name].told(town.name, now) for name in sorted(names)}


def _tile(tile: Tile | None, place: _Place) -> Markup:
    if tile is None:
        sentence = tk._("This tile cannot be shown: its settings do not fit any more.")
        return element("section", element("p", sentence, class_="empty"), class_="tile")
    heading = element("h2", name_of(tile)) if _has_heading(tile) else Markup()
    wide = " wide" if tile.width == "full" else ""
    return element("section", heading, _content(tile, place), class_=f"tile{wide}")


def _has_heading(tile: Tile) -> bool:
    return bool(tile.title) or not isinstance(tile, TextTile | ImageTile)


def _content(tile: Tile, place: _Place) -> Markup:
    if isinstance(tile, ValueTile | ChartTile):
        return _series(tile, place)
    if isinstance(tile, MapTile):
        return station_map(place.town, place.now, place.lang, ident=place.ident)
    if isinstance(tile, ListTile):
        return _list(tile, place)
    if isinstance(tile, TextTile):
        return element("div", tk.h.render_markdown(tile.text), class_="measure")
    if isinstance(tile, ImageTile):
        return Markup('<img src="{}" alt="{}">').format(tile.path, tile.alternative)
    if isinstance(tile, DatasetsTile):
        return _datasets(tile, place)
    raise TypeError(tile)


def _series(tile: ValueTile | ChartTile, place: _Place) -> Markup:
    public = access.by_address(tile.station, tile.datastream)
    if public is None:
        sentence = tk._("This station is no longer public, or it does not exist any more.")
        return element("p", sentence, class_="empty")
    station, stream, engine = public.station, public.datastream, read_engine()
    state = state_of(engine, station, stream, place.now)
    first, rest = headline(station, stream, state, place.now, place.lang)
    gap = "" if rest[:1] in (",", ".") else " "
    value = element("p", element("b", first), gap, rest)
    age = formats.live_words(
        state.freshness,
        state.since or stream.latest_time,
        state.live_until,
        place.now,
        place.lang,
    )
    at = formats.moment(stream.latest_time, place.now, place.lang) if stream.latest_time else ""
    fresh = element(
        "p",
        formats.freshness_sign(state.freshness),
        Markup(", ").join(part for part in (age, at) if part),
        class_="fresh",
    )
    more = element(
        "p",
        element(
            "a",
            tk._("More about this station"),
            element("span", f": {title(station)}", class_="visually-hidden"),
            href=tk.h.url_for("suedwest.station", slug=station.slug),
            target="_top",
        ),
    )
    if isinstance(tile, ValueTile):
        return value + fresh + more
    range_ = RANGES[tile.range]
    series = load_series(
        engine, station, stream, range_, window_end(place.now), municipality=place.town.name
    )
    chart = figure.chart(
        series,
        svg.FIGURE if tile.width == "full" else svg.EMBED,
        data_url=tk.url_for(
            "suedwest_charts.series", resource_id=stream.resource_id, range=range_.name
        ),
        now=place.now,
        lang=place.lang,
        ident=f"{place.ident}-",
        caption=figure.caption(series, place.lang),
    )
    said = element("p", words.summary(series, place.now, place.lang), class_="measure")
    return value + fresh + said + chart + more


def _list(tile: ListTile, place: _Place) -> Markup:
    part = place.lists.get(tile.stations)
    if part is not None:
        more = element(
            "a",
            tk._("More on this"),
            element("span", f": {name_of(tile)}", class_="visually-hidden"),
            href=tk.h.url_for(part.endpoint, **part.values),
            target="_top",
        )
        return part.body + element("p", more)
    shown = _of_kind(tile, place.town)
    kind = station_kinds().get(tile.stations) or topic_of(tile.stations)
    if kind is None or not shown:
        return element("p", tk._("There is no station to show."), class_="empty")
    view = kind.table_context(shown, place.now, place.town.name)
    return Markup(tk.render(kind.table_template, {"view": view, "now": place.now}))  # noqa: S704


def _of_kind(tile: ListTile, town: Profile) -> list[StationRow]:
    rows = stations(read_engine(), municipality=town.name)
    topic = station_kinds().get(tile.stations)
    return [row for row in rows if (topic and topic.holds(row.kind)) or row.kind == tile.stations]


def _datasets(tile: DatasetsTile, place: _Place) -> Markup:
    found = tk.get_action("package_search")(
        {"ignore_auth": False, "user": ""},
        {
            "q": tile.words or "*:*",
            "fq": f'dataset_type:dataset +organization:"{place.town.name}"',
            "rows": _MOST_DATASETS,
            "sort": "metadata_modified desc",
        },
    )
    if not found["results"]:
        return element("p", tk._("There is no dataset to show."), class_="empty")
    rows = (
        element(
            "li",
            element(
                "a",
                tk.h.dataset_display_name(package),
                href=tk.h.url_for("dataset.read", id=package["name"]),
                target="_top",
            ),
        )
        for package in found["results"]
    )
    return element("ul", join(rows), class_="rows")
