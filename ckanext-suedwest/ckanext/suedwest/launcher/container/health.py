"""Whether the program of a container does its work; the image's health check asks."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import redis
import rq
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ...portal.snapshots.files import SnapshotFolder
from ...store.engine import create_store_engine
from ...store.overdue import oldest_untold, overdue_sources
from .. import ports
from ..errors import StepFailed
from .settings import Settings

# A poll with all its gaps to fill, and a reconciler that has much to do, take minutes.
_GRACE = timedelta(minutes=10)


def check(program: str, settings: Settings, listen: str) -> None:
    """Check `program` of this container; `listen` is where it listens, if it does.

    Raises:
        StepFailed: saying what it does not do.
    """
    CHECKS[program](settings, listen)


def _web(_settings: Settings, listen: str) -> None:
    address = _own(listen)
    if not ports.answers_requests(f"http://{address}"):
        raise StepFailed(f"The portal does not answer at {address}.")


def _broker(_settings: Settings, listen: str) -> None:
    host, _, port = _own(listen).rpartition(":")
    if not ports.answers(int(port), host):
        raise StepFailed(f"The broker does not answer at {host}:{port}.")


def _worker(settings: Settings, _listen: str) -> None:
    # A worker tells Redis again and again that it lives; what it told runs out by itself.
    try:
        with redis.Redis.from_url(settings.redis_url, socket_timeout=5) as connection:
            hosts = {worker.hostname for worker in rq.Worker.all(connection=connection)}
    except redis.RedisError as error:
        raise StepFailed(f"Redis does not answer: {error}") from error
    if socket.gethostname() not in hosts:
        raise StepFailed("No worker of this container has told Redis that it lives.")


def _ingest(settings: Settings, _listen: str) -> None:
    def ask(conn: Connection) -> None:
        if waiting := overdue_sources(conn, datetime.now(UTC), _GRACE):
            raise StepFailed(f"Overdue, and nobody works on them: {', '.join(waiting)}.")

    _ask_store(settings, ask)


def _catalogue(settings: Settings, _listen: str) -> None:
    def ask(conn: Connection) -> None:
        since = oldest_untold(conn)
        if since is not None and since < datetime.now(UTC) - _GRACE:
            raise StepFailed(f"The catalogue has not been told of changes since {since:%H:%M} UTC.")

    _ask_store(settings, ask)


def _snapshots(settings: Settings, _listen: str) -> None:
    if not SnapshotFolder(settings.data / "snapshots").confirmed(datetime.now(UTC)):
        raise StepFailed("The files for a flood night are not known to be up to date.")


def _ask_store(settings: Settings, ask: Callable[[Connection], None]) -> None:
    engine = create_store_engine(settings.databases.datastore_write)
    try:
        with engine.connect() as conn:
            ask(conn)
    except SQLAlchemyError as error:
        raise StepFailed(f"The observation store does not answer: {error}") from error
    finally:
        engine.dispose()


def _own(listen: str) -> str:
    """Where a program of this container that listens at `listen` is reached from within."""
    parts = urlsplit(f"//{listen}")
    host = ports.HOST if parts.hostname in (None, "0.0.0.0") else parts.hostname  # noqa: S104
    return f"{host}:{parts.port}"


CHECKS: Mapping[str, Callable[[Settings, str], None]] = {
    "web": _web,
    "worker": _worker,
    "ingest": _ingest,
    "catalogue": _catalogue,
    "snapshots": _snapshots,
    "broker": _broker,
}
