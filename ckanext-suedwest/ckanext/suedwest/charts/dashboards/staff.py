"""Pages on which staff arrange what visitors see: by form, by keyboard and by drag.

Each step is a form that is sent, so everything works without a script. The script only fills in
the order after a drag and sends the same form.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.common import request
from flask import Blueprint
from werkzeug.wrappers import Response

from ...portal import formats
from ...portal.administration.area import guarded, require_staff, staff_context, staff_page
from ...portal.interfaces import Tab
from ...portal.organizations import profile
from .. import language
from .arrange import arranged, in_order, with_widths
from .drawing import Drawn, draw, kind_title, name_of
from .templates import TEMPLATES
from .tile_form import choices_of, errors_by_field, fields_of, range_title, read_tile
from .tiles import KINDS, N_, ChartTile, Page, Tile, as_data, page_data, parse_stored

dashboard_staff = guarded(
    Blueprint("suedwest_dashboard_staff", __name__, url_prefix="/verwaltung/<municipality>/seiten")
)
TAB = Tab("dashboards", N_("Pages"), "suedwest_dashboard_staff.pages")
_FORM = ("GET", "POST")
_TILES = "field-tiles"


@dashboard_staff.route("", methods=_FORM)
def pages(municipality: str) -> str | Response:
    """All pages of the municipality, and a form for a new one."""
    data: dict[str, Any] = {"template": "water"}
    errors: dict[str, Any] = {}
    if request.method == "POST":
        data = {key: request.form.get(key, "") for key in ("title", "template")}
        made, errors = _try("create", municipality, data)
        if made:
            tk.h.flash_success(tk._("The page was made. Nobody sees it before you publish it."))
            return _to("edit", municipality, made["name"])
    return _page(
        "list",
        municipality,
        found=_act("list", municipality),
        templates=[(name, tk._(title)) for name, title in TEMPLATES.items()],
        data=data,
        errors=errors,
    )


@dashboard_staff.route("/reihenfolge", methods=["POST"])
def reorder(municipality: str) -> Response:
    """Move a page before the one above it."""
    names = [each["name"] for each in _act("list", municipality)]
    name = request.form.get("name", "")
    if name not in names:
        raise tk.ObjectNotFound(tk._("There is no page with this address."))
    if at := names.index(name):
        names[at - 1], names[at] = names[at], names[at - 1]
        _act("reorder", municipality, names=names)
    return _to("pages", municipality)


@dashboard_staff.route("/<name>", methods=_FORM)
def edit(municipality: str, name: str) -> str | Response:
    """The draft: title, order and width of its tiles, and how visitors would see it."""
    found = _act("show", municipality, name=name)
    errors: dict[str, Any] = {}
    if request.method == "POST":
        answer = _change(municipality, found)
        if isinstance(answer, Response):
            return answer
        errors = answer
        found = _act("show", municipality, name=name)
    title, stored = parse_stored(found["draft"])
    tiles = _usable(stored)
    return _page(
        "edit",
        municipality,
        page=found,
        data={"title": request.form.get("title", title), "landing": found["landing"]},
        errors=errors,
        tiles=[{"tile": each, "name": name_of(each), "kind": _shown_as(each)} for each in tiles],
        lost=len(stored) - len(tiles),
        kinds=[(kind, kind_title(kind)) for kind in KINDS],
        published=_published(found["published_at"]),
        preview=_preview(municipality, tiles),
    )


@dashboard_staff.route("/<name>/baustein", methods=_FORM)
def new_tile(municipality: str, name: str) -> str | Response:
    """A tile of the kind `art`, behind all others."""
    kind = request.values.get("art", "")
    if kind not in KINDS:
        raise tk.ObjectNotFound(tk._("There is no such kind of tile."))
    return _tile_form(municipality, name, kind, None)


@dashboard_staff.route("/<name>/baustein/<int:index>", methods=_FORM)
def tile(municipality: str, name: str, index: int) -> str | Response:
    """One tile, counted from 0."""
    tiles = _draft(_act("show", municipality, name=name)).tiles
    if index >= len(tiles):
        raise tk.ObjectNotFound(tk._("There is no such tile."))
    return _tile_form(municipality, name, tiles[index].kind, index)


@dashboard_staff.route("/<name>/loeschen", methods=_FORM)
def delete(municipality: str, name: str) -> str | Response:
    """Ask first, then delete."""
    found = _act("show", municipality, name=name)
    if request.method == "POST":
        _act("delete", municipality, name=name)
        tk.h.flash_success(tk._("The page was deleted."))
        return _to("pages", municipality)
    return _page("delete", municipality, page=found)


def _change(municipality: str, found: dict[str, Any]) -> Response | dict[str, Any]:
    """What the form of the draft asks for; what is wrong with it, by field."""
    form, name = request.form, found["name"]
    do, _, at = form.get("do", "save").partition("-")
    if do == "discard":
        _, errors = _try("discard", municipality, {"name": name, "version": form.get("version")})
        return errors or _said(municipality, name, tk._("The draft is as it was published."))
    page = _draft(found)
    page = Page(form.get("title", ""), page.tiles)
    try:
        page, anchor, said = _arranged(page, do, at)
    except LookupError:
        # The tiles are not those the form was made for; so says the version.
        anchor, said = _TILES, tk._("The draft was saved.")
    changes = {"page": page_data(page), "landing": "landing" in form}
    sent = {"name": name, "version": form.get("version")}
    changed, errors = _try("update", municipality, sent | changes)
    if changed is None:
        return errors
    if do == "add":
        return _to("new_tile", municipality, name, art=form.get("art", ""))
    if do == "publish":
        _, errors = _try("publish", municipality, sent | {"version": changed["version"]})
        return errors or _said(municipality, name, tk._("The page is public now."))
    return _said(municipality, name, said, anchor)


def _arranged(page: Page, do: str, at: str) -> tuple[Page, str, str]:
    """The page after what was asked for, where to go on reading, and what to say.

    Raises:
        LookupError: the form names tiles that are not there.
    """
    form = request.form
    widths = [form.get(f"width-{index}") for index in range(len(page.tiles))]
    page = with_widths(page, widths)
    saved = tk._("The draft was saved.")
    if do in ("up", "down", "remove") and at.isdecimal():
        index = int(at)
        after = arranged(page, do, index)
        name = name_of(page.tiles[index])
        if do == "remove":
            return after, _TILES, tk._("“{tile}” was removed.").format(tile=name)
        to = max(0, min(index + (1 if do == "down" else -1), len(page.tiles) - 1))
        return after, f"baustein-{to + 1}", _stands(name, to, len(page.tiles))
    order = form.get("order", "")
    if do == "order" and order:
        indexes = [int(each) if each.isdecimal() else -1 for each in order.split(",")]
        after, moved = in_order(page, indexes), form.get("moved", "")
        if moved.isdecimal() and int(moved) in indexes:
            to = indexes.index(int(moved))
            said = _stands(name_of(page.tiles[int(moved)]), to, len(indexes))
            return after, f"baustein-{to + 1}", said
        return after, _TILES, saved
    return page, _TILES, saved


def _stands(name: str, index: int, count: int) -> str:
    return tk._("“{tile}” is number {place} of {count} now.").format(
        tile=name, place=index + 1, count=count
    )


def _tile_form(municipality: str, name: str, kind: str, index: int | None) -> str | Response:
    found = _act("show", municipality, name=name)
    page = _draft(found)
    at = len(page.tiles) if index is None else index
    before = as_data(page.tiles[at]) if index is not None else {}
    data, errors = fields_of(kind, before), {}
    if request.method == "POST":
        data = dict(request.form)
        try:
            sent = read_tile(kind, before, request.form, request.files)
            tiles = [as_data(each) for each in page.tiles]
            tiles[at:] = [sent, *tiles[at + 1 :]]
            _act(
                "update",
                municipality,
                name=name,
                version=request.form.get("version"),
                page={"title": page.title, "tiles": tiles},
            )
            return _said(municipality, name, tk._("The tile was saved."), f"baustein-{at + 1}")
        except tk.ValidationError as error:
            errors = errors_by_field(error.error_dict)
    return _page(
        "tile",
        municipality,
        page=found,
        kind=kind,
        kind_title=kind_title(kind),
        new=index is None,
        before=before,
        data=data,
        errors=errors,
        choices=choices_of(kind, municipality),
    )


def _shown_as(tile: Tile) -> str:
    title = kind_title(tile.kind)
    return f"{title}, {range_title(tile.range)}" if isinstance(tile, ChartTile) else title


def _published(at: str | None) -> str | None:
    lang = language.page_language()
    return at and formats.moment(datetime.fromisoformat(at), datetime.now(UTC), lang)


def _preview(municipality: str, tiles: tuple[Tile, ...]) -> Drawn | None:
    town = profile(municipality)
    return town and draw(tiles, town, datetime.now(UTC), language.page_language())


def _draft(found: dict[str, Any]) -> Page:
    title, tiles = parse_stored(found["draft"])
    return Page(title, _usable(tiles))


def _usable(tiles: tuple[Tile | None, ...]) -> tuple[Tile, ...]:
    return tuple(each for each in tiles if each is not None)


def _page(template: str, municipality: str, **values: Any) -> str:
    return staff_page(
        f"suedwest_charts/dashboards/staff/{template}.html", municipality, TAB.name, **values
    )


def _act(what: str, municipality: str, **data: Any) -> Any:
    require_staff(municipality)
    action = tk.get_action(f"suedwest_dashboard_{what}")
    return action(staff_context(), {"municipality": municipality, **data})


def _try(what: str, municipality: str, data: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """What the action answers, or what it finds wrong by field."""
    try:
        return _act(what, municipality, **data), {}
    except tk.ValidationError as error:
        return None, dict(error.error_dict)


def _said(municipality: str, name: str, said: str, anchor: str = _TILES) -> Response:
    tk.h.flash_success(said)
    return _to("edit", municipality, name, _anchor=anchor)


def _to(view: str, municipality: str, name: str | None = None, **more: Any) -> Response:
    named = {} if name is None else {"name": name}
    return tk.redirect_to(
        f"suedwest_dashboard_staff.{view}", municipality=municipality, **named, **more
    )
