"""Loads checked files into the portal: organisations, sources, and who shows which station."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.common import config_declaration
from ckan.config.declaration import Key
from sqlalchemy import Connection

from ..domain.errors import SuedwestError
from ..ingest.secrets import seal_again
from ..observations.store_access import write_engine
from ..store.selection import Selection
from ..store.sources import UnknownSource, read_source, register_source, set_selections
from ..store.status import ingest_status
from .contributions import file_pages
from .municipality_file import (
    Configuration,
    MunicipalityFile,
    PlatformFile,
    find_files,
    read_configuration,
)
from .site_user import site_context
from .source_entries import SourceEntry
from .three_way import Merge, merge

REPLAY_URL_VARIABLE = "SUEDWEST_REPLAY_URL"
_IN_SANDBOX = ("pegelonline", "webhook")


class SandboxWithoutReplay(SuedwestError):
    """A sandbox must never ask the real services."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What loading did to one organisation; field names as in its form."""

    name: str
    created: bool = False
    deleted: bool = False
    changed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Its sources that a sandbox does not ask."""

    def __str__(self) -> str:
        if self.deleted:
            return f"{self.name}: was deleted in the portal and stays deleted"
        said = "created" if self.created else "unchanged"
        if self.changed and not self.created:
            said = f"updated {', '.join(self.changed)}"
        if self.kept:
            said += f"; changed in the portal and therefore kept: {', '.join(self.kept)}"
        if self.left_out:
            said += f"; not asked in a sandbox: {', '.join(self.left_out)}"
        return f"{self.name}: {said}"


def load(paths: Iterable[Path]) -> list[Outcome]:
    """Load files and folders; repeating it changes nothing.

    All files are checked before anything is changed. Values that people changed in the portal
    stay as they are.

    Raises:
        FilesRefused: with every fault of every file.
        SandboxWithoutReplay: when this is a sandbox and no replay server is named.
    """
    engine = write_engine()
    registered = {status.source_id for status in ingest_status(engine, datetime.now(UTC))}
    configuration = read_configuration(find_files(paths), known_sources=registered)
    described = _sources_with_owner(configuration)
    left_out = [(source.id, owner) for source, owner in described if not _may_be_asked(source)]
    sources = [
        (source, owner, _address(source)) for source, owner in described if _may_be_asked(source)
    ]
    outcomes = [
        replace(outcome, left_out=tuple(id for id, owner in left_out if owner == outcome.name))
        for outcome in _load_organizations(configuration)
    ]
    present = {outcome.name for outcome in outcomes if not outcome.deleted}
    with engine.begin() as connection:
        for source, owner, (url, options) in sources:
            register_source(
                connection,
                id=source.id,
                type=source.type,
                municipality=owner,
                url=url,
                options=seal_again(options, _options(connection, source.id)),
                interval=source.interval,
                managed_by="file",
            )
        every_source = registered | {source.id for source, _, _ in sources}
        for municipality in configuration.municipalities:
            shown = municipality.stations if municipality.name in present else ()
            for source_id in sorted(every_source):
                chosen = [
                    Selection(entry.selects, entry.value, entry.relation)
                    for entry in shown
                    if entry.source == source_id
                ]
                set_selections(connection, source_id, municipality.name, chosen)
    kept = {
        municipality.name: _load_pages(municipality)
        for municipality in configuration.municipalities
        if municipality.name in present
    }
    return [
        replace(outcome, kept=(*outcome.kept, *kept.get(outcome.name, ()))) for outcome in outcomes
    ]


def _load_pages(municipality: MunicipalityFile) -> list[str]:
    """Load its pages of tiles; what is kept, in words."""
    plugin = file_pages()
    sandbox = tk.config["suedwest.mode"] == "sandbox"
    pages = [page for page in municipality.dashboards if sandbox or not page.get("sandbox")]
    if plugin is None or not pages:
        return []
    return [f"page {name}" for name in plugin.load_pages(municipality.name, pages)]


def _sources_with_owner(
    configuration: Configuration,
) -> list[tuple[SourceEntry, str | None]]:
    shared = configuration.platform.sources if configuration.platform else ()
    owned = [
        (source, municipality.name)
        for municipality in configuration.municipalities
        for source in municipality.sources
    ]
    return [*((source, None) for source in shared), *owned]


def _may_be_asked(source: SourceEntry) -> bool:
    """A sandbox asks its replay server, which speaks as PEGELONLINE, and listens to nobody."""
    sandbox = tk.config["suedwest.mode"] == "sandbox"
    return not sandbox or source.type in _IN_SANDBOX


def _options(connection: Connection, source_id: str) -> dict[str, Any]:
    """The options a source has now; none when it is new."""
    try:
        return read_source(connection, source_id).options
    except UnknownSource:
        return {}


def _address(source: SourceEntry) -> tuple[str, dict[str, Any]]:
    """URL and options to register; in a sandbox those of the replay server."""
    if tk.config["suedwest.mode"] != "sandbox" or source.type == "webhook":
        return source.url, source.options
    replay = os.environ.get(REPLAY_URL_VARIABLE, "").strip()
    if not replay:
        raise SandboxWithoutReplay(
            f"this is a sandbox, but {REPLAY_URL_VARIABLE} does not name its replay server; "
            "start the platform with `./suedwest up`, which sets it"
        )
    return replay, {**source.options, "simulated": True}


def _load_organizations(configuration: Configuration) -> list[Outcome]:
    outcomes: list[Outcome] = []
    if configuration.platform is not None:
        outcomes.append(_load_platform(configuration.platform))
    outcomes += [
        _load_organization(municipality.name, _fields(municipality))
        for municipality in configuration.municipalities
    ]
    return outcomes


def _load_platform(platform: PlatformFile) -> Outcome:
    fields = {
        "title": platform.organization_title,
        "description": platform.organization_description,
    }
    outcome = _load_organization(platform.organization_name, fields)
    current = tk.config["ckan.site_title"]
    untouched = config_declaration[Key().ckan.site_title].default
    if current in ("", untouched) and current != platform.title:
        tk.get_action("config_option_update")(site_context(), {"ckan.site_title": platform.title})
    return outcome


def _load_organization(name: str, wanted: Mapping[str, str]) -> Outcome:
    try:
        shown = tk.get_action("organization_show")(
            site_context(),
            {"id": name, "include_datasets": False, "include_users": False},
        )
    except tk.ObjectNotFound:
        memory = {"loaded_values": json.dumps(wanted, ensure_ascii=False, sort_keys=True)}
        tk.get_action("organization_create")(site_context(), {"name": name, **wanted, **memory})
        return Outcome(name, created=True, changed=tuple(wanted))
    if shown["state"] != "active":
        return Outcome(name, deleted=True)
    merged = _merge(shown, wanted)
    memory_text = json.dumps(merged.written, ensure_ascii=False, sort_keys=True)
    if merged.changes or memory_text != shown.get("loaded_values"):
        tk.get_action("organization_patch")(
            site_context(), {"id": shown["id"], **merged.changes, "loaded_values": memory_text}
        )
    return Outcome(name, changed=tuple(merged.changes), kept=merged.kept)


def _merge(shown: Mapping[str, Any], wanted: Mapping[str, str]) -> Merge:
    current = {field: _text(shown.get(field)) for field in wanted}
    written = json.loads(shown.get("loaded_values") or "{}")
    return merge(current, written, wanted)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _fields(municipality: MunicipalityFile) -> dict[str, str]:
    """The organisation's fields as texts, in the order of its form; empty where unknown."""
    values: dict[str, str | int | float | Sequence[str] | None] = {
        "title": municipality.title,
        "short_title": municipality.short_title,
        "kind": municipality.kind,
        "colour": municipality.colour,
        "website": municipality.website,
        "contact_name": municipality.contact_name,
        "contact_email": municipality.contact_email,
        "programme": municipality.programme,
        "embed_hosts": municipality.embed_hosts,
        "population": municipality.population,
        "area": municipality.area,
        "statistics_date": municipality.statistics_date,
        "statistics_attribution": municipality.statistics_attribution,
        "federal_state": municipality.state,
        "ags": municipality.ags,
        "ars": municipality.ars,
        "nuts3": municipality.nuts3,
        "boundary": json.dumps(municipality.boundary, separators=(",", ":")),
        "boundary_attribution": municipality.boundary_attribution,
    }
    return {
        field: " ".join(value) if isinstance(value, tuple) else _text(value)
        for field, value in values.items()
    }
