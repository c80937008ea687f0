"""Embeds of stations and the series as JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.common import _
from flask import Blueprint, Response, request
from markupsafe import Markup

from ..observations.store_access import read_engine
from ..portal.profile import Profile
from . import access, answers, pages
from .embed_page import embed_page, missing_page
from .language import asked_language
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
    town = pages.chosen_municipality(public.station, request.args.get("kommune"))
    range_ = find_range(request.args.get("range"))
    body = pages.embedded_chart(public, range_, town, datetime.now(UTC), lang)
    return _framed(public, body, town, lang)


@charts.route("/embed/<slug>/<datastream>/value")
def embed_value(slug: str, datastream: str) -> Response:
    """A station's newest value for an `<iframe>`; `lang` and `kommune` are optional."""
    lang = asked_language()
    public = access.by_address(slug, datastream)
    if public is None:
        return missing_page(lang)
    town = pages.chosen_municipality(public.station, request.args.get("kommune"))
    return _framed(public, pages.embedded_value(public, datetime.now(UTC), lang), town, lang)


def _framed(public: access.PublicSeries, body: Markup, town: Profile | None, lang: str) -> Response:
    station = public.station
    return embed_page(
        title=pages.series_title(public, lang),
        body=body,
        language=lang,
        municipality=town,
        portal_address=tk.h.url_for("suedwest.station", slug=station.slug, _external=True),
        sources=[pages.source_of(station)],
        simulated=station.properties.get("simulated") == "true",
        embedders=pages.embedders(station),
    )


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
