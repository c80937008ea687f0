"""The environment our processes get."""

from __future__ import annotations

import os
from pathlib import Path

from ..ingest.metrics import PORT_VARIABLE
from ..ingest.replay.__main__ import ROOT as REPLAY_PATH
from ..ingest.secrets import KEY_VARIABLE
from ..portal.snapshots.metrics import PORT_VARIABLE as SNAPSHOTS_PORT_VARIABLE
from .data_directory import DataDirectory, Instance, Mode
from .places import PROGRAMS
from .ports import HOST
from .services import Addresses

MARK = "SUEDWEST_INSTANCE"
"""Variable every process of an instance carries; its value is the data directory."""

# Left from the operator's shell these would override the instance's own configuration.
_NOT_INHERITED = ("CKAN_", "PG", "PYTHON", "SUEDWEST_")


def inherited() -> dict[str, str]:
    """Our own environment without what would change a portal behind its back."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)
    }
    path = os.pathsep.join((str(PROGRAMS), kept.get("PATH", os.defpath)))
    return {**kept, "PATH": path, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"}


def of_portal(
    ini: Path, mode: Mode, store_url: str, broker_url: str, replay_url: str | None
) -> dict[str, str]:
    """What every process of a portal is told; `replay_url` is a sandbox's source."""
    told = {
        "CKAN_INI": str(ini),
        "SUEDWEST_MODE": mode,
        "SUEDWEST_STORE_URL": store_url,
        "SUEDWEST_BROKER_URL": broker_url,
    }
    if replay_url is not None:
        told["SUEDWEST_REPLAY_URL"] = replay_url
    return told


def of_services(directory: DataDirectory) -> dict[str, str]:
    """What the services of an instance get: our own environment, marked."""
    return {**inherited(), MARK: str(directory.path)}


def of_instance(
    directory: DataDirectory, instance: Instance, addresses: Addresses
) -> dict[str, str]:
    """What every process of an instance gets."""
    sandbox = instance.mode == "sandbox"
    replay_url = f"http://{HOST}:{instance.ports['replay']}{REPLAY_PATH}" if sandbox else None
    store_url = addresses.databases.datastore_write
    told = of_portal(directory.ini, instance.mode, store_url, addresses.broker_url, replay_url)
    own = {
        KEY_VARIABLE: instance.secrets["source_secrets"],
        PORT_VARIABLE: str(instance.ports["metrics"]),
        SNAPSHOTS_PORT_VARIABLE: str(instance.ports["snapshots_metrics"]),
    }
    return {**of_services(directory), **told, **own}
