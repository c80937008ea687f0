"""Staff add, try out, change, pause and delete the sources of their municipality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict
from sqlalchemy import Connection

from ...ingest.secrets import TOKEN_OPTION, make_token
from ...ingest.source_check import POSTED_TYPES, Wanted
from ...store.managed_sources import (
    ManagedSource,
    delete_source,
    is_taken,
    managed_source,
    managed_sources,
)
from ...store.selection import Selection
from ...store.slug import slugify
from ...store.sources import register_source, selections, set_enabled, set_selections
from ..rights import store_name
from ..store_access import write_engine
from .source_fields import check, municipality_of, read_selections, read_wanted, sealed, told

__all__ = [
    "suedwest_source_create",
    "suedwest_source_delete",
    "suedwest_source_list",
    "suedwest_source_pause",
    "suedwest_source_resume",
    "suedwest_source_show",
    "suedwest_source_update",
]


@tk.side_effect_free
def suedwest_source_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The sources of a municipality, sorted by id, each as `suedwest_source_show` tells it.

    :param municipality: name of the organisation
    :type municipality: string
    """
    tk.check_access("suedwest_source_list", context, data_dict)
    municipality = municipality_of(data_dict)
    found = managed_sources(write_engine(), store_name(municipality))
    return [told(source, context) for source in found]


@tk.side_effect_free
def suedwest_source_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One source; of its secrets only which there are.

    :param id: of the source
    :type id: string

    `interval` is in minutes. `editable`: whoever asks may change it. `managed_by`: `file`, until
    somebody changes it here. `webhook_url`: where messages are posted to.
    """
    source = _asked("suedwest_source_show", context, data_dict)
    shown = told(source, context)
    if source.type in ("lhp", "pegelonline"):
        own = [
            {row.selects: row.value, "relation": row.relation}
            for row in selections(write_engine(), source.id)
            if row.municipality == source.municipality
        ]
        shown["stations"] = own
    return shown


def suedwest_source_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Register a source.

    :param municipality: name of the organisation that owns it
    :type municipality: string
    :param title: what people call it
    :type title: string
    :param id: lower-case letters, digits and hyphens (optional, made of municipality and title)
    :type id: string
    :param type: `webhook`, `mqtt`, `http`, `mobilithek`, `mobilithek-push`, `sensorthings` or
        `lhp`; operators: `pegelonline`
    :type type: string
    :param url: what is polled or listened to; not for `webhook` and `mobilithek-push`
    :type url: string
    :param interval: minutes between two values (optional, default 15)
    :type interval: integer
    :param options: those of the type and of the connector, with `devices`, `operator`, `licence`;
        `password`, `client_key` and `header_value` are sealed and never given back
    :type options: dictionary
    :param stations: of `lhp`, what is shown: `[{"id": …}, {"water": …}]` (optional)
    :type stations: list of dictionaries
    :param paused: true registers it without starting it (optional)
    :type paused: boolean

    The answer to what is posted holds its `token`, this once.
    """
    tk.check_access("suedwest_source_create", context, data_dict)
    owner = store_name(municipality_of(data_dict))
    title = data_dict.get("title")
    proposed = slugify(f"{owner or 'platform'} {title}")[:99].strip("-")
    id_given = data_dict.get("id") not in (None, "")
    data = {"interval": 15, **data_dict, "id": data_dict["id"] if id_given else proposed}
    wanted = read_wanted(data, None, context)
    chosen = read_selections(data)
    check(wanted)
    token, options = _with_token(wanted, renew=True)
    with write_engine().begin() as conn:
        if is_taken(conn, wanted.id):
            sentence = tk._("There is or was a source of this name. Choose another one.")
            raise tk.ValidationError({"id" if id_given else "title": [sentence]})
        _save(conn, replace(wanted, options=options), owner, chosen)
        if tk.asbool(data_dict.get("paused") or False):
            set_enabled(conn, wanted.id, False)
    return _answer(wanted.id, context, token)


def suedwest_source_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change a source; from then on no file changes it.

    :param id: of the source
    :type id: string
    :param renew_token: true gives a webhook a new token; the old one ends (optional)
    :type renew_token: boolean

    `title`, `url`, `interval`, `options` and `stations` as for `suedwest_source_create`; what is
    not given stays. `options` replaces all options but the secrets: one that is absent or blank
    stays, null takes it away. When the address changes, its secrets have to be entered again.
    """
    source = _asked("suedwest_source_update", context, data_dict)
    wanted = read_wanted(data_dict, source, context)
    chosen = read_selections(data_dict)
    check(wanted)
    renew = tk.asbool(data_dict.get("renew_token") or False)
    token, options = _with_token(wanted, renew=renew)
    with write_engine().begin() as conn:
        _save(conn, replace(wanted, options=options), source.municipality, chosen)
    return _answer(source.id, context, token)


def suedwest_source_pause(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Stop a source at once; it stays registered, and its values stay.

    :param id: of the source
    :type id: string
    """
    source = _asked("suedwest_source_pause", context, data_dict)
    return _switch(source, False, context)


def suedwest_source_resume(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Start a source, or start it again.

    :param id: of the source
    :type id: string
    """
    source = _asked("suedwest_source_resume", context, data_dict)
    return _switch(source, True, context)


def suedwest_source_delete(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """End a source for good. Its stations and all their values stay and are marked as ended.

    :param id: of the source
    :type id: string
    """
    source = _asked("suedwest_source_delete", context, data_dict)
    with write_engine().begin() as conn:
        delete_source(conn, source.id, datetime.now(UTC))
    return {"id": source.id}


def _asked(action: str, context: Context, data_dict: DataDict) -> ManagedSource:
    tk.check_access(action, context, data_dict)
    source = managed_source(write_engine(), tk.get_or_bust(data_dict, "id"))
    if source is None:
        raise tk.ObjectNotFound(tk._("There is no such source."))
    return source


def _switch(source: ManagedSource, enabled: bool, context: Context) -> dict[str, Any]:
    with write_engine().begin() as conn:
        set_enabled(conn, source.id, enabled)
    return _answer(source.id, context, None)


def _with_token(wanted: Wanted, *, renew: bool) -> tuple[str | None, Mapping[str, Any]]:
    options = sealed(wanted.options)
    if wanted.type not in POSTED_TYPES or not renew:
        return None, options
    token, kept = make_token()
    return token, {**options, TOKEN_OPTION: kept}


def _save(
    conn: Connection,
    wanted: Wanted,
    owner: str | None,
    chosen: list[Selection] | None,
) -> None:
    register_source(
        conn,
        id=wanted.id,
        type=wanted.type,
        municipality=owner,
        url=wanted.url,
        options=wanted.options,
        interval=wanted.interval,
        managed_by="portal",
    )
    if chosen is not None and owner is not None:
        set_selections(conn, wanted.id, owner, chosen)


def _answer(source_id: str, context: Context, token: str | None) -> dict[str, Any]:
    source = cast("ManagedSource", managed_source(write_engine(), source_id))
    return {**told(source, context), **({"token": token} if token else {})}
