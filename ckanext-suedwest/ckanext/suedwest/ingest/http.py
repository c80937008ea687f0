"""Guarded HTTP: one GET with limits on time, size and where it may go.

The address that was checked is the address that is connected to: the host is resolved once, every
answer must be a public address, and the request goes to that number with the host's name in the
`Host` header and in TLS. Redirects are not followed, proxies of the environment not used.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import httpx

from ..domain.errors import SuedwestError

USER_AGENT = "suedwest-cluster-data-platform/0.1"


class SourceUnavailable(SuedwestError):
    """No usable reply: not reachable, too slow, broken off, or an HTTP error.

    `status` is the HTTP status where there was one, `retry_after` the delay the service asks for.
    """

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class ReplyTooLarge(SourceUnavailable):
    """The reply, decompressed, went beyond the limit and was cut off."""


class AddressRefused(SuedwestError):
    """The address may not be asked: not http(s), with a password, or not a public host."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each part and the whole may take, and how many decompressed bytes may come."""

    connect: timedelta = timedelta(seconds=10)
    read: timedelta = timedelta(seconds=20)
    total: timedelta = timedelta(seconds=60)
    size: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes a request conditional: `ETag` and `Last-Modified` of the last reply."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply read to its end; `not_modified` (304) has no content and keeps the validators."""

    content: bytes
    received_at: datetime
    validators: Validators
    not_modified: bool = False


class Watch:
    """Ends a connection when the whole request takes longer than allowed.

    The time limits of an HTTP client count from byte to byte, so that a source which sends one
    byte now and then, even within its headers, holds it for ever.
    """

    def __init__(self, total: timedelta) -> None:
        self._total = total
        self._socket: socket.socket | None = None
        self._over = threading.Event()
        self._timer = threading.Timer(total.total_seconds(), self._end)
        self._timer.daemon = True

    def __enter__(self) -> Watch:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Note the socket in use; called by the HTTP library at each of its steps."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")

    def check(self) -> None:
        """Raise SourceUnavailable when the time is over."""
        if self._over.is_set():
            raise SourceUnavailable(f"the reply took longer than {self._total.total_seconds():g} s")

    def _end(self) -> None:
        self._over.set()
        if self._socket is not None:
            # The other side may have closed it in this very moment.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def fetch(
    url: str,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    validators: Validators = Validators(),  # noqa: B008 - frozen
    trusted: bool = False,
    contact: str | None = None,
    accept: str = "application/json",
    secret_header: tuple[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Reply:
    """GET `url`, as JSON unless `accept` names other media types.

    `trusted` lets the request go to a private or loopback address. It comes from the setting of
    a source that an operator of the platform wrote, never from the URL or a reply. `contact` (a
    mail address or the portal's address) tells the source's operator whom to ask.
    `secret_header` is a header by name and value that lets us in, `tls` how we prove who we are.
    With `tls` an answer of 204 says, as 304 does, that there is nothing new.

    Raises:
        AddressRefused: the URL may not be asked.
        ReplyTooLarge: more decompressed bytes than `limits.size`.
        SourceUnavailable: anything else but 200 and 304 with an orderly end.
    """
    target = httpx.URL(_checked_text(url))
    address = _resolve(target, trusted=trusted)
    headers = {
        "Host": target.netloc.decode("ascii"),
        "User-Agent": f"{USER_AGENT} (+{contact})" if contact else USER_AGENT,
        "Accept": accept,
        "Accept-Encoding": "gzip",
    }
    if validators.etag:
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    if secret_header:
        name, value = secret_header
        headers[name] = value
    with Watch(limits.total) as watch:
        try:
            return _get(target.copy_with(host=address), target.host, headers, limits, watch, tls)
        except httpx.HTTPError as error:
            watch.check()
            if isinstance(error, httpx.TimeoutException):
                raise SourceUnavailable(
                    f"no answer within {limits.connect.total_seconds():g} s to connect and "
                    f"{limits.read.total_seconds():g} s to read"
                ) from error
            raise SourceUnavailable(
                f"the connection failed: {error or type(error).__name__}"
            ) from error


def _get(
    url: httpx.URL,
    name: str,
    headers: dict[str, str],
    limits: Limits,
    watch: Watch,
    tls: ssl.SSLContext | None,
) -> Reply:
    """One request to a number; the certificate is checked against the host's `name`.

    The connection is closed afterwards: one that was kept would show its certificate for another
    source too.
    """
    timeout = httpx.Timeout(limits.read.total_seconds(), connect=limits.connect.total_seconds())
    with (
        httpx.Client(
            timeout=timeout, trust_env=False, follow_redirects=False, verify=tls or True
        ) as client,
        client.stream(
            "GET",
            url,
            headers=headers,
            extensions={"sni_hostname": name, "trace": watch.trace},
        ) as response,
    ):
        received_at = datetime.now(UTC)
        nothing = response.status_code == httpx.codes.NO_CONTENT and tls is not None
        if nothing or response.status_code == httpx.codes.NOT_MODIFIED:
            asked = Validators(headers.get("If-None-Match"), headers.get("If-Modified-Since"))
            return Reply(b"", received_at, asked, not_modified=True)
        if response.status_code != httpx.codes.OK:
            raise _http_error(response)
        _check_content_type(response)
        content = _read(response, limits, watch)
        offered = Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))
        return Reply(content, received_at, offered)


def check_address(url: str) -> None:
    """Say now what a request to this address would say; a name nobody knows yet is let pass.

    Besides http and https the schemes of MQTT are taken.

    Raises:
        AddressRefused: as `fetch`.
    """
    written = httpx.URL(_checked_text(url, ("http", "https", "mqtt", "mqtts")))
    with contextlib.suppress(SourceUnavailable):
        _resolve(written, trusted=False)


def _checked_text(url: str, schemes: Sequence[str] = ("http", "https")) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise AddressRefused(f"the address is no URL: {error}") from None
    if parsed.scheme not in schemes:
        raise AddressRefused(f"the scheme {parsed.scheme!r} is not {' or '.join(schemes)}")
    if not parsed.host:
        raise AddressRefused("the address names no host")
    if parsed.userinfo:
        raise AddressRefused("the address carries a password")
    return url


def _resolve(target: httpx.URL, *, trusted: bool) -> str:
    """The number to connect to. All answers of the name are checked, the first one is used."""
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        answers = socket.getaddrinfo(target.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceUnavailable(f"the host {target.host} cannot be resolved: {error}") from None
    addresses = [str(answer[4][0]) for answer in answers]
    if not trusted:
        for address in addresses:
            if not is_public(address):
                raise AddressRefused(
                    f"the host {target.host} resolves to {address}, which is not a public address"
                )
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet.

    Private, loopback, link-local (with the metadata services of clouds), shared, reserved,
    multicast and unspecified ones are not, nor is a public one written as IPv6 that stands for
    another one (mapped, 6to4, NAT64, Teredo).
    """
    number = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(number, ipaddress.IPv6Address):
        if number.ipv4_mapped is not None:
            return is_public(str(number.ipv4_mapped))
        if number.sixtofour or number.teredo or number in ipaddress.ip_network("64:ff9b::/96"):
            return False
    return number.is_global and not number.is_multicast and not number.is_reserved


def _http_error(response: httpx.Response) -> SourceUnavailable:
    status = response.status_code
    if response.is_redirect:
        return SourceUnavailable(
            f"the source redirects (HTTP {status}) to "
            f"{response.headers.get('Location', 'nowhere')[:200]!r}; redirects are not followed",
            status=status,
        )
    return SourceUnavailable(
        f"the source answered HTTP {status}",
        status=status,
        retry_after=_retry_after(response.headers.get("Retry-After")),
    )


def _retry_after(header: str | None) -> timedelta | None:
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return timedelta(seconds=min(int(header[:9]), 86_400))
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(moment - datetime.now(UTC), timedelta())


def _check_content_type(response: httpx.Response) -> None:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        raise SourceUnavailable("the source answered with an HTML page, not with data", status=200)


def _read(response: httpx.Response, limits: Limits, watch: Watch) -> bytes:
    """The decompressed content; never more than one byte beyond the limit is unfolded."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise SourceUnavailable(f"the reply is encoded as {encoding[:40]!r}, which was not asked")
    unfold = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
    content = bytearray()
    for piece in response.iter_raw():
        try:
            content += unfold.decompress(piece, limits.size + 1 - len(content)) if unfold else piece
        except zlib.error as error:
            raise SourceUnavailable(f"the reply's compression is broken: {error}") from None
        if len(content) > limits.size:
            raise ReplyTooLarge(
                f"the reply is larger than {limits.size:,} bytes and was cut off", status=200
            )
        watch.check()
    # A connection that was cut for its time looks like the end of a reply without a length.
    watch.check()
    if unfold and not unfold.eof:
        raise SourceUnavailable("the reply breaks off within its compressed content", status=200)
    return bytes(content)
