"""What the portal's own pages show, gathered with few queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.common import current_user

from ..domain.freshness import Freshness, freshness
from ..domain.quality import Quality
from ..observations.rights import administered
from ..observations.store_access import read_engine
from ..store.open_data import months_with_values
from ..store.query import StationRow, station_by_slug, stations
from . import maps
from .contributions import station_kinds, topic_of
from .interfaces import StationKind
from .organizations import profiles
from .profile import Profile
from .stations import KINDS_WITH_PACKAGE, PACKAGE_TYPE, package_id

_NEWEST = 5


@dataclass(frozen=True, slots=True)
class KindPart:
    """One kind of station on a page, with what its templates get as `view`."""

    kind: StationKind
    view: dict[str, Any]
    summary: str
    stations: int


@dataclass(frozen=True, slots=True)
class TownRow:
    """A municipality in the table of all: a sentence per kind, and how its stations do."""

    profile: Profile
    summaries: tuple[str, ...]
    total: int
    late: int
    silent: int


def home(now: datetime) -> dict[str, Any]:
    """Everything the home page shows."""
    everything = stations(read_engine())
    kinds = station_kinds()
    towns = profiles()
    found = tk.get_action("package_search")(
        {}, {"q": "*:*", "fq": "dataset_type:dataset", "rows": 3, "sort": "metadata_created desc"}
    )
    return {
        "now": now,
        "tiles": [
            (kind, kind.tile_context(shown, now))
            for kind in kinds.values()
            if (shown := _of_kind(everything, kind))
        ],
        "kinds": list(kinds.values()),
        "towns": [_town_row(town, everything, kinds, now) for town in towns],
        "map": maps.overview(towns),
        "attributions": _attributions(towns),
        "newest": found["results"],
        "datasets": found["count"],
        "live_stations": len([station for station in everything if station.municipalities]),
        "example": _example(everything),
    }


def municipality(profile: Profile, now: datetime) -> dict[str, Any]:
    """Everything the page of a municipality shows beside its datasets."""
    shown = stations(read_engine(), municipality=profile.name)
    parts = [
        KindPart(
            kind,
            kind.table_context(own, now, profile.name),
            kind.summary(own, now, profile.name),
            len(own),
        )
        for kind in station_kinds().values()
        if (own := _of_kind(shown, kind)) or (kind.has_more and kind.has_more(profile.name))
    ]
    return {
        "now": now,
        "parts": parts,
        # What is no dataset of its own has a map on the page of its topic.
        "map": maps.municipality_map(
            profile, [each for each in shown if each.kind in KINDS_WITH_PACKAGE]
        ),
    }


def newest_datasets(name: str) -> dict[str, Any]:
    """Count and newest datasets of a municipality, stations left out."""
    return tk.get_action("package_search")(
        {},
        {
            "q": "*:*",
            "fq": f'dataset_type:dataset +organization:"{name}"',
            "rows": _NEWEST,
            "sort": "metadata_modified desc",
        },
    )


def station(slug: str, now: datetime) -> dict[str, Any] | None:
    """Everything the page of a station shows; None when there is no such station."""
    row = station_by_slug(read_engine(), slug)
    kind = topic_of(row.kind) if row else None
    if row is None or kind is None:
        return None
    try:
        package = tk.get_action("package_show")({}, {"id": package_id(row.key)})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        package = {"type": PACKAGE_TYPE, "name": row.slug, "resources": []}
    return {
        "now": now,
        "station": row,
        "package": package,
        "kind": kind,
        "towns": [town for town in profiles() if town.name in dict(row.municipalities)],
        "view": kind.page_context(row, package, now),
        "staff_of": _staff_of(row),
    }


def _staff_of(row: StationRow) -> str | None:
    """The municipality in whose name the person who asks may say something of a station."""
    shown = dict(row.municipalities)
    return next((each.name for each in administered(current_user.name) if each.name in shown), None)


def newest_time() -> datetime | None:
    """The newest time any public value speaks of."""
    times = [
        stream.latest_time
        for row in stations(read_engine())
        for stream in row.datastreams
        if stream.latest_time
    ]
    return max(times, default=None)


def interfaces() -> dict[str, Any]:
    """What the addresses that show programmers how to ask are made of: a series with values.

    `example` is its resource, `month` the newest one that has a file; nothing without values.
    """
    engine = read_engine()
    for row in stations(engine):
        for stream in row.datastreams:
            if row.municipalities and stream.latest_time:
                ((month, _changed), *_older) = months_with_values(engine, [stream.datastream_id])
                return {
                    "example": stream.resource_id,
                    "station": row.slug,
                    "kind": row.kind,
                    "municipality": row.municipalities[0][0],
                    "month": f"{month:%Y-%m}",
                }
    return {}


def _of_kind(rows: list[StationRow], kind: StationKind) -> list[StationRow]:
    return [row for row in rows if kind.holds(row.kind) and row.municipalities]


def _town_row(
    town: Profile, everything: list[StationRow], kinds: dict[str, StationKind], now: datetime
) -> TownRow:
    shown = [row for row in everything if town.name in dict(row.municipalities)]
    states = [state for row in shown if (state := _state(row, now))]
    return TownRow(
        profile=town,
        summaries=tuple(
            kind.summary(own, now, town.name)
            if (own := _of_kind(shown, kind)) or (kind.has_more and kind.has_more(town.name))
            else ""
            for kind in kinds.values()
        ),
        total=len(states),
        late=sum(state is Freshness.LATE for state in states),
        silent=sum(state in (Freshness.SILENT, Freshness.OUT_OF_SERVICE) for state in states),
    )


def _state(row: StationRow, now: datetime) -> Freshness | None:
    """How a station's first datastream does; None when it has none."""
    if not row.datastreams:
        return None
    stream = row.datastreams[0]
    quality = None if stream.latest_quality is None else Quality(stream.latest_quality)
    return freshness(
        row.kind,
        stream.interval,
        stream.latest_time,
        quality,
        out_of_service=stream.out_of_service,
        now=now,
    )


def _attributions(towns: Sequence[Profile]) -> list[str]:
    found = [town.boundary_attribution for town in towns if town.boundary_attribution]
    return list(dict.fromkeys(found))


def _example(rows: list[StationRow]) -> str | None:
    streams = [stream for row in rows for stream in row.datastreams if stream.latest_time]
    return streams[0].resource_id if streams else None
