"""The frame of everything that stands in an `<iframe>` of another site.

Whoever shows something there (a chart, a value, a view, a dashboard) makes the middle of the page
as `Markup` and calls `embed_page`. The frame adds what all embeds have in common: a complete small
page without cookie and without a third party; `frame-ancestors` as a header; colour, name and coat
of arms of the municipality; light, dark and print; source and licence; the way back to the portal;
downloads; the scripts that report the height, keep ages up to date and refresh the page.
The page is complete without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ckan.plugins.toolkit as tk
from ckan import model
from flask import Response
from markupsafe import Markup

from ..portal.profile import Profile
from . import answers, oembed

REFRESH_SECONDS = 60
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Source:
    """Who the numbers come from, and under which licence; its address may be missing."""

    attribution: str
    licence_title: str
    licence_url: str | None


@dataclass(frozen=True, slots=True)
class Download:
    """One file of what is shown: `label` is short (`SVG`), `address` answers with the file."""

    label: str
    address: str


def embed_page(
    *,
    title: str,
    body: Markup,
    language: str,
    municipality: Profile | None,
    portal_address: str,
    sources: Sequence[Source],
    downloads: Sequence[Download] = (),
    simulated: bool = False,
    embedders: Iterable[str] | None = None,
    discovery: str | None = None,
    refresh: int = REFRESH_SECONDS,
) -> Response:
    """A complete HTML page around `body`; the same for everybody, so shared caches may keep it.

    Args:
        title: name of what is shown, plain text; of the window, for screen readers.
        body: the content of `<main>`, with one `<h1>` of its own; the signs of
            `symbols.html` are there to be used.
        language: `de` or `en`.
        municipality: whose colour, name and coat of arms are shown; None for those of nobody.
        portal_address: the page of the portal that tells more; canonical address of the embed.
        sources: who the numbers come from; each is named once.
        downloads: files of what is shown.
        simulated: whether values are replayed or made up, which the page then says.
        embedders: hosts that may frame the page; those of the municipality if None.
        discovery: absolute address of this embed for oEmbed; None if it has none.
        refresh: seconds between two looks for something newer.
    """
    if embedders is None:
        embedders = municipality.embed_hosts if municipality else ()
    style = _style(municipality)
    html = tk.render(
        "suedwest_charts/frame.html",
        {
            "lang": language,
            "title": title,
            "body": body,
            "style": style,
            "municipality": municipality,
            "logo": _logo(municipality),
            "portal_address": portal_address,
            "sources": list(dict.fromkeys(sources)),
            "downloads": downloads,
            "simulated": simulated,
            "oembed": oembed.discovery(discovery) if discovery else {},
            "refresh": refresh,
        },
    )
    return answers.page(html, style=style, ancestors=sorted(set(embedders)))


def missing_page(language: str) -> Response:
    """What stands in the frame where nothing public has this address (any more)."""
    html = tk.render("suedwest_charts/missing.html", {"lang": language})
    return answers.page(html, status=404)


def _style(municipality: Profile | None) -> str:
    colour = municipality.colour if municipality else None
    return f":root{{--town:{colour}}}" if colour and _COLOUR.fullmatch(colour) else ""


def _logo(municipality: Profile | None) -> str | None:
    """Address of the coat of arms, if the platform itself keeps the file."""
    group = model.Group.get(municipality.name) if municipality else None
    file = group.image_url if group is not None else None
    if not file or "/" in file:
        # A picture elsewhere would tell a third party who looks at the page.
        return None
    return tk.h.url_for_static(f"uploads/group/{file}")
