"""The sources of a file, checked; their secrets are fetched from where the file says they lie."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..connectors.base import connector_names
from ..ingest.secrets import SECRET_OPTIONS, TOKEN_OPTION, hash_token
from ..ingest.source_check import POSTED_TYPES, TYPES, Wanted, faults
from .yaml_file import YamlFile

_BESIDE = ("title", "connector", "operator", "licence", "devices")
"""Keys of a source that are options of it, too."""
_TOKEN = "token"  # noqa: S105 - the name of a key
_SHORTEST_TOKEN = 20


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A source as a file describes it, its secrets in plain text."""

    id: str
    type: str
    url: str
    interval: timedelta
    options: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any], repr=False)


def read_sources(file: YamlFile) -> tuple[SourceEntry, ...]:
    """The sources of a file; what is wrong with them is reported to it.

    A source whose faults the schema found already is left out.
    """
    listed = file.data.get("sources") if file.data else None
    entries: list[SourceEntry] = []
    for position, source in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(source, dict):
            entries += _read(file, position, source)
    return tuple(entries)


def _read(file: YamlFile, position: int, source: dict[str, Any]) -> list[SourceEntry]:
    at: list[str | int] = ["sources", position]
    kind, name, minutes = source.get("type"), source.get("id"), source.get("interval")
    if not isinstance(kind, str) or not isinstance(name, str) or not isinstance(minutes, int):
        return []
    if kind not in TYPES:
        file.report([*at, "type"], _unknown_type(kind))
        return []
    if kind not in POSTED_TYPES and "url" not in source:
        file.report([*at, "url"], "is missing; write a web address that starts with https://")
        return []
    options = source.get("options", {})
    if not isinstance(options, dict):
        return []
    known = _with_secrets(file, at, options)
    known |= {key: source[key] for key in _BESIDE if key in source}
    entry = SourceEntry(name, kind, str(source.get("url", "")), timedelta(minutes=minutes), known)
    # Files are written by operators, who may name addresses in their own network.
    wanted = Wanted(name, kind, entry.url, known, entry.interval, trusted=True)
    told = {problem.field for problem in file.problems}
    for fault in faults(wanted):
        # The schema speaks of these, and has told what it does not take as an address.
        by_schema = fault.field in ("id", "interval") or (
            fault.field == "url" and f"sources[{position + 1}].url" in told
        )
        if not by_schema:
            file.report([*at, *_path(fault.field, source)], str(fault))
    return [entry]


def _path(field: str, source: Mapping[str, Any]) -> list[str | int]:
    """Where a field stands in the source of a file; ids of devices may hold points."""
    if field.startswith("devices."):
        rest = field.removeprefix("devices.")
        for device in source.get("devices", {}):
            if rest == device or rest.startswith(f"{device}."):
                return ["devices", device, *filter(None, [rest[len(device) + 1 :]])]
    parts = field.split(".")
    inside = parts[0] not in (*_BESIDE, "url", "type", "options")
    return ["options", *parts] if inside else [*parts]


def _with_secrets(
    file: YamlFile, at: Sequence[str | int], options: Mapping[str, Any]
) -> dict[str, Any]:
    """The options with their secrets in place of where these are to be found."""
    known: dict[str, Any] = {}
    for key, value in options.items():
        name, _, place = str(key).rpartition("_")
        if name in (*SECRET_OPTIONS, _TOKEN) and place in ("env", "file"):
            secret = _fetch(file, [*at, "options", key], place, str(value))
            if secret:
                known |= _secret(file, [*at, "options", key], name, secret)
        elif key in (*SECRET_OPTIONS, _TOKEN, TOKEN_OPTION):
            public = _TOKEN if key == TOKEN_OPTION else key
            file.report(
                [*at, "options", key],
                f"a secret does not belong into this file; write {public}_env with the name of "
                f"an environment variable, or {public}_file with that of a file",
            )
        else:
            known[str(key)] = value
    return known


def _secret(file: YamlFile, at: Sequence[str | int], name: str, secret: str) -> dict[str, str]:
    if name != _TOKEN:
        return {name: secret}
    if len(secret) < _SHORTEST_TOKEN:
        file.report(at, f"the token has fewer than {_SHORTEST_TOKEN} characters")
    return {TOKEN_OPTION: hash_token(secret)}


def _fetch(file: YamlFile, at: Sequence[str | int], place: str, where: str) -> str | None:
    if place == "env":
        secret = os.environ.get(where, "")
        if not secret:
            file.report(at, f"the environment variable {where} is not set")
        return secret
    path = Path(where) if Path(where).is_absolute() else file.path.parent / where
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        file.report(at, f"the file {where} cannot be read: {error.strerror}")
        return None
    except UnicodeDecodeError:
        file.report(at, f"the file {where} is not UTF-8 text")
        return None
    if not secret:
        file.report(at, f"the file {where} is empty")
    return secret


def _unknown_type(kind: str) -> str:
    if kind in connector_names():
        return f"“{kind}” is a connector; write type: webhook, mqtt or http, and connector: {kind}"
    close = get_close_matches(kind, TYPES, n=1)
    if close:
        return f"“{kind}” is not known; did you mean “{close[0]}”?"
    return f"“{kind}” is not known; known are: {', '.join(TYPES)}"
