"""`test`: runs the suites, quick ones first, and says at the end how all went."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .. import launcher
from ..store import migrate
from . import configuration, databases, environment_variables, frontend, ports, preparation
from .data_directory import DataDirectory, write_private
from .errors import StepFailed
from .places import CHECKOUT, PROGRAMS
from .progress import Progress, duration
from .temporary import temporary_services

_TESTS = CHECKOUT / "tests"
# Variables of the operator's shell that tests themselves describe.
_ASKED_OF_TESTS = frozenset({"SUEDWEST_TEST_MESSAGES"})
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LAUNCHER = launcher.__name__
_NOT_CKAN = ("-p", "no:ckan", "-p", "no:ckan_fixtures")
# CKAN's fixtures switch plugins on and off and empty tables; nothing leaves this machine. They also
# copy the whole configuration, which a session store with an open connection in it does not allow.
_TEST_INI = """\
[DEFAULT]
debug = false

[app:main]
use = config:ckan.ini
testing = true
SESSION_TYPE = cookie
ckan.site_url = http://test.ckan.net
smtp.test_server = localhost:6675
"""
# A pytest run that collected nothing; a suite of ours is never empty.
_NOTHING_COLLECTED = 5


def run(suite: str, *, browser: bool, more: Sequence[str]) -> int:
    """Run one suite or all; 0 when all that ran passed.

    `more` goes to pytest; with it an "all" run may hit suites that match nothing.
    """
    names = [name for name in SUITES if suite in ("all", name)]
    if suite == "all" and not browser:
        names.remove("browser")
    verdicts: list[str] = []
    failed: list[str] = []
    for name in names:
        print(f"\n=== {name} ===", flush=True)
        started = time.monotonic()
        try:
            code = SUITES[name](more)
        except StepFailed as failure:
            print(f"suedwest: {failure.reason}\n{failure.advice}".rstrip(), file=sys.stderr)
            code = 1
        passed = code == 0 or (code == _NOTHING_COLLECTED and bool(more) and len(names) > 1)
        if not passed:
            failed.append(name)
        took = duration(time.monotonic() - started)
        verdicts.append(f"{name} {'passed' if passed else 'FAILED'} ({took})")
    print(f"\nsuedwest test: {', '.join(verdicts)}")
    print("suedwest test: " + (f"FAILED: {', '.join(failed)}" if failed else "all passed"))
    return 1 if failed else 0


def _lint(_more: Sequence[str]) -> int:
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(PROGRAMS), os.environ.get("PATH", os.defpath))),
        "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
    }
    codes = [
        subprocess.run(
            [str(PROGRAMS / command[0]), *command[1:]],
            cwd=CHECKOUT,
            env=environment,
            check=False,
        ).returncode
        for command in (
            ("ruff", "check", "--no-cache"),
            ("ruff", "format", "--check", "--no-cache"),
            ("pyright", "--pythonpath", sys.executable),
        )
    ]
    return max(codes)


def _unit(more: Sequence[str]) -> int:
    return _pytest("unit", more, os.environ, *_NOT_CKAN)


def _integration(more: Sequence[str]) -> int:
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="suedwest-npm-") as cache:
        frontend.build(progress, Path(cache))
    with temporary_services() as temporary:
        directory, at = temporary.directory, temporary.services.addresses
        environment = environment_variables.of_instance(directory, temporary.instance, at)
        with progress.step("Databases for the tests"):
            databases.create(at.admin_url, at.databases)
            databases.set_permissions(at.databases)
            migrate.upgrade(at.databases.datastore_write, read_role=at.databases.reader)
            configuration.write(directory, temporary.instance, at)
            ini = directory.path / "test.ini"
            write_private(ini, _TEST_INI)
            preparation.run_ckan(environment, "db", "init")
            preparation.run_ckan(environment, "db", "upgrade")
        told = {
            # Not the instance's own: tests start instances, which must not use its services.
            **environment_variables.of_services(directory),
            **{name: value for name, value in os.environ.items() if name in _ASKED_OF_TESTS},
            "CKAN_INI": str(ini),
            "SUEDWEST_TEST_DATABASE_URL": at.admin_url,
            "SUEDWEST_TEST_REDIS_URL": at.redis_url,
            "SUEDWEST_TEST_BROKER_URL": at.broker_url,
        }
        return _pytest("integration", more, told, "-p", "pylibmagic", f"--ckan-ini={ini}")


def _browser(more: Sequence[str]) -> int:
    chromium = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if chromium is None:
        raise StepFailed(
            "The browser tests need Chromium, and this machine has none.",
            "Debian and Ubuntu: sudo apt-get install chromium. "
            "To run the other suites only: ./suedwest test --no-browser",
        )
    with tempfile.TemporaryDirectory(prefix="suedwest-browser-") as folder:
        path = Path(folder) / "data"
        port = ports.choose(set())
        launcher = [sys.executable, "-m", _LAUNCHER]
        where = ["--data", str(path)]
        Path(folder).chmod(0o711)
        try:
            started = subprocess.run(
                [*launcher, "up", "--detach", "--port", str(port), *where], check=False
            )
            if started.returncode != 0:
                return started.returncode
            told = {
                **os.environ,
                "SUEDWEST_TEST_SITE": f"http://{ports.HOST}:{port}",
                "SUEDWEST_TEST_DATA": str(path),
                "SUEDWEST_TEST_CHROMIUM": chromium,
            }
            return _pytest("browser", more, told, *_NOT_CKAN)
        finally:
            if DataDirectory(path).exists:
                subprocess.run([*launcher, "reset", "--yes", *where], check=False)


def _pytest(folder: str, more: Sequence[str], environment: Mapping[str, str], *options: str) -> int:
    # who names files means those, not the whole suite
    named = any((CHECKOUT / argument.split("::")[0]).exists() for argument in more)
    where = [] if named else [str(_TESTS / folder)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *where, *more],
        cwd=CHECKOUT,
        env=dict(environment),
        check=False,
    ).returncode


SUITES: Mapping[str, Callable[[Sequence[str]], int]] = {
    "lint": _lint,
    "unit": _unit,
    "integration": _integration,
    "browser": _browser,
}
