"""How a source that is polled by HTTP is asked: its address, and what its options say of that.

Options of the source, all optional:
    simulated: true for the sandbox's replay server; every station then says so.
    trusted_address: true lets the request go to a private address (implied by `simulated`).
    contact: mail or web address that the User-Agent names.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..store.sources import SourceRow
from .http import Limits, Reply, Validators, fetch

LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Asking:
    """The address of a source, and how it may be reached."""

    root: str
    trusted: bool
    simulated: bool
    contact: str | None

    @classmethod
    def of(cls, source: SourceRow) -> Asking:
        """From the source's row."""
        simulated = source.options.get("simulated") is True
        contact = source.options.get("contact")
        return cls(
            root=source.url.rstrip("/"),
            trusted=simulated or source.options.get("trusted_address") is True,
            simulated=simulated,
            contact=contact if isinstance(contact, str) else None,
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
            limits=LIMITS,
            validators=validators or Validators(),
            trusted=self.trusted,
            contact=self.contact,
            accept=accept,
        )
