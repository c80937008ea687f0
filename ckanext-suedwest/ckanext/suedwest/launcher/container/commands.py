"""What a container can be: one program of the platform, or the step that prepares them all."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from ...ingest.secrets import KEY_VARIABLE
from .. import (
    broker,
    configuration,
    environment_variables,
    postgres,
    preparation,
    programs,
    redis_server,
)
from ..errors import StepFailed
from ..progress import Progress
from . import health, solr
from .settings import Settings

# Inside a container every address is the container's own; who reaches it, its network decides.
LISTEN: Mapping[str, str] = {"web": "0.0.0.0:5000", "broker": "0.0.0.0:1883"}
BACKGROUND = tuple(programs.BACKGROUND)
_PAUSE_SECONDS = 1.0


def prepare(settings: Settings) -> None:
    """Bring databases, catalogue and search index up to this image; repeating it is harmless.

    Raises:
        StepFailed: naming the step that could not be done.
    """
    progress = Progress()
    admin_url, found, redis_url = settings.admin_url, settings.databases, settings.redis_url
    wait(settings, progress, "PostgreSQL", lambda: postgres.check(admin_url))
    wait(settings, progress, "Redis", lambda: redis_server.check(redis_url))
    if settings.solr_url is not None:
        solr_url = settings.solr_url
        wait(settings, progress, "Solr", lambda: solr.check(solr_url))
    environment = _configure(settings)
    preparation.prepare_databases(admin_url, found, environment, progress, empty=True)
    preparation.complete_search_index(environment, progress)
    preparation.load_municipalities(environment, progress)
    preparation.write_script_texts(environment, progress)
    if settings.has("SUEDWEST_ADMIN_PASSWORD"):
        password = settings.secret("SUEDWEST_ADMIN_PASSWORD")
        preparation.make_administrator(password, environment, progress)


def run(name: str, settings: Settings) -> NoReturn:
    """Become the program `name`, as soon as the services it needs answer.

    Raises:
        StepFailed: when one of them does not, in the time that `settings` gives them.
    """
    if name == "broker":
        _become(*_broker(settings))
    progress = Progress()
    catalogue_url, redis_url = settings.databases.catalogue, settings.redis_url
    wait(settings, progress, "PostgreSQL", lambda: postgres.check(catalogue_url))
    wait(settings, progress, "Redis", lambda: redis_server.check(redis_url))
    environment = _configure(settings)
    if name == "web":
        _become(programs.web_command(listen_of(name, settings), str(settings.runtime)), environment)
    _become(programs.BACKGROUND[name], environment)


def ckan(settings: Settings, arguments: Sequence[str]) -> NoReturn:
    """Become CKAN's command line."""
    _become(programs.ckan_command(*arguments), _configure(settings))


def check(name: str, settings: Settings) -> None:
    """Check the program `name` of this container.

    Raises:
        StepFailed: saying what it does not do.
    """
    health.check(name, settings, listen_of(name, settings))


def listen_of(name: str, settings: Settings) -> str:
    """Where `name` listens, as host:port; empty for what does not."""
    return (settings.listen or LISTEN[name]) if name in LISTEN else ""


def wait(settings: Settings, progress: Progress, service: str, attempt: Callable[[], None]) -> None:
    """Wait until `attempt` finds `service`, at most as long as `settings` say.

    Raises:
        StepFailed: the last failure of `attempt`.
    """
    deadline = time.monotonic() + settings.wait_seconds
    with progress.step(service):
        while True:
            try:
                return attempt()
            except StepFailed:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(_PAUSE_SECONDS)


def _broker(settings: Settings) -> tuple[list[str], dict[str, str]]:
    path = settings.runtime / "broker.json"
    broker.write_settings(
        path,
        name=settings.site_id,
        # NATS' own clients are none of ours: a free port nobody else reaches.
        listen="127.0.0.1:-1",
        listen_mqtt=listen_of("broker", settings),
        password=settings.secret("SUEDWEST_BROKER_PASSWORD"),
        data=settings.data / "broker",
    )
    return broker.command(path), environment_variables.inherited()


def _configure(settings: Settings) -> dict[str, str]:
    """Write CKAN's configuration; returns what the programs of the portal are told."""
    found = settings.databases
    storage = settings.data / "storage"
    storage.mkdir(mode=0o700, parents=True, exist_ok=True)
    portal = configuration.Portal(
        id=settings.site_id,
        url=settings.site_url,
        mode=settings.mode,
        storage=storage,
        databases=found,
        redis_url=settings.redis_url,
        solr_url=settings.solr_url,
        secret_key=settings.secret("SUEDWEST_SESSION_SECRET"),
        api_token_secret=settings.secret("SUEDWEST_API_TOKEN_SECRET"),
    )
    configuration.write_portal(settings.ini, portal)
    told = environment_variables.of_portal(
        settings.ini,
        settings.mode,
        found.datastore_write,
        settings.broker_url,
        settings.replay_url,
    )
    told[KEY_VARIABLE] = settings.secret("SUEDWEST_SECRET_KEY")
    return {**environment_variables.inherited(), **told}


def _become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    # The program takes this process over: signals reach it, and its exit status is ours.
    sys.stdout.flush()
    os.execve(command[0], list(command), dict(environment))  # noqa: S606
