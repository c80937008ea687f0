"""What the store's database says when it cannot be used."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

DISK_FULL = "53100"


def is_disk_full(error: DBAPIError) -> bool:
    """Whether PostgreSQL had no space left (error 53100)."""
    return getattr(error.orig, "pgcode", None) == DISK_FULL


def describe_database_error(error: DBAPIError) -> str:
    """One line about an error of the database, without the statement and its values."""
    first_line = str(error.orig).strip().partition("\n")[0]
    if is_disk_full(error):
        return f"the disk of the database is full, nothing was stored: {first_line}"
    return f"the database failed: {first_line}"
