"""The file somebody is looking at before it is stored: kept for an hour, for that person only.

It lies in CKAN's Redis, because the next request may come to another process; each person has one,
the last that was uploaded.
"""

from __future__ import annotations

import io
import secrets
import zlib
from dataclasses import dataclass
from typing import cast

import ckan.plugins.toolkit as tk
from ckan.lib.redis import connect_to_redis
from werkzeug.datastructures import FileStorage

_SECONDS = 3600
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file, and the datastream it was uploaded for (the id of its live resource)."""

    name: str
    resource_id: str
    content: bytes

    def as_upload(self) -> FileStorage:
        """As a request would bring it."""
        return FileStorage(io.BytesIO(self.content), filename=self.name)


def keep(user_id: str, municipality: str, file: UploadedFile) -> str:
    """Keep a file in place of the one before; gives the word that stands for it."""
    token = secrets.token_urlsafe(12)
    key = _key(user_id)
    with connect_to_redis().pipeline(transaction=True) as pipe:
        pipe.delete(key)
        pipe.hset(
            key,
            mapping={
                "token": token,
                "municipality": municipality,
                "name": file.name[-_LONGEST_NAME:].encode("utf-8", "replace"),
                "resource_id": file.resource_id,
                "content": zlib.compress(file.content, level=1),
            },
        )
        pipe.expire(key, _SECONDS)
        pipe.execute()
    return token


def find(user_id: str, municipality: str, token: str) -> UploadedFile | None:
    """The file a word stands for; None when it is gone, or somebody else's."""
    found = cast("dict[bytes, bytes]", connect_to_redis().hgetall(_key(user_id)))
    if (found.get(b"token"), found.get(b"municipality")) != (token.encode(), municipality.encode()):
        return None
    return UploadedFile(
        found[b"name"].decode(), found[b"resource_id"].decode(), zlib.decompress(found[b"content"])
    )


def forget(user_id: str) -> None:
    """Delete the file."""
    connect_to_redis().delete(_key(user_id))


def _key(user_id: str) -> str:
    return f"suedwest:{tk.config['ckan.site_id']}:uploaded:{user_id}"
