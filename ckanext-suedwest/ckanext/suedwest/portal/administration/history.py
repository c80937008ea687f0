"""History from a file, in three steps: choose it, look at what it holds, store it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

import ckan.plugins.toolkit as tk
from ckan.common import current_user, request
from werkzeug.wrappers import Response

from ...connectors.sensing.csv_guess import TIME_FORMATS, Guess, guess
from ...domain.errors import PayloadRefused
from ...ingest.history import LARGEST_FILE
from ...observations.logic.history import DECIMALS, ENCODINGS, SEPARATORS, ZONES, suggestion
from ...observations.refusal_words import refusal_sentence
from .. import formats
from .area import administration, staff_context, staff_page
from .history_words import (
    column_choices,
    decimal_title,
    doubt_title,
    encoding_title,
    separator_title,
    time_format_title,
    zone_title,
)
from .station_words import amount, language, property_title, short_moment
from .uploaded_file import UploadedFile, find, forget, keep

_TAB = "history"
_LAYOUT = (
    *("unit", "time_zone", "encoding", "separator", "decimal", "header", "skip_lines"),
    *("time_column", "time_format", "value_column", "where_column", "where_text"),
)


@administration.route("/<municipality>/einspielen", methods=["GET", "POST"])
def history(municipality: str) -> str | Response:
    """Choose a datastream and a file."""
    streams = _streams(municipality)
    errors: dict[str, list[str]] = {}
    data = {"resource_id": request.values.get("resource_id", "")}
    if request.method == "POST":
        upload = request.files.get("upload")
        content = upload.stream.read(LARGEST_FILE + 1) if upload else b""
        if data["resource_id"] not in {each["resource_id"] for each in streams}:
            errors["resource_id"] = [tk._("Choose what the values are of.")]
        if not content:
            errors["upload"] = [tk._("Choose a file.")]
        elif len(content) > LARGEST_FILE:
            megabytes = LARGEST_FILE // 1_000_000
            errors["upload"] = [refusal_sentence(f"the file is larger than {megabytes} MB")]
        else:
            try:
                guess(content)
            except PayloadRefused as error:
                errors["upload"] = [refusal_sentence(str(error))]
        if not errors and upload:
            file = UploadedFile(upload.filename or "CSV", data["resource_id"], content)
            return tk.redirect_to(
                "suedwest_administration.history_file",
                municipality=municipality,
                token=keep(current_user.id, municipality, file),
            )
    return staff_page(
        "suedwest/administration/history/choose.html",
        municipality,
        _TAB,
        streams=[(each["resource_id"], each["title"]) for each in streams],
        data=data,
        errors=errors,
    )


@administration.route("/<municipality>/einspielen/<token>")
def history_file(municipality: str, token: str) -> str | Response:
    """What the file holds; once unit and time zone are said, what storing it would do."""
    file = find(current_user.id, municipality, token)
    if file is None:
        return _gone(municipality)
    return _look(municipality, token, file, _asked(), asked="unit" in request.args, errors={})


@administration.route("/<municipality>/einspielen/<token>", methods=["POST"])
def history_import(municipality: str, token: str) -> str | Response:
    """Store the file as the trial understood it."""
    file = find(current_user.id, municipality, token)
    if file is None:
        return _gone(municipality)
    asked = _asked()
    try:
        done = tk.get_action("suedwest_history_import")(
            staff_context(),
            {
                **asked,
                "resource_id": file.resource_id,
                "upload": file.as_upload(),
                "replaces": request.form.get("replaces", ""),
            },
        )
    except tk.ValidationError as error:
        return _look(municipality, token, file, asked, asked=False, errors=_sentences(error))
    forget(current_user.id)
    lang = language()
    tk.h.flash_success(
        tk._(
            "{name} was brought in. New values: {stored}; known before: {unchanged}; "
            "corrected: {corrected}; lines not used: {refused}."
        ).format(
            name=file.name,
            stored=formats.number(done["stored"], lang),
            unchanged=formats.number(done["unchanged"], lang),
            corrected=formats.number(done["corrected"], lang),
            refused=formats.number(done["quarantined"], lang),
        )
    )
    return tk.redirect_to("suedwest_administration.history", municipality=municipality)


def _streams(municipality: str) -> list[dict[str, Any]]:
    found = tk.get_action("suedwest_history_list")(staff_context(), {"municipality": municipality})
    for each in found:
        what = property_title(each["observed_property"])
        each["title"] = f"{each['station']}: {what} ({each['datastream']})"
    return found


def _look(
    municipality: str,
    token: str,
    file: UploadedFile,
    data: dict[str, Any],
    *,
    asked: bool,
    errors: dict[str, list[str]],
) -> str | Response:
    """The page of a file; with `asked` the trial as well."""
    stream = next(
        (each for each in _streams(municipality) if each["resource_id"] == file.resource_id), None
    )
    if stream is None:
        return _gone(municipality)
    found = guess(file.content)
    trial = None
    if asked:
        try:
            trial = tk.get_action("suedwest_history_trial")(
                staff_context(),
                {**data, "resource_id": file.resource_id, "upload": file.as_upload()},
            )
        except tk.ValidationError as error:
            errors = _sentences(error)
    return staff_page(
        "suedwest/administration/history/file.html",
        municipality,
        _TAB,
        token=token,
        name=file.name,
        stream=stream,
        data={**suggestion(found), **data},
        sent=data,
        errors=errors,
        sample=found.sample,
        times_told=found.zone_told,
        choices=_choices(found, stream),
        trial=trial and _words(trial, language()),
    )


def _asked() -> dict[str, Any]:
    """The fields of the layout as they were sent; an unticked box says nothing by itself."""
    sent = {name: request.values.get(name, "").strip() for name in _LAYOUT}
    if "unit" in request.values:
        sent["header"] = "true" if sent["header"] else "false"
    return {name: value for name, value in sent.items() if value}


def _choices(found: Guess, stream: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    please = ("", tk._("Please choose"))
    columns = column_choices(found)
    pairs = [
        (f"{index},{index + 1}", f"{first} + {second}")
        for index, ((_, first), (_, second)) in enumerate(
            zip(columns, columns[1:], strict=False), 1
        )
    ]
    names = found.columns if found.header else tuple(str(place) for place, _ in columns)
    unknown = found.time_format is None
    return {
        "unit": [please, *((unit, unit) for unit in stream["units"])],
        "time_zone": [please, *((zone, zone_title(zone)) for zone in ZONES)],
        "encoding": [(name, encoding_title(name)) for name in ENCODINGS],
        "separator": [(name, separator_title(name)) for name in SEPARATORS],
        "decimal": [(name, decimal_title(name)) for name in DECIMALS],
        "time_format": [
            *([please] if unknown else []),
            *((form, time_format_title(form)) for form in TIME_FORMATS),
        ],
        "time_column": [*([] if found.time_columns else [please]), *columns, *pairs],
        "value_column": [*([] if found.value_column else [please]), *columns],
        "where_column": [
            ("", tk._("All lines")),
            *((name, title) for name, (_, title) in zip(names, columns, strict=True)),
        ],
    }


def _words(trial: dict[str, Any], lang: str) -> dict[str, Any]:
    """What the trial found, as the page writes it."""

    def moment(written: str) -> str:
        return short_moment(datetime.fromisoformat(written), lang)

    def lines(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                "line": row["line"],
                "time": moment(row["time"]),
                "value": amount(row["result"], trial["unit"], lang),
                "held": None if row["held"] is None else amount(row["held"], trial["unit"], lang),
                "doubts": [doubt_title(word) for word in row["doubts"]],
            }
            for row in rows
        ]

    counts = ("rows", "new", "unchanged", "differing", "without_value", "refused", "doubted")
    return {
        **{name: formats.number(trial[name], lang) for name in counts},
        "some": {name: bool(trial[name]) for name in counts},
        "usable": trial["new"] + trial["unchanged"] + trial["differing"],
        "first": trial["first"] and moment(trial["first"]),
        "last": trial["last"] and moment(trial["last"]),
        "minimum": trial["first"] and amount(trial["minimum"], trial["unit"], lang),
        "maximum": trial["first"] and amount(trial["maximum"], trial["unit"], lang),
        "gap_count": formats.number(trial["gap_count"], lang),
        "gap_limit": formats.hours_words(timedelta(seconds=trial["gap_limit"]), lang),
        "gaps": [(moment(start), moment(end)) for start, end in trial["gaps"]],
        "reasons": [
            (sentence, formats.number(count, lang)) for sentence, count in trial["reasons"].items()
        ],
        "refusals": trial["refusals"],
        "doubts": [
            (doubt_title(word), formats.number(count, lang))
            for word, count in trial["doubts"].items()
        ],
        "shown": lines(trial["shown"]),
        "shown_differing": lines(trial["shown_differing"]),
        "shown_doubted": lines(trial["shown_doubted"]),
    }


def _gone(municipality: str) -> Response:
    tk.h.flash_error(
        tk._("This file is not here any more: it is kept for an hour. Please choose it again.")
    )
    return tk.redirect_to("suedwest_administration.history", municipality=municipality)


def _sentences(error: tk.ValidationError) -> dict[str, list[str]]:
    """What is wrong, as lists of sentences by field."""
    return cast("dict[str, list[str]]", error.error_dict)
