"""The list of all gauges; a station's own page belongs to the portal."""

from __future__ import annotations

from datetime import UTC, datetime

import ckan.plugins.toolkit as tk
from ckan.common import _, request
from flask import Blueprint

from .lists import list_context

water = Blueprint("suedwest_water", __name__)


@water.route("/pegel")
def gauges() -> str:
    """All gauges, most urgent first; `kommune` names one municipality."""
    page = list_context(request.args.get("kommune") or None, datetime.now(UTC))
    if page is None:
        tk.abort(404, _("There is no municipality with this address."))
    return tk.render("water/gauges.html", page)
