"""The portal's own pages: home, a station, a municipality's short address, legal pages."""

from __future__ import annotations

from datetime import UTC, datetime

import ckan.plugins.toolkit as tk
from ckan.common import _
from flask import Blueprint, request
from flask import Response as FlaskResponse
from werkzeug.wrappers import Response

from . import pages, tiles
from .conditional import answer_conditionally
from .organizations import profile, profiles

portal = Blueprint("suedwest", __name__)
portal.after_request(answer_conditionally)


@portal.route("/")
def home() -> str:
    """The questions people come with, answered."""
    return tk.render("suedwest/home.html", pages.home(datetime.now(UTC)))


@portal.route("/station/<slug>")
def station(slug: str) -> str:
    """One station, drawn by the topic it belongs to."""
    if slug == "new":
        tk.abort(404, _("Stations are made from their sources."))
    page = pages.station(slug, datetime.now(UTC))
    if page is None:
        tk.abort(404, _("There is no station with this address."))
    return tk.render("station/read.html", page)


@portal.route("/kommune/<slug>")
def municipality(slug: str) -> Response:
    """The short address people type; the page itself is the organisation's."""
    if profile(slug) is None:
        tk.abort(404, _("There is no municipality with this address."))
    return tk.redirect_to("organization.read", id=slug)


@portal.route("/kommunen")
def municipalities() -> Response:
    """All municipalities stand on the home page."""
    return tk.redirect_to("suedwest.home", _anchor="kommunen")


@portal.route("/impressum", defaults={"page": "impressum"})
@portal.route("/datenschutz", defaults={"page": "datenschutz"})
@portal.route("/barrierefreiheit", defaults={"page": "barrierefreiheit"})
def legal(page: str) -> str:
    """Imprint, privacy and accessibility."""
    return tk.render(f"suedwest/{page}.html")


@portal.route("/schnittstellen")
def interfaces() -> str:
    """What programmes can ask for."""
    return tk.render("suedwest/interfaces.html", pages.interfaces())


@portal.route("/karte/<int:zoom>/<int:column>/<int:row>.svg")
def map_tile(zoom: int, column: int, row: int) -> FlaskResponse:
    """A piece of the background of web maps; boundaries seldom change."""
    try:
        drawing = tiles.tile(profiles(), zoom, column, row)
    except ValueError:
        tk.abort(404, _("There is no such piece of the map."))
    response = FlaskResponse(drawing, mimetype="image/svg+xml")
    response.cache_control.public = True
    response.cache_control.max_age = 86_400
    response.add_etag()
    response.make_conditional(request)
    return response
