"""The devices of a source that is listened to: what their messages do not say of themselves.

Options of such a source that are read here:
    operator: {"name": …, "url": …, "contact": …}, who runs the stations.
    licence: {"id": …, "title": …, "url": …, "attribution": …}, for their values.
    simulated: true marks every station as simulated.
    devices: {"<device id>": {…}}, each with `name` and, where known, `kind` (default "water"),
        `water`, `number`, `longitude`, `latitude`, `remark`, `interval` (minutes between two
        values), `visibility` ("internal" hides all its values), `mounting` (see `mounted`), and
        an `operator` and `licence` of its own. A connector reads further keys of a device, such
        as `codec`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..domain.errors import SuedwestError
from ..domain.station import Datastream, Licence, Operator, Station, Visibility

_KINDS = {str: "a text", float: "a number"}


class RegistrationRefused(SuedwestError):
    """What is registered cannot be used; the message says which entry and why."""


class Registered:
    """The registered devices of one source, found by the key of their station.

    Raises:
        RegistrationRefused: when `devices` is no object. A fault in one device is told when a
            message of it comes, so that the others go on.
    """

    def __init__(self, options: Mapping[str, Any], interval: timedelta) -> None:
        devices = options.get("devices", {})
        if not isinstance(devices, Mapping):
            raise RegistrationRefused("the option devices is not an object of device ids")
        self._devices = {str(name).casefold(): entry for name, entry in devices.items()}
        self._options = options
        self._interval = interval
        self._stations: dict[str, Station] = {}
        # Every message describes its series anew, and hardly ever in another way.
        self._streams: dict[tuple[str, str], tuple[Datastream, Datastream]] = {}

    def station(self, key: str) -> Station:
        """The station a device stands for; `key` is `<network or connector>:<device id>`.

        Raises:
            RegistrationRefused: when the device is not registered, or its entry is faulty.
        """
        found = self._stations.get(key)
        if found is None:
            found = self._stations[key] = self._read(key)
        return found

    def device(self, key: str) -> Mapping[str, Any]:
        """The entry of the device behind a station's key, as `station`."""
        entry = self._devices.get(key.partition(":")[2].casefold())
        if entry is None:
            raise RegistrationRefused("the device is not registered with this source")
        if not isinstance(entry, Mapping):
            raise RegistrationRefused("the entry of the device is not an object")
        return entry

    def datastream(self, stream: Datastream) -> Datastream:
        """A datastream as its connector describes it, with what is registered of the device."""
        name = stream.station_key, stream.name
        known = self._streams.get(name)
        if known is None or (known[0] is not stream and known[0] != stream):
            known = self._streams[name] = stream, self._described(stream)
        return known[1]

    def _described(self, stream: Datastream) -> Datastream:
        entry = self.device(stream.station_key)
        minutes = _optional(entry, "interval", float)
        interval = timedelta(minutes=minutes) if minutes else stream.interval or self._interval
        hidden = entry.get("visibility") == Visibility.INTERNAL
        visibility = Visibility.INTERNAL if hidden else stream.visibility
        return replace(stream, interval=interval, visibility=visibility)

    def _read(self, key: str) -> Station:
        entry = self.device(key)
        properties = {"simulated": "true"} if self._options.get("simulated") is True else {}
        return Station(
            key=key,
            kind=_optional(entry, "kind", str) or "water",
            name=_needed(entry, "name"),
            operator=self._operator(entry),
            licence=self._licence(entry),
            water=_optional(entry, "water", str),
            number=_optional(entry, "number", str),
            longitude=_optional(entry, "longitude", float),
            latitude=_optional(entry, "latitude", float),
            remark=_optional(entry, "remark", str),
            properties=properties,
        )

    def _operator(self, entry: Mapping[str, Any]) -> Operator:
        operator = self._part(entry, "operator")
        return Operator(
            name=_needed(operator, "name"),
            url=_optional(operator, "url", str),
            contact=_optional(operator, "contact", str),
        )

    def _licence(self, entry: Mapping[str, Any]) -> Licence:
        licence = self._part(entry, "licence")
        return Licence(
            id=_needed(licence, "id"),
            title=_needed(licence, "title"),
            url=_optional(licence, "url", str) or "",
            attribution=_needed(licence, "attribution"),
        )

    def _part(self, entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        part = entry.get(name) or self._options.get(name)
        if not isinstance(part, Mapping):
            raise RegistrationRefused(f"neither the device nor its source names a {name}")
        return part


def _needed(entry: Mapping[str, Any], field: str) -> str:
    value = _optional(entry, field, str)
    if not value:
        raise RegistrationRefused(f"{field} is missing in what is registered of the device")
    return value


def _optional(entry: Mapping[str, Any], field: str, kind: type) -> Any:
    """A text or a number (whole ones too); None when it is absent, null or blank."""
    value = entry.get(field)
    if value is None or value == "":
        return None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind):
        raise RegistrationRefused(f"{field} of the device is not {_KINDS[kind]}")
    return value
