"""Checks of the organisation form, with messages for people who never saw the file."""

from __future__ import annotations

import json
import re
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.common import _
from shapely.errors import ShapelyError
from shapely.geometry import shape

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?(:\d{1,5})?")
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*")


def suedwest_colour(value: str) -> str:
    """A colour as `#rrggbb`; it ends up in a style, so nothing else may pass."""
    if not _COLOUR.fullmatch(value):
        raise tk.Invalid(_("A colour looks like #0a5a78."))
    return value.lower()


def suedwest_web_address(value: str) -> str:
    """An http or https address: it becomes a link, so `javascript:` must not pass."""
    if not _WEB_ADDRESS.fullmatch(value):
        raise tk.Invalid(_("A web address starts with https://."))
    return value


def suedwest_host_names(value: str) -> str:
    """Host names separated by spaces; they end up in a response header."""
    names = value.split()
    for name in names:
        if not _HOST.fullmatch(name):
            raise tk.Invalid(
                _("{name} is no host name. Write for example www.example.de.").format(name=name)
            )
    return " ".join(names)


def suedwest_positive_number(value: Any) -> str:
    """A number above 0, with a decimal comma or point; kept as text with a point."""
    text = str(value).strip().replace(",", ".")
    try:
        valid = 0 < float(text) < float("inf")
    except ValueError:
        valid = False
    if not valid:
        raise tk.Invalid(_("This has to be a number above 0."))
    return text


def suedwest_boundary(value: str) -> str:
    """A GeoJSON Polygon or MultiPolygon in WGS 84, unchanged."""
    try:
        geometry = shape(json.loads(value))
        west, south, east, north = geometry.bounds
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, ShapelyError):
        raise tk.Invalid(_("The boundary is no GeoJSON geometry.")) from None
    inside = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    if geometry.geom_type not in ("Polygon", "MultiPolygon") or not inside:
        raise tk.Invalid(_("The boundary has to be a polygon in longitude and latitude."))
    return value
