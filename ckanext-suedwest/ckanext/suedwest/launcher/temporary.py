"""Services for the time of a test run, in a directory that is deleted afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import environment_variables, ports, services
from .data_directory import DataDirectory, Instance
from .services import Services
from .stopping import stop, supervisor_of


@dataclass(frozen=True, slots=True)
class TemporaryServices:
    """Running services and the directory they live in."""

    directory: DataDirectory
    instance: Instance
    services: Services


@contextmanager
def temporary_services(*, durable: bool = False) -> Iterator[TemporaryServices]:
    """PostgreSQL, Redis and broker of this block's own; databases are made, but empty.

    With `durable` PostgreSQL waits for the disk, as it does in production.
    """
    path = Path(tempfile.mkdtemp(prefix="suedwest-test-"))
    path.chmod(0o711)
    directory = DataDirectory(path)
    try:
        instance = directory.make("sandbox", ports.choose(set()))
        planned = services.plan(directory, instance, {}, durable=durable)
        supervisor = supervisor_of(directory)
        supervisor.write(planned.programs)
        supervisor.start(environment_variables.of_services(directory))
        try:
            services.start(planned, supervisor)
            yield TemporaryServices(directory, instance, planned)
        finally:
            stop(directory)
    finally:
        shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(directory.sockets, ignore_errors=True)
