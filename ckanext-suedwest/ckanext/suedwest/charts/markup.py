"""Small pieces of SVG and HTML; whatever is text or attribute is escaped here and only here."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

EMPTY = Markup("")


def element(name: str, *content: str | Markup, **attributes: object) -> Markup:
    """`<name …>content</name>`; a leading or trailing `_` of an attribute falls, others become `-`.

    Attributes that are None are left out; numbers get one decimal at most.
    """
    written = "".join(
        f' {key.strip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if not content:
        # Only SVG's shapes come without content; HTML's empty elements are not made here.
        return Markup(f"<{name}{written}/>")  # noqa: S704
    inner = "".join(escape(each) for each in content)
    return Markup(f"<{name}{written}>{inner}</{name}>")  # noqa: S704


def join(parts: Iterable[Markup]) -> Markup:
    """Pieces one after the other."""
    return EMPTY.join(parts)


def coordinate(value: float) -> str:
    """A place on the paper, in tenths of a pixel: `42`, `107.4`."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def _value(value: object) -> Markup:
    return escape(coordinate(value) if isinstance(value, float) else str(value))
