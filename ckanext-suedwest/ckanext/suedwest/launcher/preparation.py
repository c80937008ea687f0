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
from .databases import Databases
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
    prepare_databases(
        services.admin_url, services.databases, environment, progress, empty=not instance.prepared
    )
    if instance.prepared:
        complete_search_index(environment, progress)
    load_municipalities(environment, progress)
    write_script_texts(environment, progress)
    return directory.update(instance, prepared=version)


def prepare_databases(
    admin_url: str,
    found: Databases,
    environment: Mapping[str, str],
    progress: Progress,
    *,
    empty: bool,
) -> None:
    """Make roles, databases and tables unless they are there, and migrate them.

    `empty` says that the catalogue may have no tables yet; saying it in vain costs only time.
    """
    with progress.step("Roles and databases"):
        databases.create(admin_url, found)
        databases.set_permissions(found)
    with progress.step("Observation store"):
        migrate.upgrade(found.datastore_write, read_role=found.reader)
    with progress.step("Catalogue database"):
        if empty:
            run_ckan(environment, "db", "init")
        run_ckan(environment, "db", "upgrade")


def complete_search_index(environment: Mapping[str, str], progress: Progress) -> None:
    """Index the datasets the search does not know, all where its tables are new in this version.

    It forgets those that are no more. When nothing is missing, this takes the start of a program.
    """
    with progress.step("Search index"):
        run_ckan(environment, "search-index", "rebuild", "--only-missing", "--quiet")


def load_municipalities(environment: Mapping[str, str], progress: Progress) -> None:
    """Load what `config/municipalities` and `config/platform.yaml` say; repeatable."""
    with progress.step("Municipalities"):
        run_ckan(environment, "suedwest", "municipality", "load", str(MUNICIPALITIES))


def write_script_texts(environment: Mapping[str, str], progress: Progress) -> None:
    """Write what CKAN's scripts say, such as the question before deleting, in each language."""
    with progress.step("Texts of scripts"):
        run_ckan(environment, "translation", "js")


def make_first_account(
    directory: DataDirectory, instance: Instance, environment: Mapping[str, str], progress: Progress
) -> tuple[Instance, str | None]:
    """Make the administrator once; the password is returned then, and kept nowhere."""
    if instance.admin_made:
        return instance, None
    password = secrets.token_urlsafe(12)
    made = make_administrator(password, environment, progress)
    return directory.update(instance, admin_made=True), password if made else None


def make_administrator(password: str, environment: Mapping[str, str], progress: Progress) -> bool:
    """Make the account `admin` with `password`; False when the portal has an administrator."""
    with progress.step(f"Account “{ADMIN}”"):
        done = _run([str(PROGRAMS / "python"), "-m", _FIRST_ACCOUNT], environment, f"{password}\n")
        if done.returncode not in (0, ADMIN_EXISTS):
            raise _failed("making the first account", done)
    return done.returncode == 0


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
        "Remove the cause and start again: it goes on from here.",
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
