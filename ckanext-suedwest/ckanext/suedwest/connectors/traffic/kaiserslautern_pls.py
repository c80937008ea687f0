"""The parking guidance system of Kaiserslautern: `Daten` with one `Parkhaus` for each car park.

`Gesamt` is the capacity and `Aktuell` the number of OCCUPIED spaces. `Zeitstempel` is one local
time for all, without an offset.
"""

from __future__ import annotations

from datetime import datetime

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused
from ..local_time import TimeOptions, read_instant
from .parking import CarPark, CarParks, count
from .xml_payload import Element, mended, parse

_LOCAL = TimeOptions(format="%d.%m.%Y %H:%M:%S", zone="Europe/Berlin")
_OPEN = {"Offen": True, "Geschlossen": False}


def connector(payload: bytes, context: Context) -> Decoded:
    """Read all car parks of one reply.

    Raises:
        PayloadRefused: not this XML, or without a usable time.
        OptionsRefused: the options are faulty.
    """
    parks = CarParks("kaiserslautern-pls", context)
    root = parse(payload)
    found = root.every("Parkhaus")
    if root.name != "Daten" or not found:
        raise PayloadRefused("the reply has no Parkhaus within Daten")
    try:
        time = read_instant(root.value("Zeitstempel"), _LOCAL)
    except TimeRefused as error:
        raise PayloadRefused(f"Zeitstempel: {error}") from None
    for position, element in enumerate(found, start=1):
        try:
            parks.add(_car_park(element, time))
        except FieldRefused as error:
            parks.refuse(f"Parkhaus {element.value('ID') or position}"[:200], error)
    return parks.decoded


def _car_park(element: Element, time: datetime) -> CarPark:
    return CarPark(
        identifier=element.value("ID") or "",
        name=mended(element.value("Name") or ""),
        capacity=count(element.value("Gesamt"), "Gesamt"),
        occupied=count(element.value("Aktuell"), "Aktuell"),
        open=_OPEN.get(element.value("Status") or ""),
        time=time,
    )
