"""How the sources of a municipality do, and what was refused: looked through and read again."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import ckan.plugins.toolkit as tk
from ckan.common import current_user, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from ...domain.freshness import Freshness
from ...domain.time import BERLIN
from ...observations.rights import administered
from .. import formats
from ..titles import named
from .area import administration, staff_context, staff_page
from .source_words import error_sentence, reason_sentence, state_title, type_title
from .station_words import language

_OVERVIEW = "overview"
_QUARANTINE = "quarantine"
# How connectors name what has no name of its own; `line 3 W` is one value of it.
_POSITION = re.compile(r"(?P<word>message|line|row) (?P<number>[0-9]+)(?P<rest>( .*)?)", re.S)
_TROUBLED = ("failing", "silent", "waiting")


@administration.route("")
def start() -> str | Response:
    """The municipalities of the person who asks; with one only, that one."""
    own = administered(current_user.name)
    if len(own) == 1:
        return tk.redirect_to("suedwest_administration.overview", municipality=own[0].name)
    return tk.render("suedwest/administration/start.html", {"municipalities": own})


@administration.route("/<municipality>")
def overview(municipality: str) -> str:
    """Every source: when it delivered, what was refused, which stations went silent."""
    now, lang = datetime.now(UTC), language()
    sources = tk.get_action("suedwest_ingest_status")(
        staff_context(), {"municipality": municipality}
    )
    for number, source in enumerate(sources, 1):
        _describe_source(source, now, lang)
        source["anchor"] = f"source-{number}"
    return staff_page(
        "suedwest/administration/accounting/overview.html",
        municipality,
        _OVERVIEW,
        sources=sorted(sources, key=lambda one: (one["municipality"] is None, one["source_id"])),
        troubled=[one for one in sources if one["state"] in _TROUBLED or one["certificate_words"]],
        quiet=[one for source in sources for one in source["quiet"]],
        stations=sum(source["stations"] for source in sources),
        waiting=sum(source["waiting"] for source in sources),
        time=formats.clock(now, lang, zone=True),
    )


@administration.route("/<municipality>/quarantaene")
def quarantine(municipality: str) -> str:
    """What was refused and waits, by source, reason and day."""
    chosen = {
        name: value
        for name in ("source_id", "reason", "from", "to", "before")
        if (value := request.args.get(name, "").strip())
    }
    errors: dict[str, list[str]] = {}
    asked: dict[str, Any] = {"municipality": municipality} | {
        name: chosen[name] for name in ("source_id", "reason", "before") if name in chosen
    }
    for name, field, days in (("from", "since", 0), ("to", "until", 1)):
        if name in chosen:
            try:
                asked[field] = _midnight(chosen[name], days).isoformat()
            except (ValueError, OverflowError):
                errors[name] = [tk._("This is not a day. Write it like 2026-10-25.")]
    try:
        found = tk.get_action("suedwest_quarantine_list")(staff_context(), asked)
    except tk.ValidationError as error:
        errors |= _sentences(error)
        found = {"records": [], "next": None, "total": 0, "reasons": []}
    now, lang = datetime.now(UTC), language()
    for record in found["records"]:
        _describe_record(record, now, lang)
    every = tk.get_action("suedwest_quarantine_list")(
        staff_context(), {"municipality": municipality, "limit": 1}
    )
    return staff_page(
        "suedwest/administration/accounting/quarantine.html",
        municipality,
        _QUARANTINE,
        found=found,
        chosen=chosen,
        errors=errors,
        source_choices=sorted({one["source_id"] for one in every["reasons"]}),
        reason_choices=_reason_choices(every["reasons"], chosen.get("source_id")),
        next=tk.url_for(
            "suedwest_administration.quarantine",
            municipality=municipality,
            **{**chosen, "before": found["next"]},
        )
        if found["next"]
        else None,
        may_replay=any(one["replayable"] for one in found["records"]),
    )


@administration.route("/<municipality>/quarantaene/<int:record>")
def quarantined(municipality: str, record: int) -> str:
    """One refused record: why, what it says, and the button that has it read again."""
    try:
        found = tk.get_action("suedwest_quarantine_show")(staff_context(), {"id": record})
    except tk.ValidationError:
        # A number larger than any record has.
        raise tk.ObjectNotFound(tk._("There is nothing at this address.")) from None
    _describe_record(found, datetime.now(UTC), language())
    return staff_page(
        "suedwest/administration/accounting/record.html",
        municipality,
        _QUARANTINE,
        record=found,
    )


@administration.route("/<municipality>/quarantaene/erneut", methods=["POST"])
def replay(municipality: str) -> Response:
    """Have the chosen records read again, and say what became of them."""
    ids = request.form.getlist("ids")
    try:
        outcome = tk.get_action("suedwest_quarantine_replay")(staff_context(), {"ids": ids})
    except tk.ValidationError as error:
        tk.h.flash_error(" ".join(sum(_sentences(error).values(), [])))
    else:
        tk.h.flash_notice(_outcome(outcome))
    back = {
        name: value
        for name in ("source_id", "reason", "from", "to")
        if (value := request.form.get(name, ""))
    }
    return tk.redirect_to("suedwest_administration.quarantine", municipality=municipality, **back)


def _describe_source(source: dict[str, Any], now: datetime, lang: str) -> None:
    """Add the words of the page to what the action says of a source."""
    source["title"] = source["source_id"]
    source["type_title"] = type_title(source["type"])
    source["state_title"] = state_title(source["state"])
    source["sign"] = formats.freshness_sign(_SIGNS[source["state"]])
    source["success"] = _ago(source["last_success_at"], now, lang)
    source["attempt"] = _ago(source["last_attempt_at"], now, lang)
    source["error"] = error_sentence(source["last_error"]) if source["last_error"] else None
    source["lag"] = (
        None
        if source["lag_s"] is None
        else formats.hours_words(timedelta(seconds=max(source["lag_s"], 0)), lang)
    )
    source["every"] = formats.hours_words(timedelta(seconds=source["interval_s"]), lang)
    source["certificate_words"] = _certificate_words(source["certificate"], now)
    source["reasons"] = _joined_reasons(source["reasons"])
    for one in source["quiet"]:
        one["title"] = named(one["name"], one["water"])
        state = Freshness(one["freshness"])
        instant = datetime.fromisoformat(one["latest_time"]) if one["latest_time"] else None
        one["words"] = formats.freshness_words(state, instant, now, lang)
        one["sign"] = formats.freshness_sign(state)
        one["source_id"] = source["source_id"]
    for device in source["devices"]:
        device["heard"] = _ago(device["time"], now, lang)
        device["title"] = device["station_name"] or device["device"].partition(":")[2]
        device["battery"] = _battery(device, lang)
        device["signal"] = _measures(device, (("rssi_dbm", "dBm"), ("snr_db", "dB")), lang)
        device["low"] = device["battery_percent"] is not None and device["battery_percent"] < 20


_SIGNS = {
    "paused": Freshness.OUT_OF_SERVICE,
    "failing": Freshness.IMPLAUSIBLE,
    "waiting": Freshness.SILENT,
    "silent": Freshness.SILENT,
    "working": Freshness.LIVE,
}


def _certificate_words(certificate: dict[str, Any] | None, now: datetime) -> str | None:
    """That a client certificate ends soon or has ended; None while nobody has to do anything."""
    if certificate is None or certificate["warning"] is None:
        return None
    if certificate["expires_at"] is None:
        return tk._("The client certificate cannot be read; enter it again.")
    ends = datetime.fromisoformat(certificate["expires_at"])
    day = ends.astimezone(BERLIN).strftime("%d.%m.%Y")
    if not certificate["warning"]:
        return tk._("The client certificate ended on {day}; nothing can be fetched.").format(
            day=day
        )
    return tk.ungettext(
        "The client certificate ends on {day}, in {number} day.",
        "The client certificate ends on {day}, in {number} days.",
        (ends - now).days,
    ).format(day=day, number=(ends - now).days)


def _record_title(record: str) -> str:
    """`Message 1` in the reader's language; a record with a name of its own keeps that."""
    found = _POSITION.fullmatch(record)
    if found is None:
        return record
    words = {
        "message": tk._("Message {number}"),
        "line": tk._("Line {number}"),
        "row": tk._("Row {number}"),
    }
    return words[found["word"]].format(number=found["number"]) + found["rest"]


def _describe_record(record: dict[str, Any], now: datetime, lang: str) -> None:
    record["sentence"] = reason_sentence(record["reason"])
    record["title"] = _record_title(record["record"])
    record["last"] = _ago(record["last_received_at"], now, lang)
    record["first"] = _ago(record["first_received_at"], now, lang)


def _joined_reasons(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reasons that read the same in plain words, as one; the first stands for the filter."""
    joined: dict[str, dict[str, Any]] = {}
    for reason in reasons:
        sentence = reason_sentence(reason["reason"])
        known = joined.setdefault(sentence, {"sentence": sentence, "records": 0, "all": []})
        known["records"] += reason["records"]
        known["all"].append(reason["reason"])
    return sorted(joined.values(), key=lambda one: -one["records"])


def _reason_choices(reasons: list[dict[str, Any]], source_id: str | None) -> list[tuple[str, str]]:
    """The reasons there are, most records first, as choices of the filter."""
    counts: dict[str, int] = {}
    for one in reasons:
        if source_id in (None, one["source_id"]):
            counts[one["reason"]] = counts.get(one["reason"], 0) + one["records"]
    return [
        (reason, f"{reason_sentence(reason)} ({reason})"[:140])
        for reason in sorted(counts, key=lambda reason: (-counts[reason], reason))
    ]


def _outcome(outcome: dict[str, Any]) -> str:
    """What became of the records."""
    replayed, refused = len(outcome["replayed"]), len(outcome["refused"])
    parts = []
    if replayed:
        parts.append(
            tk.ungettext(
                "{number} record was read again: {stored} new values, {unchanged} known.",
                "{number} records were read again: {stored} new values, {unchanged} known.",
                replayed,
            ).format(number=replayed, stored=outcome["stored"], unchanged=outcome["unchanged"])
        )
    if refused:
        parts.append(
            tk.ungettext(
                "{number} record still cannot be used.",
                "{number} records still cannot be used.",
                refused,
            ).format(number=refused)
        )
    if outcome["not_kept"]:
        parts.append(tk._("What was not kept cannot be read again."))
    if not parts:
        parts.append(tk._("Nothing of this waits any more."))
    return " ".join(parts)


def _sentences(error: tk.ValidationError) -> dict[str, list[str]]:
    """What is wrong, as lists of sentences by field."""
    return cast("dict[str, list[str]]", error.error_dict)


def _midnight(day: str, days: int) -> datetime:
    """Begin of a day in Germany, `days` later."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=days), time(), BERLIN)


def _ago(written: str | None, now: datetime, lang: str) -> Markup | None:
    """The age of an instant in words, with the instant itself for machines."""
    if written is None:
        return None
    instant = datetime.fromisoformat(written)
    return Markup('<time datetime="{}">{}</time>').format(
        formats.iso(instant), formats.age_words(instant, now, lang)
    )


def _battery(device: dict[str, Any], lang: str) -> str:
    return _measures(device, (("battery_percent", "%"), ("battery_volts", "V")), lang)


def _measures(device: dict[str, Any], fields: tuple[tuple[str, str], ...], lang: str) -> str:
    """`3,61 V`, `−101 dBm, 7,5 dB`; empty where no report says."""
    said = []
    for name, unit in fields:
        value = device[name]
        if value is not None:
            decimals = {"V": 2, "dB": 1}.get(unit, 0)
            said.append(f"{formats.number(value, lang, decimals)}{formats.NO_BREAK}{unit}")
    return ", ".join(said)
