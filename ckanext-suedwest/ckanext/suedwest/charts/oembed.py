"""oEmbed: what another site needs to show an address of this platform in a frame.

Version 1.0 of the format, type `rich` (https://oembed.com). Which addresses can be shown is told by
those who show them: `embeddable` registers a function for one endpoint of Flask.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import ckan.plugins.toolkit as tk
from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from .embed_code import iframe
from .language import LANGUAGES

WIDTH = 720
CACHE_SECONDS = 3600
KEPT = ("range", "kommune", "lang")
"""What the address of an embed may ask for."""


@dataclass(frozen=True, slots=True)
class Embeddable:
    """Something with an embed: `endpoint` and `values` make its address, `height` is in pixels."""

    title: str
    endpoint: str
    values: Mapping[str, str]
    height: int


Find = Callable[[Mapping[str, str], str], Embeddable | None]
"""From the values of an address and the language; None where nothing public is there."""

_found: dict[str, Find] = {}


def embeddable(endpoint: str) -> Callable[[Find], Find]:
    """Let `find` tell what stands at the addresses of a Flask endpoint."""

    def register(find: Find) -> Find:
        _found[endpoint] = find
        return find

    return register


def describe(address: str, *, most_width: int | None, most_height: int | None) -> dict[str, Any]:
    """The answer for an absolute address of this platform, not wider or higher than asked.

    Raises:
        LookupError: the address is not of this platform, or nothing public with an embed is there.
    """
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise LookupError(address) from error
    site = urlsplit(tk.config["ckan.site_url"])
    if (parts.scheme, parts.netloc) != (site.scheme, site.netloc):
        raise LookupError(address)
    path, lang = _without_language(parts)
    found = _look_up(path, lang)
    if found is None:
        raise LookupError(address)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items() if name in KEPT}
    locale = None if lang == tk.config.get("ckan.locale_default", "de") else lang
    source = tk.url_for(
        found.endpoint, **found.values, **asked, _external=True, locale=locale or "default"
    )
    width = min(WIDTH, most_width or WIDTH)
    height = min(found.height, most_height or found.height)
    return {
        "version": "1.0",
        "type": "rich",
        "title": found.title,
        "provider_name": tk.config.get("ckan.site_title", ""),
        "provider_url": f"{site.scheme}://{site.netloc}/",
        "cache_age": CACHE_SECONDS,
        "width": width,
        "height": height,
        "html": iframe(source, found.title, height=height, width=width),
    }


def as_xml(described: Mapping[str, Any]) -> str:
    """The same answer as the XML of the format."""
    root = ElementTree.Element("oembed")
    for name, value in described.items():
        ElementTree.SubElement(root, name).text = _XML_CANNOT.sub("", str(value))
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


_XML_CANNOT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def discovery(address: str) -> dict[str, str]:
    """Where this platform tells about an absolute address of its own, by media type."""
    endpoint = tk.url_for("suedwest_charts.oembed_answer", _external=True, locale="default")
    return {
        f"{kind}+oembed": f"{endpoint}?{urlencode({'url': address, 'format': name})}"
        for name, kind in (("json", "application/json"), ("xml", "text/xml"))
    }


def _without_language(parts: SplitResult) -> tuple[str, str]:
    """The path as the routes know it, and the language that it or `?lang=` names."""
    default = tk.config.get("ckan.locale_default", "de")
    first, _, rest = parts.path.removeprefix("/").partition("/")
    path, lang = (f"/{rest}", first) if first in LANGUAGES else (parts.path, default)
    asked = parse_qs(parts.query).get("lang", [""])[0]
    return path, asked if asked in LANGUAGES else lang


def _look_up(path: str, lang: str) -> Embeddable | None:
    try:
        endpoint, values = current_app.url_map.bind("").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        # Not an address of this platform: that is the answer and no fault.
        return None
    find = _found.get(endpoint)
    return find(values, lang) if find else None
