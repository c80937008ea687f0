"""One connection to an MQTT broker with a session the broker keeps while nobody is connected.

Options of the source that are read here:
    topic: a topic filter, or a list of them.
    client_id: fixed, so that the broker knows the session whoever connects
        (default: `suedwest-<source id>`). Two platforms at one broker need two of them.
    username, password (sealed); client_certificate and client_key (sealed), both PEM.
    ca_certificate: PEM of who signed the broker's certificate (default: what the system trusts).
    protocol: "3.1.1" or "5"; without it 5 is tried first.
    trusted_address: true lets the connection go to a private address (implied by `simulated`).
"""

from __future__ import annotations

import logging
import ssl
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, error_string
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ..domain.errors import SuedwestError
from ..store.sources import SourceRow
from .http import AddressRefused, SourceUnavailable, is_public
from .secrets import open_secret

log = logging.getLogger(__name__)

KEEPALIVE_SECONDS = 30
CONNECT_SECONDS = 10.0
SESSION_SECONDS = 30 * 24 * 3600
"""How long an MQTT 5 broker shall keep the session; one of 3.1.1 decides by itself."""
MOST_UNACKNOWLEDGED = 2_000
"""What an MQTT 5 broker may send ahead of our acknowledgements."""
LARGEST_PACKET = 1024 * 1024
"""Bytes; an MQTT 5 broker keeps larger messages from us."""
_QOS = 1
_GOODBYES = 4
_LOOK_EVERY = 0.5
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_PROTOCOLS = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}


class BrokerAway(SuedwestError):
    """The broker cannot be reached, or the connection broke off; it may be back soon."""


class SettingRefused(SuedwestError):
    """The source's address or an option cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a source's broker is reached."""

    host: str
    port: int
    client_id: str
    topics: tuple[str, ...]
    trusted: bool
    protocols: tuple[str, ...]
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    throw_away: bool = False
    """The broker begins a new session, and forgets it when the connection ends."""

    @classmethod
    def of(cls, source: SourceRow) -> Settings:
        """From the source's row.

        Raises:
            SettingRefused, SecretUnreadable: an option cannot be used.
        """
        options = source.options
        try:
            address = urlsplit(source.url)
            port = address.port
        except ValueError as error:
            raise SettingRefused(f"the address is no URL: {error}") from None
        if address.scheme not in _PORTS or not address.hostname:
            raise SettingRefused("the address is not mqtt://host:port or mqtts://host:port")
        if address.username or address.password:
            raise SettingRefused("the address carries a password; it belongs into the options")
        protocol = options.get("protocol")
        if protocol is not None and protocol not in _PROTOCOLS:
            raise SettingRefused('the option protocol is neither "3.1.1" nor "5"')
        return cls(
            host=address.hostname,
            port=port or _PORTS[address.scheme],
            client_id=_text(options, "client_id") or f"suedwest-{source.id}",
            topics=check_topics(options),
            trusted=options.get("simulated") is True or options.get("trusted_address") is True,
            protocols=(protocol,) if protocol else ("5", "3.1.1"),
            username=_text(options, "username"),
            password=open_secret(options, "password"),
            tls=_tls(options) if address.scheme == "mqtts" else None,
        )


class Connection:
    """A connection, used by one thread; `on_message` is called within `read`.

    Messages are acknowledged by `acknowledge` only. What was read and not acknowledged when the
    connection ends comes again with the next one.
    """

    def __init__(self, settings: Settings, on_message: Callable[[MQTTMessage], None]) -> None:
        self._settings = settings
        self._on_message = on_message
        self._protocols = list(settings.protocols)
        self._client: Client | None = None
        self._answer: ReasonCode | None = None
        self._refused: str | None = None
        self.session_present = False

    def open(self) -> str:
        """Connect and subscribe; gives the version of MQTT that is spoken.

        Raises:
            BrokerAway: no connection, or it broke off.
            SourceUnavailable: the broker refuses us.
            AddressRefused: the broker's address is not public.
        """
        while True:
            protocol = self._protocols[0]
            try:
                client = self._connect(protocol)
            except _ProtocolRefused:
                # The broker said so; it is not asked again.
                del self._protocols[0]
                continue
            # A session the broker kept knows its topics; saying them again changes nothing, and
            # what waited in it may come before the answer.
            client.subscribe([(topic, _QOS) for topic in self._settings.topics])
            return protocol

    def read(self, seconds: float) -> None:
        """Take at most one packet from the broker, waiting for it no longer than `seconds`.

        Raises:
            BrokerAway: the connection broke off.
            SourceUnavailable: the broker refuses a topic.
        """
        if self._client is None:
            raise BrokerAway("there is no connection")
        code = self._client.loop(seconds)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerAway(f"the connection to the broker broke off: {error_string(code)}")
        if self._refused is not None:
            raise SourceUnavailable(self._refused)

    def acknowledge(self, messages: Iterable[MQTTMessage]) -> None:
        """Tell the broker that these messages are kept; without a connection they come again."""
        client = self._client
        if client is not None:
            for message in messages:
                client.ack(message.mid, message.qos)

    def close(self) -> None:
        """End the connection; the broker keeps the session."""
        client = self._client
        if client is not None:
            client.disconnect()
            # Acknowledgements and the goodbye, when the socket did not take them at once.
            for _ in range(_GOODBYES):
                if not client.want_write():
                    break
                client.loop(0.5)
            self._client = None

    def _connect(self, protocol: str) -> Client:
        settings = self._settings
        client = self._client = self._make_client(protocol)
        self._answer = self._refused = None
        try:
            if protocol == "5":
                properties = Properties(PacketTypes.CONNECT)
                properties.SessionExpiryInterval = 0 if settings.throw_away else SESSION_SECONDS
                properties.ReceiveMaximum = MOST_UNACKNOWLEDGED
                properties.MaximumPacketSize = LARGEST_PACKET
                client.connect(
                    settings.host,
                    settings.port,
                    KEEPALIVE_SECONDS,
                    clean_start=settings.throw_away,
                    properties=properties,
                )
            else:
                client.connect(settings.host, settings.port, KEEPALIVE_SECONDS)
        except OSError as error:
            self._client = None
            raise BrokerAway(f"the broker cannot be reached: {error}") from error
        answer = self._wait_for_answer()
        if str(answer) == "Unsupported protocol version" and len(self._protocols) > 1:
            self._client = None
            raise _ProtocolRefused
        if answer.is_failure:
            self._client = None
            message = f"the broker refuses the connection: {answer}"
            if str(answer) in ("Server unavailable", "Server busy"):
                raise BrokerAway(message)
            raise SourceUnavailable(message)
        return client

    def _make_client(self, protocol: str) -> Client:
        settings = self._settings
        client = Client(
            CallbackAPIVersion.VERSION2,
            settings.client_id,
            clean_session=None if protocol == "5" else settings.throw_away,
            protocol=_PROTOCOLS[protocol],
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_SECONDS
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        if settings.tls is not None:
            client.tls_set_context(settings.tls)
        client.on_socket_open = self._check_peer
        client.on_connect = self._note_answer
        client.on_subscribe = self._note_granted
        client.on_message = lambda _client, _data, message: self._on_message(message)
        return client

    def _wait_for_answer(self) -> ReasonCode:
        """What the broker says to our greeting; one that refuses us says why, and hangs up."""
        end = time.monotonic() + CONNECT_SECONDS
        while time.monotonic() < end:
            try:
                self.read(_LOOK_EVERY)
            except BrokerAway:
                if self._answer is None:
                    raise
            if self._answer is not None:
                return self._answer
        raise BrokerAway(f"the broker does not answer within {CONNECT_SECONDS:g} s")

    def _check_peer(self, _client: Client, _data: object, connected: Any) -> None:
        """Before anything is said: an editor must not reach into the operator's network."""
        address = connected.getpeername()[0]
        if not self._settings.trusted and not is_public(address):
            raise AddressRefused(
                f"the broker {self._settings.host} is at {address}, which is not a public address"
            )

    def _note_answer(
        self,
        _client: Client,
        _data: object,
        flags: ConnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.session_present = flags.session_present
        self._answer = code

    def _note_granted(
        self,
        _client: Client,
        _data: object,
        _mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        for topic, code in zip(self._settings.topics, codes, strict=True):
            if code.is_failure:
                self._refused = f"the broker refuses the topic {topic!r}: {code}"
            elif code.value < _QOS:
                log.warning(
                    "the broker sends %r without a guarantee (QoS %d): what is sent while nobody "
                    "is connected is lost",
                    topic,
                    code.value,
                )


class _ProtocolRefused(Exception):
    """The broker does not speak this version of MQTT."""


def _text(options: Mapping[str, Any], name: str) -> str | None:
    value = options.get(name)
    if value is not None and not isinstance(value, str):
        raise SettingRefused(f"the option {name} is not a text")
    return value or None


def check_topics(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The topic filters of the option `topic`.

    Raises:
        SettingRefused: there is none, or one is no topic filter.
    """
    value = options.get("topic")
    topics = [value] if isinstance(value, str) else value
    if not isinstance(topics, list) or not topics:
        raise SettingRefused("the option topic names no topic")
    for topic in topics:
        if not isinstance(topic, str) or not 0 < len(topic.encode()) < 65536 or "\0" in topic:
            raise SettingRefused(f"{topic!r:.80} is not a topic")
        levels = topic.split("/")
        if "#" in "".join(levels[:-1]) or any(
            len(level) > 1 and ("+" in level or "#" in level) for level in levels
        ):
            raise SettingRefused(f"{topic!r:.80} is not a topic filter: + and # stand alone")
    return tuple(topics)


def _tls(options: Mapping[str, Any]) -> ssl.SSLContext:
    return tls_context(
        authority=_text(options, "ca_certificate"),
        certificate=_text(options, "client_certificate"),
        key=open_secret(options, "client_key"),
    )


def tls_context(
    *, authority: str | None, certificate: str | None, key: str | None
) -> ssl.SSLContext:
    """How a broker is proved to be the right one, and we to it; all three as PEM.

    Raises:
        SettingRefused: one of them cannot be used.
    """
    try:
        context = ssl.create_default_context(cadata=authority)
        if certificate and key:
            # OpenSSL reads these from a file only; it is deleted before anything else happens.
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(f"{certificate}\n{key}\n")
                file.flush()
                context.load_cert_chain(file.name)
    except (ssl.SSLError, ValueError) as error:
        raise SettingRefused(f"a certificate or key cannot be used: {error}") from None
    return context
