"""What the pages need of a municipality: its profile, read from its CKAN organisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckan import model
from flask import g, has_request_context, request

from .boundaries import read_boundary
from .profile import Profile

_KEPT = "_suedwest_profiles"


def profile(name: str) -> Profile | None:
    """The municipality of this slug; None for other organisations and deleted ones."""
    group = model.Group.get(name)
    if group is None or not group.is_organization or group.state != "active":
        return None
    return _profile(group.name, group.title, group.extras or {})  # pyright: ignore[reportAttributeAccessIssue]


def profiles() -> tuple[Profile, ...]:
    """All municipalities, sorted by the name on the map; asked once while a page is made."""
    # What changes something reads its own changes.
    if not has_request_context() or request.method not in ("GET", "HEAD"):
        return _profiles()
    kept = g.get(_KEPT)
    if kept is None:
        kept = _profiles()
        setattr(g, _KEPT, kept)
    return kept


def _profiles() -> tuple[Profile, ...]:
    columns = model.group_table.c
    groups = model.Session.query(columns.name, columns.title, columns.extras).filter(
        columns.is_organization.is_(True), columns.state == "active"
    )
    found = [each for row in groups if (each := _profile(*row)) is not None]
    return tuple(sorted(found, key=lambda each: each.short_title.casefold()))


def _profile(name: str, title: str | None, extras: Mapping[str, Any] | None) -> Profile | None:
    extras = extras or {}
    kind = extras.get("kind")
    if not kind:
        return None
    title = title or name
    population, area = extras.get("population"), extras.get("area")
    boundary = extras.get("boundary")
    return Profile(
        name=name,
        title=title,
        short_title=extras.get("short_title") or title,
        kind=kind,
        colour=extras.get("colour") or None,
        website=extras.get("website") or None,
        contact_name=extras.get("contact_name") or None,
        contact_email=extras.get("contact_email") or None,
        programme=extras.get("programme") or None,
        embed_hosts=tuple((extras.get("embed_hosts") or "").split()),
        population=int(population) if population else None,
        area=float(area) if area else None,
        statistics_date=extras.get("statistics_date") or None,
        statistics_attribution=extras.get("statistics_attribution") or None,
        boundary=read_boundary(boundary) if boundary else None,
        boundary_attribution=extras.get("boundary_attribution") or None,
    )
