"""What `up` shows after the start, until Ctrl-C: changes of state, and how sources do."""

from __future__ import annotations

import time
import xmlrpc.client
from pathlib import Path

from .data_directory import DataDirectory
from .progress import Progress
from .stopping import stop
from .supervision import State, Supervisor

_FOLLOWED = ("ingest", "catalogue")
_PAUSE_SECONDS = 1.0


def follow(directory: DataDirectory, supervisor: Supervisor) -> int:
    """Print what happens; Ctrl-C stops the instance. 0 when it was stopped, here or elsewhere."""
    progress = Progress()
    try:
        progress.say("")
        progress.say(f"Logs: {directory.log} · Ctrl-C stops the platform")
        tails = [Tail(directory.log / f"{name}.log") for name in _FOLLOWED]
        known = _words(supervisor.states())
        while True:
            time.sleep(_PAUSE_SECONDS)
            for tail in tails:
                for line in tail.new_lines():
                    progress.say(f"{tail.name}: {line}")
            try:
                states = supervisor.states()
            except (OSError, xmlrpc.client.Error):
                progress.say("The platform was stopped.")
                return 0
            for name, word in _words(states).items():
                if known.get(name) != word and word != "STARTING":
                    progress.say(f"{name}: {word.lower()}")
            known = _words(states)
    except KeyboardInterrupt:
        with directory.locked("suedwest up"), progress.step("Stopping"):
            stop(directory)
        return 0


class Tail:
    """New lines of a log file that grows and is now and then replaced by an empty one."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self._path = path
        self._position = path.stat().st_size if path.exists() else 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        """Complete lines since the last call."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            if file.seek(0, 2) < self._position:
                self._position, self._rest = 0, b""
            file.seek(self._position)
            content = self._rest + file.read()
            self._position = file.tell()
        *lines, self._rest = content.split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]


def _words(states: list[State]) -> dict[str, str]:
    return {state.name: state.word for state in states}
