"""Dashboards in the catalogue's database. Callers commit; times are aware and in UTC."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ckan import model
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ...domain.errors import SuedwestError


class NameTaken(SuedwestError):
    """The municipality has a dashboard of this name."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A dashboard as stored: `draft` and `published` are JSON that has still to be checked.

    `published` is None for one that was never published. `version` grows with every change.
    `loaded` is what a configuration file said last, None for one that was made in the portal.
    """

    id: int
    municipality: str
    name: str
    landing: bool
    version: int
    draft: Any
    published: Any
    changed_at: datetime
    published_at: datetime | None
    loaded: Any

    @property
    def has_changes(self) -> bool:
        """Whether the draft differs from what the public sees."""
        return self.draft != self.published


_SELECT = """
    SELECT d.id, g.name AS municipality, d.name, d.landing, d.version, d.draft, d.published,
        d.changed_at, d.published_at, d.loaded
    FROM suedwest_dashboard AS d JOIN "group" AS g ON g.id = d.organization_id
    WHERE g.name = :municipality AND g.state = 'active'
"""


def dashboards(municipality: str) -> list[Stored]:
    """All of a municipality, in its order."""
    statement = f"{_SELECT} ORDER BY d.position, d.id"
    rows = model.Session.execute(text(statement), {"municipality": municipality})
    return [Stored(**row._mapping) for row in rows]


def dashboard(municipality: str, name: str) -> Stored | None:
    """One dashboard, or None."""
    row = model.Session.execute(
        text(f"{_SELECT} AND d.name = :name"), {"municipality": municipality, "name": name}
    ).one_or_none()
    return None if row is None else Stored(**row._mapping)


def landing(municipality: str) -> Stored | None:
    """The published dashboard that stands on the municipality's own page, or None."""
    statement = f"{_SELECT} AND d.landing AND d.published IS NOT NULL"
    row = model.Session.execute(text(statement), {"municipality": municipality}).one_or_none()
    return None if row is None else Stored(**row._mapping)


def create(municipality: str, name: str, draft: Mapping[str, Any], *, loaded: Any = None) -> Stored:
    """Add a dashboard that nobody sees yet, behind the others.

    Raises:
        NameTaken: when there is one of this name; the transaction goes on.
    """
    statement = text(
        """
        INSERT INTO suedwest_dashboard (organization_id, name, position, draft, loaded)
        SELECT g.id, :name, (
            SELECT coalesce(max(position), 0) + 1 FROM suedwest_dashboard
            WHERE organization_id = g.id
        ), CAST(:draft AS jsonb), CAST(:loaded AS jsonb)
        FROM "group" AS g WHERE g.name = :municipality
        """
    )
    values = {
        "municipality": municipality,
        "name": name,
        "draft": json.dumps(draft),
        "loaded": None if loaded is None else json.dumps(loaded),
    }
    try:
        with model.Session.begin_nested():
            model.Session.execute(statement, values)
    except IntegrityError as error:
        raise NameTaken(name) from error
    made = dashboard(municipality, name)
    if made is None:
        raise LookupError(municipality)
    return made


_NEXT = "version = version + 1, changed_at = now() WHERE id = :id AND version = :version"
_WRITE = text(
    f"UPDATE suedwest_dashboard SET draft = CAST(:draft AS jsonb), {_NEXT} RETURNING id"  # noqa: S608
)
_PUBLISH = text(
    "UPDATE suedwest_dashboard SET published = draft, published_at = now(),"  # noqa: S608
    f" {_NEXT} RETURNING id"
)
_DISCARD = text(f"UPDATE suedwest_dashboard SET draft = published, {_NEXT} RETURNING id")  # noqa: S608


def write(stored: Stored, version: int, draft: Mapping[str, Any]) -> bool:
    """Write a new draft; False when `version` is no longer the one that is stored."""
    values = {"id": stored.id, "version": version, "draft": json.dumps(draft)}
    return model.Session.execute(_WRITE, values).one_or_none() is not None


def publish(stored: Stored, version: int) -> bool:
    """Show the draft to everybody; False as for `write`."""
    values = {"id": stored.id, "version": version}
    return model.Session.execute(_PUBLISH, values).one_or_none() is not None


def discard(stored: Stored, version: int) -> bool:
    """Make the draft what is published; False as for `write`."""
    values = {"id": stored.id, "version": version}
    return model.Session.execute(_DISCARD, values).one_or_none() is not None


def set_landing(stored: Stored, *, landing: bool) -> None:
    """Put a dashboard on the municipality's own page in place of another, or take it away."""
    if landing:
        model.Session.execute(
            text(
                "UPDATE suedwest_dashboard SET landing = false WHERE landing AND organization_id ="
                " (SELECT organization_id FROM suedwest_dashboard WHERE id = :id)"
            ),
            {"id": stored.id},
        )
    model.Session.execute(
        text("UPDATE suedwest_dashboard SET landing = :landing WHERE id = :id"),
        {"id": stored.id, "landing": landing},
    )


def remember(stored: Stored, loaded: Mapping[str, Any]) -> None:
    """Keep what a configuration file said last."""
    model.Session.execute(
        text("UPDATE suedwest_dashboard SET loaded = CAST(:loaded AS jsonb) WHERE id = :id"),
        {"id": stored.id, "loaded": json.dumps(loaded)},
    )


def delete(stored: Stored) -> None:
    """Remove a dashboard with both its versions."""
    model.Session.execute(text("DELETE FROM suedwest_dashboard WHERE id = :id"), {"id": stored.id})


def order(ids: Sequence[int]) -> None:
    """Let dashboards follow each other in this order."""
    for position, identity in enumerate(ids, start=1):
        model.Session.execute(
            text("UPDATE suedwest_dashboard SET position = :position WHERE id = :id"),
            {"position": position, "id": identity},
        )
