"""What a container is told: settings in its environment, secrets in files.

Every setting is a variable, every secret a file that a variable names. A secret in a variable
itself would be shown by `docker inspect` and inherited by every child, so it is refused; so is a
variable nobody reads, because a misspelt setting would otherwise do nothing without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit, urlunsplit

from .. import broker, databases
from ..data_directory import Mode
from ..databases import Databases
from ..errors import StepFailed

SECRETS = (
    "SUEDWEST_DATABASE_PASSWORD",
    "SUEDWEST_DATABASE_OWNER_PASSWORD",
    "SUEDWEST_DATABASE_READER_PASSWORD",
    "SUEDWEST_REDIS_PASSWORD",
    "SUEDWEST_BROKER_PASSWORD",
    "SUEDWEST_SECRET_KEY",
    "SUEDWEST_SESSION_SECRET",
    "SUEDWEST_API_TOKEN_SECRET",
    "SUEDWEST_ADMIN_PASSWORD",
)
"""Each is read from the file that the variable with `_FILE` at its end names."""

DEFAULTS: Mapping[str, str] = {
    "SUEDWEST_SITE_ID": "suedwest",
    "SUEDWEST_SITE_URL": "",
    "SUEDWEST_MODE": "live",
    "SUEDWEST_REPLAY_URL": "",
    "SUEDWEST_DATABASE_URL": "postgresql://postgres@database/postgres",
    "SUEDWEST_REDIS_URL": "redis://redis:6379/0",
    "SUEDWEST_BROKER_URL": "mqtt://broker:1883",
    "SUEDWEST_SOLR_URL": "",
    "SUEDWEST_LISTEN": "",
    "SUEDWEST_DATA": "/var/lib/suedwest",
    "SUEDWEST_RUNTIME": "/run/suedwest",
    "SUEDWEST_WAIT_SECONDS": "60",
}
"""Every setting and what it is when it is not set or empty."""

_PREFIX = "SUEDWEST_"
# Passwords stand in addresses, and alembic and CKAN's ini each read some characters themselves.
_SECRET = re.compile(r"[A-Za-z0-9_.~-]{32,}")
_ADMIN_PASSWORD = re.compile(r"\S.{6,}\S")
_SITE_ID = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings as read; secrets are read from their files when they are asked for.

    `listen` is where the program of this container listens, None for its own choice.
    """

    site_id: str
    site_url: str
    mode: Mode
    replay_url: str | None
    database_url: str
    redis_url_without_password: str
    broker_url_without_password: str
    solr_url: str | None
    listen: str | None
    data: Path
    runtime: Path
    wait_seconds: float
    files: Mapping[str, Path] = field(repr=False)

    @property
    def ini(self) -> Path:
        """CKAN's configuration of this container."""
        return self.runtime / "ckan.ini"

    @property
    def admin_url(self) -> str:
        """PostgreSQL as the account that may create roles and databases."""
        return with_password(self.database_url, self.secret("SUEDWEST_DATABASE_PASSWORD"))

    @property
    def databases(self) -> Databases:
        """The portal's databases, as their owner and as the DataStore's reader."""
        return databases.addresses(
            self.database_url,
            self.site_id,
            self.secret("SUEDWEST_DATABASE_OWNER_PASSWORD"),
            self.secret("SUEDWEST_DATABASE_READER_PASSWORD"),
        )

    @property
    def redis_url(self) -> str:
        """Redis, with its password when there is one."""
        return self._maybe_with("SUEDWEST_REDIS_PASSWORD", self.redis_url_without_password)

    @property
    def broker_url(self) -> str:
        """The broker for MQTT clients, with account and password when there is one."""
        url = self.broker_url_without_password
        return self._maybe_with("SUEDWEST_BROKER_PASSWORD", url, user=broker.USER)

    def has(self, name: str) -> bool:
        """Whether a file was named for the secret `name`."""
        return name in self.files

    def secret(self, name: str) -> str:
        """The content of the file of the secret `name`, without the newline at its end.

        Raises:
            StepFailed: when there is no such file, or its content cannot serve.
        """
        if name not in self.files:
            raise StepFailed(f"{name}_FILE is not set; it names the file with that secret.")
        path = self.files[name]
        try:
            value = path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise StepFailed(
                f"{path} of {name}_FILE cannot be read: {error}.",
                "The file must be readable for the account of this container.",
            ) from error
        if name == "SUEDWEST_ADMIN_PASSWORD":
            if not _ADMIN_PASSWORD.fullmatch(value):
                raise StepFailed(f"{path} must hold one line of at least 8 characters.")
        elif not _SECRET.fullmatch(value):
            raise StepFailed(
                f"{path} must hold one line of at least 32 letters, digits and - . _ ~",
                "`openssl rand -hex 24` makes one.",
            )
        return value

    def _maybe_with(self, name: str, url: str, user: str = "") -> str:
        return with_password(url, self.secret(name), user) if self.has(name) else url


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from the variables of a container.

    Raises:
        StepFailed: naming the variable that is unknown, missing or cannot be meant.
    """
    files = {f"{name}_FILE": name for name in SECRETS}
    for name in environment:
        if name in SECRETS:
            raise StepFailed(
                f"{name} is a secret and does not belong into the environment.",
                f"Put it into a file and name that in {name}_FILE.",
            )
        if name.startswith(_PREFIX) and name not in DEFAULTS and name not in files:
            raise StepFailed(
                f"{name} is not a setting.",
                f"Settings are {', '.join((*DEFAULTS, *files))}.",
            )
    told = {name: environment.get(name) or default for name, default in DEFAULTS.items()}
    mode: Mode | None = next((m for m in get_args(Mode) if m == told["SUEDWEST_MODE"]), None)
    if mode is None:
        raise StepFailed("SUEDWEST_MODE must be live or sandbox.")
    if (mode == "sandbox") != bool(told["SUEDWEST_REPLAY_URL"]):
        raise StepFailed(
            "SUEDWEST_REPLAY_URL belongs to SUEDWEST_MODE=sandbox, and only there.",
            "Replayed and real values must never mix.",
        )
    if not _SITE_ID.fullmatch(told["SUEDWEST_SITE_ID"]):
        raise StepFailed(
            "SUEDWEST_SITE_ID must be lower case letters, digits and _, at most 41 of them.",
            "Databases, their accounts and the cookie are called by it.",
        )
    return Settings(
        site_id=told["SUEDWEST_SITE_ID"],
        site_url=_site_url(told["SUEDWEST_SITE_URL"]),
        mode=mode,
        replay_url=told["SUEDWEST_REPLAY_URL"] or None,
        database_url=told["SUEDWEST_DATABASE_URL"],
        redis_url_without_password=told["SUEDWEST_REDIS_URL"],
        broker_url_without_password=told["SUEDWEST_BROKER_URL"],
        solr_url=told["SUEDWEST_SOLR_URL"] or None,
        listen=told["SUEDWEST_LISTEN"] or None,
        data=Path(told["SUEDWEST_DATA"]),
        runtime=Path(told["SUEDWEST_RUNTIME"]),
        wait_seconds=_seconds(told["SUEDWEST_WAIT_SECONDS"]),
        files={
            name: Path(environment[variable])
            for variable, name in files.items()
            if environment.get(variable)
        },
    )


def with_password(url: str, password: str, user: str = "") -> str:
    """`url` with a password and, if it names no account, with `user`.

    Raises:
        StepFailed: when it has a password already.
    """
    parts = urlsplit(url)
    account, _, server = parts.netloc.rpartition("@")
    if ":" in account:
        raise StepFailed(f"The address of {server} has a password in it; it belongs into a file.")
    return urlunsplit(parts._replace(netloc=f"{account or user}:{password}@{server}"))


def _site_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise StepFailed(
            "SUEDWEST_SITE_URL must be the address of the portal, such as "
            "https://daten.example.org, without a path.",
        )
    return f"{parts.scheme}://{parts.netloc}"


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise StepFailed("SUEDWEST_WAIT_SECONDS must be a number from 0 to 3600.")
    return seconds
