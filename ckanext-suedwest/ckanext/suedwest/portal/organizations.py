"""What the pages need of a municipality: its profile, read from its CKAN organisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckan import model

from .boundaries import read_boundary
from .profile import Profile


def profile(name: str) -> Profile | None:
    """The municipality of this slug; None for other organisations and deleted ones."""
    group = model.Group.get(name)
    if group is None or not group.is_organization or group.state != "active":
        return None
    return _profile(group)


def profiles() -> list[Profile]:
    """All municipalities, sorted by the name on the map."""
    groups = model.Session.query(model.Group).filter(
        model.Group.is_organization.is_(True), model.Group.state == "active"
    )
    found = [each for group in groups if (each := _profile(group)) is not None]
    return sorted(found, key=lambda each: each.short_title.casefold())


def _profile(group: model.Group) -> Profile | None:
    extras: Mapping[str, Any] = group.extras or {}  # pyright: ignore[reportAttributeAccessIssue]
    kind = extras.get("kind")
    if not kind:
        return None
    title = group.title or group.name
    population, area = extras.get("population"), extras.get("area")
    boundary = extras.get("boundary")
    return Profile(
        name=group.name,
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
