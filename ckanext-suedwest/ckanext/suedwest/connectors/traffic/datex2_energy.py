"""DATEX II 3.5 and later as JSON: charging by the European profile (AFIR), tables and states.

A point stands within its station and its site; what is told is the site's. A message of changes
(`deltaPull`, `deltaPush`) names only points that changed: its numbers are parts, without a total,
and flagged as suspect. The device's option `points` (how many points the site has) tells when
such a message is complete nevertheless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...domain.errors import PayloadRefused
from ...domain.quality import Quality
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, load_json
from ..local_time import TimeOptions, read_instant
from ..options import read_options
from .charging import SMALLEST_SITE, STREAMS, PointState, site_counts
from .parking import degrees
from .sites import Site, SiteOptions, Sites, identifier_text

_TIME = TimeOptions()
_TABLE = "aegiEnergyInfrastructureTablePublication"
_SITE = "energyInfrastructureSite"
_STATUS = "aegiEnergyInfrastructureStatusPublication"
_STATES = {
    "available": PointState.AVAILABLE,
    "blocked": PointState.OCCUPIED,
    "charging": PointState.OCCUPIED,
    "occupied": PointState.OCCUPIED,
    "reserved": PointState.OCCUPIED,
    "faulted": PointState.OUT_OF_SERVICE,
    "inoperative": PointState.OUT_OF_SERVICE,
    "outOfOrder": PointState.OUT_OF_SERVICE,
    "outOfStock": PointState.OUT_OF_SERVICE,
    "unavailable": PointState.OUT_OF_SERVICE,
    "planned": PointState.ABSENT,
    "removed": PointState.ABSENT,
    "unknown": PointState.UNKNOWN,
}
_Fields = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyOptions(SiteOptions):
    """The options of this connector.

    Attributes:
        devices: what is registered; of a site its `points` are read here.
    """

    devices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one message.

    Raises:
        PayloadRefused: neither publication.
        OptionsRefused: the options are faulty.
    """
    options = read_options(EnergyOptions, context.options)
    sites = Sites("charging", STREAMS, "datex2-energy", context, options)
    document = as_object(load_json(payload)) or {}
    container = as_object(document.get("messageContainer")) or document
    publications = list(_publications(container))
    if not publications:
        raise PayloadRefused("the reply has neither a table nor states of charging points")
    changes = _is_of_changes(container)
    for publication in publications:
        _require_public(publication)
        published = publication.get("publicationTime")
        tables = _objects(publication.get("energyInfrastructureTable"))
        described = [one for each in tables for one in _objects(each.get(_SITE))]
        stated = list(_objects(publication.get("energyInfrastructureSiteStatus")))
        for fields in [*described, *stated]:
            reference = as_object(fields.get("reference"))
            try:
                if reference is None:
                    sites.add(_described(fields, published))
                else:
                    sites.add(_stated(fields, published, options, changes=changes))
            except (FieldRefused, TimeRefused) as error:
                sites.refuse(f"site {(reference or fields).get('idG')}", error)
    return sites.decoded


def _publications(container: _Fields) -> Iterator[_Fields]:
    written = container.get("payload")
    for part in as_list(written) or [written]:
        fields = as_object(part) or {}
        for name in (_TABLE, _STATUS):
            publication = as_object(fields.get(name))
            if publication is not None:
                yield publication


def _is_of_changes(container: _Fields) -> bool:
    exchange = as_object(container.get("exchangeInformation")) or {}
    context = as_object(exchange.get("exchangeContext")) or {}
    protocol = as_object(context.get("codedExchangeProtocol")) or {}
    return str(protocol.get("value", "")).startswith("delta")


def _require_public(publication: _Fields) -> None:
    confidentiality = _at(publication, "headerInformation", "confidentiality", "value")
    if confidentiality not in (None, "noRestriction"):
        raise PayloadRefused(f"the publication is not for the public ({confidentiality!s:.40})")


def _described(fields: _Fields, published: object) -> Site:
    """A site of a table: its name, place, operator, and how many points it has."""
    points = 0
    for station in _objects(fields.get("energyInfrastructureStation")):
        listed = as_list(station.get("refillPoint"))
        said = station.get("numberOfRefillPoints")
        points += len(listed) if listed else said if isinstance(said, int) else 0
    if not points:
        raise FieldRefused("it has no charging points")
    longitude, latitude = _place(fields)
    return Site(
        identifier=fields.get("idG"),
        name=_name(fields),
        operator=_organisation(fields.get("operator")),
        longitude=longitude,
        latitude=latitude,
        counts={"total": points},
        time=read_instant(published, _TIME),
    )


def _stated(fields: _Fields, published: object, options: EnergyOptions, *, changes: bool) -> Site:
    """The states of a site's points, added up."""
    reference = as_object(fields.get("reference")) or {}
    identifier = identifier_text(reference.get("idG"))
    times = [read_instant(published, _TIME)]
    states: list[PointState] = []
    for station in _objects(fields.get("energyInfrastructureStationStatus")):
        for entry in _objects(station.get("refillPointStatus")):
            # Two names are in use for what stands within.
            point = next((one for one in map(as_object, entry.values()) if one), None) or {}
            states.append(_state(point))
            changed = point.get("lastUpdated")
            if changed is not None:
                times.append(read_instant(changed, _TIME))
    if len(states) < SMALLEST_SITE:
        raise FieldRefused("the state of a single point would show when one person charges")
    known = options.devices.get(identifier, {}).get("points")
    complete = len(states) == known if known is not None else not changes
    return Site(
        identifier=identifier,
        # How many points there are, the table says.
        counts=site_counts(states, complete=False),
        time=max(times),
        quality=Quality.NOT_EVALUATED if complete else Quality.SUSPECT,
    )


def _state(point: _Fields) -> PointState:
    written = (as_object(point.get("status")) or {}).get("value")
    if not isinstance(written, str) or written not in _STATES:
        raise FieldRefused(f"the state {str(written)[:40]!r} of a point is not known")
    return _STATES[written]


def _objects(written: object) -> Iterator[_Fields]:
    for entry in as_list(written) or []:
        fields = as_object(entry)
        if fields is not None:
            yield fields


def _at(written: object, *path: str) -> object:
    """What stands at a path of names; of a list its first entry is followed."""
    for name in path:
        entries = as_list(written)
        if entries is not None:
            written = entries[0] if entries else None
        written = (as_object(written) or {}).get(name)
    return written


def _text(written: object) -> str | None:
    found = _at(written, "values", "value")
    return found if isinstance(found, str) and found.strip() else None


def _organisation(written: object) -> str | None:
    return _text(_at(written, "afacAnOrganisation", "name"))


def _name(fields: _Fields) -> str:
    """What a site is called: its name, else its street and town."""
    written = _text(fields.get("name")) or _text(fields.get("description"))
    if written is not None:
        return written
    for kind in ("locPointLocation", "locAreaLocation"):
        extension = _at(fields, "locationReference", kind, "locLocationExtensionG")
        for name in ("FacilityLocation", "AfirFacilityLocation"):
            address = as_object(_at(extension, name, "address"))
            if address is not None:
                lines = [_text(line.get("text")) for line in _objects(address.get("addressLine"))]
                words = [*lines, _text(address.get("city"))]
                return " ".join(word.strip() for word in words if word) or "Ladestandort"
    return "Ladestandort"


def _place(fields: _Fields) -> tuple[float | None, float | None]:
    """The place of a site, else that of its first station."""
    stations = list(_objects(fields.get("energyInfrastructureStation")))
    for one in [fields, *stations[:1]]:
        reference = one.get("locationReference")
        for path in (
            ("locPointLocation", "coordinatesForDisplay"),
            ("locPointLocation", "pointByCoordinates", "pointCoordinates"),
            ("locAreaLocation", "coordinatesForDisplay"),
        ):
            found = as_object(_at(reference, *path))
            if found is not None:
                return degrees(found.get("longitude"), found.get("latitude"))
    return None, None
