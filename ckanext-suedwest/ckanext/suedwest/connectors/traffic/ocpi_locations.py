"""OCPI 2.2.1 (and 2.1.1, 2.2) locations: one, a list, a page of the protocol, or of OCPDB.

A location that its operator does not publish (`publish` false, such as a home charger) is refused
without a word of it; who else may see it is not read. The time is that of the page where it has
one, else the newest change of the location or of a point.
"""

from __future__ import annotations

from datetime import datetime

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, load_json, optional_text
from ..local_time import TimeOptions, read_instant
from ..options import read_options
from .charging import STREAMS, PointState, site_counts
from .parking import degrees
from .sites import Site, SiteOptions, Sites

_UTC = TimeOptions(zone="UTC")
"""The protocol's times are UTC, with or without a `Z`."""
_STATES = {
    "AVAILABLE": PointState.AVAILABLE,
    "BLOCKED": PointState.OCCUPIED,
    "CHARGING": PointState.OCCUPIED,
    "RESERVED": PointState.OCCUPIED,
    "INOPERATIVE": PointState.OUT_OF_SERVICE,
    "OUTOFORDER": PointState.OUT_OF_SERVICE,
    "PLANNED": PointState.ABSENT,
    "REMOVED": PointState.ABSENT,
    "UNKNOWN": PointState.UNKNOWN,
}
_PRIVATE_PLACES = frozenset({"ON_DRIVEWAY"})


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one reply.

    Raises:
        PayloadRefused: no locations, or an error of the protocol.
        OptionsRefused: the options are faulty.
    """
    options = read_options(SiteOptions, context.options)
    sites = Sites("charging", STREAMS, "ocpi", context, options)
    document = load_json(payload)
    page = as_object(document) or {}
    listed, asked = _locations(document, page)
    for position, entry in enumerate(listed, start=1):
        try:
            fields = as_object(entry)
            if fields is None:
                raise FieldRefused("it is not an object")
            sites.add(_site(fields, asked))
        except (FieldRefused, TimeRefused) as error:
            sites.refuse(f"location {position}", error)
    return sites.decoded


def _locations(document: object, page: dict[str, object]) -> tuple[list[object], datetime | None]:
    """The locations of a reply, and when the page was made."""
    written = page.get("timestamp") if "data" in page else None
    try:
        asked = None if written is None else read_instant(written, _UTC)
    except TimeRefused as error:
        raise PayloadRefused(f"timestamp: {error}") from None
    for listed in (document, page.get("data"), page.get("items")):
        found = as_list(listed)
        if found is not None:
            return found, asked
    single = as_object(page.get("data")) or page
    if "coordinates" in single and ("evses" in single or "publish" in single):
        return [single], asked
    code = page.get("status_code")
    if isinstance(code, int) and code >= 2000:
        raise PayloadRefused(f"the service answered with its status {code}, not with locations")
    raise PayloadRefused("the reply holds no locations")


def _site(fields: dict[str, object], asked: datetime | None) -> Site:
    # Version 2.1.1 has no field `publish`; what it lists is public.
    if fields.get("publish", True) is not True:
        raise FieldRefused("its operator does not publish it")
    if fields.get("parking_type") in _PRIVATE_PLACES:
        raise FieldRefused("it is a private charger")
    points = [as_object(entry) or {} for entry in as_list(fields.get("evses")) or []]
    if not points:
        raise FieldRefused("it has no charging points")
    states: list[PointState] = []
    times = [asked] if asked is not None else []
    for point in [fields, *points]:
        changed = point.get("last_updated")
        if changed is not None:
            times.append(read_instant(changed, _UTC))
    for point in points:
        written = point.get("status")
        if not isinstance(written, str) or written not in _STATES:
            raise FieldRefused(f"the state {str(written)[:40]!r} of a point is not known")
        states.append(_STATES[written])
    place = as_object(fields.get("coordinates")) or {}
    longitude, latitude = degrees(place.get("longitude"), place.get("latitude"))
    operator = as_object(fields.get("operator")) or {}
    party, country = optional_text(fields, "party_id"), optional_text(fields, "country_code")
    identifier = fields.get("id")
    if party and country and isinstance(identifier, str):
        # Ids are unique within a party only.
        identifier = f"{country}*{party}*{identifier}"
    return Site(
        identifier=identifier,
        name=optional_text(fields, "name") or optional_text(fields, "address"),
        operator=optional_text(operator, "name"),
        longitude=longitude,
        latitude=latitude,
        counts=site_counts(states),
        time=max(times) if times else None,
    )
