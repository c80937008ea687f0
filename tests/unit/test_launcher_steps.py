"""Steps of `up`: what is said when one cannot be done, and what is written for others to read."""

from __future__ import annotations

import configparser
import errno
import io
import shlex
import socket
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from ckanext.suedwest.launcher import (
    bootstrap,
    broker,
    cli,
    configuration,
    databases,
    environment_variables,
    ports,
    starting,
)
from ckanext.suedwest.launcher.data_directory import DataDirectory, Instance
from ckanext.suedwest.launcher.errors import StepFailed
from ckanext.suedwest.launcher.foreground import Tail
from ckanext.suedwest.launcher.places import fingerprint
from ckanext.suedwest.launcher.progress import Progress, duration
from ckanext.suedwest.launcher.services import Addresses
from ckanext.suedwest.launcher.supervision import Program, Supervisor, last_lines

INSTANCE = Instance(
    id="0a1b2c3d",
    mode="sandbox",
    port=5210,
    ports={
        "broker": 5211,
        "broker_mqtt": 5212,
        "replay": 5213,
        "metrics": 5214,
        "snapshots_metrics": 5215,
    },
    secrets={
        "postgres_admin": "p",
        "database_owner": "owner%secret",
        "database_reader": "r",
        "broker": "b",
        "ckan": "c" * 48,
        "api_token": "t" * 48,
        "source_secrets": "s" * 48,
    },
)
ADDRESSES = Addresses(
    admin_url="postgresql://admin:p@/postgres?host=/tmp/s/postgres",
    redis_url="unix:///tmp/s/redis.sock",
    broker_url="mqtt://suedwest:b@127.0.0.1:5212",
    solr_url=None,
    databases=databases.addresses(
        "postgresql://admin:p@/postgres?host=/tmp/s/postgres", "suedwest_0a1b2c3d", "o", "r"
    ),
)


def written(path: Path) -> dict[str, str]:
    """The options of an ini as CKAN reads them."""
    parser = configparser.ConfigParser()
    parser.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]
    parser.read(path, encoding="utf-8")
    return dict(parser["app:main"])


def test_both_databases_have_an_owner_and_the_datastore_a_reader() -> None:
    found = ADDRESSES.databases
    assert found.catalogue == (
        "postgresql://suedwest_0a1b2c3d:o@/suedwest_0a1b2c3d_ckan?host=/tmp/s/postgres"
    )
    assert found.datastore_read == (
        "postgresql://suedwest_0a1b2c3d_read:r@/suedwest_0a1b2c3d_datastore?host=/tmp/s/postgres"
    )
    assert (found.owner, found.reader) == ("suedwest_0a1b2c3d", "suedwest_0a1b2c3d_read")


def test_a_configured_server_keeps_its_host_and_options() -> None:
    found = databases.addresses(
        "postgresql://admin:p%40ss@db.example:6432/postgres?sslmode=require", "one", "o", "r"
    )
    assert found.datastore_write == (
        "postgresql://one:o@db.example:6432/one_datastore?sslmode=require"
    )


def test_the_configuration_has_no_open_end(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "Daten über 100 %")
    directory.path.mkdir()
    configuration.write(directory, INSTANCE, ADDRESSES)
    options = written(directory.ini)
    assert "${" not in directory.ini.read_text(encoding="utf-8")
    assert options["ckan.storage_path"] == str(directory.path / "storage")
    assert options["ckan.site_url"] == "http://127.0.0.1:5210"
    assert options["sqlalchemy.url"] == ADDRESSES.databases.catalogue
    assert options["ckan.locale_default"] == "de"
    assert options["ckan.auth.create_user_via_web"] == "false"


def test_plugins_stand_in_the_order_they_need(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    configuration.write(directory, INSTANCE, ADDRESSES)
    plugins = written(directory.ini)["ckan.plugins"].split()
    assert len(plugins) == len(set(plugins))
    assert plugins[0] == "suedwest_search"
    assert plugins.index("datastore") < plugins.index("suedwest_observations")
    ours_first = [plugins.index(name) for name in ("suedwest", "scheming_datasets", "dcat")]
    assert ours_first == sorted(ours_first)


def test_with_solr_the_search_on_postgresql_stays_out(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    with_solr = Addresses(
        ADDRESSES.admin_url,
        ADDRESSES.redis_url,
        ADDRESSES.broker_url,
        "http://solr:8983/solr/ckan",
        ADDRESSES.databases,
    )
    configuration.write(directory, INSTANCE, with_solr)
    options = written(directory.ini)
    assert "suedwest_search" not in options["ckan.plugins"].split()
    assert options["solr_url"] == "http://solr:8983/solr/ckan"


def test_a_sandbox_is_told_its_replay_server_and_a_live_instance_is_not() -> None:
    directory = DataDirectory(Path("/data"))
    told = environment_variables.of_instance(directory, INSTANCE, ADDRESSES)
    assert told["SUEDWEST_REPLAY_URL"].startswith("http://127.0.0.1:5213/")
    assert told["SUEDWEST_STORE_URL"] == ADDRESSES.databases.datastore_write
    assert told["SUEDWEST_SECRET_KEY"] == "s" * 48
    assert told["SUEDWEST_METRICS_PORT"] == "5214"
    assert told["SUEDWEST_SNAPSHOTS_METRICS_PORT"] == "5215"
    live = Instance("1", "live", 5210, INSTANCE.ports, INSTANCE.secrets)
    assert "SUEDWEST_REPLAY_URL" not in environment_variables.of_instance(
        directory, live, ADDRESSES
    )


def test_the_operators_shell_changes_no_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CKAN_SQLALCHEMY_URL", "PGHOST", "PYTHONPATH", "SUEDWEST_REPLAY_URL"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    told = environment_variables.of_services(DataDirectory(Path("/data")))
    assert "elsewhere" not in told.values()
    assert told["HTTPS_PROXY"] == "http://proxy:3128"
    assert told[environment_variables.MARK] == "/data"


def test_the_process_manager_reads_any_path(tmp_path: Path) -> None:
    folder = tmp_path / "Daten über 100 % 'hier'"
    folder.mkdir()
    program = Program("redis", "services", ["/bin/redis", "--dir", str(folder), "--save", ""])
    supervisor = Supervisor(folder / "supervisord.conf", tmp_path / "s.sock", folder / "log")
    supervisor.write([program, Program("web", "application", ["/bin/web"], "postgres", "INT", 60)])
    parser = configparser.RawConfigParser()
    parser.read(folder / "supervisord.conf", encoding="utf-8")
    command = parser["program:redis"]["command"] % {}
    assert shlex.split(command) == list(program.command)
    assert parser["program:redis"]["stdout_logfile"] % {} == str(folder / "log" / "redis.log")
    assert "user" not in parser["program:redis"]
    assert parser["program:web"]["user"] == "postgres"
    # Groups end in the reverse order: the services last.
    assert int(parser["group:services"]["priority"]) < int(parser["group:application"]["priority"])


def test_the_broker_is_durable_private_and_on_loopback(tmp_path: Path) -> None:
    path = tmp_path / "broker.json"
    broker.write_configuration(path, INSTANCE, tmp_path / "broker")
    text = path.read_text(encoding="utf-8")
    assert '"sync_interval": "always"' in text
    assert '"listen": "127.0.0.1:5212"' in text
    assert '"password": "b"' in text
    assert path.stat().st_mode & 0o077 == 0


def test_a_port_in_use_is_named_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind((ports.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        assert not ports.is_free(port)
        assert ports.answers(port)
        with pytest.raises(StepFailed, match=f"Port {port} .* in use") as failure:
            starting._check_port(port)
    assert "--port" in failure.value.advice
    assert ports.is_free(port)
    assert not ports.answers(port)


def test_a_disk_that_is_nearly_full_is_noticed_before_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting._check_room(tmp_path / "not" / "yet")
    monkeypatch.setattr(
        starting.shutil, "disk_usage", lambda _path: SimpleNamespace(free=100 * 1024**2)
    )
    with pytest.raises(StepFailed, match="only 100 MB left"):
        starting._check_room(tmp_path)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "The disk is full (/data/x)"),
        (errno.EACCES, "No permission to write or read (/data/x)"),
        (errno.EROFS, "No permission"),
        (errno.EIO, "Input/output error (/data/x)"),
    ],
)
def test_the_systems_errors_are_told_in_plain_words(number: int, said: str) -> None:
    assert said in cli._plain(OSError(number, "Input/output error", "/data/x"))


def test_a_failed_step_ends_with_its_reason_and_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["status", "--data", str(tmp_path / "nothing")]) == cli.FAILED
    said = capsys.readouterr().err
    assert "There is no instance in" in said
    assert "./suedwest up" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["up", "--port", "0"],
        ["up", "--port", "65536"],
        ["up", "--port", "web"],
        ["up", "--sandbox", "--live"],
        ["test", "nothing"],
        ["municipality", "load"],
        [],
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("pip_said", "advice"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("NewConnectionError('failed to establish a new connection", "cannot be reached"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "Do not go on"),
        ("ERROR: No matching distribution found for ckan==2.12.0", "no build of it"),
        ("something new", "Run the command again"),
    ],
)
def test_what_pip_says_becomes_advice(
    pip_said: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = subprocess.CompletedProcess([], 1, stdout=f"Collecting ckan\n{pip_said}\n")
    monkeypatch.setattr(bootstrap, "_run", lambda _command: failed)
    with pytest.raises(StepFailed) as failure:
        bootstrap._pip(Path("python"), "install")
    assert advice in failure.value.advice
    assert pip_said in failure.value.reason


def test_an_environment_for_tests_also_runs_the_platform(tmp_path: Path) -> None:
    for name in (bootstrap.FOR_RUNNING, bootstrap.FOR_TESTING, "setup.py"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    for_running = bootstrap._needed(tmp_path, bootstrap.FOR_RUNNING)
    for_testing = bootstrap._needed(tmp_path, bootstrap.FOR_TESTING)
    assert for_running < for_testing
    (tmp_path / bootstrap.FOR_RUNNING).write_text("newer", encoding="utf-8")
    assert not for_testing >= bootstrap._needed(tmp_path, bootstrap.FOR_RUNNING)


def test_a_fingerprint_sees_names_and_contents_and_no_caches(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.py").write_text("1", encoding="utf-8")
    first = fingerprint([tmp_path / "a"])
    (tmp_path / "a" / "__pycache__").mkdir()
    (tmp_path / "a" / "__pycache__" / "one.pyc").write_text("x", encoding="utf-8")
    assert fingerprint([tmp_path / "a"]) == first
    (tmp_path / "a" / "one.py").rename(tmp_path / "a" / "two.py")
    second = fingerprint([tmp_path / "a"])
    (tmp_path / "a" / "two.py").write_text("2", encoding="utf-8")
    assert len({first, second, fingerprint([tmp_path / "a"])}) == 3


def test_steps_tell_their_end_whichever_it_is() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    with progress.step("Databases"):
        pass
    with pytest.raises(RuntimeError), progress.step("Web server"):
        raise RuntimeError
    good, bad = stream.getvalue().splitlines()
    assert good.startswith("  ✓ Databases (")
    assert bad.startswith("  ✗ Web server (")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (42.4, "42 s"), (185, "3 min 05 s"), (3600, "60 min 00 s")],
)
def test_durations_are_readable(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_tail_tells_complete_lines_and_survives_rotation(tmp_path: Path) -> None:
    path = tmp_path / "ingest.log"
    path.write_text("before\n", encoding="utf-8")
    tail = Tail(path)
    assert tail.new_lines() == []
    with path.open("a", encoding="utf-8") as file:
        file.write("poll: 8 stations\nhalf")
    assert tail.new_lines() == ["poll: 8 stations"]
    with path.open("a", encoding="utf-8") as file:
        file.write(" a line\n")
    assert tail.new_lines() == ["half a line"]
    path.write_text("new file\n", encoding="utf-8")
    assert tail.new_lines() == ["new file"]
    path.unlink()
    assert tail.new_lines() == []


def test_the_end_of_a_log_is_short(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    path.write_text("".join(f"line {number}\n" for number in range(10_000)), encoding="utf-8")
    assert last_lines(path, 2) == "    line 9998\n    line 9999"
    assert "no log" in last_lines(tmp_path / "none.log")


@pytest.mark.parametrize(
    ("url", "secure"), [("http://127.0.0.1:5210", "false"), ("https://daten.example.org", "true")]
)
def test_cookies_are_for_tls_only_where_the_portal_has_it(
    tmp_path: Path, url: str, secure: str
) -> None:
    portal = configuration.Portal(
        id="suedwest",
        url=url,
        mode="live",
        storage=tmp_path,
        databases=ADDRESSES.databases,
        redis_url=ADDRESSES.redis_url,
        solr_url=None,
        secret_key="c",
        api_token_secret="t",
    )
    configuration.write_portal(tmp_path / "ckan.ini", portal)
    options = written(tmp_path / "ckan.ini")
    assert options["ckan.site_url"] == url
    assert options["SESSION_COOKIE_SECURE"] == options["REMEMBER_COOKIE_SECURE"] == secure
    assert (tmp_path / "ckan.ini").stat().st_mode & 0o077 == 0
