"""OGC SensorThings API 1.1: observations by MQTT, and what servers like FROST answer.

Read are an Observation, a Datastream (with Observations expanded), a Thing (with Datastreams
expanded), a collection (`{"value": [...]}`) of each, and recordings with one entity on each line.
A page's `@iot.nextLink` is the poller's matter.

The station is the Thing (`@iot.id`); where a reply does not carry it, the Datastream stands for it
(`Datastreams(42)`). What a Datastream measures is told by the options; a unit they leave out is
taken from `unitOfMeasurement`.

Options: those of `SensingOptions`. `quantities` is keyed by the Datastream's id or name or by the
name or definition of its ObservedProperty. `untimed` says what becomes of a result without a
`phenomenonTime`: `refuse`, or `received` for the moment of receipt, which suits only messages that
are neither retained by the broker nor sent again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused, parse_instant
from ..base import Context, Decoded
from ..json_payload import (
    FieldRefused,
    as_list,
    as_object,
    finite_number,
    kind_of,
    load_json_lines,
    record_text,
)
from ..options import read_options
from .readings import Quantity, Readings, SensingOptions, undescribed

_TOPIC = re.compile(r"(?:^|/)Datastreams\(([^()/]{1,200})\)/Observations")
_DEEPEST = 4
"""A collection of Things with Datastreams with Observations."""
_COUNTED = ("OM_Measurement", "OM_CountObservation", "OM_Observation")


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorThingsOptions(SensingOptions):
    """The options of this connector, as the module says."""

    untimed: Literal["refuse", "received"] = "refuse"


@dataclass(frozen=True, slots=True)
class _Stream:
    """What is known of the Datastream an Observation belongs to.

    `names` are the words the option `quantities` may know it by, the surest first.
    """

    thing: str | None = None
    id: str | None = None
    names: tuple[str, ...] = ()
    unit: str | None = None
    result_type: str | None = None

    @property
    def device(self) -> str | None:
        """The station: the Thing, else the Datastream itself."""
        return self.thing or (None if self.id is None else f"Datastreams({self.id})")


class _Reader:
    """Walks through entities; `readings` collects."""

    def __init__(self, options: SensorThingsOptions, context: Context) -> None:
        self.readings = Readings("sensorthings", options, context)
        self._options = options
        self._received_at = context.received_at

    def read(self, entity: object, stream: _Stream, depth: int = 0) -> None:
        """Read an entity or a collection; `stream` is what surrounds it."""
        fields = as_object(entity)
        if depth > _DEEPEST:
            self.readings.refuse("entity", "its entities are nested too deeply", entity)
        elif fields is None:
            self.readings.refuse("entity", f"it is {kind_of(entity)}, not an object", entity)
        elif "value" in fields and "result" not in fields:
            self._each(fields["value"], stream, depth)
        elif "Datastreams" in fields:
            self._each(fields["Datastreams"], replace(stream, thing=_id_of(fields)), depth)
        elif "unitOfMeasurement" in fields or "Observations" in fields:
            self._each(fields.get("Observations", []), _described(fields, stream), depth)
        elif "result" in fields:
            nested = as_object(fields.get("Datastream"))
            self._observation(fields, stream if nested is None else _described(nested, stream))
        elif "description" not in fields and "name" not in fields:
            self.readings.refuse(
                f"entity {_id_of(fields) or 'without an id'}",
                "it is no Observation, Datastream or Thing",
                entity,
            )

    def _each(self, listed: object, stream: _Stream, depth: int) -> None:
        entities = as_list(listed)
        if entities is None:
            self.readings.refuse("entity", f"its entities are {kind_of(listed)}, no list", listed)
        for entity in entities or ():
            self.read(entity, stream, depth + 1)

    def _observation(self, fields: dict[str, object], stream: _Stream) -> None:
        if not self._options.ignored.isdisjoint(stream.names):
            return
        label = (
            f"{stream.device or 'Observation'} at {record_text(fields.get('phenomenonTime'))[:60]}"
        )
        try:
            quantity = self._quantity(stream)
            if stream.result_type is not None and not stream.result_type.endswith(_COUNTED):
                raise FieldRefused(
                    f"results of the type {stream.result_type[:80]!r} are no numbers"
                )
            instant = self._instant(fields)
            value = finite_number(fields, "result")
            self.readings.add(stream.device, quantity, instant, value, unit=stream.unit)
        except FieldRefused as error:
            self.readings.refuse(label, error, fields)

    def _quantity(self, stream: _Stream) -> Quantity:
        for name in stream.names:
            if name in self._options.quantities:
                return self._options.quantities[name]
        raise undescribed(stream.names[0] if stream.names else "Observation", stream.unit)

    def _instant(self, fields: dict[str, object]) -> datetime:
        written = fields.get("phenomenonTime")
        if written is None:
            if self._options.untimed == "received":
                return self._received_at
            raise FieldRefused("the observation has no phenomenonTime")
        # An interval is stored by its start.
        start, slash, end = written.partition("/") if isinstance(written, str) else ("", "", "")
        try:
            instant = parse_instant(start if slash else written)
            if slash and parse_instant(end) < instant:
                raise FieldRefused(
                    f"the interval {record_text(written)[:80]} ends before it starts"
                )
        except TimeRefused as error:
            raise FieldRefused(str(error)) from None
        return instant


def connector(payload: bytes, context: Context) -> Decoded:
    """Read entities; an empty collection is a reply that holds nothing.

    Raises:
        PayloadRefused: no JSON, an error of the server, or no entity at all.
        OptionsRefused: the options are faulty.
    """
    options = read_options(SensorThingsOptions, context.options)
    reader = _Reader(options, context)
    stream = _of_topic(context.topic)
    for entity in load_json_lines(payload):
        fields = as_object(entity)
        if fields is None:
            raise PayloadRefused(f"the reply is {kind_of(entity)}, not an entity or a collection")
        if "code" in fields and "message" in fields:
            raise PayloadRefused(f"the server answered: {record_text(fields['message'])[:300]}")
        reader.read(fields, stream)
    return reader.readings.decoded


def _of_topic(topic: str | None) -> _Stream:
    found = None if topic is None else _TOPIC.search(topic)
    if not found:
        return _Stream()
    name = found[1].strip("'")
    return _Stream(id=name, names=(name,))


def _id_of(fields: dict[str, object]) -> str | None:
    """The id of an entity: a number or a text."""
    written = fields.get("@iot.id")
    if isinstance(written, str) and written.strip() and len(written) <= 200:
        return written
    if isinstance(written, int) and not isinstance(written, bool) and abs(written) < 10**18:
        return str(written)
    return None


def _described(fields: dict[str, object], around: _Stream) -> _Stream:
    """What a Datastream entity says of itself, in what surrounds it."""
    identifier = _id_of(fields) or around.id
    thing = as_object(fields.get("Thing"))
    measured = as_object(fields.get("ObservedProperty")) or {}
    unit = as_object(fields.get("unitOfMeasurement")) or {}
    symbol = unit.get("symbol")
    result_type = fields.get("observationType")
    names = (identifier, fields.get("name"), measured.get("name"), measured.get("definition"))
    return _Stream(
        thing=around.thing if thing is None else _id_of(thing),
        id=identifier,
        names=tuple(name for name in names if isinstance(name, str)) or around.names,
        unit=symbol if isinstance(symbol, str) and symbol else around.unit,
        result_type=result_type if isinstance(result_type, str) else around.result_type,
    )
