"""DATEX II parking: version 2 in both German models, and version 3; tables and statuses.

`parkingRecord(Status)` is the newer model of version 2 and that of version 3,
`parkingFacility(Status)` the older German one, where `parkingFacilityStatus` stands twice within
a record: once for the occupancy and once for the opening. Prefixes differ between senders, so
only local names count. A table describes and has no values; a status has values and no names.
"""

from __future__ import annotations

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused
from ..local_time import TimeOptions, read_instant
from .parking import CarPark, CarParks, count, degrees
from .xml_payload import Element, mended, records

_RECORDS = frozenset(
    {"parkingRecord", "parkingRecordStatus", "parkingFacility", "parkingFacilityStatus"}
)
_OPENING = {"open": True, "closed": False}
_TIME = TimeOptions()


def connector(payload: bytes, context: Context) -> Decoded:
    """Read the car parks of one publication.

    Raises:
        PayloadRefused: no XML, or without records of parking.
        OptionsRefused: the options are faulty.
    """
    parks = CarParks("datex2", context)
    found = False
    for element in records(payload, _RECORDS):
        found = True
        try:
            park = _car_park(element)
            try:
                park.longitude, park.latitude = _place(element)
            except FieldRefused as error:
                # Coordinates in metres of an unnamed grid: the car park is told without a place.
                parks.refuse(f"{element.name} {_identifier(element)[:150]} (place)", error)
            parks.add(park)
        except (FieldRefused, TimeRefused) as error:
            parks.refuse(f"{element.name} {_identifier(element)[:150]}", error)
    if not found:
        raise PayloadRefused("the XML holds no parking records of DATEX II")
    return parks.decoded


def _identifier(element: Element) -> str:
    reference = element.first("parkingRecordReference") or element.first("parkingFacilityReference")
    return (reference or element).attributes.get("id", "")


def _car_park(element: Element) -> CarPark:
    if element.name in ("parkingRecord", "parkingFacility"):
        return _described(element)
    if element.name == "parkingRecordStatus":
        return _status(element)
    return _facility_status(element)


def _described(element: Element) -> CarPark:
    written = element.value(f"{element.name}Name", "values", "value") or element.value(
        "parkingName", "values", "value"
    )
    return CarPark(
        identifier=_identifier(element),
        name=mended(written or _identifier(element)),
        capacity=count(
            element.value("parkingNumberOfSpaces") or element.value("totalParkingCapacity"),
            "the number of spaces",
        ),
    )


def _place(element: Element) -> tuple[float | None, float | None]:
    for part in element.descendants():
        if part.first("latitude") is not None and part.first("longitude") is not None:
            return degrees(part.value("longitude"), part.value("latitude"))
    return None, None


def _status(element: Element) -> CarPark:
    occupancy = element.first("parkingOccupancy") or Element("parkingOccupancy", "", {})
    return CarPark(
        identifier=_identifier(element),
        capacity=count(occupancy.value("parkingNumberOfSpacesOverride"), "the number of spaces"),
        free=count(occupancy.value("parkingNumberOfVacantSpaces"), "the number of vacant spaces"),
        occupied=count(
            occupancy.value("parkingNumberOfOccupiedSpaces"), "the number of occupied spaces"
        ),
        open=_OPENING.get(element.value("parkingSiteOpeningStatus") or ""),
        time=read_instant(element.value("parkingStatusOriginTime"), _TIME),
    )


def _facility_status(element: Element) -> CarPark:
    states = [one.text.strip() for one in element.every("parkingFacilityStatus")]
    return CarPark(
        identifier=_identifier(element),
        capacity=count(
            element.value("totalParkingCapacityOverride"), "totalParkingCapacityOverride"
        ),
        free=count(element.value("totalNumberOfVacantParkingSpaces"), "vacant spaces"),
        occupied=count(element.value("totalNumberOfOccupiedParkingSpaces"), "occupied spaces"),
        open=next((_OPENING[state] for state in states if state in _OPENING), None),
        time=read_instant(element.value("parkingFacilityStatusTime"), _TIME),
    )
