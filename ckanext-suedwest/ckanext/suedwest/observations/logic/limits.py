"""Limits of the quality tests where a gauge needs others than those of its kind."""

from __future__ import annotations

from dataclasses import fields as fields_of
from datetime import UTC, datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

from ...domain.quality_tests import MOST_HOURS, Limits, LimitsRefused
from ...store.limits import limits_of, set_limits
from ..store_access import write_engine
from .fields import Fields
from .marking import owned_stream

__all__ = ["suedwest_limits_show", "suedwest_limits_update"]

NAMES = tuple(each.name for each in fields_of(Limits))


@tk.side_effect_free
def suedwest_limits_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The default limits of a datastream, None when nothing of it is tested, and its own.

    :param resource_id: the datastream's live resource
    :type resource_id: string

    In `own` a limit of None means that its test is off.
    """
    stream = owned_stream("suedwest_limits_show", context, data_dict)
    defaults, own = limits_of(write_engine(), stream.datastream_id)
    return {
        "unit": stream.unit,
        "defaults": defaults and {name: getattr(defaults, name) for name in NAMES},
        "own": own,
    }


def suedwest_limits_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Set a datastream's own limits, and judge all its values again.

    :param resource_id: the datastream's live resource
    :type resource_id: string
    :param lowest: and `highest`, `possible_lowest`, `possible_highest`, `spike`,
        `rate_per_hour`, `flat_line_hours`, `gap_hours`: a number (a text may have a decimal
        comma); empty for the default (all optional)
    :type lowest: number or string
    :param off: names of the limits whose tests are switched off (optional)
    :type off: list of strings
    """
    stream = owned_stream("suedwest_limits_update", context, data_dict)
    fields = Fields(data_dict)
    own: dict[str, float | None] = {}
    for name in NAMES:
        number = fields.number(name, required=False)
        if number is not None:
            own[name] = number
    off = data_dict.get("off") or []
    for name in [off] if isinstance(off, str) else off:
        own[name] = None
    fields.check()
    try:
        set_limits(write_engine(), stream.datastream_id, own, now=datetime.now(UTC))
    except LimitsRefused as error:
        raise tk.ValidationError({error.limit or "resource_id": [_sentence(error)]}) from None
    return suedwest_limits_show(context, {"resource_id": stream.resource_id})


def _sentence(error: LimitsRefused) -> str:
    sentences = {
        "crossed": tk._("The lowest value has to be below the highest."),
        "positive": tk._("This has to be more than zero."),
        "long": tk._("This is too long: at most {hours} hours.").format(hours=MOST_HOURS),
        "untested": tk._("Values of this kind are not tested, but the level made of them."),
        "number": tk._("This test cannot be switched off."),
    }
    return sentences.get(error.flaw, str(error))
