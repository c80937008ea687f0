"""Sources of type `lhp`: the flood classes of the gauges the municipalities picked.

The address is the API's `…/public/v1/data`. Options of the source: those of `asking`, and
    states: the states to ask for by their two letters, like ["RP", "SL"]; all when it is absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..connectors.base import Context
from ..connectors.options import OptionsRefused
from ..connectors.water.lhp import connector
from ..store.batch import Batch
from ..store.sources import selections
from .asking import Asking
from .http import Validators
from .pegelonline import NoWantedStation, keep_wanted
from .task import Outcome, Task

_STATE = re.compile(r"[A-Z]{2}")


def poll(task: Task) -> Outcome:
    """Ask for all gauges of the states with one request, and keep those wanted.

    Raises:
        SourceUnavailable, ReplyTooLarge, AddressRefused: no reply that could be read.
        PayloadRefused: the reply is no list of gauges, or the options are faulty.
        NoWantedStation: nothing in it is wanted; nothing was marked as gone.
    """
    source = task.source
    chosen = selections(task.engine, source.id)
    if not chosen:
        return Outcome(source.state, "no municipality shows a station of it")
    asking = Asking.of(source, task.limits)
    path = stations_path(source.options)
    known = Validators()
    if source.state.get("path") == path:
        known = Validators(source.state.get("etag"), source.state.get("last_modified"))
    reply = asking.get(path, known)
    if reply.not_modified:
        return Outcome(source.state, "nothing new (304)")
    decoded = connector(reply.content, Context(received_at=reply.received_at))
    wanted = keep_wanted(decoded, chosen, simulated=asking.simulated)
    receipt = task.write(
        Batch(
            source_id=source.id,
            received_at=reply.received_at,
            stations=wanted.stations,
            datastreams=wanted.datastreams,
            observations=wanted.observations,
            refusals=wanted.refusals,
            complete=True,
        )
    )
    if not wanted.stations:
        raise NoWantedStation("the reply lists none of the stations wanted")
    state = {
        "path": path,
        "etag": reply.validators.etag,
        "last_modified": reply.validators.last_modified,
    }
    return Outcome(state, f"{len(wanted.stations)} stations, {receipt.summary}")


def stations_path(options: Mapping[str, Any]) -> str:
    """The request for the gauges of the states.

    Raises:
        OptionsRefused: `states` is no list of two capital letters each.
    """
    states = options.get("states", [])
    if not isinstance(states, list) or not all(
        isinstance(state, str) and _STATE.fullmatch(state) for state in states
    ):
        raise OptionsRefused('the option states is not a list like ["RP", "SL"]')
    asked = f"states={','.join(sorted(set(states)))}&" if states else ""
    return f"stations?{asked}format=geojson"
