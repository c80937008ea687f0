"""The pages of traffic; a station's own page belongs to the portal."""

from __future__ import annotations

from datetime import UTC, datetime

import ckan.plugins.toolkit as tk
from ckan.common import _, request
from flask import Blueprint

from ..portal.conditional import answer_conditionally
from . import pages, stops

traffic = Blueprint("suedwest_traffic", __name__)
traffic.after_request(answer_conditionally)


@traffic.route("/verkehr")
def overview() -> str:
    """All municipalities."""
    return tk.render("traffic/overview.html", pages.overview(datetime.now(UTC)))


@traffic.route("/verkehr/<municipality>")
def municipality(municipality: str) -> str:
    """All modes of a municipality; each `art` keeps one of them."""
    page = pages.municipality(municipality, request.args.getlist("art"), datetime.now(UTC))
    if page is None:
        tk.abort(404, _("There is no municipality with this address."))
    return tk.render("traffic/municipality.html", page)


@traffic.route("/haltestelle/<municipality>/<slug>")
def stop(municipality: str, slug: str) -> str:
    """What leaves a stop in the next two hours."""
    page = stops.stop_context(municipality, slug, datetime.now(UTC))
    if page is None:
        tk.abort(404, _("There is no stop with this address."))
    return tk.render("traffic/stop.html", page)
