"""The services of one instance: embedded ones, or those configured by their address."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from . import broker, databases, ports, postgres, redis_server
from .account import service_account
from .data_directory import DataDirectory, Instance
from .databases import Databases
from .errors import StepFailed
from .supervision import Program, Supervisor

KIND = "services"
_EMBEDDED_SECONDS = 60
_CONFIGURED_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where all services of an instance are."""

    admin_url: str
    redis_url: str
    broker_url: str
    solr_url: str | None
    databases: Databases


@dataclass(frozen=True, slots=True)
class Services:
    """The addresses, and the programs to run for the embedded services."""

    addresses: Addresses
    cluster: postgres.Cluster | None
    programs: tuple[Program, ...]

    def has(self, name: str) -> bool:
        """Whether the service `name` is embedded."""
        return any(program.name == name for program in self.programs)


def addresses(
    directory: DataDirectory, instance: Instance, settings: Mapping[str, str]
) -> Addresses:
    """Where each service is, by `settings` or, when embedded, by our own choice."""
    admin_url = settings.get("SUEDWEST_DATABASE_URL") or postgres.admin_url(
        directory.sockets, instance.secrets["postgres_admin"]
    )
    return Addresses(
        admin_url=admin_url,
        redis_url=settings.get("SUEDWEST_REDIS_URL") or redis_server.url(directory.sockets),
        broker_url=settings.get("SUEDWEST_BROKER_URL") or broker.url(instance),
        solr_url=settings.get("SUEDWEST_SOLR_URL"),
        databases=databases.addresses(
            admin_url,
            databases.instance_name(instance.id),
            instance.secrets["database_owner"],
            instance.secrets["database_reader"],
        ),
    )


def plan(
    directory: DataDirectory,
    instance: Instance,
    settings: Mapping[str, str],
    *,
    durable: bool = True,
) -> Services:
    """Decide which services are embedded, and make the files of these.

    `durable=False` is for tests: PostgreSQL then does not wait for the disk.
    """
    sockets = directory.make_socket_directory()
    programs: list[Program] = []
    cluster: postgres.Cluster | None = None
    if "SUEDWEST_DATABASE_URL" not in settings:
        cluster = postgres.locate(
            directory.path,
            directory.key,
            sockets,
            service_account(),
            instance.secrets["postgres_admin"],
            instance.postgres,
        )
        postgres.prepare(cluster)
        command = cluster.command if durable else [*cluster.command, "-c", "fsync=off"]
        user = cluster.account.name if cluster.account.switch else None
        # SIGINT is PostgreSQL's fast shutdown: it ends sessions and writes everything out.
        programs.append(Program("postgres", KIND, command, user, "INT", 60))
    if "SUEDWEST_REDIS_URL" not in settings:
        command = redis_server.command(directory.path / "redis", sockets)
        programs.append(Program("redis", KIND, command))
    if "SUEDWEST_BROKER_URL" not in settings:
        configuration = directory.path / "broker.json"
        broker.write_configuration(configuration, instance, directory.path / "broker")
        programs.append(Program("broker", KIND, broker.command(configuration)))
    return Services(addresses(directory, instance, settings), cluster, tuple(programs))


def start(services: Services, supervisor: Supervisor) -> None:
    """Start the embedded services and wait until all services answer.

    Raises:
        StepFailed: naming the service, with the end of its log when it is an embedded one.
    """
    for program in services.programs:
        supervisor.start_program(program)
    at = services.addresses
    _wait(services, supervisor, "postgres", lambda: postgres.check(at.admin_url))
    _wait(services, supervisor, "redis", lambda: redis_server.check(at.redis_url))
    _wait(services, supervisor, "broker", lambda: _check_broker(at.broker_url))


def _check_broker(url: str) -> None:
    parts = urlsplit(url)
    default = 8883 if parts.scheme in ("mqtts", "ssl") else 1883
    if not ports.answers(parts.port or default, parts.hostname or ports.HOST):
        raise StepFailed(f"The message broker does not answer at {parts.hostname}:{parts.port}.")


def _wait(services: Services, supervisor: Supervisor, name: str, check: Callable[[], None]) -> None:
    embedded = services.has(name)
    deadline = time.monotonic() + (_EMBEDDED_SECONDS if embedded else _CONFIGURED_SECONDS)
    while True:
        try:
            check()
            return
        except StepFailed as failure:
            if embedded:
                gone = name in (state.name for state in supervisor.states() if state.failing)
                if gone or time.monotonic() > deadline:
                    raise supervisor.failure(name) from failure
            elif time.monotonic() > deadline:
                failure.advice = "Its address was configured (settings.toml or environment)."
                raise
        time.sleep(0.05)
