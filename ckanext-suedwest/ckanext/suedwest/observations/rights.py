"""Whose sources, stations and values somebody may see or change: those of the own municipality.

The right is CKAN's `update_dataset` in an organisation: its editors and admins have it, sysadmins
have it everywhere. What belongs to no municipality belongs to the platform: all who have the right
somewhere see it, sysadmins change it.
"""

from __future__ import annotations

import ckan.authz as authz
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import AuthResult

PLATFORM_ORGANIZATION = "suedwest-cluster"
"""The organisation that stands for the platform itself; in the store it is None."""
_PERMISSION = "update_dataset"


def store_name(organization: str | None) -> str | None:
    """The municipality as the store writes it: None for the platform."""
    return None if organization == PLATFORM_ORGANIZATION else organization


def may_look(user: str | None, organization: str | None) -> bool:
    """Whether a user (a name) sees what is internal to an organisation; None is the platform."""
    if store_name(organization) is None:
        return authz.has_user_permission_for_some_org(user, _PERMISSION)
    return _has_right(user, organization)


def may_change(user: str | None, organization: str | None) -> bool:
    """Whether a user (a name) changes what belongs to an organisation; None is the platform."""
    if store_name(organization) is None:
        return authz.is_sysadmin(user)
    return _has_right(user, organization)


def administered(user: str | None) -> list[model.Group]:
    """The organisations whose staff a user is, by title; for sysadmins all."""
    if not authz.has_user_permission_for_some_org(user, _PERMISSION):
        return []
    organizations = model.Session.query(model.Group).filter(
        model.Group.is_organization.is_(True), model.Group.state == model.State.ACTIVE
    )
    own = [each for each in organizations if _has_right(user, each.name)]
    return sorted(own, key=lambda each: (each.title or each.name).casefold())


def result(allowed: bool) -> AuthResult:
    """The answer of an authorization function, with the sentence people read."""
    if allowed:
        return {"success": True}
    return {"success": False, "msg": tk._("You are not among the staff of this municipality.")}


def _has_right(user: str | None, organization: str | None) -> bool:
    return authz.has_user_permission_for_group_or_org(organization, user, _PERMISSION)
