"""The image's entry point, run as the containers run it: real programs, secrets from files."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import paho.mqtt.client as mqtt
import psycopg2
import pytest
from ingest_servers import replay

from ckanext.suedwest.launcher import databases, ports
from ckanext.suedwest.launcher.container.settings import SECRETS
from ckanext.suedwest.launcher.databases import Databases

CONTAINER = "ckanext.suedwest.launcher.container"
PATIENCE = 120.0


@dataclass(frozen=True)
class Container:
    """What the containers of one portal share: settings, files of secrets, a volume."""

    folder: Path
    settings: dict[str, str]

    def environment(self, name: str, **settings: str) -> dict[str, str]:
        """What the container `name` is told; each has a `/run` of its own."""
        runtime = self.folder / f"run-{name}"
        runtime.mkdir(exist_ok=True)
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        return {**kept, **self.settings, "SUEDWEST_RUNTIME": str(runtime), **settings}

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run the container to its end."""
        return subprocess.run(
            [sys.executable, "-m", CONTAINER, *arguments],
            env=self.environment(arguments[-1], **settings),
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    def start(self, name: str, **settings: str) -> subprocess.Popen[bytes]:
        """Start the program `name`; its log lies in the folder."""
        with open(self.folder / f"{name}.log", "wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", CONTAINER, name],
                env=self.environment(name, **settings),
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
            )

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    @property
    def databases(self) -> Databases:
        return databases.addresses(
            self.settings["SUEDWEST_DATABASE_URL"],
            self.settings["SUEDWEST_SITE_ID"],
            self.secret("SUEDWEST_DATABASE_OWNER_PASSWORD"),
            self.secret("SUEDWEST_DATABASE_READER_PASSWORD"),
        )

    def secret(self, name: str) -> str:
        return Path(self.settings[f"{name}_FILE"]).read_text(encoding="utf-8").strip()


def wait_until(happened: Callable[[], bool], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, what()
        time.sleep(0.5)


@pytest.fixture(scope="module")
def portal(
    admin_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Container]:
    """A portal of its own on the services of the tests, with a replay server as its source."""
    folder = tmp_path_factory.mktemp("container")
    server = urlsplit(admin_url)
    told = {name: secrets.token_hex(24) for name in SECRETS}
    told["SUEDWEST_DATABASE_PASSWORD"] = str(server.password)
    del told["SUEDWEST_REDIS_PASSWORD"]
    files = {}
    for name, value in told.items():
        path = folder / name.lower()
        path.write_text(f"{value}\n", encoding="utf-8")
        files[f"{name}_FILE"] = str(path)
    account = server._replace(netloc=f"{server.username}@{server.netloc.rpartition('@')[2]}")
    with replay() as replay_url:
        settings = {
            **files,
            "SUEDWEST_SITE_ID": f"container_{secrets.token_hex(4)}",
            "SUEDWEST_SITE_URL": f"http://{ports.HOST}:{ports.choose(set())}",
            "SUEDWEST_MODE": "sandbox",
            "SUEDWEST_REPLAY_URL": replay_url,
            "SUEDWEST_DATABASE_URL": urlunsplit(account),
            "SUEDWEST_REDIS_URL": redis_url,
            "SUEDWEST_BROKER_URL": f"mqtt://{ports.HOST}:{ports.choose(set())}",
            "SUEDWEST_DATA": str(folder / "data"),
            "SUEDWEST_WAIT_SECONDS": "5",
        }
        made = Container(folder, settings)
        yield made
        databases.drop(admin_url, made.databases)


@pytest.fixture(scope="module")
def prepared(portal: Container) -> Container:
    done = portal.run("prepare")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ Municipalities" in done.stdout
    return portal


@pytest.fixture(scope="module")
def running(prepared: Container) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """All programs of the image."""
    listen = {
        "web": urlsplit(prepared.settings["SUEDWEST_SITE_URL"]).netloc,
        "broker": urlsplit(prepared.settings["SUEDWEST_BROKER_URL"]).netloc,
    }
    started = {
        name: prepared.start(name, **({"SUEDWEST_LISTEN": listen[name]} if name in listen else {}))
        for name in ("web", "broker", "ingest", "catalogue", "snapshots", "worker")
    }
    yield started
    for process in started.values():
        if process.poll() is None:
            process.kill()
            process.wait()


def healthy(portal: Container, program: str) -> subprocess.CompletedProcess[str]:
    address = {"web": "SUEDWEST_SITE_URL", "broker": "SUEDWEST_BROKER_URL"}.get(program)
    listen = {"SUEDWEST_LISTEN": urlsplit(portal.settings[address]).netloc} if address else {}
    return portal.run("health", program, **listen)


def test_nothing_runs_before_the_databases_are_prepared(portal: Container) -> None:
    refused = portal.run("web", SUEDWEST_WAIT_SECONDS="0")
    assert refused.returncode == 1
    assert "PostgreSQL takes no connections" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_prepare_may_be_repeated_and_makes_the_administrator_once(prepared: Container) -> None:
    again = prepared.run("prepare")
    assert again.returncode == 0, again.stdout + again.stderr
    owner = psycopg2.connect(prepared.databases.catalogue)
    with owner, owner.cursor() as cursor:
        cursor.execute("""SELECT count(*) FROM "user" WHERE name = 'admin' AND sysadmin""")
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT count(*) FROM \"group\" WHERE type = 'organization'")
        assert cursor.fetchone() == (7,)
    owner.close()


def test_the_reader_can_read_the_store_and_nothing_else(prepared: Container) -> None:
    reader = psycopg2.connect(prepared.databases.datastore_read)
    with reader, reader.cursor() as cursor:
        cursor.execute("SELECT count(*) >= 0 FROM suedwest.station")
        assert cursor.fetchone() == (True,)
    with (
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
        reader,
        reader.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM suedwest.station")
    reader.close()


@pytest.mark.parametrize("program", ["web", "broker", "worker", "ingest", "catalogue", "snapshots"])
def test_every_program_answers_its_health_check(
    prepared: Container, running: dict[str, subprocess.Popen[bytes]], program: str
) -> None:
    said: list[str] = []

    def answers() -> bool:
        assert running[program].poll() is None, prepared.log(program)
        done = healthy(prepared, program)
        said.append(done.stderr)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode == 0

    wait_until(answers, lambda: said[-1] + prepared.log(program))


def test_a_polled_value_reaches_the_catalogue(
    prepared: Container, running: dict[str, subprocess.Popen[bytes]]
) -> None:
    address = prepared.settings["SUEDWEST_SITE_URL"]

    def stations() -> int:
        query = f"{address}/api/3/action/package_search?fq=type:station&rows=0"
        try:
            with urllib.request.urlopen(query, timeout=60) as reply:
                return json.load(reply)["result"]["count"]
        except (urllib.error.URLError, OSError):
            return 0

    wait_until(lambda: stations() > 0, lambda: prepared.log("ingest") + prepared.log("catalogue"))


def test_the_broker_lets_in_who_knows_the_password(
    prepared: Container, running: dict[str, subprocess.Popen[bytes]]
) -> None:
    address = urlsplit(prepared.settings["SUEDWEST_BROKER_URL"])
    wait_until(lambda: ports.answers(int(address.port or 0)), lambda: prepared.log("broker"))
    for password, lets_in in ((prepared.secret("SUEDWEST_BROKER_PASSWORD"), True), ("no", False)):
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=secrets.token_hex(4))
        client.username_pw_set("suedwest", password)
        answers: list[bool] = []
        client.on_connect = lambda *told, kept=answers: kept.append(not told[3].is_failure)
        client.connect(str(address.hostname), int(address.port or 0))
        client.loop_start()
        wait_until(lambda kept=answers: bool(kept), lambda: prepared.log("broker"))
        client.loop_stop()
        assert answers[0] is lets_in


def test_no_secret_is_in_the_environment_of_a_program_or_in_a_log(
    prepared: Container, running: dict[str, subprocess.Popen[bytes]]
) -> None:
    wait_until(lambda: ports.answers(web_port(prepared)), lambda: prepared.log("web"))
    keys = ("SUEDWEST_SESSION_SECRET", "SUEDWEST_API_TOKEN_SECRET", "SUEDWEST_DATABASE_PASSWORD")
    environment = Path(f"/proc/{running['web'].pid}/environ").read_bytes()
    assert b"CKAN_INI" in environment
    for name in keys:
        assert prepared.secret(name).encode() not in environment
    for name in SECRETS:
        if f"{name}_FILE" in prepared.settings:
            for program in running:
                assert prepared.secret(name) not in prepared.log(program)


def web_port(portal: Container) -> int:
    return int(urlsplit(portal.settings["SUEDWEST_SITE_URL"]).port or 0)


def test_the_web_server_keeps_no_log_of_its_visitors(
    prepared: Container, running: dict[str, subprocess.Popen[bytes]]
) -> None:
    wait_until(lambda: ports.answers(web_port(prepared)), lambda: prepared.log("web"))
    address = prepared.settings["SUEDWEST_SITE_URL"]
    with urllib.request.urlopen(f"{address}/dataset/?q=diagnosis", timeout=60) as reply:
        assert reply.status == 200
    assert "diagnosis" not in prepared.log("web")


def test_ckans_command_line_is_that_of_the_portal(prepared: Container) -> None:
    done = prepared.run("ckan", "user", "list")
    assert done.returncode == 0, done.stderr
    assert "name=admin" in done.stdout


def test_a_worker_that_runs_elsewhere_does_not_make_this_one_healthy(
    prepared: Container, running: dict[str, subprocess.Popen[bytes]]
) -> None:
    wait_until(lambda: healthy(prepared, "worker").returncode == 0, lambda: prepared.log("worker"))
    program = (
        "import socket, sys; socket.gethostname = lambda: 'elsewhere';"
        f"from {CONTAINER}.__main__ import main; sys.exit(main(['health', 'worker']))"
    )
    asked = subprocess.run(
        [sys.executable, "-c", program],
        env=prepared.environment("health"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 1
    assert "No worker of this container" in asked.stderr
    assert socket.gethostname() != "elsewhere"


def test_sigterm_ends_every_program_in_order(
    prepared: Container, running: dict[str, subprocess.Popen[bytes]]
) -> None:
    """Last in this file: what ran is gone afterwards."""
    wait_until(lambda: ports.answers(web_port(prepared)), lambda: prepared.log("web"))
    for process in running.values():
        process.send_signal(signal.SIGTERM)
    codes = {name: process.wait(60) for name, process in running.items()}
    # NATS says by 1 that a signal ended it; the reconciler has nothing to put in order.
    assert {name: codes[name] for name in ("web", "ingest", "worker")} == {
        "web": 0,
        "ingest": 0,
        "worker": 0,
    }
    assert codes["catalogue"] in (0, -signal.SIGTERM)
    unwell = healthy(prepared, "web")
    assert unwell.returncode == 1
    assert "does not answer" in unwell.stderr
