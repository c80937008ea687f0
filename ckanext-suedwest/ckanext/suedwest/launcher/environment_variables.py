"""The environment our processes get."""

from __future__ import annotations

import os

from ..ingest.replay.__main__ import ROOT as REPLAY_PATH
from .data_directory import DataDirectory, Instance
from .places import PROGRAMS
from .ports import HOST
from .services import Addresses

MARK = "SUEDWEST_INSTANCE"
"""Variable every process of an instance carries; its value is the data directory."""

# Left from the operator's shell these would override the instance's own configuration.
_NOT_INHERITED = ("CKAN_", "PG", "PYTHON", "SUEDWEST_")


def of_services(directory: DataDirectory) -> dict[str, str]:
    """Our own environment, marked, without what would change an instance behind its back."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)
    }
    path = os.pathsep.join((str(PROGRAMS), kept.get("PATH", os.defpath)))
    return {
        **kept,
        "PATH": path,
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        MARK: str(directory.path),
    }


def of_instance(
    directory: DataDirectory, instance: Instance, addresses: Addresses
) -> dict[str, str]:
    """What every process of an instance is told."""
    told = {
        "CKAN_INI": str(directory.ini),
        "SUEDWEST_MODE": instance.mode,
        "SUEDWEST_STORE_URL": addresses.databases.datastore_write,
        "SUEDWEST_BROKER_URL": addresses.broker_url,
    }
    if instance.mode == "sandbox":
        told["SUEDWEST_REPLAY_URL"] = f"http://{HOST}:{instance.ports['replay']}{REPLAY_PATH}"
    return {**of_services(directory), **told}
