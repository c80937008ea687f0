"""`./suedwest up` and its companions, for real: an instance from nothing, and what befalls it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from ckanext.suedwest.launcher import ports, services
from ckanext.suedwest.launcher.data_directory import DataDirectory
from ckanext.suedwest.launcher.stopping import marked, supervisor_of

PATIENCE = 120.0


def run(*arguments: str, told: str = "") -> subprocess.CompletedProcess[str]:
    """`./suedwest` with `arguments`, as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "ckanext.suedwest.launcher", *arguments],
        input=told,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def wait_until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.2)


def answer(address: str, action: str) -> Any:
    with urllib.request.urlopen(f"{address}/api/3/action/{action}", timeout=60) as reply:
        return json.load(reply)["result"]


def answers(address: str) -> bool:
    try:
        return bool(answer(address, "status_show"))
    except OSError:
        return False


def status(path: Path) -> dict[str, Any]:
    return json.loads(run("status", "--json", "--data", str(path)).stdout)


def pid_of(path: Path, part: str) -> int:
    return next(entry["pid"] for entry in status(path)["parts"] if entry["name"] == part)


def states(path: Path) -> set[str]:
    return {part["state"] for part in status(path)["parts"]}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Reachable by the account PostgreSQL runs under, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="suedwest-launcher-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def first(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """A running sandbox: its data directory, its address, and what `up` said."""
    data = folder / "Daten über Pegel"
    port = ports.choose(set())
    started = run("up", "--detach", "--port", str(port), "--data", str(data))
    assert started.returncode == 0, started.stdout + started.stderr
    yield data, f"http://{ports.HOST}:{port}", started.stdout
    run("reset", "--yes", "--data", str(data))
    assert not data.exists()


def test_up_ends_with_a_portal_that_answers(first: tuple[Path, str, str]) -> None:
    data, address, said = first
    assert f"(sandbox): {address}" in said
    assert "✓ Municipalities" in said
    assert answer(address, "status_show")["site_url"] == address
    names = {*answer(address, "organization_list")}
    assert {"kaiserslautern", "landkreis-kusel", "linz-am-rhein"} <= names
    report = status(data)
    assert report["running"]
    assert {part["name"] for part in report["parts"]} == {
        *("postgres", "redis", "broker"),
        *("web", "worker", "ingest", "catalogue", "snapshots", "replay", "simulator"),
    }


def test_the_printed_password_logs_in_and_is_stored_nowhere(
    first: tuple[Path, str, str],
) -> None:
    data, _, said = first
    lines = said.splitlines()
    password = lines[next(n for n, line in enumerate(lines) if "as “admin”" in line) + 1].strip()
    checked = run(
        *("ckan", "--data", str(data), "shell"),
        told="from ckan import model\n"
        f"print('accepted:', model.User.get('admin').validate_password({password!r}))\n",
    )
    assert "accepted: True" in checked.stdout, checked.stdout + checked.stderr
    for path in data.rglob("*"):
        if path.is_file() and "postgres" not in path.relative_to(data).parts:
            assert password.encode() not in path.read_bytes(), path


def test_a_second_up_finds_it_running(first: tuple[Path, str, str]) -> None:
    data, address, _ = first
    before = marked(DataDirectory(data))
    again = run("up", "--detach", "--data", str(data))
    assert again.returncode == 0
    assert again.stdout == f"Already running (sandbox): {address}\n"
    assert marked(DataDirectory(data)) == before


def test_the_mode_of_a_directory_is_never_switched(first: tuple[Path, str, str]) -> None:
    data, address, _ = first
    refused = run("up", "--live", "--data", str(data))
    assert refused.returncode == 1
    assert "was made for --sandbox and stays so" in refused.stderr
    assert answers(address)


def test_a_running_instance_does_not_move_to_another_port(
    first: tuple[Path, str, str],
) -> None:
    data, address, _ = first
    refused = run("up", "--port", str(ports.choose(set())), "--data", str(data))
    assert refused.returncode == 1
    assert f"already runs at {address}" in refused.stderr


def test_ingest_delivers_and_status_tells_its_last_success(
    first: tuple[Path, str, str],
) -> None:
    data, _, _ = first

    def delivered() -> bool:
        sources = status(data)["sources"]
        return bool(sources) and all(source["last_success_at"] for source in sources)

    wait_until(delivered, "a first success of every source")
    said = run("status", "--data", str(data))
    assert said.returncode == 0
    assert "source pegelonline: last success" in said.stdout


def test_a_killed_postgresql_comes_back_and_loses_nothing(
    first: tuple[Path, str, str],
) -> None:
    data, address, _ = first
    directory = DataDirectory(data)
    instance = directory.read()
    store = services.addresses(directory, instance, {}).databases.datastore_write

    def count() -> int:
        connection = psycopg2.connect(store)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM suedwest.observation")
                row = cursor.fetchone()
                assert row is not None
                return row[0]
        finally:
            connection.close()

    before = count()
    killed = pid_of(data, "postgres")
    os.kill(killed, signal.SIGKILL)

    def back() -> bool:
        try:
            return count() >= before
        except psycopg2.OperationalError:
            return False

    wait_until(back, "PostgreSQL's return")
    assert pid_of(data, "postgres") != killed
    wait_until(lambda: answers(address), "an answer of the portal")
    wait_until(lambda: states(data) == {"running"}, "the return of all parts")


def test_a_killed_web_server_comes_back(first: tuple[Path, str, str]) -> None:
    data, address, _ = first
    os.kill(pid_of(data, "web"), signal.SIGKILL)
    wait_until(lambda: answers(address), "an answer of the portal")
    wait_until(lambda: states(data) == {"running"}, "the return of all parts")


def test_a_wrong_municipality_file_is_told_by_line_and_changes_nothing(
    first: tuple[Path, str, str], tmp_path: Path
) -> None:
    data, address, _ = first
    before = answer(address, "organization_list")
    file = tmp_path / "neustadt.yaml"
    file.write_text("name: neustadt\ntitel: Neustadt\n", encoding="utf-8")
    refused = run("municipality", "load", "--data", str(data), str(file))
    assert refused.returncode == 1
    assert "neustadt.yaml" in refused.stderr
    assert "titel" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert answer(address, "organization_list") == before


def test_a_second_instance_runs_beside_it_and_reset_removes_only_that(
    first: tuple[Path, str, str], folder: Path
) -> None:
    data, address, _ = first
    other = folder / "zweite"
    port = ports.choose(set())
    try:
        started = run("up", "--detach", "--port", str(port), "--data", str(other))
        assert started.returncode == 0, started.stdout + started.stderr
        assert answers(f"http://{ports.HOST}:{port}")
        assert answers(address)
        unsure = run("reset", "--data", str(other), told="no\n")
        assert (unsure.returncode, other.exists()) == (1, True)
    finally:
        sure = run("reset", "--data", str(other), told="delete\n")
    assert sure.returncode == 0, sure.stderr
    assert not other.exists()
    assert not DataDirectory(other).sockets.exists()
    assert marked(DataDirectory(other)) == set()
    assert answers(address)


def test_down_stops_everything_and_the_next_up_needs_no_preparation(
    first: tuple[Path, str, str],
) -> None:
    data, address, _ = first
    directory = DataDirectory(data)
    stopped = run("down", "--data", str(data))
    assert stopped.returncode == 0, stopped.stderr
    assert marked(directory) == set()
    assert not answers(address)
    told = run("status", "--data", str(data))
    assert told.returncode == 3
    assert "not running" in told.stdout
    again = run("down", "--data", str(data))
    assert (again.returncode, "Nothing of it was running" in again.stdout) == (0, True)

    started = run("up", "--detach", "--data", str(data))
    assert started.returncode == 0, started.stdout + started.stderr
    assert answers(address)
    assert "Municipalities" not in started.stdout
    assert "password" not in started.stdout


def test_what_a_killed_process_manager_leaves_behind_is_ended_by_down(
    first: tuple[Path, str, str],
) -> None:
    data, address, _ = first
    directory = DataDirectory(data)
    os.kill(supervisor_of(directory).pid(), signal.SIGKILL)
    wait_until(lambda: not supervisor_of(directory).is_running(), "the end of the manager")
    assert answers(address)
    assert run("down", "--data", str(data)).returncode == 0
    assert marked(directory) == set()
    assert not answers(address)


def test_a_port_in_use_is_told_before_anything_starts(first: tuple[Path, str, str]) -> None:
    data, _, _ = first
    directory = DataDirectory(data)
    assert marked(directory) == set()
    with socket.socket() as other:
        other.bind((ports.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        refused = run("up", "--detach", "--port", str(port), "--data", str(data))
    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert marked(directory) == set()


def test_a_postgresql_that_refuses_to_start_is_quoted(first: tuple[Path, str, str]) -> None:
    data, _, _ = first
    directory = DataDirectory(data)
    assert marked(directory) == set()
    cluster = Path(directory.read().postgres)
    control = cluster / "global" / "pg_control"
    aside = control.with_name("pg_control.aside")
    control.rename(aside)
    try:
        refused = run("up", "--detach", "--port", str(ports.choose(set())), "--data", str(data))
    finally:
        aside.rename(control)
    assert refused.returncode == 1
    assert "postgres does not start" in refused.stderr
    assert "could not" in refused.stderr
    assert marked(directory) == set()


def test_ctrl_c_stops_what_the_foreground_started(first: tuple[Path, str, str]) -> None:
    data, _, _ = first
    directory = DataDirectory(data)
    port = ports.choose(set())
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "ckanext.suedwest.launcher", "up"),
            *("--port", str(port), "--data", str(data)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C stops the platform" in line:
                break
        assert answers(f"http://{ports.HOST}:{port}"), said
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(timeout=PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
    assert "✓ Stopping" in rest
    assert marked(directory) == set()
