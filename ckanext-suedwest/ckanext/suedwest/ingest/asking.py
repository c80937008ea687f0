"""How a source that is polled by HTTP is asked: its address, and what its options say of that.

Options of the source, all optional:
    simulated: true for the sandbox's replay server; every station then says so.
    trusted_address: true lets the request go to a private address (implied by `simulated`).
    contact: mail or web address that the User-Agent names.
    header_name, header_value (sealed): a header that lets us in, such as Authorization.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..domain.errors import SuedwestError
from ..store.sources import SourceRow
from .http import Limits, Reply, Validators, fetch
from .secrets import open_secret

LIMITS = Limits()
_HEADER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_OURS = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept", "accept-encoding"}
    | {"user-agent"}
)


class HeaderRefused(SuedwestError):
    """The header of the options cannot be sent."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The address of a source, and how it may be reached."""

    root: str
    trusted: bool
    simulated: bool
    contact: str | None
    limits: Limits = LIMITS
    secret_header: tuple[str, str] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, source: SourceRow, limits: Limits = LIMITS) -> Asking:
        """From the source's row.

        Raises:
            HeaderRefused, SecretUnreadable: the header of its options cannot be sent.
        """
        simulated = source.options.get("simulated") is True
        contact = source.options.get("contact")
        return cls(
            root=source.url.rstrip("/"),
            trusted=simulated or source.options.get("trusted_address") is True,
            simulated=simulated,
            contact=contact if isinstance(contact, str) else None,
            limits=limits,
            secret_header=_secret_header(source.options),
        )

    def get(self, path: str, validators: Validators | None = None) -> Reply:
        """GET a path below the service's root; errors as `fetch`."""
        return self.get_address(f"{self.root}/{path}", validators)

    def get_address(
        self,
        address: str,
        validators: Validators | None = None,
        *,
        accept: str = "application/json",
    ) -> Reply:
        """GET a whole address; errors as `fetch`."""
        return fetch(
            address,
            limits=self.limits,
            validators=validators or Validators(),
            trusted=self.trusted,
            contact=self.contact,
            accept=accept,
            secret_header=self.secret_header,
        )


def check_header(name: object, value: str) -> None:
    """Make sure that a header can be sent, and is none of those a request has anyway.

    Raises:
        HeaderRefused: it cannot; the message does not hold the value.
    """
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS:
        raise HeaderRefused("the option header_name is no header that may be set")
    if not value.isascii() or not value.isprintable():
        raise HeaderRefused("the option header_value holds characters a header cannot have")


def _secret_header(options: Mapping[str, Any]) -> tuple[str, str] | None:
    value = open_secret(options, "header_value")
    if value is None:
        return None
    name = options.get("header_name")
    check_header(name, value)
    return str(name), value
