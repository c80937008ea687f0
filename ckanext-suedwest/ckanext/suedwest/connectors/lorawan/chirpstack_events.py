"""What the events of ChirpStack 3 and 4 have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from ...domain.device import DeviceReport
from ...domain.errors import Refusal
from ..base import Context, Decoded
from ..json_payload import FieldRefused, record_text
from ..plausibility import check_time
from .envelope import percent
from .uplink import NETWORK

HIGHEST_PORT = 255
_KIND = re.compile(r"\bevent[/=](up|join|status|log|error|location|ack|txack|integration)$")


def event_kind(
    event: dict[str, object], topic: str | None, telling: Mapping[str, tuple[str, ...]]
) -> str:
    """The kind of an event, from the end of its topic or path (`…/event/up`, `…?event=up`).

    Without one it is the first of `telling` that has a field of the event.

    Raises:
        FieldRefused: it is of none of them.
    """
    found = _KIND.search(topic or "")
    if found is not None:
        return found[1]
    for kind, names in telling.items():
        if any(name in event for name in names):
            return kind
    raise FieldRefused("the event is of no known kind")


def sign_of_life(
    event: dict[str, object], device: str, time: datetime, context: Context
) -> Decoded:
    """A `join` or `status`; the battery is left out when the device runs on mains or cannot say.

    Raises:
        FieldRefused: the time cannot be.
    """
    silent = (
        event.get("batteryLevelUnavailable") is True or event.get("externalPowerSource") is True
    )
    report = DeviceReport(
        device=f"{NETWORK}:{device}",
        time=check_time(time, context.received_at),
        battery_percent=None if silent else percent(event, "batteryLevel"),
    )
    return Decoded(device_reports=[report])


def complaint(event: dict[str, object], device: str, code: str, text: str) -> Decoded:
    """What the server complains about, kept for who looks after the device.

    `code` and `text` are the names of the fields that say it.
    """
    reason = (
        f"the network server reports {record_text(event.get(code))[:60]}: "
        f"{record_text(event.get(text))[:300]}"
    )
    return Decoded(refusals=[Refusal(f"{NETWORK}:{device}", reason, record_text(event))])
