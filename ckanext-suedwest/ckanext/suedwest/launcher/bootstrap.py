"""Makes the virtual environment and goes on inside it. Standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from .errors import StepFailed
from .progress import Progress

FOR_RUNNING = "requirements.txt"
FOR_TESTING = "requirements-test.txt"
_NEEDS_TEST_TOOLS = ("test",)
_STAMP = "suedwest-installed"
_TAIL = 10
# What pip says, and what it means for the operator.
_CAUSES = (
    (r"No space left on device", "The disk is full: make room and run the command again."),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ProxyError|SSLError|"
        r"Temporary failure in name resolution|Network is unreachable|Read timed out",
        "The package registry cannot be reached: check network, proxy and pip's configuration, "
        "then run the command again.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "A downloaded package is not the one that was tested. Do not go on; tell the maintainers.",
    ),
    (
        r"No matching distribution|Could not find a version",
        "The registry has no build of it for this machine and Python; Python 3.11 on 64-bit "
        "Linux is what the versions are pinned for.",
    ),
    (r"Permission denied", "This clone must belong to you, so that .venv can be written."),
)


def enter(checkout: str, arguments: Sequence[str]) -> NoReturn:
    """Make or renew `.venv` when needed, and become the launcher inside it."""
    root = Path(checkout)
    wanted = FOR_TESTING if arguments[:1] and arguments[0] in _NEEDS_TEST_TOOLS else FOR_RUNNING
    try:
        python = prepare(root, wanted)
    except StepFailed as failure:
        sys.exit(f"\nsuedwest: {failure.reason}\n{failure.advice}".rstrip())
    except OSError as error:
        sys.exit(f"\nsuedwest: {error.strerror} ({error.filename})")
    except KeyboardInterrupt:
        sys.exit("\nsuedwest: interrupted")
    os.execv(python, [str(python), "-m", "ckanext.suedwest.launcher", *arguments])  # noqa: S606


def prepare(root: Path, wanted: str) -> Path:
    """Bring `.venv` in step with the pinned versions in `wanted`; returns its Python.

    Raises:
        StepFailed: with pip's last lines and what to do.
    """
    folder = root / ".venv"
    python = folder / "bin" / "python"
    if _installed(folder) >= _needed(root, wanted):
        return python
    with _locked(root):
        # Another start may have made it while we waited.
        if _installed(folder) >= _needed(root, wanted):
            return python
        progress = Progress()
        usable = (
            subprocess.call(
                [str(python), "-m", "pip", "--version"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if python.exists()
            else 1
        )
        if usable != 0:
            with progress.step("Virtual environment in .venv"):
                shutil.rmtree(folder, ignore_errors=True)
                _make(folder)
        with progress.step(f"Pinned packages ({wanted}); the first time takes some minutes"):
            _pip(python, "install", "--require-hashes", "-r", str(root / wanted))
        with progress.step("This package"):
            _pip(
                python,
                *("install", "--no-deps", "--no-build-isolation", "--editable", str(root)),
            )
        (folder / _STAMP).write_text("\n".join(sorted(_needed(root, wanted))), encoding="ascii")
    return python


def _needed(root: Path, wanted: str) -> set[str]:
    # The test tools come on top of what running needs, so they satisfy both.
    names = {FOR_RUNNING, wanted}
    needed = {f"{name} {_hash(root / name)}" for name in names}
    return needed | {f"setup.py {_hash(root / 'setup.py')}"}


def _installed(folder: Path) -> set[str]:
    try:
        return set((folder / _STAMP).read_text(encoding="ascii").splitlines())
    except FileNotFoundError:
        return set()


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _make(folder: Path) -> None:
    done = _run([sys.executable, "-m", "venv", str(folder)])
    if done.returncode != 0:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise StepFailed(
            f"Python could not make a virtual environment:\n{_tail(done.stdout)}",
            f"Debian and Ubuntu: sudo apt-get install python{version}-venv",
        )


def _pip(python: Path, *arguments: str) -> None:
    done = _run([str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments])
    if done.returncode == 0:
        return
    advice = next((said for cause, said in _CAUSES if re.search(cause, done.stdout)), "")
    raise StepFailed(f"pip failed:\n{_tail(done.stdout)}", advice or "Run the command again.")


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def _tail(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-_TAIL:])


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    with open(root / "setup.py", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Waiting for another start that makes the virtual environment …", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
