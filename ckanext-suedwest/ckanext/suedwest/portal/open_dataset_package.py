"""Writes the datasets of the open live data into the catalogue, repeatably."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from sqlalchemy import Engine

from ..observations.rights import PLATFORM_ORGANIZATION
from ..store.events import read_publishers
from ..store.query import stations
from ..store.responsibility import owners
from . import open_datasets, open_events
from .open_datasets import Offer
from .open_events import EventOffer
from .organizations import profiles
from .site_user import site_context
from .three_way import merge

_VANISHED = "Zurzeit zeigt die Kommune keine dieser Messstellen; was gemessen wurde, bleibt."

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Published:
    """What one round did; `failed` maps a dataset's name to the reason."""

    seen: int = 0
    changed: int = 0
    failed: dict[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        said = f"{self.seen} live datasets, {self.changed} changed, {len(self.failed)} failed"
        return "\n".join([said, *(f"  {name}: {why}" for name, why in self.failed.items())])


def publish(engine: Engine) -> Published:
    """Bring all datasets of the open live data in step with the store; `engine` is its owner's.

    One whose stations are shown no longer stays and says so. What fails is logged and counted.
    """
    done = Published()
    municipalities = profiles()
    wanted: list[Offer | EventOffer] = [
        *open_datasets.offers(stations(engine), owners(engine), municipalities),
        *open_events.offers(read_publishers(engine), municipalities),
    ]
    for offer in wanted:
        _attempt(done, _texts(offer).name(offer), lambda offer=offer: _write(offer))
    for package_id in _known() - {open_datasets.package_id(offer.key) for offer in wanted}:
        _attempt(done, package_id, lambda id_=package_id: _note_vanished(id_))
    return done


def _texts(offer: Offer | EventOffer) -> Any:
    """The module that says what the dataset of an offer says."""
    return open_events if isinstance(offer, EventOffer) else open_datasets


def _attempt(done: Published, name: str, work: Any) -> None:
    done.seen += 1
    try:
        done.changed += work()
    except Exception as error:  # one dataset's fault, whatever it is, must not stop the others
        log.exception("The dataset %s could not be brought into the catalogue", name)
        done.failed[name] = (str(error).splitlines() or [type(error).__name__])[0]
        model.Session.rollback()
    finally:
        model.Session.remove()


def _write(offer: Offer | EventOffer) -> bool:
    identifier = open_datasets.package_id(offer.key)
    package = model.Package.get(identifier)
    if package is not None and package.state != model.State.ACTIVE:
        return False
    shown = None
    if package is not None:
        shown = tk.get_action("package_show")(site_context(), {"id": identifier})
    wanted = _package(offer, shown)
    if shown is None:
        tk.get_action("package_create")(site_context(), {"id": identifier, **wanted})
        return True
    if not _differs(wanted, shown):
        return False
    # CKAN takes either `tags` or `tag_string`.
    kept = {
        name: value for name, value in shown.items() if name != "tags" or "tag_string" not in wanted
    }
    tk.get_action("package_update")(site_context(), {**kept, **wanted})
    return True


def _package(offer: Offer | EventOffer, shown: Mapping[str, Any] | None) -> dict[str, Any]:
    current = dict(shown or {})
    current["tag_string"] = ", ".join(sorted(tag["name"] for tag in current.get("tags", [])))
    memory: dict[str, Any] = json.loads(current.get("written_values") or "{}")
    edited = merge(
        {name: current.get(name) or "" for name in open_datasets.EDITED_FIELDS},
        {name: value for name, value in memory.items() if name in open_datasets.EDITED_FIELDS},
        _texts(offer).edited_values(offer),
    )
    listed, given = _resources(offer, current.get("resources", []), memory.get("resources", []))
    remembered = {**edited.written, "resources": given}
    return {
        **_texts(offer).written_values(offer),
        **edited.changes,
        "owner_org": _organization(offer),
        "private": False,
        "resources": listed,
        "written_values": json.dumps(remembered, ensure_ascii=False, sort_keys=True),
    }


def _resources(
    offer: Offer | EventOffer, listed: list[dict[str, Any]], given: list[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Ours first, then what editors added; one that an editor deleted does not come back."""
    site_url = tk.config["ckan.site_url"].rstrip("/") + _root_path()
    ours = _texts(offer).resources(offer, site_url=site_url)
    present = {each["id"]: each for each in listed}
    ids = [each["id"] for each in ours]
    kept = [
        {**present.get(each["id"], {}), **each}
        for each in ours
        if each["id"] in present or each["id"] not in given
    ]
    return kept + [each for each in listed if each["id"] not in ids], ids


def _organization(offer: Offer | EventOffer) -> str:
    """The organisation that publishes; the platform for what others publish."""
    name = offer.municipality.name if offer.own else PLATFORM_ORGANIZATION
    group = model.Group.get(name)
    if group is None:
        raise tk.ObjectNotFound(f"There is no organisation {name}.")
    return group.id


def _known() -> set[str]:
    """Ids of the datasets of live data that are in the catalogue."""
    found = model.Session.query(model.Package.id, model.Package.extras["live_key"].astext).filter(
        model.Package.extras.has_key("live_key"),  # noqa: W601
        model.Package.state == model.State.ACTIVE,
    )
    return {identifier for identifier, key in found if identifier == open_datasets.package_id(key)}


def _note_vanished(package_id: str) -> bool:
    shown = tk.get_action("package_show")(site_context(), {"id": package_id})
    if shown.get("service_note") == _VANISHED:
        return False
    tk.get_action("package_update")(site_context(), {**shown, "service_note": _VANISHED})
    return True


def _differs(wanted: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    for name, value in wanted.items():
        if name == "resources":
            if len(value) != len(shown["resources"]):
                return True
            pairs = zip(value, shown["resources"], strict=True)
            if any(_differs(new, {"resources": [], **old}) for new, old in pairs):
                return True
        elif name == "tag_string" or (value or "") != (shown.get(name) or ""):
            return True
    return False


def _root_path() -> str:
    return (tk.config.get("ckan.root_path") or "").replace("/{{LANG}}", "").rstrip("/")
