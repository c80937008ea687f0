"""What is wrong with a source before it is registered, field by field.

Whoever registers a source, a form or a file, asks here; pollers and connectors check again when
they run, for options may be older than they are.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from ..connectors.base import Context, connector_names, find_connector
from ..connectors.json_payload import FieldRefused
from ..connectors.lorawan.codec import codecs
from ..connectors.options import OptionsRefused
from ..domain.errors import PayloadRefused, SuedwestError
from ..domain.station import Datastream
from ..store.sources import SourceRow
from ..store.text import NAME_LENGTH
from .asking import HeaderRefused, check_header
from .gtfs import REALTIME, TIMETABLE, timetable_options
from .http import AddressRefused, check_address
from .lhp import stations_path
from .mobilithek import PUSH_TYPE
from .mounted import derived_level
from .mqtt_connection import SettingRefused, check_topics, tls_context
from .registered import Registered
from .sensorthings import datastreams_of

MESSAGE_TYPES = ("webhook", "mqtt")
POSTED_TYPES = ("webhook", PUSH_TYPE)
"""What is posted to the portal: these have no address, but a token."""
FEED_TYPES = ("http", "mobilithek", PUSH_TYPE)
"""Whole feeds; their options name the connector."""
POLLED_TYPES = (
    "http",
    "mobilithek",
    "sensorthings",
    TIMETABLE,
    REALTIME,
    "lhp",
    "pegelonline",
)
TYPES = (*MESSAGE_TYPES, PUSH_TYPE, *POLLED_TYPES)
NOT_FOR_ALL = frozenset({"pegelonline"})
"""Types only operators of the platform register: one source of them serves all."""
OPERATORS_OPTIONS = ("trusted_address", "simulated")
"""Options that let requests go into the operator's own network."""
_SCHEMES = {"mqtt": ("mqtt", "mqtts")}
_OWN_CONNECTOR = frozenset({"lhp", "pegelonline", "lorawan-recordings"})
_MESSAGES_ONLY = frozenset({"tts", "chirpstack", "chirpstack3", "iotcreators", "tasmota"})
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9-]{0,98}")
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=1)


def N_(msgid: str) -> str:  # noqa: N802 - the name that tools which collect texts know
    """Mark a sentence that is translated where it is shown."""
    return msgid


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; `sentence` is an English template for `values`.

    `field` is `id`, `type`, `url`, `interval`, or the option, for a device
    `devices.<device id>.<field>`.
    """

    field: str
    sentence: str
    values: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])

    def __str__(self) -> str:
        return self.sentence.format(**self.values)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A source as somebody wants it, its secrets in plain text or sealed.

    `trusted` lets its address be a private one; then nobody looks up which it is.
    """

    id: str
    type: str
    url: str
    options: Mapping[str, Any]
    interval: timedelta
    trusted: bool = False

    def row(self, municipality: str | None) -> SourceRow:
        """As the row it would become."""
        return SourceRow(
            id=self.id,
            type=self.type,
            municipality=municipality,
            url=self.url,
            options=dict(self.options),
            interval=self.interval,
            enabled=False,
            state={},
            generation=0,
            last_attempt_at=None,
            last_success_at=None,
            last_error=None,
            failures=0,
        )


def connectors_of(source_type: str) -> list[str]:
    """The connectors a source of this type may name, sorted."""
    if source_type not in (*MESSAGE_TYPES, *FEED_TYPES):
        return []
    left_out = _OWN_CONNECTOR | (_MESSAGES_ONLY if source_type in FEED_TYPES else frozenset())
    return [name for name in connector_names() if name not in left_out]


def faults(wanted: Wanted) -> list[Fault]:
    """Everything that is wrong with a source, or nothing."""
    return [*_faults(wanted)]


def _faults(wanted: Wanted) -> Iterator[Fault]:
    if not _IDENTIFIER.fullmatch(wanted.id):
        yield Fault("id", N_("Use lower-case letters a to z, digits and hyphens, at most 99."))
    if wanted.type not in TYPES:
        yield Fault("type", N_("Choose one of these: {words}."), {"words": ", ".join(TYPES)})
        return
    if not _SHORTEST <= wanted.interval <= _LONGEST:
        yield Fault("interval", N_("Write a number of minutes from 1 to 1440."))
    if wanted.type not in POSTED_TYPES:
        yield from _address_faults(wanted)
    options = wanted.options
    if wanted.type in (*MESSAGE_TYPES, *FEED_TYPES):
        yield from _connector_faults(wanted)
    if wanted.type == "mqtt":
        yield from _broker_faults(wanted)
    if wanted.type in ("mqtt", "mobilithek"):
        yield from _certificate_faults(options)
    if wanted.type == "mobilithek" and not options.get("client_certificate"):
        yield Fault("client_certificate", N_("This is needed."))
    if wanted.type == REALTIME and not options.get("timetable"):
        yield Fault("timetable", N_("This is needed."))
    try:
        if wanted.type == TIMETABLE:
            timetable_options(options)
        if wanted.type == "sensorthings":
            datastreams_of(options)
        if wanted.type == "lhp":
            stations_path(options)
    except OptionsRefused as error:
        yield _fault_of_option(error)
    if options.get("header_value") or options.get("header_name"):
        yield from _header_faults(options)
    if wanted.type not in ("lhp", "pegelonline"):
        yield from device_faults(options, wanted.interval)


def _address_faults(wanted: Wanted) -> Iterator[Fault]:
    schemes = _SCHEMES.get(wanted.type, ("http", "https"))
    like = "mqtts://broker.example.de:8883" if wanted.type == "mqtt" else "https://example.de/…"
    try:
        address = urlsplit(wanted.url)
        _ = address.port
    except ValueError:
        yield Fault("url", N_("This is no address. Write it like {like}."), {"like": like})
        return
    if address.scheme not in schemes or not address.hostname:
        yield Fault("url", N_("This is no address. Write it like {like}."), {"like": like})
    elif address.username or address.password:
        yield Fault(
            "url", N_("Leave name and password out of the address: there are fields for them.")
        )
    elif not wanted.trusted:
        try:
            check_address(wanted.url)
        except AddressRefused:
            yield Fault(
                "url",
                N_(
                    "This address lies in an internal network, which the platform does not reach "
                    "into. Take one that can be reached from the internet."
                ),
            )


def _connector_faults(wanted: Wanted) -> Iterator[Fault]:
    known = connectors_of(wanted.type)
    name = wanted.options.get("connector")
    if name not in known:
        yield Fault("connector", N_("Choose one of these: {words}."), {"words": ", ".join(known)})
        return
    # Connectors read their options first, so that a blank payload shows what is wrong with them.
    now = datetime(2026, 1, 1, tzinfo=UTC)
    context = Context(received_at=now, topic="a/b/c/d/e/f/g/h", options=dict(wanted.options))
    try:
        find_connector(name)(b"", context)
    except OptionsRefused as error:
        yield _fault_of_option(error)
    except PayloadRefused:
        pass


def _fault_of_option(error: OptionsRefused) -> Fault:
    said = str(error)
    named = re.match(r"the options? ([a-z_]+)", said)
    return Fault(named[1] if named else "options", N_("Check this: {reason}."), {"reason": said})


def _broker_faults(wanted: Wanted) -> Iterator[Fault]:
    options = wanted.options
    try:
        check_topics(options)
    except SettingRefused:
        yield Fault(
            "topic",
            N_(
                "Write the topic the broker sends on, such as v3/my-application@ttn/devices/+/up; "
                "+ and # stand alone between two slashes."
            ),
        )
    if options.get("protocol") not in (None, "", "3.1.1", "5"):
        yield Fault("protocol", N_("Choose one of these: {words}."), {"words": "3.1.1, 5"})
    for name in ("username", "client_id"):
        if not isinstance(options.get(name, ""), str):
            yield Fault(name, N_("This is not a text."))
    if options.get("password") and not options.get("username"):
        yield Fault("username", N_("A password needs a user name."))


def _certificate_faults(options: Mapping[str, Any]) -> Iterator[Fault]:
    certificate, key = options.get("client_certificate"), options.get("client_key")
    if bool(certificate) != bool(key):
        missing = "client_key" if certificate else "client_certificate"
        yield Fault(missing, N_("A certificate and its key belong together."))
    try:
        tls_context(
            authority=options.get("ca_certificate") or None,
            certificate=certificate or None,
            # What is sealed was checked when it was entered.
            key=None if str(key).startswith("sealed:") else key or None,
        )
    except SettingRefused:
        yield Fault(
            "client_certificate",
            N_("A certificate or key cannot be read; it begins with -----BEGIN."),
        )


def _header_faults(options: Mapping[str, Any]) -> Iterator[Fault]:
    value = options.get("header_value")
    if not value:
        yield Fault("header_value", N_("This is needed."))
        return
    try:
        check_header(options.get("header_name"), "" if value is None else str(value))
    except HeaderRefused as error:
        which = "header_value" if "header_value" in str(error) else "header_name"
        yield Fault(which, N_("This is no header that can be sent."))


def device_faults(options: Mapping[str, Any], interval: timedelta) -> Iterator[Fault]:
    """What is wrong with the registered devices of a source."""
    devices = options.get("devices", {})
    if not isinstance(devices, Mapping):
        yield Fault("devices", N_("This is not an object of device ids."))
        return
    seen: set[str] = set()
    for name, entry in devices.items():
        where = f"devices.{name}"
        if not name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
            yield Fault(where, N_("This is no id of a device."))
        elif name.casefold() in seen:
            yield Fault(where, N_("This device is listed twice."))
        elif not isinstance(entry, Mapping):
            yield Fault(where, N_("This is not an object."))
        else:
            yield from _entry_faults(where, name, entry, options, interval)
        seen.add(name.casefold())


def _entry_faults(
    where: str,
    name: str,
    entry: Mapping[str, Any],
    options: Mapping[str, Any],
    interval: timedelta,
) -> Iterator[Fault]:
    said = len(texts := [*_plain_faults(where, entry, options)])
    yield from texts
    if said:
        return
    registered = Registered({**options, "devices": {name: entry}}, interval)
    try:
        registered.station(f"x:{name}")
        for observed in ("distance", "depth"):
            derived_level(Datastream(f"x:{name}", observed, observed, "mm"), entry)
    except (SuedwestError, FieldRefused) as error:
        yield Fault(where, N_("Check this: {reason}."), {"reason": str(error)})


def _plain_faults(
    where: str, entry: Mapping[str, Any], options: Mapping[str, Any]
) -> Iterator[Fault]:
    if not isinstance(entry.get("name"), str) or not entry["name"].strip():
        yield Fault(f"{where}.name", N_("This is needed."))
    codec = entry.get("codec")
    if codec not in (None, "") and codec not in codecs():
        known = {"words": ", ".join(codecs())}
        yield Fault(f"{where}.codec", N_("Choose one of these: {words}."), known)
    bounds = {"longitude": 180, "latitude": 90}
    given = [axis for axis in bounds if entry.get(axis) is not None]
    for axis in given:
        number = entry[axis]
        real = isinstance(number, int | float) and not isinstance(number, bool)
        if not real or not -bounds[axis] <= number <= bounds[axis]:
            yield Fault(f"{where}.{axis}", N_("This is no place on earth."))
    if len(given) == 1:
        yield Fault(f"{where}.{given[0]}", N_("Longitude and latitude belong together."))
    for part, needed in (("operator", ("name",)), ("licence", ("id", "title", "attribution"))):
        told = entry.get(part) or options.get(part)
        if not isinstance(told, Mapping):
            yield Fault(part, N_("This is needed."))
            continue
        for key in needed:
            if not isinstance(told.get(key), str) or not told[key].strip():
                yield Fault(f"{part}.{key}", N_("This is needed."))
