"""The Mobilithek, Germany's access point for traffic data: packets pulled and packets pushed.

Pulled (type `mobilithek`): the address is that of a subscription
(`https://mobilithek.info:8443/mobilithek/api/v1.0/subscription?subscriptionID=…`). One packet a
request: the next one that is newer than `If-Modified-Since`, until there is nothing new (304 or
204) or `Last-Modified` stands still. Each packet is stored before the next one is asked.
Pushed (type `mobilithek-push`): the Mobilithek posts to the portal, see
`observations.webhook_views`; whoever knows the address may.

Options: `connector`, those of `registered`, and for pulling client_certificate (PEM; the
Mobilithek hands out PKCS#12) and client_key (PEM, sealed), ca_certificate where the server's is
of its own making, trusted_address as in `asking`.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass
from datetime import timedelta
from ssl import SSLContext
from urllib.parse import urlsplit

from ..connectors.base import Decoded
from ..connectors.traffic.xml_payload import parse
from ..domain.errors import PayloadRefused, SuedwestError
from ..store.sources import SourceRow
from .asking import Asking
from .http import Limits, Reply, Validators, fetch
from .http_poll import require_something
from .intake import Intake, Message, refused
from .mqtt_connection import SettingRefused, tls_context
from .secrets import open_secret
from .task import Outcome, Task

PUSH_TYPE = "mobilithek-push"
LARGEST_PACKET = 64 * 1024 * 1024
"""Bytes, unpacked: a country's feed has 50 MB."""
MOST_PACKETS = 20
"""In one poll; where there are more the subscription is asked again soon."""
MORE_AFTER = timedelta(seconds=5)
ACCEPTED = "application/xml, text/xml, application/json, */*;q=0.5"
_GZIP = b"\x1f\x8b"


class ProtocolBroken(SuedwestError):
    """The Mobilithek did not say of a packet when it was made, so that the next one is unknown."""


@dataclass(frozen=True, slots=True)
class _Subscription:
    """What each request of one subscription needs."""

    source: SourceRow
    asking: Asking
    tls: SSLContext
    limits: Limits

    def next_packet(self, since: str | None) -> Reply:
        return fetch(
            self.source.url,
            limits=self.limits,
            validators=Validators(last_modified=since),
            trusted=self.asking.trusted,
            contact=self.asking.contact,
            accept=ACCEPTED,
            tls=self.tls,
        )


def poll(task: Task) -> Outcome:
    """Pull the packets that are newer than the last one, and write each of them.

    A packet of which nothing can be used is passed over: it would come again for ever. Its
    refusals are kept, and the poll fails when no packet could be used.

    Raises:
        SourceUnavailable, ReplyTooLarge, AddressRefused: no reply that could be read.
        ProtocolBroken: a packet without `Last-Modified`.
        SettingRefused, SecretUnreadable: the certificate or its key cannot be used.
        PayloadRefused, NothingUsable: none of the packets can be used.
    """
    subscription = _subscription(task)
    intake = Intake(task.source, largest=LARGEST_PACKET)
    path = urlsplit(task.source.url).path
    since = task.source.state.get("last_modified")
    packets, stored, failed = 0, 0, list[SuedwestError]()
    more = False
    while not task.stop.is_set():
        reply = subscription.next_packet(since)
        if reply.not_modified:
            break
        made = reply.validators.last_modified
        if made is None:
            raise ProtocolBroken("the reply has no Last-Modified")
        if made == since:
            break
        packets += 1
        message = Message(path, reply.content, reply.received_at)
        try:
            decoded = intake.read(_unwrapped(message))
        except PayloadRefused as error:
            decoded = Decoded(refusals=[refused(message, str(error))])
        stored += task.write(intake.batch([decoded], reply.received_at)).stored
        try:
            require_something(decoded)
        except SuedwestError as error:
            failed.append(error)
        since = made
        more = packets >= MOST_PACKETS
        if more:
            break
    if failed and len(failed) == packets:
        raise failed[0]
    summary = f"{packets} packets, {len(failed)} of no use, {stored} new values"
    return Outcome({"last_modified": since}, summary, again_after=MORE_AFTER if more else None)


def _subscription(task: Task) -> _Subscription:
    options = task.source.options
    certificate, key = options.get("client_certificate"), open_secret(options, "client_key")
    if not isinstance(certificate, str) or not certificate or not key:
        raise SettingRefused("the Mobilithek asks for a certificate and its key; one is missing")
    authority = options.get("ca_certificate")
    return _Subscription(
        task.source,
        Asking.of(task.source),
        tls_context(
            authority=authority if isinstance(authority, str) and authority else None,
            certificate=certificate,
            key=key,
        ),
        Limits(size=LARGEST_PACKET),
    )


def _unwrapped(message: Message) -> Message:
    """What lies in a container (`…/container/subscription`): base64, and packed once more."""
    if "/container/" not in message.topic:
        return message
    binary = next(
        (one for one in parse(message.payload).descendants() if one.name == "binary"), None
    )
    if binary is None:
        raise PayloadRefused("the container holds nothing")
    try:
        payload = base64.b64decode("".join(binary.text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise PayloadRefused("the container does not hold base64") from None
    if payload.startswith(_GZIP):
        payload = unpacked(payload)
    return Message(message.topic, payload, message.received_at)


def unpacked(packed: bytes, most: int = LARGEST_PACKET) -> bytes:
    """The content of a gzip file; never more than one byte beyond the limit is unpacked.

    Raises:
        PayloadRefused: not whole, not gzip, or larger than `most` bytes.
    """
    unfold = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = unfold.decompress(packed, most + 1)
    except zlib.error as error:
        raise PayloadRefused(f"the packet is not gzip: {error}") from None
    if len(content) > most:
        raise PayloadRefused(f"the packet is larger than {most:,} bytes")
    if not unfold.eof:
        raise PayloadRefused("the packet breaks off")
    return content
