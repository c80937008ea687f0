"""Processes the tests of faults start, kill and start again."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from ckanext.suedwest.ingest import secrets
from ckanext.suedwest.launcher import ports
from ckanext.suedwest.launcher.programs import web_command
from ckanext.suedwest.launcher.stopping import supervisor_of
from ckanext.suedwest.launcher.temporary import TemporaryServices

KEY = "a key of forty characters, only for tests"
CONFIGURATION = """
[app:main]
use = egg:ckan
ckan.plugins = datastore suedwest_observations
ckan.site_id = faults
ckan.site_url = http://127.0.0.1
SECRET_KEY = faults
solr_url = http://127.0.0.1:9/
sqlalchemy.url = {catalogue}
ckan.datastore.write_url = {write}
ckan.datastore.read_url = {read}
ckan.redis.url = {redis}
"""
MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")


class IngestProcess:
    """`python -m ckanext.suedwest.ingest`, as often as it is started."""

    def __init__(self, store_url: str, log: Path) -> None:
        self._environment = os.environ | {
            "SUEDWEST_STORE_URL": store_url,
            secrets.KEY_VARIABLE: KEY,
        }
        self.log = log
        self._file: IO[bytes] = log.open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("ingest_process.py"))],
            env=self._environment,
            stderr=self._file,
        )

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(20)

    def end(self) -> int:
        """End it in order; its exit status."""
        self.send(signal.SIGTERM)
        assert self._process is not None
        return self._process.wait(60)

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self.kill()
        self._file.close()


class WebProcesses:
    """The portal's web server with two workers, of which only what takes webhooks is needed."""

    def __init__(self, services: TemporaryServices, folder: Path) -> None:
        port = ports.choose(set())
        self.address = f"http://127.0.0.1:{port}"
        configuration = folder / "ckan.ini"
        at = services.services.addresses
        configuration.write_text(
            CONFIGURATION.format(
                catalogue=at.databases.catalogue,
                write=at.databases.datastore_write,
                read=at.databases.datastore_read,
                redis=at.redis_url,
            ),
            "utf-8",
        )
        command = web_command(f"127.0.0.1:{port}", str(folder))
        self._command = [
            "web_process:application" if part.endswith("wsgi:application") else part
            for part in command
        ]
        self._environment = os.environ | {
            "CKAN_INI": str(configuration),
            "PYTHONPATH": str(Path(__file__).parent),
            secrets.KEY_VARIABLE: KEY,
        }
        self._file: IO[bytes] = (folder / "web.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdout=self._file,
            stderr=self._file,
            start_new_session=True,
        )

    def kill_a_worker(self, chance: random.Random) -> None:
        """The server starts another one."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        workers = [int(pid) for pid in children.read_text("ascii").split()]
        if workers:
            os.kill(chance.choice(workers), signal.SIGKILL)

    def kill(self) -> None:
        """Kill the server and all its workers at once."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(20)

    def close(self) -> None:
        if self._process is not None:
            self.kill()
        self._file.close()


@contextmanager
def web_processes(services: TemporaryServices, folder: Path) -> Iterator[WebProcesses]:
    """A running web server, ended whatever happens."""
    web = WebProcesses(services, folder)
    try:
        web.start()
        yield web
    finally:
        web.close()


@contextmanager
def ingest_processes(store_url: str, folder: Path, number: int) -> Iterator[list[IngestProcess]]:
    """Running processes, ended whatever happens."""
    made = [IngestProcess(store_url, folder / f"ingest-{index}.log") for index in range(number)]
    try:
        for process in made:
            process.start()
        yield made
    finally:
        for process in made:
            process.close()


def kill_service(services: TemporaryServices, name: str) -> None:
    """Kill an embedded service (−9); its supervisor starts it again."""
    states = {state.name: state for state in supervisor_of(services.directory).states()}
    if states[name].pid:
        os.kill(states[name].pid, signal.SIGKILL)


class Mosquitto:
    """Debian's broker, with a session store it writes at intervals and when it is ended."""

    def __init__(self, folder: Path, more: str = "") -> None:
        if MOSQUITTO is None:
            pytest.fail("mosquitto is missing; Debian: sudo apt-get install mosquitto", False)
        port = ports.choose(set())
        self.url = f"mqtt://nobody:nothing@127.0.0.1:{port}"
        configuration = folder / "mosquitto.conf"
        configuration.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {folder}/\n"
            f"max_queued_messages 0\nmax_inflight_messages 500\nlog_type error\n{more}"
        )
        self._command = [str(MOSQUITTO), "-c", str(configuration)]
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command)
        end = time.monotonic() + 20
        while not ports.answers(self._port):
            assert time.monotonic() < end, "mosquitto does not answer"
            time.sleep(0.05)

    def restart(self) -> None:
        """End it in order, so that it saves its sessions, and start it again."""
        self.end()
        self.start()

    def end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
