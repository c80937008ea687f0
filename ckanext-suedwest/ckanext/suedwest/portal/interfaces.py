"""What the topics (water, charts) give to the portal, which knows none of them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ckan.plugins.interfaces import Interface

if TYPE_CHECKING:
    from markupsafe import Markup

    from ..store.query import DatastreamNow, StationRow


def N_(msgid: str) -> str:  # noqa: N802 - the name that tools which collect texts know
    """Mark a text that is translated where it is shown."""
    return msgid


@dataclass(frozen=True, slots=True)
class StationList:
    """A list of stations to be framed: `body` has its own `<h1>`, and stands alone.

    `sources` are attributions, `endpoint` with `values` is the page of the portal that tells more.
    """

    title: str
    body: Markup
    sources: tuple[str, ...]
    simulated: bool
    endpoint: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class PartList:
    """One of the lists of a topic: `body` is HTML without a heading.

    `stations` are those whose newest values it tells; `table` is what else it tells, the names of
    the columns first. `sources`, `endpoint` and `values` as in `StationList`.
    """

    body: Markup
    sources: tuple[str, ...]
    simulated: bool
    endpoint: str
    values: dict[str, str]
    stations: tuple[StationRow, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ListPart:
    """A list of a topic that stands by itself: a tile of a dashboard, a frame on other sites.

    `name` is unique among parts and topics, and the first word of the frame's address; `title` is
    an English msgid. `told` makes the list of a municipality (its slug), in the language of the
    request; None where there is nothing of it.
    """

    name: str
    title: str
    told: Callable[[str, datetime], PartList | None]


@dataclass(frozen=True, slots=True)
class StationKind:
    """Everything the pages need to know of one topic, most often one kind of station.

    Every `*_context` makes the value that its template finds as `view`. `now` is the aware UTC
    instant of the answer, so that a page has one clock.
    """

    name: str
    """As the store writes it, `water`, unless `kinds` tells several."""
    prefix: str
    """First word of its address among embedded lists, `pegel`."""
    list_url_endpoint: str
    """Flask endpoint of the list of all stations of this kind."""
    list_url_title: str
    """What a link to it says, an English msgid."""
    page_template: str
    """Body of the station page; gets `station`, `package`, `now` and `view`."""
    page_context: Callable[[StationRow, dict[str, Any], datetime], dict[str, Any]]
    table_template: str
    """Table on the page of a municipality."""
    table_context: Callable[[list[StationRow], datetime, str | None], dict[str, Any]]
    """From the stations, now, and the municipality's slug (None: of all)."""
    tile_template: str
    """Column of the home page."""
    tile_context: Callable[[list[StationRow], datetime], dict[str, Any]]
    found_template: str
    """Short list above the datasets that a search has found."""
    found_context: Callable[[list[StationRow], datetime], dict[str, Any]]
    """From the stations found, the best first."""
    summary: Callable[[list[StationRow], datetime, str], str]
    """One sentence of plain text on the state of these stations, from the municipality's view."""
    meaning: Callable[[StationRow, DatastreamNow, datetime, str], str]
    """One sentence on what the newest value of a datastream means, in `de` or `en`; or nothing."""
    list_embed: Callable[[str, datetime], StationList | None] | None = None
    """The stations of a municipality (its slug) for other sites, in the language of the request;
    None for a municipality that does not exist."""
    kinds: frozenset[str] = frozenset()
    """The store's kinds of stations when it stands for several."""
    has_more: Callable[[str], bool] | None = None
    """Whether there is something to tell of a municipality (its slug) that is no station."""
    parts: tuple[ListPart, ...] = ()
    """Its lists that stand by themselves."""

    def holds(self, kind: str) -> bool:
        """Whether a station of this kind of the store belongs to it."""
        return kind in self.kinds if self.kinds else kind == self.name


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An address whose answer is also kept as a file, for the time without a web server.

    `address` is path and query of the German answer; `languages` says whether `/en` in front of it
    is kept too. `file` is where the answer lies below the folder of files, with a suffix that
    names its type. `stations` are the ids of the stations it shows: it is made anew when one of
    them changes, and when `version` does, which stands for everything else it shows.
    """

    address: str
    file: str
    stations: frozenset[int]
    languages: bool = True
    version: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """One area of a municipality's staff pages; `title` is an English msgid."""

    name: str
    title: str
    endpoint: str


class IStaffTab(Interface):
    """A plugin with staff pages of its own, on a blueprint that `area.guarded` has guarded."""

    def staff_tab(self) -> Tab:
        """What leads to them from all other staff pages."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class FileFault:
    """What is wrong in a part of a municipality's file; `path` leads to it from that part."""

    path: tuple[str | int, ...]
    message: str


class IFilePages(Interface):
    """The plugin that makes the pages of tiles a municipality's file describes (`dashboards`)."""

    def page_faults(self, pages: Sequence[Mapping[str, Any]]) -> Iterable[FileFault]:
        """Everything that is wrong with them, beyond what the schema finds."""
        raise NotImplementedError

    def load_pages(self, municipality: str, pages: Sequence[Mapping[str, Any]]) -> list[str]:
        """Bring them to what the file says, and give the names of those that staff changed or
        deleted and that are therefore left alone."""
        raise NotImplementedError


class ISnapshots(Interface):
    """A plugin with addresses that are kept as files."""

    def snapshots(
        self, stations: Sequence[StationRow], municipalities: Sequence[str]
    ) -> Iterable[Snapshot]:
        """What to keep of these public stations and municipalities (their slugs)."""
        raise NotImplementedError


class IStationKind(Interface):
    """A plugin that contributes a kind of station."""

    def station_kind(self) -> StationKind:
        """The kind this plugin stands for."""
        raise NotImplementedError


class IStationChart(Interface):
    """The plugin that draws series."""

    def station_chart(
        self, station: StationRow, datastream: DatastreamNow, range_: str, now: datetime
    ) -> Markup:
        """A complete figure: sentence, drawing, legend and links to the other ranges.

        `range_` is `24h`, `7d`, `30d` or `1y`.
        """
        raise NotImplementedError

    def embed_code(self, station: StationRow, datastream: DatastreamNow) -> str:
        """The `<iframe>` a municipality copies into its own site, as plain text."""
        raise NotImplementedError
