"""`status`: how each part does, and when each source last delivered."""

from __future__ import annotations

import json
import xmlrpc.client
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from ..portal.snapshots.files import SnapshotFolder, Standing
from ..store.engine import create_store_engine
from ..store.status import SourceStatus, ingest_status
from . import services
from .data_directory import DataDirectory, Instance
from .progress import duration
from .stopping import supervisor_of

ALL_RUN, NOT_ALL_RUN = 0, 3


def status(path: Path, *, as_json: bool) -> int:
    """Print the state of an instance; 0 when all its parts run, 3 when not."""
    directory = DataDirectory(path)
    instance = directory.read()
    parts = _parts(directory)
    running = bool(parts) and all(part["state"] == "running" for part in parts)
    sources, problem = _sources(directory, instance)
    kept = SnapshotFolder(directory.path / "snapshots").standing()
    if as_json:
        report = {
            "address": instance.address,
            "mode": instance.mode,
            "data": str(directory.path),
            "running": running,
            "parts": parts,
            "sources": sources,
            "sources_unknown_because": problem,
            "snapshots": asdict(kept),
        }
        print(json.dumps(report, indent=2, ensure_ascii=False, default=_plain))
    else:
        _print(directory, instance, parts, sources, problem, kept)
    return ALL_RUN if running else NOT_ALL_RUN


def _parts(directory: DataDirectory) -> list[dict[str, Any]]:
    try:
        states = supervisor_of(directory).states()
    except (OSError, xmlrpc.client.Error):
        return []
    return [
        {
            "name": state.name,
            "state": state.word.lower(),
            "pid": state.pid or None,
            "seconds": state.seconds,
        }
        for state in states
    ]


def _sources(
    directory: DataDirectory, instance: Instance
) -> tuple[list[dict[str, Any]], str | None]:
    addresses = services.addresses(directory, instance, directory.settings())
    engine = create_store_engine(addresses.databases.datastore_write)
    try:
        found = ingest_status(engine, datetime.now(UTC))
    except SQLAlchemyError as error:
        return [], str(error.__cause__ or error).strip().splitlines()[0]
    finally:
        engine.dispose()
    return [asdict(source) for source in found], None


def _print(
    directory: DataDirectory,
    instance: Instance,
    parts: list[dict[str, Any]],
    sources: list[dict[str, Any]],
    problem: str | None,
    kept: Standing,
) -> None:
    print(f"{instance.address} ({instance.mode}), data in {directory.path}")
    if not parts:
        print("not running")
    for part in parts:
        since = f"for {duration(part['seconds'])}" if part["state"] == "running" else ""
        print(f"  {part['name']:<10} {part['state']:<9} {since}".rstrip())
    now = datetime.now(UTC)
    for source in (SourceStatus(**entry) for entry in sources):
        print(f"  source {source.source_id}: {_delivery(source, now)}")
    print(f"  files for a flood night: {_kept(kept, now)}")
    if problem is not None:
        print(f"  sources: unknown, the database does not answer ({problem})")


def _kept(kept: Standing, now: datetime) -> str:
    if kept.oldest is None:
        return "nothing kept yet"
    said = f"the oldest was right {duration((now - kept.oldest).total_seconds())} ago"
    return f"{said}, {kept.set_aside} could not be made anew" if kept.set_aside else said


def _delivery(source: SourceStatus, now: datetime) -> str:
    if source.last_success_at is None:
        said = "no success yet"
    else:
        ago = duration((now - source.last_success_at).total_seconds())
        said = f"last success {ago} ago, {source.stored} values stored in 24 hours"
    if source.failures:
        said += f"; {source.failures} failures since: {source.last_error}"
    return said


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
