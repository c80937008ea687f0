"""Asks the open live data, and holds every answer against their OpenAPI document."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

from open_data_samples import BASE
from openapi_core import Config, OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest, WerkzeugOpenAPIResponse

_READ: dict[str, Callable[[bytes], Any]] = {
    "application/geo+json": json.loads,
    "text/csv": lambda content: _unpacked(content).decode(),
}


def _unpacked(content: bytes) -> bytes:
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def asker(app: Any) -> Callable[..., Any]:
    """A function that asks for a path below the base; all values may be read from anywhere."""
    document = json.loads(app.get(f"{BASE}/openapi.json").body)
    described = OpenAPI.from_dict(document, config=Config(extra_media_type_deserializers=_READ))
    client = app.test_client()

    def get(path: str, **more: Any) -> Any:
        answer = client.get(f"{BASE}{path}", **more)
        described.validate_response(
            WerkzeugOpenAPIRequest(answer.request), WerkzeugOpenAPIResponse(answer)
        )
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        return answer

    return get
