"""How the sources of a municipality do: the first page of its staff."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.common import current_user
from werkzeug.wrappers import Response

from ...observations.rights import administered
from .area import administration, staff_page


@administration.route("")
def start() -> str | Response:
    """The municipalities of the person who asks; with one only, that one."""
    own = administered(current_user.name)
    if len(own) == 1:
        return tk.redirect_to("suedwest_administration.overview", municipality=own[0].name)
    return tk.render("suedwest/administration/start.html", {"municipalities": own})


@administration.route("/<municipality>")
def overview(municipality: str) -> str:
    """Every source: when it delivered, what was refused, which stations went silent."""
    return staff_page("suedwest/administration/accounting/overview.html", municipality, "overview")
