"""Guarded HTTP against servers that misbehave, and addresses that may not be asked."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from ingest_servers import (
    Answer,
    Server,
    broken_gzip,
    endless,
    gzip_bomb,
    plain,
    silent,
    slow_body,
    slow_headers,
    truncated,
    truncated_gzip,
)

from ckanext.suedwest.ingest.http import (
    AddressRefused,
    Limits,
    ReplyTooLarge,
    SourceUnavailable,
    Validators,
    fetch,
)

SHORT = Limits(
    connect=timedelta(seconds=1),
    read=timedelta(seconds=0.5),
    total=timedelta(seconds=1),
    size=100_000,
)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server().serving() as serving:
        yield serving


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (plain(b"<html>", kind="text/html; charset=utf-8"), SourceUnavailable, "HTML page"),
        (plain(b"no", status=404), SourceUnavailable, "HTTP 404"),
        (plain(b"no", status=500), SourceUnavailable, "HTTP 500"),
        (truncated, SourceUnavailable, "connection failed"),
        (truncated_gzip, SourceUnavailable, "breaks off"),
        (broken_gzip, SourceUnavailable, "compression is broken"),
        (plain(b"x", Content_Encoding="gzip, gzip"), SourceUnavailable, "not asked"),
        (endless, ReplyTooLarge, "larger than 100,000 bytes"),
        (gzip_bomb, ReplyTooLarge, "larger than 100,000 bytes"),
        (slow_body, SourceUnavailable, "longer than 1 s"),
        (slow_headers, SourceUnavailable, "longer than 1 s"),
        (silent, SourceUnavailable, "no answer within"),
    ],
)
def test_a_reply_out_of_order_is_an_error_that_says_so(
    server: Server, answer: Answer, error: type[Exception], message: str
) -> None:
    server.answer = answer
    with pytest.raises(error, match=message):
        fetch(server.url, limits=SHORT, trusted=True)


def test_an_orderly_reply(server: Server) -> None:
    body = b'[{"value": 1}]'
    server.answer = plain(
        gzip.compress(body), Content_Encoding="gzip", ETag='"1"', Last_Modified="yesterday"
    )
    reply = fetch(f"{server.url}/a?start=1%2B2", limits=SHORT, trusted=True, contact="a@b.example")
    assert reply.content == body
    assert reply.validators == Validators('"1"', "yesterday")
    path, headers = server.asked[0]
    assert path == "/a?start=1%2B2"
    assert headers["Host"] == server.url.removeprefix("http://")
    assert headers["User-Agent"].endswith("(+a@b.example)")


def test_not_modified_keeps_the_validators(server: Server) -> None:
    server.answer = plain(b"", status=304)
    known = Validators('"1"', "Thu, 01 Jan 2026 00:00:00 GMT")
    reply = fetch(server.url, limits=SHORT, validators=known, trusted=True)
    assert reply.not_modified
    assert reply.validators == known
    headers = server.asked[0][1]
    assert headers["If-None-Match"] == '"1"'
    assert headers["If-Modified-Since"] == "Thu, 01 Jan 2026 00:00:00 GMT"


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.answer = plain(b"", status=302, Location="http://127.0.0.1:22/")
    with pytest.raises(SourceUnavailable, match=r"redirects \(HTTP 302\)"):
        fetch(server.url, limits=SHORT, trusted=True)
    assert len(server.asked) == 1


def test_what_the_source_asks_to_wait_is_passed_on(server: Server) -> None:
    server.answer = plain(b"", status=503, Retry_After="120")
    with pytest.raises(SourceUnavailable) as caught:
        fetch(server.url, limits=SHORT, trusted=True)
    assert caught.value.retry_after == timedelta(minutes=2)


def test_a_closed_port_is_an_error() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(SourceUnavailable, match="connection failed"):
            fetch(f"http://127.0.0.1:{port}/", limits=SHORT, trusted=True)


def test_a_loopback_server_is_not_asked_without_trust(server: Server) -> None:
    with pytest.raises(AddressRefused, match="not a public address"):
        fetch(server.url, limits=SHORT)
    assert server.asked == []


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [[(2, 1, 6, "", ("127.0.0.1", 0))], [(2, 1, 6, "", ("10.0.0.1", 0))]]
    resolve = socket.getaddrinfo

    def rebinding(host: str, *rest: object, **named: object) -> object:
        if host == "pegel.example":
            return answers.pop(0)
        return resolve(host, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    port = server.url.rpartition(":")[2]
    fetch(f"http://pegel.example:{port}/", limits=SHORT, trusted=True)
    assert server.asked[0][1]["Host"] == f"pegel.example:{port}"
    assert len(answers) == 1
