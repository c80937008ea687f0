"""`reset`: deletes an instance with everything in it, after asking."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import psycopg2

from . import databases, postgres
from .data_directory import DataDirectory
from .errors import StepFailed
from .progress import Progress
from .stopping import stop


def reset(path: Path, *, asked: bool) -> int:
    """Stop and delete; `asked` tells that the question was answered on the command line."""
    directory = DataDirectory(path)
    instance = directory.read()
    if not asked and not _confirmed(directory, instance.mode):
        print("Nothing was deleted.")
        return 1
    progress = Progress()
    with directory.locked("suedwest reset"):
        with progress.step("Stopping"):
            stop(directory)
        admin_url = directory.settings().get("SUEDWEST_DATABASE_URL")
        if admin_url:
            with progress.step("Deleting databases and roles of the configured PostgreSQL"):
                _drop(admin_url, databases.instance_name(instance.id))
        with progress.step(f"Deleting {directory.path}"):
            postgres.remove_elsewhere(directory.key)
            shutil.rmtree(directory.path)
        shutil.rmtree(directory.sockets)
    return 0


def _confirmed(directory: DataDirectory, mode: str) -> bool:
    print(f"This deletes {directory.path} ({mode}): all datasets, accounts, measured values, logs.")
    try:
        return input("Type “delete” to go on: ").strip() == "delete"
    except EOFError:
        print()
        print("To delete without a question: --yes", file=sys.stderr)
        return False


def _drop(admin_url: str, name: str) -> None:
    try:
        databases.drop(admin_url, databases.addresses(admin_url, name, "", ""))
    except psycopg2.Error as error:
        raise StepFailed(f"The databases could not be deleted: {error}".strip()) from error
