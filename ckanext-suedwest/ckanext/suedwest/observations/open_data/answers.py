"""Answers that anybody may read and keep for a moment: CORS, ETag, age, and never a cookie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from flask import Response, request

_MAX_AGE = timedelta(seconds=15)
_STALE_FOR = timedelta(seconds=30)
JSON = "application/json"
GEOJSON = "application/geo+json"
METHODS = "GET, HEAD, OPTIONS"


class RequestRefused(Exception):
    """What was asked for does not exist or makes no sense; a sentence for whoever asked."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class OpenResponse(Response):
    """An answer that is the same for everybody, whoever asks and in which language.

    CKAN's last steps on every answer write their own `Cache-Control` and CORS headers, and its
    session may add a cookie and `Vary: Cookie`; so these are set when the headers are sent.
    """

    caching = "no-store"
    varies = ""

    def get_wsgi_headers(self, environ: Any) -> Any:
        headers = super().get_wsgi_headers(environ)
        headers.remove("Set-Cookie")
        headers.remove("Vary")
        headers["Cache-Control"] = self.caching
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Allow-Methods"] = METHODS
        headers["Access-Control-Allow-Headers"] = "If-None-Match"
        headers["Access-Control-Expose-Headers"] = "ETag, Last-Modified, Link"
        headers.remove("Access-Control-Allow-Credentials")
        if self.varies:
            headers["Vary"] = self.varies
        return headers


def caching(now: datetime, stops_being_live: datetime | None) -> str:
    """How long caches may keep an answer: never so long that it shows as live what is not."""
    left = _MAX_AGE + _STALE_FOR
    if stops_being_live is not None:
        left = max(min(left, stops_being_live - now), timedelta())
    fresh = min(left, _MAX_AGE)
    return (
        f"public, max-age={int(fresh.total_seconds())}, "
        f"stale-while-revalidate={int((left - fresh).total_seconds())}"
    )


def encoded(content: Any) -> bytes:
    """JSON in UTF-8."""
    return msgspec.json.encode(content)


def answer(
    body: bytes | Iterable[bytes],
    media_type: str,
    *,
    cache: str,
    changed_at: datetime | None = None,
    version: str | None = None,
    links: Iterable[str] = (),
) -> OpenResponse:
    """An answer with a strong ETag, made of `version` or else of the body itself.

    A conditional request is answered by its ETag alone: freshness changes with time, so the
    last change of a value would be no reason to say that nothing is new.
    """
    if version is None:
        if not isinstance(body, bytes):
            raise ValueError("a body that is made on the way needs a version")
        version = hashlib.sha256(body).hexdigest()
    response = OpenResponse(body, content_type=media_type)
    response.caching = cache
    response.set_etag(version[:40])
    for link in links:
        response.headers.add("Link", link)
    response.make_conditional(request)
    if changed_at is not None:
        response.last_modified = changed_at
    return response


def is_current(version: str) -> bool:
    """Whether the asker already has the answer of this version."""
    return request.if_none_match.contains_weak(version[:40])


def error(status: int, sentence: str) -> OpenResponse:
    """JSON with one sentence that says what is wrong."""
    body = encoded({"error": {"status": status, "message": sentence}})
    return OpenResponse(body, status=status, content_type=JSON)


def version_of(*parts: object) -> str:
    """A text that is the same for the same parts only."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()
