"""Ending a program in order at SIGTERM or SIGINT."""

from __future__ import annotations

import signal
import threading

ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
_LOOK_EVERY_SECONDS = 1.0


def hold_back_signals() -> None:
    """Keep the signals until `wait_for_end` takes them; call it before any thread starts."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def wait_for_end(worker: threading.Thread) -> bool:
    """Wait for a signal (True) or for `worker` to end by itself (False).

    The signals are taken here rather than in a handler: one that sets an event can meet the main
    thread while it holds the event's lock, and wait for itself.
    """
    while worker.is_alive():
        taken = signal.sigtimedwait(ENDING, _LOOK_EVERY_SECONDS)
        # After SIGSTOP and SIGCONT Python gives back an empty one instead of None.
        if taken is not None and taken.si_signo in ENDING:
            return True
    return False
