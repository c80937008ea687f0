"""What somebody sends of a source, as the source they want; and a source as it may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import ckan.authz as authz
import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

from ...ingest.secrets import (
    SEALED,
    SECRET_OPTIONS,
    TOKEN_OPTION,
    SecretUnreadable,
    seal_options,
    without_secrets,
)
from ...ingest.source_check import NOT_FOR_ALL, OPERATORS_OPTIONS, POSTED_TYPES, Wanted, faults
from ...store.managed_sources import ManagedSource
from ...store.selection import Selection
from ...store.text import NAME_LENGTH
from ..rights import PLATFORM_ORGANIZATION, may_change
from .fields import Fields

TOKEN_PLACE = "TOKEN"  # noqa: S105 - where it stands in an address that is shown
MOST_DEVICES = 1_000
"""Devices of one source; more belong into several."""


def municipality_of(data_dict: DataDict) -> str:
    """The organisation a request is about.

    Raises:
        ValidationError: it names none.
    """
    municipality = tk.get_or_bust(data_dict, "municipality")
    if not isinstance(municipality, str):
        raise tk.ValidationError({"municipality": [tk._("This is not a text.")]})
    return municipality


def read_wanted(data: DataDict, known: ManagedSource | None, context: Context) -> Wanted:
    """The source somebody wants, over the one that is `known`; its secrets may be in plain text.

    Raises:
        ValidationError: what was sent has another form, or is not theirs to say.
    """
    fields = Fields(data)
    operator = authz.is_sysadmin(context.get("user"))
    title = fields.text("title", most=NAME_LENGTH, required=known is None)
    kind = known.type if known else fields.text("type", most=NAME_LENGTH)
    url = fields.text("url", most=2_000, required=False)
    if known and "url" not in data:
        url = known.url
    minutes = fields.number("interval", required=False)
    interval = known.interval if known else timedelta(minutes=15)
    if minutes is not None:
        # What no interval can be is told with all other faults.
        interval = timedelta(minutes=min(max(minutes, 0), 10_000))
    old = known.options if known else {}
    options = _read_options(fields, data, old)
    if title:
        options["title"] = title
    elif old.get("title"):
        options.setdefault("title", old["title"])
    if kind in POSTED_TYPES:
        url = ""
    _keep_secrets(fields, options, old, moved=known is not None and _moved(known.url, url))
    if not operator:
        for name in OPERATORS_OPTIONS:
            if options.get(name, False) != old.get(name, False):
                fields.refuse(name, tk._("Only the operators of the platform may set this."))
        if known and old.get("trusted_address") and _moved(known.url, url):
            fields.refuse(
                "url", tk._("Only the operators of the platform may change this address.")
            )
        if kind in NOT_FOR_ALL and known is None:
            fields.refuse("type", tk._("Only the operators of the platform may set this."))
    fields.check()
    trusted = any(options.get(name) is True for name in OPERATORS_OPTIONS)
    source_id = known.id if known else str(data.get("id", ""))
    return Wanted(source_id, kind, url, options, interval, trusted=trusted)


def check(wanted: Wanted) -> None:
    """Raise what is wrong with a source, field by field.

    Raises:
        ValidationError: with lists of sentences by field.
    """
    errors: dict[str, Any] = {}
    for fault in faults(wanted):
        sentence = tk._(fault.sentence).format(**fault.values)
        said = errors.setdefault(fault.field, [])
        if sentence not in said:
            said.append(sentence)
    if len(wanted.options.get("devices") or {}) > MOST_DEVICES:
        sentence = tk._("At most {number} devices, please; more belong into several sources.")
        errors.setdefault("devices", []).append(sentence.format(number=MOST_DEVICES))
    if errors:
        raise tk.ValidationError(errors)


def sealed(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with their secrets sealed.

    Raises:
        ValidationError: this installation has no key to seal them with.
    """
    try:
        return seal_options(options)
    except SecretUnreadable:
        sentence = tk._("The operators of the platform have to set up a key for secrets first.")
        named = [name for name in SECRET_OPTIONS if options.get(name)]
        raise tk.ValidationError({name: [sentence] for name in named}) from None


def told(source: ManagedSource, context: Context) -> dict[str, Any]:
    """A source as its staff may see it; of secrets only which there are."""
    shown = {
        "id": source.id,
        "title": source.options.get("title") or source.id,
        "type": source.type,
        "municipality": source.municipality or PLATFORM_ORGANIZATION,
        "url": source.url,
        "interval": source.interval.total_seconds() / 60,
        "options": without_secrets(source.options),
        "secrets": [name for name in SECRET_OPTIONS if source.options.get(name)],
        "paused": not source.enabled,
        "managed_by": source.managed_by,
        "editable": may_change(context.get("user"), source.municipality),
        "last_attempt": source.last_attempt_at and source.last_attempt_at.isoformat(),
        "last_success": source.last_success_at and source.last_success_at.isoformat(),
        "last_error": source.last_error,
    }
    if source.type in POSTED_TYPES:
        view = "receive" if source.type == "webhook" else "receive_packet"
        # The Mobilithek sends no header of ours: its token stands at the end of the address.
        token = {} if source.type == "webhook" else {"key": TOKEN_PLACE}
        shown["webhook_url"] = tk.url_for(
            f"suedwest_webhook.{view}",
            source_id=source.id,
            qualified=True,
            locale="default",
            **token,
        )
        shown["has_token"] = bool(source.options.get(TOKEN_OPTION))
    return shown


def read_selections(data: DataDict) -> list[Selection] | None:
    """What a municipality picks of a source that lists stations; None when nothing is said.

    Raises:
        ValidationError: an entry is no object with `id` or `water`.
    """
    listed = data.get("stations")
    if listed is None:
        return None
    chosen: list[Selection] = []
    for written in listed if isinstance(listed, list) else [None]:
        entry = written if isinstance(written, dict) else {}
        named = [key for key in ("id", "water") if entry.get(key)]
        relation = entry.get("relation", "near")
        if len(named) != 1 or relation not in ("inside", "near"):
            sentence = tk._("Choose each station by its id or by its water.")
            raise tk.ValidationError({"stations": [sentence]})
        value = str(entry[named[0]]).strip()
        chosen.append(Selection("id" if named[0] == "id" else "water", value, relation))
    return chosen


def _read_options(fields: Fields, data: DataDict, old: Mapping[str, Any]) -> dict[str, Any]:
    given = data.get("options")
    if given is None:
        return dict(old)
    if not isinstance(given, Mapping):
        fields.refuse("options", tk._("This is not an object."))
        return dict(old)
    options = {str(name): value for name, value in given.items() if value not in (None, "")}
    options.pop(TOKEN_OPTION, None)
    if TOKEN_OPTION in old:
        options[TOKEN_OPTION] = old[TOKEN_OPTION]
    for name in SECRET_OPTIONS:
        taken_away = name in given and given[name] is None
        if name not in options and name in old and not taken_away:
            options[name] = old[name]
    return options


def _keep_secrets(
    fields: Fields, options: dict[str, Any], old: Mapping[str, Any], *, moved: bool
) -> None:
    """A secret is entered anew for a new address: else its staff could have it sent to anywhere."""
    for name in SECRET_OPTIONS:
        value = options.get(name)
        if value is None:
            continue
        if value == old.get(name):
            if moved:
                fields.refuse(
                    name, tk._("The address has changed, so this has to be entered again.")
                )
        elif not isinstance(value, str) or value.startswith(SEALED):
            fields.refuse(name, tk._("This is not a text."))


def _moved(before: str, after: str) -> bool:
    try:
        old, new = urlsplit(before), urlsplit(after)
        return (old.scheme, old.hostname, old.port) != (new.scheme, new.hostname, new.port)
    except ValueError:
        return True
