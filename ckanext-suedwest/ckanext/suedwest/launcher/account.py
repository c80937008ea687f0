"""The account PostgreSQL runs under: it refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import StepFailed

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine; `switch` tells that we are root and have to become this user."""

    name: str
    user_id: int
    group_id: int
    switch: bool

    def own(self, path: Path) -> None:
        """Give `path` to this account."""
        if self.switch:
            os.chown(path, self.user_id, self.group_id)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, in `/`, and collect what it says (both streams)."""
        return subprocess.run(
            [str(part) for part in command],
            cwd="/",
            env=dict(environment) if environment is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            user=self.user_id if self.switch else None,
            group=self.group_id if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def can_execute(self, program: Path) -> bool:
        """Whether this account reaches the program and may start it."""
        try:
            return self.run([program, "--version"], seconds=30).returncode == 0
        except OSError:
            return False

    def can_use_directory(self, directory: Path) -> bool:
        """Whether this account can enter the directory and write there."""
        test = self.run(["/bin/sh", "-c", 'test -x "$1" && test -w "$1"', "sh", directory])
        return test.returncode == 0


def service_account() -> Account:
    """Ourselves; as root an unprivileged account of the machine.

    Raises:
        StepFailed: when root finds none of the accounts every Debian has.
    """
    if os.geteuid() != 0:
        entry = pwd.getpwuid(os.geteuid())
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=False)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in CANDIDATES:
        if name in known and known[name].pw_uid != 0:
            return Account(name, known[name].pw_uid, known[name].pw_gid, switch=True)
    raise StepFailed(
        "PostgreSQL refuses to run as root, and this machine has no account "
        + " or ".join(f"“{name}”" for name in CANDIDATES)
        + ".",
        "Make one (`useradd --system postgres`) or start this command as an ordinary user.",
    )
