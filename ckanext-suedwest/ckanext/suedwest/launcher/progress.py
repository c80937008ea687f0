"""Progress on the terminal: one line for each step, with the time it took."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_SIGN_OF_LIFE_SECONDS = 10.0
_QUICK_SECONDS = 0.5


class Progress:
    """Prints steps to `stream`; a terminal sees the seconds run, a log a line now and then."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stdout
        self._terminal = self._stream.isatty()
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def elapsed(self) -> float:
        """Seconds since this progress was made."""
        return time.monotonic() - self._started

    def say(self, text: str) -> None:
        """Print a line."""
        with self._lock:
            print(text, file=self._stream, flush=True)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Say that `title` begins, give a sign of life while it lasts, and how it ended."""
        started = time.monotonic()
        finished = threading.Event()
        clock = threading.Thread(
            target=self._tick, args=(title, started, finished), name="progress", daemon=True
        )
        if self._terminal:
            self._write(f"  … {title}")
        clock.start()
        try:
            yield
        except BaseException:
            self._end(clock, finished, f"  ✗ {title} ({duration(time.monotonic() - started)})")
            raise
        self._end(clock, finished, f"  ✓ {title} ({duration(time.monotonic() - started)})")

    def _tick(self, title: str, started: float, finished: threading.Event) -> None:
        pause = 1.0 if self._terminal else _SIGN_OF_LIFE_SECONDS
        if not self._terminal and not finished.wait(_QUICK_SECONDS):
            self.say(f"  … {title}")
        while not finished.wait(pause):
            line = f"  … {title}, {duration(time.monotonic() - started)}"
            if self._terminal:
                self._write(f"\r\033[K{line}")
            else:
                self.say(line)

    def _end(self, clock: threading.Thread, finished: threading.Event, line: str) -> None:
        finished.set()
        clock.join()
        if self._terminal:
            self._write("\r\033[K")
        self.say(line)

    def _write(self, text: str) -> None:
        with self._lock:
            self._stream.write(text)
            self._stream.flush()


def duration(seconds: float) -> str:
    """Seconds as `0.8 s`, `42 s` or `3 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"
