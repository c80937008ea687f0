"""Brings databases and catalogue up to this version of the program; repeating it is harmless."""

from __future__ import annotations

import hashlib
import secrets
import subprocess
from collections.abc import Mapping, Sequence

from .. import launcher
from ..store import migrate
from . import databases
from .data_directory import DataDirectory, Instance
from .errors import StepFailed
from .places import CHECKOUT, CONFIG, MUNICIPALITIES, PACKAGE, PROGRAMS, fingerprint
from .progress import Progress
from .services import Addresses

# Modules that are run, not imported: each loads CKAN into its process.
_CKAN = f"{launcher.__name__}.ckan_command"
_FIRST_ACCOUNT = f"{launcher.__name__}.first_account"
_TAIL = 12
ADMIN = "admin"
ADMIN_EXISTS = 3


def prepare(
    directory: DataDirectory,
    instance: Instance,
    services: Addresses,
    environment: Mapping[str, str],
    progress: Progress,
) -> Instance:
    """Make and migrate databases and load the municipalities, unless that is done.

    Raises:
        StepFailed: naming the step; what was done before it stays and is not repeated in vain.
    """
    version = _version(services, environment)
    if instance.prepared == version:
        return instance
    with progress.step("Roles and databases"):
        databases.create(services.admin_url, services.databases)
        databases.set_permissions(services.databases)
    with progress.step("Observation store"):
        migrate.upgrade(services.databases.datastore_write, read_role=services.databases.reader)
    with progress.step("Catalogue database"):
        if not instance.prepared:
            run_ckan(environment, "db", "init")
        run_ckan(environment, "db", "upgrade")
    with progress.step("Municipalities"):
        run_ckan(environment, "suedwest", "municipality", "load", str(MUNICIPALITIES))
    return directory.update(instance, prepared=version)


def make_first_account(
    directory: DataDirectory, instance: Instance, environment: Mapping[str, str], progress: Progress
) -> tuple[Instance, str | None]:
    """Make the administrator once; the password is returned then, and kept nowhere."""
    if instance.admin_made:
        return instance, None
    password: str | None = secrets.token_urlsafe(12)
    with progress.step(f"Account “{ADMIN}”"):
        done = _run([str(PROGRAMS / "python"), "-m", _FIRST_ACCOUNT], environment, f"{password}\n")
        if done.returncode == ADMIN_EXISTS:
            password = None
        elif done.returncode != 0:
            raise _failed("making the first account", done)
    return directory.update(instance, admin_made=True), password


def run_ckan(environment: Mapping[str, str], *arguments: str) -> str:
    """Run CKAN's command line and return what it says.

    Raises:
        StepFailed: with its last lines.
    """
    done = _run([str(PROGRAMS / "python"), "-m", _CKAN, *arguments], environment)
    if done.returncode != 0:
        raise _failed(f"`ckan {' '.join(arguments)}`", done)
    return done.stdout


def _run(
    command: Sequence[str], environment: Mapping[str, str], told: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=dict(environment),
        input=told,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def _failed(what: str, done: subprocess.CompletedProcess[str]) -> StepFailed:
    lines = "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[-_TAIL:])
    return StepFailed(
        f"{what} failed (exit status {done.returncode}):\n{lines}",
        "`./suedwest up` goes on from here when the cause is removed.",
    )


def _version(services: Addresses, environment: Mapping[str, str]) -> str:
    """Of everything the databases depend on: the program, its configuration, the addresses."""
    program = fingerprint((PACKAGE, CONFIG, CHECKOUT / "requirements.txt"))
    told = (
        services.admin_url,
        services.solr_url or "",
        environment.get("SUEDWEST_REPLAY_URL", ""),
    )
    return hashlib.sha256("\0".join((program, *told)).encode()).hexdigest()
