"""Stops what `up` started, and nothing else."""

from __future__ import annotations

import contextlib
import os
import signal
import time
import xmlrpc.client
from pathlib import Path

from .data_directory import DataDirectory
from .environment_variables import MARK
from .errors import StepFailed
from .supervision import Supervisor

_PROCESSES = Path("/proc")
_ORDERLY_SECONDS = 120
_HURRIED_SECONDS = 10


def supervisor_of(directory: DataDirectory) -> Supervisor:
    """The process manager of an instance, running or not."""
    return Supervisor(
        directory.path / "supervisord.conf",
        directory.sockets / "supervisor.sock",
        directory.log,
    )


def stop(directory: DataDirectory) -> int:
    """End the process manager with its programs, then what outlived it; returns their number.

    Processes are told apart by a mark in their environment, so a process id that has gone to
    another program meanwhile is never hit.

    Raises:
        StepFailed: when something cannot be ended.
    """
    before = marked(directory)
    supervisor = supervisor_of(directory)
    if supervisor.is_running():
        manager = supervisor.pid()
        with contextlib.suppress(xmlrpc.client.Fault):  # it is shutting down already
            supervisor.shut_down()
        _wait_for({manager}, directory, _ORDERLY_SECONDS)
    for signal_number, seconds in (
        (signal.SIGINT, _ORDERLY_SECONDS),
        (signal.SIGKILL, _HURRIED_SECONDS),
    ):
        left = marked(directory)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)
        _wait_for(left, directory, seconds)
    remaining = marked(directory)
    if remaining:
        raise StepFailed(f"These processes do not end: {sorted(remaining)}.")
    return len(before)


def marked(directory: DataDirectory) -> set[int]:
    """Ids of all processes of this instance, as far as this machine lets us see them."""
    wanted = f"{MARK}={directory.path}".encode()
    found: set[int] = set()
    if not _PROCESSES.is_dir():
        return found
    for entry in _PROCESSES.iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            # Gone meanwhile, or someone else's: neither is ours.
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
    return found


def _wait_for(pids: set[int], directory: DataDirectory, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while pids & marked(directory) and time.monotonic() < deadline:
        time.sleep(0.05)
