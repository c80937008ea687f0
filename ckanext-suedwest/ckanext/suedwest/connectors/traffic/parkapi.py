"""ParkAPI, versions 1 (`lots`) and 3 (`items`), as ParkenDD and MobiData BW serve it.

Version 1 writes UTC without an offset, one time for all lots. In version 3 each site has its own
time; `realtime_capacity` counts before `capacity`. Single spots are refused: they show where one
person parks.
"""

from __future__ import annotations

from datetime import datetime

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, clean_text, load_json
from ..local_time import TimeOptions, read_instant
from .parking import CarPark, CarParks, count, degrees

_UTC = TimeOptions(zone="UTC")
_OPEN_V1 = {"open": True, "many": True, "few": True, "full": True, "closed": False}
_OPEN_V3 = {"OPEN": True, "CLOSED": False}


def connector(payload: bytes, context: Context) -> Decoded:
    """Read the sites of one reply.

    Raises:
        PayloadRefused: neither version, a single spot, or (version 1) no usable time.
        OptionsRefused: the options are faulty.
    """
    parks = CarParks("parkapi", context)
    document = load_json(payload)
    reply = as_object(document) or {}
    lots, items = as_list(reply.get("lots")), as_list(reply.get("items"))
    if lots is None and items is None:
        if "realtime_status" in reply:
            raise PayloadRefused("a single parking spot shows where one person parks")
        raise PayloadRefused("the reply has neither lots (version 1) nor items (version 3)")
    time = None
    if lots is not None:
        try:
            time = read_instant(reply.get("last_updated"), _UTC)
        except TimeRefused as error:
            raise PayloadRefused(f"last_updated: {error}") from None
    for position, entry in enumerate(lots if lots is not None else items or [], start=1):
        record = f"{'lot' if lots is not None else 'item'} {position}"
        fields = as_object(entry)
        try:
            if fields is None:
                raise FieldRefused("it is not an object")
            parks.add(_lot(fields, time) if time is not None else _site(fields))
        except (FieldRefused, TimeRefused) as error:
            parks.refuse(record, error)
    return parks.decoded


def _lot(fields: dict[str, object], time: datetime) -> CarPark:
    coords = as_object(fields.get("coords")) or {}
    longitude, latitude = degrees(coords.get("lng"), coords.get("lat"))
    state = fields.get("state")
    return CarPark(
        # Lots without values have no id; their name is all there is.
        identifier=clean_text(fields, "id" if "id" in fields else "name"),
        name=clean_text(fields, "name"),
        longitude=longitude,
        latitude=latitude,
        capacity=count(fields.get("total"), "total"),
        free=None if state == "nodata" else count(fields.get("free"), "free"),
        open=_OPEN_V1.get(state) if isinstance(state, str) else None,
        time=time,
    )


def _site(fields: dict[str, object]) -> CarPark:
    longitude, latitude = degrees(fields.get("lon"), fields.get("lat"))
    if "realtime_status" in fields:
        raise FieldRefused("a single parking spot shows where one person parks")
    written = fields.get("realtime_data_updated_at")
    status = fields.get("realtime_opening_status")
    capacity = count(fields.get("realtime_capacity"), "realtime_capacity")
    uid = fields.get("uid", fields.get("id"))
    if isinstance(uid, int) and not isinstance(uid, bool) and abs(uid) < 10**18:
        uid = str(uid)
    return CarPark(
        identifier=clean_text({"uid": uid}, "uid"),
        name=clean_text(fields, "name"),
        longitude=longitude,
        latitude=latitude,
        capacity=count(fields.get("capacity"), "capacity") if capacity is None else capacity,
        free=count(fields.get("realtime_free_capacity"), "realtime_free_capacity"),
        open=_OPEN_V3.get(status) if isinstance(status, str) else None,
        time=None if written is None else read_instant(written, _UTC),
    )
