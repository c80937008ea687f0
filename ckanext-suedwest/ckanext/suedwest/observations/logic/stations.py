"""What staff see of their stations, and a municipality's own action levels."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib.munge import munge_title_to_name
from ckan.types import Context, DataDict
from sqlalchemy import Connection

from ...domain.threshold import Direction, Threshold, ThresholdKind
from ...domain.units import DISCHARGE, WATER_ELEVATION, WATER_LEVEL
from ...store.query import StationRow, ThresholdRow, stations, thresholds
from ...store.responsibility import Responsibility, responsibility, stations_of
from ...store.text import NAME_LENGTH, REMARK_LENGTH
from ...store.thresholds import ThresholdRefused, delete_threshold, put_threshold
from ..rights import may_change, store_name
from ..store_access import write_engine
from .fields import Fields

__all__ = [
    "suedwest_station_list",
    "suedwest_threshold_create",
    "suedwest_threshold_delete",
    "suedwest_threshold_list",
    "suedwest_threshold_update",
]

_HAS_LEVELS = (WATER_LEVEL.name, WATER_ELEVATION.name, DISCHARGE.name)
_CODE_LENGTH = 60


@tk.side_effect_free
def suedwest_station_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The stations a municipality shows or whose source it owns, with their datastreams.

    :param municipality: name of its organisation
    :type municipality: string
    :param station: only the station with this address (optional)
    :type station: string

    `editable` is whether the one who asks may mark, correct and mount; internal datastreams are
    only listed then. `levels` says whether a datastream can have action levels.
    """
    tk.check_access("suedwest_station_list", context, data_dict)
    municipality = tk.get_or_bust(data_dict, "municipality")
    wanted = data_dict.get("station")
    engine = write_engine()
    owned = stations_of(engine, store_name(municipality))
    editor = may_change(context.get("user"), municipality)
    return [
        _station(row, municipality, editable=owned[row.id] and editor)
        for row in stations(engine, include_internal=True)
        if row.id in owned
        and (wanted is None or row.slug == wanted)
        and (owned[row.id] or any(each.visibility == "public" for each in row.datastreams))
    ]


@tk.side_effect_free
def suedwest_threshold_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """All thresholds of a datastream from the lowest up; `own` are those that may be changed.

    :param municipality: name of the organisation that asks
    :type municipality: string
    :param resource_id: the datastream's live resource
    :type resource_id: string
    """
    tk.check_access("suedwest_threshold_list", context, data_dict)
    municipality = tk.get_or_bust(data_dict, "municipality")
    engine = write_engine()
    stream = _shown(data_dict, municipality)
    return [_threshold(row, municipality) for row in thresholds(engine, stream.datastream_id)]


def suedwest_threshold_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Add an action level of a municipality to a station it shows.

    :param municipality: name of its organisation
    :type municipality: string
    :param resource_id: the datastream's live resource
    :type resource_id: string
    :param level: in the unit of the datastream; a text may have a decimal comma
    :type level: number or string
    :param direction: ``above`` or ``below``: on which side the level is reached
    :type direction: string
    :param label: what happens then, in a few words
    :type label: string
    :param source: who decided it (optional)
    :type source: string
    """
    tk.check_access("suedwest_threshold_create", context, data_dict)
    municipality = tk.get_or_bust(data_dict, "municipality")
    stream = _shown(data_dict, municipality)
    wanted = _read(data_dict, stream)
    with write_engine().begin() as conn:
        code = _free_code(conn, stream.datastream_id, municipality, wanted.label)
        return _put(conn, stream, municipality, wanted, code)


def suedwest_threshold_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change an action level of a municipality; official ones cannot be changed.

    :param code: as `suedwest_threshold_list` gives it
    :type code: string

    All other parameters as for `suedwest_threshold_create`.
    """
    tk.check_access("suedwest_threshold_update", context, data_dict)
    municipality = tk.get_or_bust(data_dict, "municipality")
    stream = _shown(data_dict, municipality)
    code = _own_code(stream, municipality, data_dict)
    wanted = _read(data_dict, stream)
    with write_engine().begin() as conn:
        return _put(conn, stream, municipality, wanted, code)


def suedwest_threshold_delete(context: Context, data_dict: DataDict) -> None:
    """Delete an action level of a municipality.

    :param municipality: name of its organisation
    :type municipality: string
    :param resource_id: the datastream's live resource
    :type resource_id: string
    :param code: as `suedwest_threshold_list` gives it
    :type code: string
    """
    tk.check_access("suedwest_threshold_delete", context, data_dict)
    municipality = tk.get_or_bust(data_dict, "municipality")
    stream = _shown(data_dict, municipality)
    code = _own_code(stream, municipality, data_dict)
    with write_engine().begin() as conn:
        delete_threshold(conn, stream.datastream_id, municipality, code)


def _station(row: StationRow, municipality: str, *, editable: bool) -> dict[str, Any]:
    shown = municipality in dict(row.municipalities)
    return {
        "id": row.id,
        "slug": row.slug,
        "name": row.name,
        "water": row.water,
        "kind": row.kind,
        "operator": row.operator.get("name"),
        "gone": row.gone_at is not None,
        "shown": shown,
        "editable": editable,
        "datastreams": [
            {
                "resource_id": stream.resource_id,
                "name": stream.name,
                "observed_property": stream.observed_property,
                "unit": stream.unit,
                "visibility": stream.visibility,
                "latest_time": stream.latest_time and stream.latest_time.isoformat(),
                "latest_result": stream.latest_result,
                "out_of_service": stream.out_of_service,
                "levels": shown and stream.observed_property in _HAS_LEVELS,
            }
            for stream in row.datastreams
            if editable or stream.visibility == "public"
        ],
    }


def _shown(data_dict: DataDict, municipality: str) -> Responsibility:
    """The datastream asked for, when the municipality shows its station.

    Raises:
        ObjectNotFound: there is none, or it is another one's internal one.
    """
    resource_id = tk.get_or_bust(data_dict, "resource_id")
    found = responsibility(write_engine(), resource_id)
    if (
        found is None
        or municipality not in found.shown_by
        or not (found.public or found.owner == municipality)
    ):
        raise tk.ObjectNotFound(tk._("Your municipality does not show this station."))
    return found


def _read(data_dict: DataDict, stream: Responsibility) -> Threshold:
    fields = Fields(data_dict)
    level = fields.number("level")
    direction = fields.choice("direction", list(Direction))
    label = fields.text("label", most=NAME_LENGTH)
    source = fields.text("source", most=REMARK_LENGTH, required=False)
    if stream.observed_property not in _HAS_LEVELS:
        fields.refuse("resource_id", tk._("Values of this kind have no action levels."))
    fields.check()
    return Threshold(
        level=level or 0.0,
        direction=Direction(direction or Direction.ABOVE),
        code="",
        label=label,
        kind=ThresholdKind.MUNICIPAL,
        source=source,
    )


def _put(
    conn: Connection, stream: Responsibility, municipality: str, wanted: Threshold, code: str
) -> dict[str, Any]:
    try:
        put_threshold(
            conn,
            stream.datastream_id,
            municipality,
            Threshold(
                wanted.level, wanted.direction, code, wanted.label, wanted.kind, wanted.source
            ),
        )
    except ThresholdRefused as error:
        raise tk.ValidationError({"level": [str(error)]}) from None
    (written,) = (
        row
        for row in thresholds(conn, stream.datastream_id)
        if row.code == code and row.municipality == municipality
    )
    return _threshold(written, municipality)


def _free_code(conn: Connection, datastream_id: int, municipality: str, label: str) -> str:
    taken = {
        row.code for row in thresholds(conn, datastream_id) if row.municipality == municipality
    }
    base = munge_title_to_name(label)[:_CODE_LENGTH].strip("-_") or "stufe"
    numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(code for code in numbered if code not in taken)


def _own_code(stream: Responsibility, municipality: str, data_dict: DataDict) -> str:
    code = tk.get_or_bust(data_dict, "code")
    for row in thresholds(write_engine(), stream.datastream_id):
        if row.code == code and row.municipality == municipality:
            return row.code
    raise tk.ObjectNotFound(tk._("Your municipality has no such action level here."))


def _threshold(row: ThresholdRow, municipality: str) -> dict[str, Any]:
    return {
        "code": row.code,
        "level": row.level,
        "direction": row.direction,
        "label": row.label,
        "kind": row.kind,
        "source": row.source,
        "severity": row.severity,
        "municipality": row.municipality,
        "own": row.municipality == municipality,
    }
