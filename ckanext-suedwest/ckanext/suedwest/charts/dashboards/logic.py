"""Actions of dashboards, and who may call them: the staff of the municipality.

Visitors do not ask these actions: they see the published version on its own page.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib.munge import munge_title_to_name
from ckan.types import AuthResult, Context, DataDict

from ...observations.rights import may_change, result
from . import storage
from .templates import template
from .tiles import Page, TileRefused, page_data, parse_page, parse_stored, read_title

_LONGEST_NAME = 80


@tk.side_effect_free
def suedwest_dashboard_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """All dashboards of a municipality, in its order.

    :param municipality: name of its organisation
    :type municipality: string
    """
    tk.check_access("suedwest_dashboard_list", context, data_dict)
    found = storage.dashboards(tk.get_or_bust(data_dict, "municipality"))
    return [_shown(each) for each in found]


@tk.side_effect_free
def suedwest_dashboard_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One dashboard with its draft and the version that is published.

    :param municipality: name of its organisation
    :type municipality: string
    :param name: the dashboard's name in its address
    :type name: string
    """
    tk.check_access("suedwest_dashboard_show", context, data_dict)
    return _shown(_find(data_dict))


def suedwest_dashboard_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Make a dashboard; nobody sees it before it is published.

    :param municipality: name of its organisation
    :type municipality: string
    :param title: its title; its name in addresses is made of it
    :type title: string
    :param template: what it begins with: ``empty``, ``water`` or ``traffic`` (optional)
    :type template: string
    """
    tk.check_access("suedwest_dashboard_create", context, data_dict)
    municipality = tk.get_or_bust(data_dict, "municipality")
    try:
        title = read_title(data_dict.get("title"))
        tiles = template(str(data_dict.get("template") or "empty"), municipality)
    except TileRefused as error:
        raise _refused(error) from error
    base = munge_title_to_name(title)[:_LONGEST_NAME].strip("-_") or "seite"
    draft = page_data(Page(title, tiles))
    taken = {each.name for each in storage.dashboards(municipality)}
    name = next(each for each in _names(base) if each not in taken)
    try:
        made = storage.create(municipality, name, draft)
    except storage.NameTaken as error:
        raise _conflict() from error
    model.Session.commit()
    return _shown(made)


def suedwest_dashboard_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change the draft of a dashboard; the public sees it once it is published.

    :param municipality: name of its organisation
    :type municipality: string
    :param name: the dashboard's name in its address
    :type name: string
    :param version: the version that was read; another one since then is a conflict
    :type version: integer
    :param page: ``title`` and ``tiles``, all of them
    :type page: dictionary
    :param landing: whether it stands on the municipality's own page, at once (optional)
    :type landing: boolean
    """
    tk.check_access("suedwest_dashboard_update", context, data_dict)
    stored = _find(data_dict)
    try:
        page = parse_page(tk.get_or_bust(data_dict, "page"))
    except TileRefused as error:
        raise _refused(error) from error
    _require(changed=storage.write(stored, _version(data_dict), page_data(page)))
    if "landing" in data_dict:
        storage.set_landing(stored, landing=tk.asbool(data_dict["landing"]))
    return _committed(data_dict)


def suedwest_dashboard_publish(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Show the draft to everybody.

    Parameters as for `suedwest_dashboard_update`, without ``page`` and ``landing``.
    """
    tk.check_access("suedwest_dashboard_publish", context, data_dict)
    _require(changed=storage.publish(_find(data_dict), _version(data_dict)))
    return _committed(data_dict)


def suedwest_dashboard_discard(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Go back to what is published.

    Parameters as for `suedwest_dashboard_update`, without ``page`` and ``landing``.
    """
    tk.check_access("suedwest_dashboard_discard", context, data_dict)
    stored = _find(data_dict)
    if stored.published is None:
        raise tk.ValidationError(
            {"version": [tk._("This page was never published, so there is nothing to return to.")]}
        )
    _require(changed=storage.discard(stored, _version(data_dict)))
    return _committed(data_dict)


def suedwest_dashboard_delete(context: Context, data_dict: DataDict) -> None:
    """Delete a dashboard, draft and published version.

    :param municipality: name of its organisation
    :type municipality: string
    :param name: the dashboard's name in its address
    :type name: string
    """
    tk.check_access("suedwest_dashboard_delete", context, data_dict)
    storage.delete(_find(data_dict))
    model.Session.commit()


def suedwest_dashboard_reorder(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Let the dashboards of a municipality follow each other in another order.

    :param municipality: name of its organisation
    :type municipality: string
    :param names: the names of all of them
    :type names: list of strings
    """
    tk.check_access("suedwest_dashboard_reorder", context, data_dict)
    municipality, names = tk.get_or_bust(data_dict, ["municipality", "names"])
    known = {each.name: each.id for each in storage.dashboards(municipality)}
    given = names if isinstance(names, list) else []
    if sorted(map(str, given)) != sorted(known):
        raise tk.ValidationError({"names": [tk._("Name every page of the municipality once.")]})
    storage.order([known[name] for name in given])
    model.Session.commit()
    return [_shown(each) for each in storage.dashboards(municipality)]


def staff(context: Context, data_dict: DataDict) -> AuthResult:
    """Staff of the municipality."""
    municipality = data_dict.get("municipality")
    named = isinstance(municipality, str) and bool(municipality)
    return result(named and may_change(context.get("user"), str(municipality)))


ACTIONS = {
    each.__name__: each
    for each in (
        suedwest_dashboard_list,
        suedwest_dashboard_show,
        suedwest_dashboard_create,
        suedwest_dashboard_update,
        suedwest_dashboard_publish,
        suedwest_dashboard_discard,
        suedwest_dashboard_delete,
        suedwest_dashboard_reorder,
    )
}
AUTH_FUNCTIONS = dict.fromkeys(ACTIONS, staff)


def _names(base: str) -> Any:
    yield base
    yield from (f"{base}-{number}" for number in range(2, 1000))


def _find(data_dict: DataDict) -> storage.Stored:
    municipality, name = tk.get_or_bust(data_dict, ["municipality", "name"])
    found = storage.dashboard(str(municipality), str(name))
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no page with this address."))
    return found


def _version(data_dict: DataDict) -> int:
    try:
        version = int(tk.get_or_bust(data_dict, "version"))
    except (TypeError, ValueError) as error:
        raise _conflict() from error
    # PostgreSQL's integer; a larger one is nobody's version.
    return version if 0 <= version < 2**31 else 0


def _require(*, changed: bool) -> None:
    if not changed:
        model.Session.rollback()
        raise _conflict()


def _committed(data_dict: DataDict) -> dict[str, Any]:
    model.Session.commit()
    return _shown(_find(data_dict))


def _conflict() -> tk.ValidationError:
    return tk.ValidationError(
        {
            "version": [
                tk._(
                    "Somebody else has changed this page in the meantime. Below is the state of "
                    "now; please make your change again."
                )
            ]
        }
    )


def _refused(error: TileRefused) -> tk.ValidationError:
    return tk.ValidationError({error.field: [tk._(error.sentence)]})


def _shown(stored: storage.Stored) -> dict[str, Any]:
    return {
        "municipality": stored.municipality,
        "name": stored.name,
        "title": parse_stored(stored.draft)[0],
        "landing": stored.landing,
        "version": stored.version,
        "draft": stored.draft,
        "published": stored.published,
        "has_changes": stored.has_changes,
        "changed_at": stored.changed_at.isoformat(),
        "published_at": stored.published_at.isoformat() if stored.published_at else None,
    }
