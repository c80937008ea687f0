"""The OpenAPI document of these addresses."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("openapi.yaml")


def description(address: str) -> dict[str, Any]:
    """The document, with `address` as the one server: where all paths begin."""
    return {**_document(), "servers": [{"url": address}]}


@cache
def _document() -> dict[str, Any]:
    return yaml.safe_load(_FILE.read_text("utf-8"))
