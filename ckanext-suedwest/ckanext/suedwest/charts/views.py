"""Embeds of stations and the series as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.common import _
from flask import Blueprint, Response, request
from markupsafe import Markup
from werkzeug.wrappers import Response as WerkzeugResponse

from ..observations.store_access import read_engine
from ..portal.organizations import profile
from ..portal.profile import Profile
from . import access, answers, downloads, lists, oembed, pages
from .embed_page import Download, embed_page, missing_page
from .language import asked_language, page_language
from .load import load_series
from .ranges import RANGES, find_range, window_end
from .series_data import series_data
from .state import state_of

charts = Blueprint("suedwest_charts", __name__)

_FEWEST_COLUMNS, _MOST_COLUMNS = 2, 2000


@charts.route("/embed/<slug>/<datastream>")
def embed(slug: str, datastream: str) -> Response:
    """A station's chart for an `<iframe>`; `range`, `lang` and `kommune` are optional."""
    lang = asked_language()
    public = access.by_address(slug, datastream)
    if public is None:
        return missing_page(lang)
    town = _town(public)
    range_ = find_range(request.args.get("range"))
    body = pages.embedded_chart(public, range_, town, datetime.now(UTC), lang)
    return _framed(public, body, town, lang, "chart")


@charts.route("/embed/<slug>/<datastream>/value")
def embed_value(slug: str, datastream: str) -> Response:
    """A station's newest value for an `<iframe>`; `lang` and `kommune` are optional."""
    lang = asked_language()
    public = access.by_address(slug, datastream)
    if public is None:
        return missing_page(lang)
    body = pages.embedded_value(public, datetime.now(UTC), lang)
    return _framed(public, body, _town(public), lang, "value")


@charts.route("/embed/<slug>/<datastream>/<any(chart, value):what>.<any(svg, png, csv):format_>")
def embed_file(slug: str, datastream: str, what: str, format_: str) -> Response:
    """What an embed shows, as a file; with the options of the embed."""
    lang = asked_language()
    public = access.by_address(slug, datastream)
    if public is None:
        return missing_page(lang)
    told = {"source": pages.source_of(public.station), "address": _address(public), "lang": lang}
    if what == "value":
        made = downloads.value_file(public, format_, **told)
    else:
        made = downloads.chart_file(
            public,
            find_range(request.args.get("range")),
            format_,
            municipality=_town(public),
            now=datetime.now(UTC),
            **told,
        )
    return answers.file(made.name, made.media_type, made.content)


@charts.route("/embed/list/<prefix>/<municipality>")
def embed_list(prefix: str, municipality: str) -> Response | WerkzeugResponse:
    """A list of a municipality for an `<iframe>`; `lang` is optional.

    `prefix` is the topic's, or the name of one of its parts.
    """
    lang = asked_language()
    if lang != page_language():
        # The topic speaks the language of the address, so the address has to say it.
        here = {"prefix": prefix, "municipality": municipality}
        return tk.redirect_to("suedwest_charts.embed_list", locale=lang, **here)
    listed = lists.listed(prefix, municipality, datetime.now(UTC))
    if listed is None:
        return missing_page(lang)
    return embed_page(
        title=listed.title,
        body=listed.body,
        language=lang,
        municipality=profile(municipality),
        portal_address=tk.h.url_for(listed.endpoint, **listed.values, _external=True),
        sources=listed.sources,
        downloads=[
            Download(
                "CSV",
                tk.url_for(
                    "suedwest_charts.embed_list_file", prefix=prefix, municipality=municipality
                ),
            )
        ],
        simulated=listed.simulated,
        discovery=tk.url_for(
            "suedwest_charts.embed_list",
            prefix=prefix,
            municipality=municipality,
            _external=True,
        ),
    )


@charts.route("/embed/list/<prefix>/<municipality>.csv")
def embed_list_file(prefix: str, municipality: str) -> Response:
    """What the embedded list shows, as a table."""
    made = lists.list_file(prefix, municipality, datetime.now(UTC))
    if made is None:
        return missing_page(asked_language())
    return answers.file(made.name, made.media_type, made.content)


@charts.route("/oembed")
def oembed_answer() -> Response:
    """What stands at `url`, for sites that show addresses in frames; `format` is json or xml."""
    format_ = request.args.get("format", "json")
    if format_ not in ("json", "xml"):
        return _refused(501, _("format must be json or xml."))
    sides: list[int | None] = []
    for name in ("maxwidth", "maxheight"):
        text = request.args.get(name)
        if text is not None and not re.fullmatch(r"[1-9][0-9]{0,5}", text):
            return _refused(400, _("{name} must be a whole number of pixels.").format(name=name))
        sides.append(None if text is None else int(text))
    address = request.args.get("url")
    if not address:
        return _refused(400, _("url must be an address of this platform."))
    try:
        described = oembed.describe(address, most_width=sides[0], most_height=sides[1])
    except LookupError:
        return _refused(404, _("Nothing that can be embedded has this address."))
    if format_ == "json":
        return answers.data(described)
    return answers.xml(oembed.as_xml(described))


@oembed.embeddable("suedwest.station")
@oembed.embeddable("suedwest_charts.embed")
def _find_chart(values: Mapping[str, str], lang: str) -> oembed.Embeddable | None:
    public = (
        access.by_address(values["slug"], values["datastream"])
        if "datastream" in values
        else access.first_of_station(values["slug"])
    )
    return None if public is None else pages.embeddable_chart(public, lang)


@oembed.embeddable("suedwest_charts.embed_value")
def _find_value(values: Mapping[str, str], lang: str) -> oembed.Embeddable | None:
    public = access.by_address(values["slug"], values["datastream"])
    return None if public is None else pages.embeddable_value(public, lang)


@oembed.embeddable("suedwest_charts.embed_list")
def _find_list(values: Mapping[str, str], lang: str) -> oembed.Embeddable | None:
    prefix, municipality = values["prefix"], values["municipality"]
    listed = lists.listed(prefix, municipality, datetime.now(UTC))
    if listed is None:
        return None
    return oembed.Embeddable(listed.title, "suedwest_charts.embed_list", values, lists.HEIGHT)


def _framed(
    public: access.PublicSeries, body: Markup, town: Profile | None, lang: str, what: str
) -> Response:
    station = public.station
    here = {"slug": station.slug, "datastream": public.datastream.name}
    asked = {name: request.args[name] for name in oembed.KEPT if name in request.args}
    return embed_page(
        title=pages.series_title(public, lang),
        body=body,
        language=lang,
        municipality=town,
        portal_address=_address(public),
        sources=[pages.source_of(station)],
        downloads=[
            Download(
                format_.upper(),
                tk.url_for(
                    "suedwest_charts.embed_file", **here, what=what, format_=format_, **asked
                ),
            )
            for format_ in downloads.MEDIA_TYPES
        ],
        simulated=station.properties.get("simulated") == "true",
        embedders=pages.embedders(station),
        discovery=tk.url_for(str(request.endpoint), **here, **asked, _external=True),
    )


def _town(public: access.PublicSeries) -> Profile | None:
    return pages.chosen_municipality(public.station, request.args.get("kommune"))


def _address(public: access.PublicSeries) -> str:
    return tk.h.url_for("suedwest.station", slug=public.station.slug, _external=True)


@charts.route("/api/suedwest/series/<resource_id>")
def series(resource_id: str) -> Response:
    """One live series; `range` is 24h, 7d, 30d or 1y, `columns` a number from 2 to 2000."""
    public = access.by_resource(resource_id)
    if public is None:
        return _refused(404, _("There is no public series of this id."))
    name = request.args.get("range", "7d")
    if name not in RANGES:
        return _refused(
            400, _("range must be one of these: {names}.").format(names=", ".join(RANGES))
        )
    columns = request.args.get("columns")
    if columns is not None and not _is_column_count(columns):
        return _refused(
            400,
            _("columns must be a whole number from {least} to {most}.").format(
                least=_FEWEST_COLUMNS, most=_MOST_COLUMNS
            ),
        )
    now = datetime.now(UTC)
    engine = read_engine()
    found = load_series(
        engine,
        public.station,
        public.datastream,
        RANGES[name],
        window_end(now),
        columns=int(columns) if columns else None,
    )
    state = state_of(engine, public.station, public.datastream, now)
    return answers.data(series_data(public, found, RANGES[name], state))


def _is_column_count(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,4}", text)) and _FEWEST_COLUMNS <= int(text) <= _MOST_COLUMNS


def _refused(status: int, message: Any) -> Response:
    return answers.data({"error": {"status": status, "message": str(message)}}, status=status)
