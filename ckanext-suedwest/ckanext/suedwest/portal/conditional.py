"""Pages that an open browser asks for again: answered with 304 while nothing in them changed."""

from __future__ import annotations

from ckan.common import current_user
from flask import Response, request


def answer_conditionally(response: Response) -> Response:
    """Give a visitor's page an ETag, and no body to who has it already.

    Pages of people who are logged in carry a token of their session, so they always differ.
    """
    if (
        response.status_code == 200
        and response.mimetype == "text/html"
        and not response.direct_passthrough
        and not current_user.is_authenticated
    ):
        response.add_etag()
        response.make_conditional(request)
    return response


def answer_municipality_conditionally(response: Response) -> Response:
    """The same for the page of a municipality, which CKAN's own view answers."""
    return answer_conditionally(response) if request.endpoint == "organization.read" else response
