"""The sources of a municipality: how each stands, trying it out, starting and ending it."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.common import request, session
from werkzeug.wrappers import Response

from .area import administration, staff_context, staff_page
from .gauge_form import errors_by_field
from .source_words import error_sentence, reason_sentence
from .station_words import amount, language, moment, property_title

TAB = "sources"
_BASE = "/<municipality>/quellen"
_ONE = f"{_BASE}/<source>"
_TOKEN = "suedwest_new_token"  # noqa: S105 - the name under which a session keeps one


@administration.route(_BASE)
def sources(municipality: str) -> str:
    """All sources of the municipality."""
    found = tk.get_action("suedwest_source_list")(staff_context(), {"municipality": municipality})
    return staff_page(
        "suedwest/administration/sources/list.html",
        municipality,
        TAB,
        sources=[_with_words(each) for each in found],
    )


@administration.route(_ONE)
def source(municipality: str, source: str) -> str:
    """One source: what it is, how it does, its devices; a new token is shown this once."""
    found = find_source(municipality, source)
    return source_page("show", municipality, found, token=_take_token(source))


@administration.route(f"{_ONE}/probelauf", methods=["GET", "POST"])
def source_trial(municipality: str, source: str) -> str:
    """What the source would store."""
    found = find_source(municipality, source, change=True)
    data: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    trial: dict[str, Any] | None = None
    if request.method == "POST":
        data = {name: request.form.get(name, "") for name in ("payload", "topic")}
        try:
            trial = tk.get_action("suedwest_source_trial")(staff_context(), {"id": source, **data})
        except tk.ValidationError as error:
            errors = errors_by_field(error.error_dict)
    return source_page(
        "trial",
        municipality,
        found,
        data=data,
        errors=errors,
        trial=trial and _trial_words(trial),
    )


@administration.route(f"{_ONE}/freigeben", methods=["POST"])
def source_resume(municipality: str, source: str) -> Response:
    """Start the source."""
    _act("resume", municipality, source)
    tk.h.flash_success(tk._("The source runs."))
    return to_source(municipality, source)


@administration.route(f"{_ONE}/anhalten", methods=["POST"])
def source_pause(municipality: str, source: str) -> Response:
    """Stop the source."""
    _act("pause", municipality, source)
    tk.h.flash_success(tk._("The source is paused. All values stay."))
    return to_source(municipality, source)


@administration.route(f"{_ONE}/schluessel", methods=["POST"])
def source_token(municipality: str, source: str) -> Response:
    """Give a webhook a new token."""
    changed = _act("update", municipality, source, renew_token=True)
    keep_token(changed)
    return to_source(municipality, source)


@administration.route(f"{_ONE}/loeschen", methods=["GET", "POST"])
def source_delete(municipality: str, source: str) -> str | Response:
    """Ask whether the source is to end, and end it."""
    found = find_source(municipality, source, change=True)
    if request.method == "GET":
        return source_page("delete", municipality, found)
    _act("delete", municipality, source)
    tk.h.flash_success(tk._("The source was deleted. Its stations and their values stay."))
    return tk.redirect_to("suedwest_administration.sources", municipality=municipality)


def find_source(municipality: str, source_id: str, *, change: bool = False) -> dict[str, Any]:
    """A source of this municipality; with `change`, one that whoever asks may change.

    Raises:
        ObjectNotFound: it belongs to another one.
        NotAuthorized: there is none, or it is not theirs.
    """
    found = tk.get_action("suedwest_source_show")(staff_context(), {"id": source_id})
    if found["municipality"] != municipality:
        raise tk.ObjectNotFound(tk._("There is no such source."))
    if change and not found["editable"]:
        raise tk.NotAuthorized(tk._("Only the operators of the platform may change this source."))
    return found


def source_page(template: str, municipality: str, source: dict[str, Any], **values: Any) -> str:
    """A page about one source."""
    return staff_page(
        f"suedwest/administration/sources/{template}.html",
        municipality,
        TAB,
        source=_with_words(source),
        **values,
    )


def to_source(municipality: str, source_id: str) -> Response:
    """Lead to the page of a source."""
    return tk.redirect_to(
        "suedwest_administration.source", municipality=municipality, source=source_id
    )


def keep_token(answer: dict[str, Any]) -> None:
    """Keep the token of an action's answer until the next page of this session shows it.

    A session lives with the portal; its cookie holds nothing but its number.
    """
    if answer.get("token"):
        session[_TOKEN] = {"source": answer["id"], "token": answer["token"]}


def _take_token(source_id: str) -> str | None:
    kept = session.get(_TOKEN)
    if not kept or kept.get("source") != source_id:
        return None
    del session[_TOKEN]
    return kept["token"]


def _act(action: str, municipality: str, source_id: str, **data: Any) -> dict[str, Any]:
    find_source(municipality, source_id)
    return tk.get_action(f"suedwest_source_{action}")(staff_context(), {"id": source_id, **data})


def type_title(source_type: str) -> str:
    """What a type of source is called; a foreign one by its own name."""
    titles = {
        "webhook": tk._("Webhook: a network server posts to the portal"),
        "mqtt": tk._("MQTT: the portal listens to a broker"),
        "http": tk._("Web address that is asked regularly (JSON or CSV)"),
        "mobilithek": tk._("Mobilithek: the portal pulls a subscription"),
        "mobilithek-push": tk._("Mobilithek: packets are pushed to the portal"),
        "sensorthings": tk._("SensorThings server (such as FROST)"),
        "gtfs": tk._("Public transport: a timetable (GTFS)"),
        "gtfs-realtime": tk._("Public transport: delays and cancellations (GTFS-RT)"),
        "lhp": tk._("Flood portal of the Länder (classes)"),
        "pegelonline": "PEGELONLINE",
    }
    return titles.get(source_type, source_type)


def _with_words(source: dict[str, Any]) -> dict[str, Any]:
    devices = source["options"].get("devices") or {}
    return {
        **source,
        "type_title": type_title(source["type"]),
        "last_success": moment(source["last_success"], language()),
        "error_sentence": error_sentence(source["last_error"]) if source["last_error"] else None,
        "devices": sorted(devices.items(), key=lambda item: str(item[1].get("name")).casefold()),
        "operator": (source["options"].get("operator") or {}).get("name"),
        "licence": (source["options"].get("licence") or {}).get("title"),
    }


def _trial_words(trial: dict[str, Any]) -> dict[str, Any]:
    lang = language()
    names = {each["key"]: each["name"] for each in trial["stations"]}
    values = [
        {
            **each,
            "station": names.get(each["station"], each["station"]),
            "title": property_title(each["observed_property"]),
            "value": amount(each["result"], each["unit"], lang),
            "time": moment(each["phenomenon_time"], lang),
        }
        for each in trial["observations"]
    ]
    refusals = [{**each, "sentence": reason_sentence(each["reason"])} for each in trial["refusals"]]
    return {**trial, "observations": values, "refusals": refusals}
