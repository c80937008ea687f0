"""GBFS 2.x and 3.0: the files `station_information`, `station_status`, `vehicle_status` (in 2.x
`free_bike_status`); each file is a payload of its own.

Vehicles that stand anywhere are only counted, in zones that the options draw: neither their ids nor
their places are read into anything that is kept. A count of one or two is not told, and no total
is, from which it could be reckoned. Discovery and what describes the system say nothing of
availability and are refused with that reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from math import cos, radians

from ...domain.errors import PayloadRefused
from ...domain.privacy import DEFAULT_RULE
from ...domain.time import TimeRefused
from ...domain.units import FREE_DOCKS, SHARED_VEHICLES, SHARING_CAPACITY
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, load_json
from ..local_time import TimeOptions, read_instant
from ..options import read_options
from .parking import count, degrees
from .sites import Site, SiteOptions, Sites

STREAMS = {
    "vehicles": SHARED_VEHICLES,
    "docks": FREE_DOCKS,
    "capacity": SHARING_CAPACITY,
}
SMALLEST_ZONE_METRES = 500.0
"""Each side of a zone: in a smaller one a count would be the place of a vehicle."""
_METRES_A_DEGREE = 111_320.0
_EPOCH, _ISO = TimeOptions(format="epoch"), TimeOptions()
_SAYS_NOTHING = {
    "feeds": "this is the list of the system's files; read station_status and others it names",
    "datasets": "this is a list of systems (manifest), not one of stations",
    "vehicle_types": "kinds of vehicles say nothing of what is available",
    "system_id": "the description of a system says nothing of what is available",
    "regions": "regions say nothing of what is available",
    "plans": "prices say nothing of what is available",
    "alerts": "alerts are not read",
    "geofencing_zones": "zones where one may ride say nothing of what is available",
    "versions": "this is a list of versions, not one of stations",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Where vehicles are counted together: a box in degrees (WGS 84), and what it is called."""

    name: str
    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not (-180 <= self.west < self.east <= 180 and -90 <= self.south < self.north <= 90):
            raise ValueError("a zone goes from west to east and from south to north, in degrees")
        width = (self.east - self.west) * _METRES_A_DEGREE * cos(radians(self.north))
        height = (self.north - self.south) * _METRES_A_DEGREE
        if min(width, height) < SMALLEST_ZONE_METRES:
            raise ValueError(f"a zone measures at least {SMALLEST_ZONE_METRES:g} m each way")

    def holds(self, longitude: float, latitude: float) -> bool:
        """Whether a place lies in it; its east and north edges are the neighbours'."""
        return self.west <= longitude < self.east and self.south <= latitude < self.north

    def meets(self, other: Zone) -> bool:
        """Whether some place lies in both."""
        return max(self.west, other.west) < min(self.east, other.east) and (
            max(self.south, other.south) < min(self.north, other.north)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GbfsOptions(SiteOptions):
    """The options of this connector.

    Attributes:
        zones: by the id of each, where vehicles outside stations are counted; they do not
            overlap, for the difference of two would be a smaller one.
    """

    zones: Mapping[str, Zone] = field(default_factory=dict[str, Zone])

    def __post_init__(self) -> None:
        for (first, one), (second, other) in combinations(self.zones.items(), 2):
            if one.meets(other):
                raise ValueError(f"the zones {first} and {second} overlap")


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one file.

    Raises:
        PayloadRefused: no GBFS, a file that says nothing of availability, or without a time.
        OptionsRefused: the options are faulty.
    """
    options = read_options(GbfsOptions, context.options)
    sites = Sites("sharing", STREAMS, "gbfs", context, options)
    document = as_object(load_json(payload)) or {}
    data = as_object(document.get("data"))
    if data is None:
        raise PayloadRefused("the reply has no data, so it is no file of GBFS")
    vehicles = as_list(data.get("vehicles", data.get("bikes")))
    stations = as_list(data.get("stations"))
    if stations is None and vehicles is None:
        raise PayloadRefused(_why_not(data))
    try:
        time = _instant(document.get("last_updated"))
    except TimeRefused as error:
        raise PayloadRefused(f"last_updated: {error}") from None
    for position, entry in enumerate(stations or [], start=1):
        try:
            fields = as_object(entry)
            if fields is None:
                raise FieldRefused("it is not an object")
            sites.add(_station(fields, time))
        except (FieldRefused, TimeRefused) as error:
            sites.refuse(f"station {position}", error)
    if vehicles is not None:
        _count_vehicles(sites, vehicles, options.zones, time)
    return sites.decoded


def _why_not(data: dict[str, object]) -> str:
    for name, reason in _SAYS_NOTHING.items():
        if name in data:
            return reason
    by_language = [as_object(entry) or {} for entry in data.values()]
    if by_language and all("feeds" in entry for entry in by_language):
        return _SAYS_NOTHING["feeds"]
    return "the reply has neither stations nor vehicles"


def _instant(written: object) -> datetime:
    """Seconds since 1970 in version 2, text with an offset in version 3."""
    return read_instant(written, _ISO if isinstance(written, str) else _EPOCH)


def _station(fields: dict[str, object], time: datetime) -> Site:
    """One station of either file; which it is, its fields tell."""
    longitude, latitude = degrees(fields.get("lon"), fields.get("lat"))
    reported = fields.get("last_reported")
    vehicles = fields.get("num_vehicles_available", fields.get("num_bikes_available"))
    counts = {
        "vehicles": count(vehicles, "the number of vehicles"),
        "docks": count(fields.get("num_docks_available"), "num_docks_available"),
        "capacity": count(fields.get("capacity"), "capacity"),
    }
    # A station that does not rent or take back has nothing to offer, whatever it counts.
    if fields.get("is_renting") is False or fields.get("is_installed") is False:
        counts["vehicles"] = None
    if fields.get("is_returning") is False or fields.get("is_installed") is False:
        counts["docks"] = None
    return Site(
        identifier=fields.get("station_id"),
        name=_localised(fields.get("name")),
        longitude=longitude,
        latitude=latitude,
        counts=counts,
        time=time if reported is None else _instant(reported),
    )


def _localised(written: object) -> str | None:
    """A text, in version 3 one of several languages: the German one, else the first.

    Raises:
        FieldRefused: it is neither.
    """
    if written is None or isinstance(written, str):
        return written
    texts: dict[str, str] = {}
    for entry in as_list(written) or []:
        fields = as_object(entry) or {}
        text, language = fields.get("text"), fields.get("language")
        if isinstance(text, str) and isinstance(language, str):
            texts.setdefault(language.partition("-")[0].casefold(), text)
    if not texts:
        raise FieldRefused("the name is no text in any language")
    return texts.get("de", next(iter(texts.values())))


def _count_vehicles(
    sites: Sites, vehicles: list[object], zones: Mapping[str, Zone], time: datetime
) -> None:
    if not zones:
        raise PayloadRefused(
            "vehicles outside stations are only counted in zones, and the option zones has none"
        )
    counted = dict.fromkeys(zones, 0)
    for position, entry in enumerate(vehicles, start=1):
        fields = as_object(entry) or {}
        # One at a station is in the station's number already.
        taken = fields.get("is_reserved") is True or fields.get("is_disabled") is True
        if taken or fields.get("station_id") is not None:
            continue
        try:
            longitude, latitude = degrees(fields.get("lon"), fields.get("lat"))
        except FieldRefused as error:
            sites.refuse(f"vehicle {position}", error)
            continue
        if longitude is None or latitude is None:
            continue
        for name, zone in zones.items():
            counted[name] += zone.holds(longitude, latitude)
    for name, number in counted.items():
        hidden = 0 < number < DEFAULT_RULE.smallest_cell
        try:
            sites.add(
                Site(
                    identifier=name,
                    name=zones[name].name,
                    longitude=(zones[name].west + zones[name].east) / 2,
                    latitude=(zones[name].south + zones[name].north) / 2,
                    counts={"vehicles": number},
                    time=None if hidden else time,
                )
            )
        except FieldRefused as error:
            sites.refuse(f"zone {name}", error)
