"""`POST /webhook/<source>`: where network servers send their messages; see `ingest.webhook`."""

from __future__ import annotations

from threading import Lock
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from ..ingest.webhook import LARGEST_REQUEST, Answer, Webhook
from .store_access import write_engine

TOKEN_HEADER = "X-Webhook-Token"  # noqa: S105 - CKAN takes `Authorization` for itself
_LONGEST_TOPIC = 500

webhook = Blueprint("suedwest_webhook", __name__)
_making = Lock()
_made: dict[Any, Webhook] = {}


def receive(source_id: str, path: str = "") -> Response:
    """Take one message; the answer is JSON with a sentence, and 200 only after the commit."""
    request.max_content_length = LARGEST_REQUEST
    try:
        payload = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _response(Answer(413, f"The message is larger than {LARGEST_REQUEST:,} bytes."))
    # ChirpStack tells the kind of its event in the query.
    topic = request.full_path.rstrip("?")[:_LONGEST_TOPIC]
    token = request.headers.get(TOKEN_HEADER, "")
    return _response(_receiver().receive(source_id, token, topic, payload))


webhook.add_url_rule("/webhook/<source_id>", view_func=receive, methods=["POST"])
webhook.add_url_rule("/webhook/<source_id>/<path:path>", view_func=receive, methods=["POST"])


def _receiver() -> Webhook:
    engine = write_engine()
    with _making:
        return _made.setdefault(engine, Webhook(engine))


def _response(answer: Answer) -> Response:
    body: dict[str, object] = {"message": answer.sentence}
    if answer.receipt is not None:
        names = ("received", "stored", "unchanged", "corrected", "quarantined")
        body |= {name: getattr(answer.receipt, name) for name in names}
    response = jsonify(body)
    response.status_code = answer.status
    response.headers["Cache-Control"] = "no-store"
    if answer.retry_after is not None:
        response.headers["Retry-After"] = str(answer.retry_after)
    return response
