"""The lists of gauges; a station's own page belongs to the portal."""

from __future__ import annotations

from datetime import UTC, datetime

import ckan.plugins.toolkit as tk
from ckan.common import _, request
from flask import Blueprint
from werkzeug.wrappers import Response

from ..portal.conditional import answer_conditionally
from .crisis import crisis_context
from .lists import list_context
from .own_gauges import address, own_gauges_context, parse

water = Blueprint("suedwest_water", __name__)
water.after_request(answer_conditionally)


@water.route("/pegel")
def gauges() -> str:
    """All gauges, most urgent first; `kommune` names one municipality."""
    page = list_context(request.args.get("kommune") or None, datetime.now(UTC))
    if page is None:
        tk.abort(404, _("There is no municipality with this address."))
    return tk.render("water/gauges.html", page)


@water.route("/hochwasser")
@water.route("/hochwasser/<municipality>")
def crisis(municipality: str | None = None) -> str:
    """All gauges of a flood night on one screen, of a municipality or of all."""
    page = crisis_context(municipality, datetime.now(UTC))
    if page is None:
        tk.abort(404, _("There is no municipality with this address."))
    return tk.render("water/crisis.html", page)


@water.route("/meine-pegel")
def own_gauges() -> str | Response:
    """The gauges named in `pegel`; `dazu` adds some, `suche` looks for more."""
    slugs = parse(request.args.getlist("pegel"))
    if added := parse(request.args.getlist("dazu")):
        return tk.redirect_to(address([*slugs, *(each for each in added if each not in slugs)]))
    query = request.args.get("suche", "").strip()[:100]
    return tk.render("water/own_gauges.html", own_gauges_context(slugs, query, datetime.now(UTC)))
