"""Dashboards as the public sees them: a page of the portal, a frame for other sites."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import ckan.plugins.toolkit as tk
from ckan.common import _
from flask import Blueprint, Response
from werkzeug.wrappers import Response as WerkzeugResponse

from ...portal.conditional import answer_conditionally
from ...portal.organizations import profile
from ...portal.profile import Profile
from .. import oembed
from ..embed_page import embed_page, missing_page
from ..language import asked_language, page_language
from ..markup import element
from . import storage
from .drawing import Drawn, draw
from .tiles import parse_stored

dashboards = Blueprint("suedwest_dashboards", __name__)
dashboards.after_request(answer_conditionally)


@dashboards.route("/seiten/<municipality>/<name>")
def page(municipality: str, name: str) -> str:
    """The published version of a dashboard."""
    found = _published(municipality, name)
    if found is None:
        tk.abort(404, _("There is no page with this address."))
    town, title, drawn = found
    return tk.render(
        "suedwest_charts/dashboards/page.html",
        {"town": town, "title": title, "drawn": drawn, "name": name},
    )


@dashboards.route("/embed/seite/<municipality>/<name>")
def embed(municipality: str, name: str) -> Response | WerkzeugResponse:
    """The published version of a dashboard for an `<iframe>`; `lang` is optional."""
    lang = asked_language()
    here = {"municipality": municipality, "name": name}
    if lang != page_language():
        return tk.redirect_to("suedwest_dashboards.embed", locale=lang, **here)
    found = _published(municipality, name)
    if found is None:
        return missing_page(lang)
    town, title, drawn = found
    return embed_page(
        title=title,
        body=element("h1", title) + drawn.body,
        language=lang,
        municipality=town,
        portal_address=tk.h.url_for("suedwest_dashboards.page", **here, _external=True),
        sources=drawn.sources,
        simulated=drawn.simulated,
        discovery=tk.url_for("suedwest_dashboards.embed", **here, _external=True),
    )


@oembed.embeddable("suedwest_dashboards.page")
@oembed.embeddable("suedwest_dashboards.embed")
def _find_page(values: Mapping[str, str], lang: str) -> oembed.Embeddable | None:
    stored = storage.dashboard(values["municipality"], values["name"])
    if stored is None or stored.published is None:
        return None
    title, _tiles = parse_stored(stored.published)
    return oembed.Embeddable(title, "suedwest_dashboards.embed", values, 800)


def landing_page(municipality: str) -> Drawn | None:
    """The dashboard on a municipality's own page; None without one. A template helper."""
    stored, town = storage.landing(municipality), profile(municipality)
    if stored is None or town is None:
        return None
    return _drawn(stored, town)[1]


def _published(municipality: str, name: str) -> tuple[Profile, str, Drawn] | None:
    town, stored = profile(municipality), storage.dashboard(municipality, name)
    if town is None or stored is None or stored.published is None:
        return None
    return town, *_drawn(stored, town)


def _drawn(stored: storage.Stored, town: Profile) -> tuple[str, Drawn]:
    title, tiles = parse_stored(stored.published)
    return title, draw(tiles, town, datetime.now(UTC), page_language())
