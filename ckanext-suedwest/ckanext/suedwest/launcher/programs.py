"""The processes of the application itself: what `up` runs besides the services."""

from __future__ import annotations

from collections.abc import Mapping

from .. import ingest, launcher
from .data_directory import DataDirectory, Instance
from .places import PROGRAMS
from .ports import HOST
from .supervision import Program

KIND = "application"
WEB = "web"
_PYTHON = str(PROGRAMS / "python")
_LAUNCHER = launcher.__name__
_INGEST = ingest.__name__
# Beside the services two cores serve two workers; threads wait for the database meanwhile.
_WORKERS = 2
_THREADS = 4


def programs(directory: DataDirectory, instance: Instance) -> list[Program]:
    """In the order in which they are started."""
    bind = f"{HOST}:{instance.port}"
    web = [*web_command(bind, str(directory.sockets)), "--access-logfile", "-"]
    found = [Program(WEB, KIND, web)]
    if instance.mode == "sandbox":
        replay = [_PYTHON, "-m", f"{_INGEST}.replay", "--port", str(instance.ports["replay"])]
        found.append(Program("replay", KIND, replay))
        found.append(Program("simulator", KIND, [_PYTHON, "-m", f"{_INGEST}.simulator"]))
    return [*found, *(Program(name, KIND, command) for name, command in BACKGROUND.items())]


def web_command(bind: str, heartbeats: str) -> list[str]:
    """The web server at the address `bind`; its workers' heartbeats are files in `heartbeats`.

    It keeps no log of requests: behind another server that one does, as its operator wants it.
    """
    return [
        *(_PYTHON, "-m", "gunicorn", f"{_LAUNCHER}.wsgi:application"),
        *("--bind", bind),
        *("--workers", str(_WORKERS)),
        *("--worker-class", "gthread", "--threads", str(_THREADS)),
        *("--timeout", "60", "--graceful-timeout", "20"),
        *("--worker-tmp-dir", heartbeats),
        "--no-control-socket",
    ]


def ckan_command(*arguments: str) -> list[str]:
    """CKAN's command line."""
    return [_PYTHON, "-m", f"{_LAUNCHER}.ckan_command", *arguments]


BACKGROUND: Mapping[str, list[str]] = {
    "ingest": [_PYTHON, "-m", _INGEST],
    "catalogue": ckan_command("suedwest", "reconcile", "--follow"),
    "snapshots": ckan_command("suedwest", "snapshots", "--follow"),
    "worker": ckan_command("jobs", "worker"),
}
"""What runs beside the web server, by its name."""
