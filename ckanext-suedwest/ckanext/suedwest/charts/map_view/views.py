"""The map of a municipality's stations for the pages of others, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import ckan.plugins.toolkit as tk
from ckan.common import _
from flask import Blueprint, Response
from werkzeug.wrappers import Response as WerkzeugResponse

from ...portal.organizations import profile
from ...portal.profile import Profile
from .. import answers, downloads, oembed, picture
from ..embed_code import snippet
from ..embed_page import Download, Source, embed_page, missing_page
from ..language import asked_language, page_language
from ..markup import element
from ..pages import source_of
from . import map_file
from .drawing import Marked, marked_stations, station_map

map_views = Blueprint("suedwest_maps", __name__)

_HEIGHT = 700


@map_views.route("/embed/karte/<municipality>")
def embed(municipality: str) -> Response | WerkzeugResponse:
    """The stations of a municipality on its map for an `<iframe>`; `lang` is optional."""
    lang = asked_language()
    if lang != page_language():
        return tk.redirect_to("suedwest_maps.embed", locale=lang, municipality=municipality)
    town = profile(municipality)
    if town is None:
        return missing_page(lang)
    now = datetime.now(UTC)
    shown = marked_stations(municipality, now)
    title = _title(town)
    return embed_page(
        title=title,
        body=element("h1", title, class_="lead") + station_map(town, now, lang, ident="stations"),
        language=lang,
        municipality=town,
        portal_address=tk.h.url_for("organization.read", id=municipality, _external=True),
        sources=_sources(town, shown),
        downloads=[
            Download(
                format_.upper(),
                tk.url_for("suedwest_maps.file", municipality=municipality, format_=format_),
            )
            for format_ in downloads.MEDIA_TYPES
        ],
        simulated=_is_simulated(shown),
        discovery=tk.url_for("suedwest_maps.embed", municipality=municipality, _external=True),
    )


@map_views.route("/embed/karte/<municipality>.<any(svg, png, csv):format_>")
def file(municipality: str, format_: str) -> Response | WerkzeugResponse:
    """What the embedded map shows, as a file."""
    lang = asked_language()
    if lang != page_language():
        here = {"municipality": municipality, "format_": format_}
        return tk.redirect_to("suedwest_maps.file", locale=lang, **here)
    town = profile(municipality)
    if town is None:
        return missing_page(lang)
    now = datetime.now(UTC)
    shown = marked_stations(municipality, now)
    name = f"karte-{municipality}"
    if format_ == "csv":
        made = downloads.list_file([each.station for each in shown], name)
        return answers.file(made.name, made.media_type, made.content)
    address = tk.h.url_for("suedwest_maps.embed", municipality=municipality, _external=True)
    document = map_file.svg_file(
        town,
        shown,
        now,
        lang,
        heading=_title(town),
        sources=_sources(town, shown),
        address=address,
        simulated=_is_simulated(shown),
    )
    content = picture.png_file(document) if format_ == "png" else document.encode()
    return answers.file(f"{name}.{format_}", downloads.MEDIA_TYPES[format_], content)


@oembed.embeddable("suedwest_maps.embed")
def _find_map(values: Mapping[str, str], lang: str) -> oembed.Embeddable | None:
    town = profile(values["municipality"])
    if town is None:
        return None
    return oembed.Embeddable(_title(town), "suedwest_maps.embed", values, _HEIGHT)


def map_code(town: Profile) -> str:
    """The HTML by which a municipality's own site shows its map."""
    address = tk.h.url_for("suedwest_maps.embed", municipality=town.name, _external=True)
    return snippet(address, _title(town), height=_HEIGHT)


def _title(town: Profile) -> str:
    return _("Stations in {municipality}").format(municipality=town.title)


def _sources(town: Profile, shown: list[Marked]) -> list[Source]:
    found = [source_of(each.station) for each in shown]
    if town.boundary_attribution:
        found.append(Source(town.boundary_attribution, "", None))
    return list(dict.fromkeys(found))


def _is_simulated(shown: list[Marked]) -> bool:
    return any(each.station.properties.get("simulated") == "true" for each in shown)
