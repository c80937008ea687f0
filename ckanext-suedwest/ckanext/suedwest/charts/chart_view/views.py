"""Stored views for the pages of others: the small page for an `<iframe>`, and its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import ckan.plugins.toolkit as tk
from ckan.lib.datapreview import get_view_plugin
from flask import Blueprint, Response, request
from markupsafe import Markup
from werkzeug.wrappers import Response as WerkzeugResponse

from ...portal import formats
from ...portal.organizations import profile
from ...portal.profile import Profile
from ...store.slug import slugify
from .. import answers, downloads, oembed, picture, svg
from ..embed_page import Download, embed_page, missing_page
from ..language import asked_language, page_language
from ..markup import element
from ..ranges import window_end
from . import csv_file, drawing, page, words
from .chart import Chart
from .page import Asked
from .resource_view import EMBED_HEIGHT, visitor
from .settings import VIEW_TYPE, Kind, SettingsRefused

chart_views = Blueprint("suedwest_chart_views", __name__)


@chart_views.before_app_request
def refuse_unknown_view() -> None:
    """CKAN's page of a view takes a view from the address, and fails on a kind it does not know."""
    sent = request.args.get("resource_view")
    if not sent or (request.endpoint or "").rpartition(".")[2] != "view":
        return
    try:
        view = json.loads(sent)
    except (ValueError, RecursionError):
        tk.abort(400, tk._("This is no view of a resource."))
    if isinstance(view, dict) and get_view_plugin(view.get("view_type")) is None:
        tk.abort(404, tk._("This is no view of a resource."))


@chart_views.route("/embed/view/<uuid:view_id>")
def embed(view_id: UUID) -> Response | WerkzeugResponse:
    """A stored view for an `<iframe>`, as a visitor without a login sees it; `lang` is optional."""
    lang = asked_language()
    if lang != page_language():
        return tk.redirect_to("suedwest_chart_views.embed", locale=lang, view_id=view_id)
    found = _find(str(view_id), lang)
    if found is None:
        return missing_page(lang)
    view, asked = found
    town = asked.municipality
    try:
        chart = page.load_asked(view, asked)
    except SettingsRefused as refused:
        return _page(view, None, page.refusal(refused), asked, town)
    return _page(view, chart, page.body(chart, asked.now, lang, embed=True), asked, town)


@chart_views.route("/embed/view/<uuid:view_id>.<any(svg, png, csv):format_>")
def file(view_id: UUID, format_: str) -> Response | WerkzeugResponse:
    """What an embedded view shows, as a file."""
    lang = asked_language()
    if lang != page_language():
        here = {"view_id": view_id, "format_": format_}
        return tk.redirect_to("suedwest_chart_views.file", locale=lang, **here)
    found = _find(str(view_id), lang)
    if found is None:
        return missing_page(lang)
    view, asked = found
    try:
        chart = page.load_asked(view, asked)
    except SettingsRefused:
        return missing_page(lang)
    name = f"{slugify(page.title_of(view, chart)) or 'diagramm'}.{format_}"
    if format_ == "csv":
        content = csv_file.write(chart).encode()
    else:
        document = _document(view, chart, asked)
        content = picture.png_file(document) if format_ == "png" else document.encode()
    return answers.file(name, downloads.MEDIA_TYPES[format_], content)


@oembed.embeddable("suedwest_chart_views.embed")
def _find_view(values: Mapping[str, str], lang: str) -> oembed.Embeddable | None:
    found = _find(str(values["view_id"]), lang)
    if found is None:
        return None
    title = str(found[0].get("title") or tk._("Chart"))
    place = {"view_id": str(values["view_id"])}
    return oembed.Embeddable(title, "suedwest_chart_views.embed", place, EMBED_HEIGHT)


def _find(view_id: str, lang: str) -> tuple[dict[str, Any], Asked] | None:
    """A stored chart of something public; None if there is none."""
    try:
        view = tk.get_action("resource_view_show")(visitor(), {"id": view_id})
        resource = tk.get_action("resource_show")(visitor(), {"id": view["resource_id"]})
        package = tk.get_action("package_show")(visitor(), {"id": resource["package_id"]})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return None
    if view["view_type"] != VIEW_TYPE:
        return None
    organization = package.get("organization") or {}
    town = profile(organization["name"]) if organization.get("name") else None
    now = window_end(datetime.now(UTC))
    return view, Asked(resource, package, visitor(), now, lang, town)


def _page(
    view: Mapping[str, Any],
    chart: Chart | None,
    shown: Markup,
    asked: Asked,
    town: Profile | None,
) -> Response:
    title = str(view["title"])
    view_id = str(view["id"])
    formats_: tuple[str, ...] = ()
    if chart is not None:
        # A table is no picture.
        formats_ = ("csv",) if chart.kind is Kind.TABLE else tuple(downloads.MEDIA_TYPES)
    address = tk.h.url_for(
        f"{asked.package.get('type') or 'dataset'}_resource.read",
        id=asked.package["name"],
        resource_id=asked.resource["id"],
        _external=True,
    )
    return embed_page(
        title=title,
        body=element("h1", title, class_="lead") + shown,
        language=asked.lang,
        municipality=town,
        portal_address=chart.address if chart else address,
        sources=chart.sources if chart else (),
        downloads=[
            Download(
                each.upper(),
                tk.url_for("suedwest_chart_views.file", view_id=view_id, format_=each),
            )
            for each in formats_
        ],
        simulated=chart.simulated if chart else False,
        discovery=tk.url_for("suedwest_chart_views.embed", view_id=view_id, _external=True),
    )


def _document(view: Mapping[str, Any], chart: Chart, asked: Asked) -> str:
    """The picture with what has to be said beside it: it travels without its page."""
    lang = asked.lang
    layout = page.picture_layout(chart, lang)
    later = chart.end + downloads.LATER
    with formats.absolute_times():
        told = words.summary(chart, later, lang)
    sources = [
        f"{'Daten' if lang == 'de' else 'Data'}: "
        + ", ".join(filter(None, (each.attribution, each.licence_title, each.licence_url)))
        for each in chart.sources
    ]
    drawn = chart.has_values and chart.kind not in (Kind.TILE, Kind.TABLE)
    return picture.svg_file(
        heading=f"{view['title']}, {words.span(chart.start, chart.end, lang)}",
        told=[told, *words.keys(chart, lang), *chart.notes],
        sources=[
            *(["Sandbox"] if chart.simulated else []),
            *sources,
            chart.address,
        ],
        lang=lang,
        drawing=drawing.draw(chart, svg.EMBED[0], now=later, lang=lang, ident="picture-")
        if drawn
        else None,
        layout=layout if drawn else None,
    )
