"""The data directory of one instance: what it is, its ports and secrets, and who works on it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import stat
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from . import ports
from .errors import StepFailed

Mode = Literal["sandbox", "live"]
SECRETS = (
    "postgres_admin",
    "database_owner",
    "database_reader",
    "broker",
    "ckan",
    "api_token",
    "source_secrets",
)
PORTS = ("broker", "broker_mqtt", "replay", "metrics", "snapshots_metrics")
SETTINGS = (
    "SUEDWEST_DATABASE_URL",
    "SUEDWEST_REDIS_URL",
    "SUEDWEST_BROKER_URL",
    "SUEDWEST_SOLR_URL",
)
"""Addresses of services that are used instead of embedded ones: environment or settings.toml."""

_FORMAT = 1
# Unix sockets have paths of at most 107 bytes, and libpq wants theirs without percent signs.
_SOCKETS_BELOW = Path("/tmp")  # noqa: S108 - a directory of our own, checked below


@dataclass(frozen=True, slots=True)
class Instance:
    """What is decided once, when a data directory is made, and what `up` found or did last.

    `postgres` is where the cluster is; `prepared` the fingerprint of the program the databases
    were last prepared for.
    """

    id: str
    mode: Mode
    port: int
    ports: Mapping[str, int]
    secrets: Mapping[str, str] = field(repr=False)
    postgres: str = ""
    prepared: str = ""
    admin_made: bool = False

    @property
    def address(self) -> str:
        """Where the portal is to be found."""
        return f"http://{ports.HOST}:{self.port}"


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """A place on disk; `path` is absolute."""

    path: Path

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def ini(self) -> Path:
        return self.path / "ckan.ini"

    @property
    def settings_file(self) -> Path:
        return self.path / "settings.toml"

    @property
    def key(self) -> str:
        """A short name for this directory that is the same at every start."""
        return hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]

    @property
    def sockets(self) -> Path:
        """A short ASCII path for unix sockets, whatever the data directory is called."""
        return _SOCKETS_BELOW / f"suedwest-{os.geteuid()}-{self.key}"

    @property
    def exists(self) -> bool:
        return self._instance_file.exists()

    @property
    def _instance_file(self) -> Path:
        return self.path / "instance.json"

    def make(self, mode: Mode, port: int) -> Instance:
        """Make the directory and decide what is decided once."""
        if "%" in str(self.path) or not str(self.path).isprintable():
            raise StepFailed(
                f"{self.path} cannot be used: CKAN takes a percent sign in a path for a reference.",
                "Blanks and umlauts are fine. Name another directory with --data.",
            )
        self.path.mkdir(parents=True, exist_ok=True)
        if any(self.path.iterdir()) and not self._only_settings():
            raise StepFailed(
                f"{self.path} is not empty and no data directory of this platform.",
                "Name another directory with --data.",
            )
        # Root lets PostgreSQL's account pass; files in here are closed one by one.
        self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        chosen: dict[str, int] = {}
        for name in PORTS:
            chosen[name] = ports.choose({port, *chosen.values()})
        instance = Instance(
            id=secrets.token_hex(4),
            mode=mode,
            port=port,
            ports=chosen,
            secrets=with_all_secrets({}),
        )
        self.write(instance)
        return instance

    def read(self) -> Instance:
        """What `make` decided.

        Raises:
            StepFailed: when there is no instance here, or its file is damaged.
        """
        if not self.exists:
            raise StepFailed(
                f"There is no instance in {self.path}.",
                "Start one with `./suedwest up`, or name its directory with --data.",
            )
        try:
            content = json.loads(self._instance_file.read_text(encoding="utf-8"))
            if content.pop("format") != _FORMAT or content["mode"] not in get_args(Mode):
                raise ValueError("format")
            return Instance(**content)
        except (ValueError, KeyError, TypeError) as error:
            raise StepFailed(
                f"{self._instance_file} is damaged or was written by another version ({error}).",
                "Restore it from a backup, or start anew with `./suedwest reset`.",
            ) from error

    def write(self, instance: Instance) -> None:
        """Keep `instance`, wholly or not at all."""
        content = {"format": _FORMAT, **asdict(instance)}
        write_private(self._instance_file, json.dumps(content, indent=2) + "\n")

    def update(
        self,
        instance: Instance,
        **changes: str | int | bool | Mapping[str, int] | Mapping[str, str],
    ) -> Instance:
        """`instance` with `changes`, kept."""
        changed: Instance = replace(instance, **changes)  # pyright: ignore[reportArgumentType]
        if changed != instance:
            self.write(changed)
        return changed

    def settings(self) -> dict[str, str]:
        """Addresses of services from `settings.toml`; the environment goes first.

        Raises:
            StepFailed: when the file is not TOML or says something unknown.
        """
        try:
            written = tomllib.loads(self.settings_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            written = {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise StepFailed(f"{self.settings_file} is not valid TOML: {error}") from error
        for name, value in written.items():
            if name not in SETTINGS or not isinstance(value, str):
                raise StepFailed(
                    f"{self.settings_file}: “{name}” is not a setting.",
                    f"Settings are {', '.join(SETTINGS)}; each is a text.",
                )
        chosen = {name: os.environ.get(name) or written.get(name, "") for name in SETTINGS}
        return {name: value for name, value in chosen.items() if value}

    @contextmanager
    def locked(self, purpose: str) -> Iterator[None]:
        """Keep other commands from changing this instance meanwhile.

        Raises:
            StepFailed: when another one is at it; says which.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        # Beside the directory's content, so that an empty data directory stays empty.
        with open(self._lock_file(), "a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                other = file.read().strip() or "another command"
                raise StepFailed(
                    f"{other} is working on {self.path}.",
                    "Wait until it has finished, or end it, and try again.",
                ) from None
            file.truncate(0)
            file.write(f"`{purpose}` (process {os.getpid()})")
            file.flush()
            yield
            file.truncate(0)

    def make_socket_directory(self) -> Path:
        """Make the directory for sockets and check that nobody else can reach it."""
        directory = self.sockets
        # PostgreSQL's own account has to pass through root's directory to its folder in it.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        directory.mkdir(mode=mode, exist_ok=True)
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise StepFailed(
                f"{directory} belongs to someone else; sockets there would not be safe.",
                "Remove it and start again.",
            )
        directory.chmod(mode)
        return directory

    def _lock_file(self) -> Path:
        self.make_socket_directory()
        return self.sockets / "lock"

    def _only_settings(self) -> bool:
        return {child.name for child in self.path.iterdir()} <= {self.settings_file.name}


def with_all_secrets(known: Mapping[str, str]) -> dict[str, str]:
    """`known`, and new ones for those it lacks: an older version made fewer."""
    return {name: known.get(name) or secrets.token_hex(24) for name in SECRETS}


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read, replacing an older one in one step."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
