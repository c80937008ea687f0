"""Answers that shared caches may keep: no cookie, no session, an ETag and an age."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from flask import Response, request

_MAX_AGE = 60
_STALE_FOR = 120


class PublicResponse(Response):
    """An answer that is the same for everybody.

    CKAN's last step on every answer writes its own `Cache-Control`, and reading the language
    makes the session add `Vary: Cookie`; so both are set when the headers are sent.
    """

    def get_wsgi_headers(self, environ: Any) -> Any:
        headers = super().get_wsgi_headers(environ)
        if self.status_code in (200, 304):
            headers["Cache-Control"] = (
                f"public, max-age={_MAX_AGE}, stale-while-revalidate={_STALE_FOR}"
            )
        else:
            headers["Cache-Control"] = "no-store"
        headers.remove("Vary")
        return headers


def page(
    html: str, *, status: int = 200, style: str = "", ancestors: Iterable[str] = ()
) -> Response:
    """A complete HTML page that loads nothing but files of this platform.

    `style` is the content of its one `<style>`, `ancestors` are the hosts that may frame it
    beside the platform itself.
    """
    styles = f"'self' 'sha256-{_digest(style)}'" if style else "'self'"
    response = PublicResponse(html, status=status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            f"style-src {styles}",
            "script-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            " ".join(["frame-ancestors 'self'", *ancestors]),
        )
    )
    return _checked(response)


def file(name: str, media_type: str, content: bytes) -> Response:
    """A file to keep, under its own name; any page may read it.

    An SVG opened by itself is a document of this platform, so it may run and load nothing.
    """
    response = PublicResponse(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return _checked(response)


def data(content: Any, *, status: int = 200) -> Response:
    """JSON that any page may read."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    response = PublicResponse(text, status=status, mimetype="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return _checked(response)


def xml(document: str) -> Response:
    """XML that any page may read."""
    response = PublicResponse(document, mimetype="text/xml")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return _checked(response)


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _checked(response: Response) -> Response:
    """With an ETag, and without a body when the asker has it already."""
    if response.status_code == 200:
        response.add_etag()
        response.make_conditional(request)
    return response
