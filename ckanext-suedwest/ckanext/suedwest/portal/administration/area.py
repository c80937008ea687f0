"""The frame of the staff pages: who gets in, and the tabs that stand above every page.

Each topic is a module of its own beside this one with its routes on `administration` and its
templates in a folder of its own. Whoever asks is checked before any view runs; what a view may do
beyond looking is decided by the actions it calls with `staff_context()`.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.common import current_user, request
from ckan.types import Context
from flask import Blueprint, abort, current_app
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response

from ...observations.rights import administered, may_look
from ..contributions import staff_tabs
from ..interfaces import Tab
from ..organizations import profile

administration = Blueprint("suedwest_administration", __name__, url_prefix="/verwaltung")


def N_(msgid: str) -> str:  # noqa: N802 - the name that tools which collect texts know
    """Mark a text that is translated where it is shown."""
    return msgid


TABS = (
    Tab("overview", N_("Overview"), "suedwest_administration.overview"),
    Tab("stations", N_("Stations"), "suedwest_administration.stations"),
    Tab("history", N_("Older values"), "suedwest_administration.history"),
    Tab("sources", N_("Sources"), "suedwest_administration.sources"),
    Tab("quarantine", N_("Refused records"), "suedwest_administration.quarantine"),
)


def guarded(blueprint: Blueprint) -> Blueprint:
    """The blueprint of staff pages with what all of them have: who gets in, no cache, and pages
    that say what an action refused or did not find. Its addresses name the `municipality`."""
    blueprint.before_request(check_staff)
    blueprint.after_request(keep_private)
    blueprint.register_error_handler(tk.NotAuthorized, refused)
    blueprint.register_error_handler(tk.ObjectNotFound, not_found)
    return blueprint


def check_staff() -> None:
    """Nobody reaches a page below who is not staff, whatever its view forgets."""
    municipality = (request.view_args or {}).get("municipality")
    if municipality is None:
        _require_login()
        if not administered(current_user.name):
            raise Forbidden(tk._("These pages are for the staff of the municipalities."))
    else:
        require_staff(municipality)


def keep_private(response: Response) -> Response:
    """No cache keeps what only staff may see."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def refused(error: tk.NotAuthorized) -> ResponseReturnValue:
    """An action refused: the page that says so."""
    return current_app.handle_http_exception(Forbidden(error.message or _not_staff()))


def not_found(error: tk.ObjectNotFound) -> ResponseReturnValue:
    """An action found nothing: the page that says so."""
    return current_app.handle_http_exception(
        NotFound(error.message or tk._("There is nothing at this address."))
    )


def require_staff(municipality: str) -> model.Group:
    """The organisation of this name, when the person who asks is among its staff.

    Without a login the answer is a redirect to the login page, which leads back; 404 when there
    is no such organisation, 403 without the right `update_dataset` in it. The pages of the
    platform's organisation are open to all staff.
    """
    _require_login()
    organization = model.Group.get(municipality)
    if (
        organization is None
        or not organization.is_organization
        or organization.state != model.State.ACTIVE
        or organization.name != municipality
    ):
        raise NotFound(tk._("There is no municipality with this address."))
    if not may_look(current_user.name, organization.name):
        raise Forbidden(_not_staff())
    return organization


def staff_context() -> Context:
    """The context in which a staff page calls actions: that of the person who is logged in."""
    return {"user": current_user.name}


def staff_page(template: str, municipality: str, tab: str, **values: Any) -> str:
    """Render a template that extends `suedwest/administration/base.html`.

    `tab` is the name of the tab the page belongs to; `values` are given to the template.
    """
    organization = require_staff(municipality)
    town = profile(municipality)
    tabs = (*TABS, *staff_tabs())
    return tk.render(
        template,
        {
            "municipality": municipality,
            "municipality_title": organization.title or organization.name,
            "town_colour": town.colour if town else None,
            "tabs": tabs,
            "tab": next(each for each in tabs if each.name == tab),
            "several_municipalities": len(administered(current_user.name)) > 1,
            **values,
        },
    )


def _not_staff() -> str:
    return tk._("You are not among the staff of this municipality.")


def _require_login() -> None:
    if not current_user.is_authenticated:
        abort(tk.redirect_to("user.login", came_from=request.full_path.rstrip("?")))


guarded(administration)
