"""What CKAN leaves open at the web's edge: forms of logged-in users, and security headers."""

from __future__ import annotations

from typing import Any

from ckan.common import config, current_user, g, request, session
from ckan.config.middleware.flask_app import csrf
from flask import Flask, Response

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        # CKAN's own pages carry inline scripts and handlers (DataTables, confirm dialogs).
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-src 'self'",
        "frame-ancestors 'self'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def protect(app: Flask) -> None:
    """Check the forms of logged-in users, and send security headers with every answer.

    CKAN switches the check of a view off for the whole process as soon as somebody without a
    login asks for it. So after one visit by a stranger an editor's form is accepted without its
    token, also when another site sent it. The views that are exempt on purpose are those known
    here, before the first request.
    """
    exempt_views = frozenset(csrf._exempt_views)
    exempt_blueprints = frozenset(csrf._exempt_blueprints)

    def check_session_forms() -> None:
        if not app.config["WTF_CSRF_ENABLED"] or request.endpoint is None:
            return
        if request.method not in app.config["WTF_CSRF_METHODS"]:
            return
        # An API token in a header is no cookie: another site cannot make a browser send it.
        if not current_user.is_authenticated or g.get("login_via_auth_header"):
            return
        view: Any = app.view_functions[request.endpoint]
        if f"{view.__module__}.{view.__name__}" in exempt_views:
            return
        if app.blueprints.get(request.blueprint or "") in exempt_blueprints:
            return
        csrf.protect()

    app.before_request(check_session_forms)
    app.after_request(add_headers)
    app.after_request(start_no_session)


def add_headers(response: Response) -> Response:
    """Add the security headers that an answer does not bring itself."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def start_no_session(response: Response) -> Response:
    """Keep visitors free of cookies where CKAN would start a session for a message only.

    An error page shows its message itself; a redirect to the login page explains itself. What
    answers a visitor's own form, such as a new password, may still be remembered.
    """
    has_session = config["SESSION_COOKIE_NAME"] in request.cookies
    only_looks = request.method in ("GET", "HEAD") or response.status_code >= 400
    if only_looks and not has_session and not current_user.is_authenticated:
        session.clear()
        session.modified = False
    return response
