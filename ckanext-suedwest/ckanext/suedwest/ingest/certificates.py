"""When the client certificates of sources expire, so that somebody renews them in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from sqlalchemy import Engine, text

OPTION = "client_certificate"
WARN_BEFORE = (timedelta(days=7), timedelta(days=30), timedelta(days=60))
"""How long before the end staff are told, ever more urgently; the most urgent one first."""


@dataclass(frozen=True, slots=True)
class SourceCertificate:
    """A source's certificate; `expires_at` (UTC) is None where it cannot be read."""

    source_id: str
    municipality: str | None
    expires_at: datetime | None

    def stage(self, now: datetime) -> int | None:
        """0 once it has expired, else the days (7, 30, 60) of the warning that is due.

        None while there is time; a certificate that cannot be read is of no use either.
        """
        if self.expires_at is None or self.expires_at <= now:
            return 0
        left = self.expires_at - now
        return next((before.days for before in WARN_BEFORE if left <= before), None)


def expiry(pem: object) -> datetime | None:
    """When a certificate (PEM, the first of a chain) ends, in UTC; None when it is none."""
    if not isinstance(pem, str):
        return None
    try:
        return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
    except ValueError:
        return None


def certificates(engine: Engine) -> list[SourceCertificate]:
    """Those of all sources that show one, sorted by the source's id."""
    with engine.connect() as conn:
        rows = conn.execute(
            text("""
                SELECT id, municipality, options ->> :option
                FROM suedwest.source
                WHERE deleted_at IS NULL AND enabled AND options ->> :option <> ''
                ORDER BY id
            """),
            {"option": OPTION},
        ).all()
    return [SourceCertificate(name, town, expiry(pem)) for name, town, pem in rows]
