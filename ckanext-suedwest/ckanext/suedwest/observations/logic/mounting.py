"""Staff say how a sensor is mounted, and since when; levels follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

from ...domain.mounting import Mounting, MountingRefused, check_spans
from ...domain.station import Datum, Visibility
from ...store.mountings import MountedSensor, mounted_sensors, set_mountings, start_level
from ...store.responsibility import Responsibility
from ...store.text import NAME_LENGTH
from ..store_access import write_engine
from .fields import Fields
from .marking import owned_stream

__all__ = [
    "suedwest_mounting_create",
    "suedwest_mounting_delete",
    "suedwest_mounting_list",
    "suedwest_mounting_update",
]

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


@tk.side_effect_free
def suedwest_mounting_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """How the sensor of a datastream is and was mounted, by time.

    :param resource_id: of what the sensor measures by itself (a distance or a depth)
    :type resource_id: string

    `id` of a mounting is its beginning. `edited`: staff said so here, else it is as registered
    with the source. Lengths are in cm, the gauge's zero in metres.
    """
    stream = owned_stream("suedwest_mounting_list", context, data_dict)
    return _told(stream, _sensor(stream))


def suedwest_mounting_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say how the sensor is mounted from a time on; the mounting before it ends there.

    :param resource_id: of what the sensor measures by itself (a distance or a depth)
    :type resource_id: string
    :param valid_from: ISO 8601; without an offset German local time
    :type valid_from: string
    :param valid_until: as `valid_from`; without it until further notice (optional)
    :type valid_until: string
    :param height_cm: of the sensor above the gauge's zero, negative below it
    :type height_cm: number or string
    :param offset_cm: added to the level (optional, default 0)
    :type offset_cm: number or string
    :param blanking_cm: a distance this short may be shorter still (optional)
    :type blanking_cm: number or string
    :param zero_metres: height of the gauge's zero, with `zero_reference`, such as ``NHN
        (DHHN2016)``, and the day it was surveyed, `zero_valid_from` (all optional)
    :type zero_metres: number or string
    :param visibility: of the level, where this makes the first: ``public`` (default) or
        ``internal``
    :type visibility: string

    The levels of the spans that change are reckoned again, and no others.
    """
    stream = owned_stream("suedwest_mounting_create", context, data_dict)
    sensor = _sensor(stream)
    fields = Fields(data_dict)
    wanted = _read(fields, sensor)
    visibility = Visibility.PUBLIC
    if sensor.level_id is None and data_dict.get("visibility"):
        visibility = Visibility(fields.choice("visibility", list(Visibility)) or visibility)
    fields.check()
    before = [
        replace(each, valid_until=wanted.valid_from)
        if each.valid_from < wanted.valid_from and each.valid_at(wanted.valid_from)
        else each
        for each in sensor.mountings
    ]
    return _save(stream, sensor, [*before, wanted], visibility)


def suedwest_mounting_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Correct what is said of a mounting.

    :param id: of the mounting, as `suedwest_mounting_list` gives it
    :type id: string

    All other parameters as for `suedwest_mounting_create`.
    """
    stream = owned_stream("suedwest_mounting_update", context, data_dict)
    sensor = _sensor(stream)
    others = _without(sensor, tk.get_or_bust(data_dict, "id"))
    fields = Fields(data_dict)
    wanted = _read(fields, sensor)
    fields.check()
    return _save(stream, sensor, [*others, wanted])


def suedwest_mounting_delete(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take a mounting back; the levels of its span stay, marked as unusable.

    :param resource_id: of what the sensor measures by itself (a distance or a depth)
    :type resource_id: string
    :param id: of the mounting, as `suedwest_mounting_list` gives it
    :type id: string
    """
    stream = owned_stream("suedwest_mounting_delete", context, data_dict)
    sensor = _sensor(stream)
    return _save(stream, sensor, _without(sensor, tk.get_or_bust(data_dict, "id")))


def _sensor(stream: Responsibility) -> MountedSensor:
    for sensor in mounted_sensors(write_engine(), stream.station_id):
        if sensor.raw_id == stream.datastream_id:
            return sensor
    raise tk.ValidationError(
        {"resource_id": [tk._("This is not what a sensor measures by itself.")]}
    )


def _without(sensor: MountedSensor, mounting_id: object) -> list[Mounting]:
    others = [each for each in sensor.mountings if each.valid_from.isoformat() != mounting_id]
    if len(others) == len(sensor.mountings):
        raise tk.ObjectNotFound(tk._("There is no such mounting."))
    return others


def _read(fields: Fields, sensor: MountedSensor) -> Mounting:
    """The mounting asked for; anything when `fields` has errors."""
    now = datetime.now(UTC)
    start, end = fields.time("valid_from"), fields.time("valid_until", required=False)
    height, offset = fields.number("height_cm"), fields.number("offset_cm", required=False)
    blanking = fields.number("blanking_cm", required=False)
    if start and start > now:
        fields.refuse("valid_from", tk._("A mounting cannot begin in the future."))
    if start and start < _EARLIEST:
        fields.refuse("valid_from", tk._("This year cannot be meant."))
    if start and end and end <= start:
        fields.refuse("valid_until", tk._("The end has to be after the beginning."))
    if blanking is not None and blanking < 0:
        fields.refuse("blanking_cm", tk._("A distance is not negative."))
    zero = _read_zero(fields)
    if fields.errors:
        return Mounting(now, 0.0)
    return Mounting(
        valid_from=start or now,
        valid_until=end,
        measured=sensor.measured,
        height_mm=round((height or 0.0) * 10, 6),
        offset_cm=offset or 0.0,
        blanking_mm=None if blanking is None else round(blanking * 10, 6),
        gauge_zero=zero,
    )


def _read_zero(fields: Fields) -> Datum | None:
    metres = fields.number("zero_metres", required=False)
    reference = fields.text("zero_reference", most=NAME_LENGTH, required=metres is not None)
    surveyed = fields.text("zero_valid_from", most=10, required=False)
    day: date | None = None
    if surveyed:
        try:
            day = date.fromisoformat(surveyed)
        except ValueError:
            fields.refuse("zero_valid_from", tk._("This is not a day."))
    return None if metres is None else Datum(reference, metres, day)


def _save(
    stream: Responsibility,
    sensor: MountedSensor,
    mountings: Sequence[Mounting],
    visibility: Visibility = Visibility.PUBLIC,
) -> dict[str, Any]:
    try:
        check_spans(mountings)
    except MountingRefused:
        sentence = tk._("Another mounting is valid in this time: change or end that one first.")
        raise tk.ValidationError({"valid_from": [sentence]}) from None
    engine, now = write_engine(), datetime.now(UTC)
    try:
        if sensor.level_id is None:
            start_level(engine, sensor.raw_id, mountings, visibility, now=now)
        else:
            set_mountings(
                engine,
                level_id=sensor.level_id,
                raw_id=sensor.raw_id,
                mountings=mountings,
                now=now,
            )
    except MountingRefused:
        sentence = tk._("The station has a level already that is not made of this sensor.")
        raise tk.ValidationError({"resource_id": [sentence]}) from None
    return _told(stream, _sensor(stream))


def _told(stream: Responsibility, sensor: MountedSensor) -> dict[str, Any]:
    return {
        "resource_id": stream.resource_id,
        "name": sensor.raw_name,
        "measured": str(sensor.measured),
        "has_level": sensor.level_id is not None,
        "edited": sensor.edited,
        "mountings": [_mounting(each) for each in sensor.mountings],
    }


def _mounting(mounting: Mounting) -> dict[str, Any]:
    zero, blanking = mounting.gauge_zero, mounting.blanking_mm
    return {
        "id": mounting.valid_from.isoformat(),
        "valid_from": mounting.valid_from.isoformat(),
        "valid_until": mounting.valid_until and mounting.valid_until.isoformat(),
        "height_cm": mounting.height_mm / 10,
        "offset_cm": mounting.offset_cm,
        "blanking_cm": None if blanking is None else blanking / 10,
        "zero_metres": zero and zero.metres,
        "zero_reference": zero and zero.reference,
        "zero_valid_from": zero and zero.valid_from and zero.valid_from.isoformat(),
    }
