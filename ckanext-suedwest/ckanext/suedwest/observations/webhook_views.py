"""Where messages are posted: `/webhook/<source>` by network servers, `/mobilithek/<source>/<key>`.

See `ingest.webhook` and `ingest.mobilithek`.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from ..domain.errors import PayloadRefused
from ..ingest.intake import LARGEST_MESSAGE
from ..ingest.mobilithek import LARGEST_PACKET, PUSH_TYPE, unpacked
from ..ingest.webhook import LARGEST_REQUEST, SOURCE_TYPE, Answer, Webhook
from .store_access import write_engine

TOKEN_HEADER = "X-Webhook-Token"  # noqa: S105 - CKAN takes `Authorization` for itself
_LONGEST_TOPIC = 500

webhook = Blueprint("suedwest_webhook", __name__)
_making = Lock()
_made: dict[tuple[Any, str], Webhook] = {}


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


def receive_packet(source_id: str, key: str) -> Response:
    """Take one packet of the Mobilithek, packed by gzip or not.

    Who sends shows only the key in the address; it is no part of what is kept. An answer other
    than 200 makes the Mobilithek send the packet again, and 204 would.
    """
    receiver = _receiver(PUSH_TYPE, LARGEST_PACKET)
    refusal = receiver.turned_away(source_id, key)
    if refusal is not None:
        return _response(refusal)
    request.max_content_length = LARGEST_PACKET
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    try:
        payload = request.get_data(cache=False)
        if encoding == "gzip":
            payload = unpacked(payload)
        elif encoding != "identity":
            return _response(Answer(415, "Send the packet as it is, or packed by gzip."))
    except RequestEntityTooLarge:
        return _response(Answer(413, f"The packet is larger than {LARGEST_PACKET:,} bytes."))
    except PayloadRefused as error:
        status = 413 if "larger" in str(error) else 400
        return _response(Answer(status, f"The packet cannot be unpacked: {error}."))
    topic = f"/mobilithek/{source_id}"
    answer = receiver.receive(source_id, key, topic, payload)
    # What cannot be read is kept as refused; sent again it would be refused again, for ever.
    return _response(replace(answer, status=200) if answer.status == 422 else answer)


webhook.add_url_rule("/mobilithek/<source_id>/<key>", view_func=receive_packet, methods=["POST"])
webhook.add_url_rule("/webhook/<source_id>", view_func=receive, methods=["POST"])
webhook.add_url_rule("/webhook/<source_id>/<path:path>", view_func=receive, methods=["POST"])


def _receiver(source_type: str = SOURCE_TYPE, largest: int = LARGEST_MESSAGE) -> Webhook:
    engine = write_engine()
    with _making:
        made = Webhook(engine, source_type=source_type, largest=largest)
        return _made.setdefault((engine, source_type), made)


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
