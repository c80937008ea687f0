"""supervisor (from PyPI) runs the processes; this writes its configuration and talks to it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from .errors import StepFailed

# A process that keeps failing is retried after 1, 2, 3 … seconds; this is about a month.
_RETRIES = 2000
_LOG_BYTES = "10MB"
_LOG_BACKUPS = 5
_START_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Program:
    """One process to run: `kind` is "services" or "application", started in that order."""

    name: str
    kind: str
    command: Sequence[str]
    user: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 30

    @property
    def full_name(self) -> str:
        """What supervisor calls it."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class State:
    """How a process does: supervisor's word for it, since when (seconds), process id."""

    name: str
    word: str
    pid: int
    seconds: int
    description: str

    @property
    def running(self) -> bool:
        return self.word == "RUNNING"

    @property
    def failing(self) -> bool:
        """Whether it ended at once, at least one time."""
        return self.word in ("BACKOFF", "FATAL")


class Supervisor:
    """One supervisord, found by its socket."""

    def __init__(self, configuration: Path, socket: Path, log: Path) -> None:
        self.configuration = configuration
        self.socket = socket
        self.log = log

    def write(self, programs: Sequence[Program]) -> None:
        """Write the configuration for `programs`."""
        self.log.mkdir(mode=0o700, exist_ok=True)
        text = _configuration(programs, self.socket, self.log)
        self.configuration.write_text(text, encoding="utf-8")

    def is_running(self) -> bool:
        """Whether supervisord answers."""
        try:
            self._call("supervisor.getState")
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    def start(self, environment: Mapping[str, str]) -> None:
        """Start supervisord in the background; its programs wait to be started.

        Raises:
            StepFailed: when it does not answer soon.
        """
        process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(self.configuration)],
            cwd="/",
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_running():
            if process.poll() is not None or time.monotonic() > deadline:
                raise StepFailed(
                    "The process manager did not start.",
                    f"See the end of {self.log / 'supervisord.log'}.",
                )
            time.sleep(0.05)

    def start_program(self, program: Program, *, wait: bool = False) -> None:
        """Start one program; with `wait`, until supervisor is content with it.

        Raises:
            StepFailed: when it ends at once; with the last lines of its log.
        """
        try:
            self._call("supervisor.startProcess", program.full_name, wait)
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" in fault.faultString:
                return
            raise self.failure(program.name) from fault

    def failure(self, name: str) -> StepFailed:
        """What to say when the program `name` does not run."""
        lines = last_lines(self.log / f"{name}.log")
        return StepFailed(
            f"{name} does not start. The end of its log:\n{lines}",
            f"The whole log: {self.log / f'{name}.log'}",
        )

    def states(self) -> list[State]:
        """All programs, running or not."""
        found: Any = self._call("supervisor.getAllProcessInfo")
        return [
            State(
                name=info["name"],
                word=info["statename"],
                pid=info["pid"],
                seconds=max(0, info["now"] - info["start"]) if info["pid"] else 0,
                description=info["description"],
            )
            for info in found
        ]

    def pid(self) -> int:
        """supervisord's own process id."""
        pid: Any = self._call("supervisor.getPID")
        return int(pid)

    def shut_down(self) -> None:
        """Ask supervisord to end its programs and itself; returns before that is done."""
        self._call("supervisor.shutdown")

    def _call(self, method: str, *arguments: str | bool) -> object:
        server = xmlrpc.client.ServerProxy(
            "http://localhost",
            transport=SupervisorTransport(serverurl=f"unix://{self.socket}"),
        )
        with server:
            return getattr(server, method)(*arguments)


def last_lines(path: Path, count: int = 12) -> str:
    """The end of a log, indented."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8192))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return "    (no log yet)"
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-count:])


def _configuration(programs: Sequence[Program], socket: Path, log: Path) -> str:
    lines = [
        "; written by `./suedwest up` at every start",
        "[unix_http_server]",
        f"file={_escape(str(socket))}",
        "chmod=0700",
        "",
        "[supervisord]",
        f"logfile={_escape(str(log / 'supervisord.log'))}",
        f"logfile_maxbytes={_LOG_BYTES}",
        f"logfile_backups={_LOG_BACKUPS}",
        f"childlogdir={_escape(str(log))}",
        f"pidfile={_escape(str(socket.with_suffix('.pid')))}",
        "umask=077",
        "minfds=1024",
    ]
    if os.geteuid() == 0:
        lines.append("user=root")
    lines += [
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
    ]
    kinds: dict[str, list[str]] = {}
    for program in programs:
        kinds.setdefault(program.kind, []).append(program.name)
        lines += ["", *_program(program, log)]
    # Groups end in the reverse order of their priority: the application before its services.
    for priority, (kind, names) in enumerate(kinds.items(), 1):
        lines += ["", f"[group:{kind}]", f"programs={','.join(names)}", f"priority={priority}"]
    return "\n".join(lines) + "\n"


def _program(program: Program, log: Path) -> list[str]:
    lines = [
        f"[program:{program.name}]",
        f"command={_escape(shlex.join(program.command))}",
        "directory=/",
        "autostart=false",
        "autorestart=true",
        "startsecs=1",
        f"startretries={_RETRIES}",
        f"stopsignal={program.stop_signal}",
        f"stopwaitsecs={program.stop_seconds}",
        "killasgroup=true",
        "redirect_stderr=true",
        f"stdout_logfile={_escape(str(log / f'{program.name}.log'))}",
        f"stdout_logfile_maxbytes={_LOG_BYTES}",
        f"stdout_logfile_backups={_LOG_BACKUPS}",
    ]
    if program.user is not None:
        lines.append(f"user={program.user}")
    return lines


def _escape(text: str) -> str:
    # supervisor expands %(name)s in every value.
    return text.replace("%", "%%")
