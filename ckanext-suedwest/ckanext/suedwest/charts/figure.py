"""The complete figure: sentence, links to the ranges, drawings, legend, note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from markupsafe import Markup

from . import svg, words
from .markup import element, join
from .ranges import RANGES, Range
from .series import Series
from .svg import Layout


def drawings(
    series: Series, layouts: Sequence[Layout], *, now: datetime, lang: str, ident: str
) -> Markup:
    """The same series in all sizes, of which the page shows one."""
    return join(
        svg.draw(series, layout, now=now, lang=lang, ident=f"{ident}{index}")
        for index, layout in enumerate(layouts)
    )


def chart(
    series: Series,
    layouts: Sequence[Layout],
    *,
    data_url: str,
    now: datetime,
    lang: str,
    ident: str = "chart",
    caption: Markup | None = None,
) -> Markup:
    """`<figure>` with the drawings; `data_url` is where the script gets the numbers."""
    return element(
        "figure",
        drawings(series, layouts, now=now, lang=lang, ident=ident),
        *([caption] if caption is not None else []),
        class_="chart above",
        data_series=data_url,
        data_lang=lang,
        data_hint=words.TEXTS[lang]["hint"],
    )


def legend(series: Series, lang: str) -> Markup:
    """What the marks mean; only those that are in the drawing."""
    texts = words.TEXTS[lang]
    step = words.step_key(series.step)
    entries = [(element("path", class_="line", d="M0 6H26"), texts[step])]
    if series.has_band:
        band = element("rect", class_="bandfill", y=1, width=26, height=10)
        entries.append((band, texts[f"{step}-band"]))
    if series.doubted_count:
        circle = element("circle", class_="doubt", cx=13, cy=6, r=3.5)
        entries.append((circle, texts["doubted"]))
    if series.corrections:
        entries.append((svg.corrected_sign(13, 6), texts["corrected"]))
    if series.gaps:
        gap = element("rect", class_="gap", width=26, height=12)
        edge = element("path", class_="gapedge", d="M.5 0V12M25.5 0V12")
        entries.append((gap + edge, texts["no-values"]))
    return element(
        "p",
        join(
            element("span", element("svg", sign, viewBox="0 0 26 12"), text)
            for sign, text in entries
        ),
        class_="legend",
        aria_hidden="true",
    )


def caption(series: Series, lang: str) -> Markup:
    """Legend and note below the drawing."""
    note = words.note(series, svg.thresholds_above(series), lang)
    parts = [legend(series, lang)] if series.good() else []
    return element("figcaption", *parts, element("p", note, class_="small muted"))


def range_links(current: Range, address: Callable[[str], str], lang: str) -> Markup:
    """Links to all ranges; they work without a script."""
    texts = words.TEXTS[lang]
    return element(
        "nav",
        join(
            element(
                "a",
                texts[name],
                href=address(name),
                aria_current="true" if name == current.name else None,
            )
            for name in RANGES
        ),
        class_="ranges",
        aria_label=texts["ranges"],
    )
