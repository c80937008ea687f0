"""The gauges of a municipality by urgency, for a frame on its own site."""

from __future__ import annotations

from datetime import datetime

import ckan.plugins.toolkit as tk
from ckan.common import _

from ..observations.store_access import read_engine
from ..portal.interfaces import StationList
from ..store.query import stations
from .crisis import crisis_context
from .lists import KIND


def list_embed(municipality: str, now: datetime) -> StationList | None:
    """What the page of a flood night lists, without what stands around it there."""
    page = crisis_context(municipality, now)
    if page is None:
        return None
    title = _("Gauges by urgency: {municipality}").format(municipality=page["town"].title)
    shown = stations(read_engine(), kind=KIND, municipality=municipality)
    # Sources stand in the frame, not once more below the lines.
    body = tk.render("water/crisis_embed.html", {**page, "title": title, "sources": []})
    return StationList(
        title=title,
        body=tk.literal(body),
        sources=tuple(page["sources"]),
        simulated=any(each.properties.get("simulated") == "true" for each in shown),
        endpoint="suedwest_water.crisis",
        values={"municipality": municipality},
    )
