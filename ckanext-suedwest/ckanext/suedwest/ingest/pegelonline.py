"""Sources of type `pegelonline`: one bulk request for all gauges wanted, then the gaps.

Options of the source: those of `asking`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ..connectors.base import Context, Decoded
from ..connectors.water.pegelonline import connector
from ..domain.errors import PayloadRefused, SuedwestError
from ..domain.station import Station
from ..store.batch import Batch
from ..store.selection import SelectionRow, municipalities_of
from ..store.sources import selections
from .asking import Asking
from .catch_up import Backlog, fill_gaps
from .http import Validators
from .task import Outcome, Task

MOST_NAMES_IN_ADDRESS = 100
"""More stations than this are asked for with the whole list: addresses have their limits too."""
_NAME = re.compile(r"[\w .()/-]{1,80}")


class NoWantedStation(SuedwestError):
    """The reply is in order, but holds none of the stations the municipalities picked."""


def poll(task: Task) -> Outcome:
    """Poll all stations wanted with one request, write them, then fill some gaps.

    Raises:
        SourceUnavailable, ReplyTooLarge, AddressRefused: no reply that could be read.
        PayloadRefused: the reply is no list of stations.
        NoWantedStation: nothing in it is wanted; nothing was written or marked as gone.
    """
    chosen = selections(task.engine, task.source.id)
    backlog = Backlog.of(task.source.state)
    if not chosen:
        return Outcome(task.source.state, "no municipality shows a station of it")
    asking = Asking.of(task.source)
    path = bulk_path(chosen)
    reply = asking.get(path, _validators(task.source.state, path))
    summary = "nothing new (304)"
    if not reply.not_modified:
        decoded = connector(reply.content, Context(received_at=reply.received_at))
        wanted = keep_wanted(decoded, chosen, simulated=asking.simulated)
        summary = _write(task, wanted, reply.received_at)
        backlog.note_poll(wanted)
    filled = fill_gaps(task, asking.get, backlog)
    state = {"bulk": _remembered(path, reply.validators), "series": backlog.as_state()}
    return Outcome(state, f"{summary}{filled.summary}", again_after=filled.again_after)


def bulk_path(chosen: Sequence[SelectionRow]) -> str:
    """The one request for everything that was chosen.

    Stations by id and by water cannot be asked for together, since the service combines its
    filters; nor can very many. The whole list (70 KB) is then asked for and sorted out here.
    """
    ids = sorted(
        {_name(row.value.partition(":")[2] or row.value) for row in chosen if row.selects == "id"}
    )
    waters = sorted({_name(row.value).upper() for row in chosen if row.selects == "water"})
    query = (
        "includeTimeseries=true&includeCurrentMeasurement=true"
        "&includeCharacteristicValues=true&timeseries=W,Q"
    )
    names = ids or waters
    if (ids and waters) or len(names) > MOST_NAMES_IN_ADDRESS:
        return f"stations.json?{query}"
    return f"stations.json?{'ids' if ids else 'waters'}={','.join(names)}&{query}"


def _name(value: str) -> str:
    """A name as it goes into an address; a comma or such in it cannot be meant."""
    if not _NAME.fullmatch(value):
        raise PayloadRefused(f"the chosen station or water {value[:80]!r} is not a name")
    return quote(value, safe="")


def keep_wanted(decoded: Decoded, chosen: Sequence[SelectionRow], *, simulated: bool) -> Decoded:
    """The stations that some municipality picked, with their series and values."""
    stations: list[Station] = []
    for station in decoded.stations:
        shown = municipalities_of(
            key=station.key,
            number=station.number,
            water=station.water,
            owner=None,
            selections=chosen,
        )
        if shown:
            stations.append(_marked(station) if simulated else station)
    keys = {station.key for station in stations}
    return Decoded(
        stations=stations,
        datastreams=[one for one in decoded.datastreams if one.station_key in keys],
        observations=[one for one in decoded.observations if one.station_key in keys],
        refusals=decoded.refusals,
    )


def _marked(station: Station) -> Station:
    return replace(station, properties={**station.properties, "simulated": "true"})


def _write(task: Task, wanted: Decoded, received_at: datetime) -> str:
    receipt = task.write(
        Batch(
            source_id=task.source.id,
            received_at=received_at,
            stations=wanted.stations,
            datastreams=wanted.datastreams,
            observations=wanted.observations,
            refusals=wanted.refusals,
            complete=True,
        )
    )
    if not wanted.stations:
        raise NoWantedStation(
            "the reply lists none of the stations wanted"
            + (f"; {len(wanted.refusals)} records were refused" if wanted.refusals else "")
        )
    return f"{len(wanted.stations)} stations, {receipt.summary}"


def _validators(state: dict[str, Any], path: str) -> Validators:
    """Those of the last reply, when the same was asked: other stations are another document."""
    bulk = state.get("bulk") or {}
    if bulk.get("path") != path:
        return Validators()
    return Validators(bulk.get("etag"), bulk.get("last_modified"))


def _remembered(path: str, validators: Validators) -> dict[str, Any]:
    return {
        "path": path,
        "etag": validators.etag,
        "last_modified": validators.last_modified,
    }
