"""Which series the public may see, asked as a visitor without a login."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context

from ..domain.station import Visibility
from ..domain.units import (
    CHARGING_AVAILABLE,
    PARKING_FREE,
    SHARED_VEHICLES,
    WATER_ELEVATION,
    WATER_LEVEL,
)
from ..observations.store_access import read_engine
from ..portal.stations import KINDS_WITH_PACKAGE, package_id
from ..store.query import (
    DatastreamNow,
    StationRow,
    datastream_by_resource,
    station_by_slug,
)

# Of several series of a station these stand for it, the first before the others.
_FIRST = (
    WATER_LEVEL.name,
    WATER_ELEVATION.name,
    PARKING_FREE.name,
    SHARED_VEHICLES.name,
    CHARGING_AVAILABLE.name,
)


@dataclass(frozen=True, slots=True)
class PublicSeries:
    """A datastream anybody may see, with its station."""

    station: StationRow
    datastream: DatastreamNow


def by_address(slug: str, datastream_name: str) -> PublicSeries | None:
    """The series of a station's page; None when there is none or it is not public."""
    station = station_by_slug(read_engine(), slug)
    return None if station is None else _public(station, datastream_name)


def first_of_station(slug: str) -> PublicSeries | None:
    """The series that stands for a station; None when it has none or is not public."""
    station = station_by_slug(read_engine(), slug)
    if station is None or not station.datastreams:
        return None
    return _public(station, min(station.datastreams, key=_rank).name)


def firsts(stations: Iterable[StationRow]) -> list[PublicSeries]:
    """What stands for each of these stations, in their order; those that have no public series
    are left out. One question for all, however many there are."""
    found = [each for each in stations if each.datastreams]
    packages = {each.id: package_id(each.key) for each in found if each.kind in KINDS_WITH_PACKAGE}
    listed = {
        id_
        for (id_,) in model.Session.query(model.Package.id).filter(
            model.Package.id.in_(packages.values()),
            model.Package.state == model.State.ACTIVE,
            model.Package.private.is_(False),
        )
    }
    return [
        PublicSeries(each, min(each.datastreams, key=_rank))
        for each in found
        if each.id not in packages or packages[each.id] in listed
    ]


def _rank(datastream: DatastreamNow) -> int:
    name = datastream.observed_property
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def by_resource(resource_id: str) -> PublicSeries | None:
    """The series of a live resource; None when there is none or it is not public."""
    datastream = datastream_by_resource(read_engine(), resource_id)
    if datastream is None or datastream.visibility != Visibility.PUBLIC:
        return None
    return by_address(datastream.station_slug, datastream.name)


def _public(station: StationRow, datastream_name: str) -> PublicSeries | None:
    # Internal datastreams are not among those of a station unless asked for.
    found = [each for each in station.datastreams if each.name == datastream_name]
    if not found or not (station.kind not in KINDS_WITH_PACKAGE or _package_is_public(station)):
        return None
    return PublicSeries(station, found[0])


def _package_is_public(station: StationRow) -> bool:
    """Whether the catalogue shows the station: an editor may make it private or delete it."""
    visitor: Context = {"user": "", "auth_user_obj": None, "ignore_auth": False}
    try:
        tk.check_access("package_show", visitor, {"id": package_id(station.key)})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False
    return True
