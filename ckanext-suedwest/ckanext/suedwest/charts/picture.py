"""A drawing as a file of its own: SVG that needs no page around it, and PNG made of it.

What stands around the drawing says what it shows, when, from whom and under which licence, because
a picture travels without its page. Always in the light colours: pictures end up on paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import resvg_py
from markupsafe import Markup

from .markup import element, join
from .svg import Layout
from .text_size import text_width

# The light ones of the portal's frame.css.
COLOURS = {
    "paper": "#faf8f4",
    "wash": "#f1ede4",
    "ink": "#1b2126",
    "ink-2": "#53585c",
    "rule": "#d8d2c5",
    "edge": "#858074",
    "accent": "#0a5a78",
    "band": "#bcd5df",
}
WIDTH = 752.0
_EDGE = 16.0
_HEADING, _TEXT, _SMALL = 18.0, 14.0, 12.0
_FAMILY = "Source Sans Pro"
# Those of the pages where the reader has them; PNG is drawn with the font that comes along.
_FAMILIES = f"-apple-system, 'Segoe UI', Roboto, 'Noto Sans', '{_FAMILY}', Arial, sans-serif"
_FONTS = ("SourceSansPro-Regular.ttf", "SourceSansPro-Semibold.ttf", "SourceSansPro-Bold.ttf")
# As the portal's pages.css draws charts. Not every program that shows SVG knows var().
_STYLE = """
svg svg{{overflow:visible}}
text{{font-family:{families};font-size:13px;fill:{ink}}}
.axis{{fill:{ink-2}}} .strong,.heading{{font-weight:600}}
.big{{font-weight:600;font-size:17px}} .heading{{font-size:18px}} .told{{font-size:14px}}
.source{{font-size:12px;fill:{ink-2}}}
.halo{{paint-order:stroke;stroke:{paper};stroke-width:5px;stroke-linejoin:round}}
.grid{{stroke:{rule};stroke-width:1}} .base{{stroke:{edge};stroke-width:1}}
.line{{fill:none;stroke:{accent};stroke-width:2;stroke-linejoin:round}} .bandfill{{fill:{band}}}
.amount{{fill:{accent}}} .gap{{fill:{wash}}}
.gapedge{{stroke:{edge};stroke-width:1;stroke-dasharray:2 3}}
.doubt{{fill:{paper};stroke:{ink};stroke-width:1.5}}
.corrected{{fill:{accent};stroke:{paper};stroke-width:1.5}}
.dot{{fill:{accent};stroke:{paper};stroke-width:2}}
.thr{{fill:none;stroke:{ink};stroke-width:1.25;stroke-dasharray:7 4}}
.thr.ref{{stroke:{edge};stroke-dasharray:1 4;stroke-width:2;stroke-linecap:round}}
"""


def svg_file(
    *,
    heading: str,
    told: Sequence[str],
    sources: Sequence[str],
    lang: str,
    drawing: Markup | None = None,
    layout: Layout | None = None,
) -> str:
    """A complete SVG document, 752 pixels wide; long texts are broken into lines.

    `drawing` is one of `svg.draw` in the size `layout`; without it the texts stand alone.
    """
    parts: list[Markup] = []
    y = 8.0
    for text, size, css in (
        (heading, _HEADING, "heading"),
        *((each, _TEXT, "told") for each in told),
    ):
        y = _write(parts, text, y, size, css)
    if drawing is not None and layout is not None:
        y += 12
        parts.append(
            # Two steps, because the drawing itself fills whatever it is put into.
            element("svg", drawing, x=_EDGE, y=y, width=layout.width, height=layout.height)
        )
        y += layout.height
    y += 8
    for text in sources:
        y = _write(parts, text, y, _SMALL, "source")
    height = round(y + 14)
    style = Markup(_STYLE.format(families=_FAMILIES, **COLOURS))  # noqa: S704 (constants)
    document = element(
        "svg",
        element("title", heading),
        element("style", style),
        element("rect", width=WIDTH, height=height, fill=COLOURS["paper"]),
        join(parts),
        xmlns="http://www.w3.org/2000/svg",
        lang=lang,
        width=WIDTH,
        height=height,
        viewBox=f"0 0 {WIDTH:.0f} {height}",
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}\n'


def png_file(document: str, *, zoom: int = 2) -> bytes:
    """The document of `svg_file` in pixels, `zoom` for each of its own.

    Drawn with the font of this package and no other, so it is the same on every machine.
    """
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=document,
            zoom=zoom,
            skip_system_fonts=True,
            font_files=list(_font_files()),
            font_family=_FAMILY,
            sans_serif_family=_FAMILY,
        )
    )


@cache
def _font_files() -> tuple[str, ...]:
    folder = files("font_source_sans_pro") / "files"
    return tuple(str(folder / name) for name in _FONTS)


def _write(parts: list[Markup], text: str, y: float, size: float, css: str) -> float:
    """Put the lines of a text below `y`; where they end."""
    for line in lines_of(text, WIDTH - 2 * _EDGE, size):
        y += size * 1.35
        parts.append(element("text", line, class_=css, x=_EDGE, y=y))
    return y


def lines_of(text: str, room: float, size: float) -> list[str]:
    """A text in lines of at most `room` pixels, broken at spaces; a longer word stands alone."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
