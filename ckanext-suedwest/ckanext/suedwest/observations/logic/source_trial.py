"""Trying a source out before it is started: what would be stored, and what refused."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

from ...domain.errors import SuedwestError
from ...domain.message import Message
from ...domain.observation import Observation
from ...ingest.http import AddressRefused, SourceUnavailable
from ...ingest.intake import LARGEST_MESSAGE
from ...ingest.mqtt_connection import BrokerAway
from ...ingest.source_check import POLLED_TYPES
from ...ingest.task import utc_now
from ...ingest.trial import Trial, try_listening, try_message, try_poll
from ...store.managed_sources import managed_source
from ...store.sources import SourceRow
from ..rights import store_name
from ..store_access import write_engine
from .fields import Fields
from .source_fields import check, municipality_of, read_wanted, sealed

__all__ = ["suedwest_source_trial"]

MOST_SHOWN = 100
_LONGEST_TOPIC = 500


def suedwest_source_trial(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say what a source would store, and store nothing.

    :param id: of a source; what else is given counts as for `suedwest_source_update`
    :type id: string
    :param municipality: instead of `id`, with all that `suedwest_source_create` takes
    :type municipality: string
    :param payload: a message as it comes, as text (optional)
    :type payload: string
    :param payload_base64: the same for bytes that are no text (optional)
    :type payload_base64: string
    :param topic: by which the message comes (optional)
    :type topic: string

    With a message that one is read. Without one a source that is polled is polled once, and one
    by MQTT is listened to for about 20 seconds, beside whoever listens already.

    The answer has `messages` (how many came), `stations`, `datastreams`, `observations` (of each
    at most 100; `reckoned` ones are made of raw values by the mounting, `public` ones everybody
    would see), `refusals` with reasons, `counts` of all four, `unregistered` (ids of devices that
    spoke and are not registered) and `fault`, null or why the source could not be asked.
    """
    tk.check_access("suedwest_source_trial", context, data_dict)
    row = _row(context, data_dict)
    message = _message(data_dict)
    try:
        return _told(_try(row, message))
    except SuedwestError as error:
        raise tk.ValidationError(
            {"options": [tk._("Check this: {reason}.").format(reason=error)]}
        ) from None


def _row(context: Context, data_dict: DataDict) -> SourceRow:
    if data_dict.get("id") is None:
        owner = store_name(municipality_of(data_dict))
        # No source of this name has to be free: nothing is registered.
        data = {"title": "trial", "interval": 15, **data_dict, "id": "trial"}
        wanted = read_wanted(data, None, context)
    else:
        known = managed_source(write_engine(), data_dict["id"])
        if known is None:
            raise tk.ObjectNotFound(tk._("There is no such source."))
        owner = known.municipality
        wanted = read_wanted(data_dict, known, context)
    check(wanted)
    row = wanted.row(owner)
    row.options.update(sealed(wanted.options))
    return row


def _message(data_dict: DataDict) -> Message | None:
    fields = Fields(data_dict)
    topic = fields.text("topic", most=_LONGEST_TOPIC, required=False)
    text, encoded = data_dict.get("payload"), data_dict.get("payload_base64")
    payload: bytes | None = None
    try:
        if encoded:
            payload = base64.b64decode(str(encoded), validate=True)
        elif text:
            payload = str(text).encode()
    except (binascii.Error, UnicodeEncodeError):
        fields.refuse("payload_base64" if encoded else "payload", tk._("This is not a message."))
    if payload is not None and len(payload) > LARGEST_MESSAGE:
        sentence = tk._("At most {number} characters, please.").format(number=LARGEST_MESSAGE)
        fields.refuse("payload", sentence)
    fields.check()
    return None if payload is None else Message(topic or "trial", payload, utc_now())


def _try(row: SourceRow, message: Message | None) -> Trial:
    if message is not None:
        if row.type in ("lhp", "pegelonline"):
            sentence = tk._("This source is asked, not sent to: leave the message empty.")
            raise tk.ValidationError({"payload": [sentence]})
        return try_message(row, message)
    if row.type in POLLED_TYPES:
        return try_poll(write_engine(), row)
    if row.type == "mqtt":
        return try_listening(row)
    sentence = tk._("Paste a message: a webhook cannot be asked, it is sent to.")
    raise tk.ValidationError({"payload": [sentence]})


def _told(trial: Trial) -> dict[str, Any]:
    units = {(each.station_key, each.name): each for each in trial.datastreams}

    def plain(value: Observation, reckoned: bool) -> dict[str, Any]:
        stream = units.get((value.station_key, value.datastream))
        return {
            "station": value.station_key,
            "datastream": value.datastream,
            "observed_property": stream and stream.observed_property,
            "phenomenon_time": value.phenomenon_time.isoformat(),
            "result": value.result,
            "unit": stream and stream.unit,
            "public": stream is not None and stream.visibility == "public",
            "reckoned": reckoned,
        }

    values = [(value, True) for value in trial.levels]
    values += [(value, False) for value in trial.observations]
    refusals, stations = trial.refusals, {each.key: each for each in trial.stations}
    return {
        "messages": trial.messages,
        "fault": _fault(trial.fault),
        "counts": {
            "stations": len(stations),
            "datastreams": len(units),
            "observations": len(values),
            "refusals": len(refusals),
        },
        "stations": [
            {
                "key": each.key,
                "name": each.name,
                "kind": each.kind,
                "water": each.water,
                "longitude": each.longitude,
                "latitude": each.latitude,
                "operator": each.operator.name,
                "licence": each.licence.title,
            }
            for each in [*stations.values()][:MOST_SHOWN]
        ],
        "datastreams": [
            {
                "station": each.station_key,
                "name": each.name,
                "observed_property": each.observed_property,
                "unit": each.unit,
                "public": each.visibility == "public",
            }
            for each in [*units.values()][:MOST_SHOWN]
        ],
        "observations": [plain(*each) for each in values[:MOST_SHOWN]],
        "refusals": [
            {"record": each.record, "reason": each.reason} for each in refusals[:MOST_SHOWN]
        ],
        "unregistered": [key.partition(":")[2] for key in trial.unregistered[:MOST_SHOWN]],
    }


def _fault(error: SuedwestError | None) -> dict[str, str] | None:
    """What people read, and the technical sentence beneath it."""
    if error is None:
        return None
    if isinstance(error, AddressRefused):
        sentence = tk._("This address lies in an internal network, or cannot be asked at all.")
    elif isinstance(error, BrokerAway):
        sentence = tk._(
            "The broker did not answer. Are its address and port right, and can it be reached "
            "from the internet?"
        )
    elif isinstance(error, SourceUnavailable):
        sentence = tk._(
            "The other side did not give anything. Are the address, the user name and the "
            "password right?"
        )
    else:
        sentence = tk._("What came could not be read.")
    return {"sentence": sentence, "detail": str(error)}
