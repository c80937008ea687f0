"""The processes of the application itself: what `up` runs besides the services."""

from __future__ import annotations

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
    found = [Program(WEB, KIND, _web(directory, instance))]
    if instance.mode == "sandbox":
        replay = [_PYTHON, "-m", f"{_INGEST}.replay", "--port", str(instance.ports["replay"])]
        found.append(Program("replay", KIND, replay))
    return [
        *found,
        Program("ingest", KIND, [_PYTHON, "-m", _INGEST]),
        Program("catalogue", KIND, _ckan("suedwest", "reconcile", "--follow")),
        Program("worker", KIND, _ckan("jobs", "worker")),
    ]


def _web(directory: DataDirectory, instance: Instance) -> list[str]:
    return [
        *(_PYTHON, "-m", "gunicorn", f"{_LAUNCHER}.wsgi:application"),
        *("--bind", f"{HOST}:{instance.port}"),
        *("--workers", str(_WORKERS)),
        *("--worker-class", "gthread", "--threads", str(_THREADS)),
        *("--timeout", "60", "--graceful-timeout", "20"),
        *("--worker-tmp-dir", str(directory.sockets)),
        *("--access-logfile", "-"),
        "--no-control-socket",
    ]


def _ckan(*arguments: str) -> list[str]:
    return [_PYTHON, "-m", f"{_LAUNCHER}.ckan_command", *arguments]
