"""What the form of a chart offers, and the check of what it sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, FlattenDataDict, FlattenErrorDict, FlattenKey

from ...observations.store_access import read_engine
from ...portal.stations import public_datastreams, title
from ...store.query import stations
from .. import words as series_words
from ..ranges import RANGES
from . import table_reading
from .page import Asked, check
from .settings import ALL, FIELDS, MOST_SERIES, TABLE_RANGES, SettingsRefused, Texts, parse

Option = dict[str, str]


def variables(asked: Asked, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the form's template needs: the choices of each field for this resource."""
    lang = asked.lang
    ranges = tuple(RANGES) if asked.live else TABLE_RANGES
    texts = series_words.TEXTS[lang]
    names = {ALL: tk._("Everything the table has"), **{each: texts[each] for each in RANGES}}
    choices: dict[str, list[Option]] = {
        "range": [
            _option(each, names.get(each) or series_words.TEXTS[lang][each]) for each in ranges
        ],
        "kind": [_option(value, text) for value, text in kinds().items()],
    }
    problem = ""
    if asked.live:
        choices["others"] = [_option("", tk._("None")), *_live_series(asked, lang)]
    else:
        try:
            columns = table_reading.describe(str(asked.resource["id"]), asked.context)
            if not columns.texts:
                # With columns of text the editor has to choose first.
                table_reading.chosen(columns, parse({}, live=False))
        except SettingsRefused as refused:
            columns, problem = table_reading.TableColumns({}, (), (), {}), tk._(refused.sentence)
        first = _option("", tk._("The first that fits"))
        texts = _columns(columns, columns.texts, tk._("{column} (text)"))
        numbers = [*_columns(columns, columns.numbers), *texts]
        choices["time"] = [first, *_columns(columns, columns.times), *texts]
        choices["first"] = [first, *numbers]
        choices["value"] = [_option("", tk._("None")), *numbers]
        if texts:
            choices["texts"] = [
                _option("", tk._("No column of text is used")),
                _option(Texts.COMMA, tk._("With a comma: 1.234,5")),
                _option(Texts.POINT, tk._("With a point: 1,234.5")),
            ]
    return {
        "chart_live": asked.live,
        "chart_choices": choices,
        "chart_problem": problem,
        "chart_usual": {"range": ranges[1] if asked.live else ranges[0]},
        "chart_numbers": range(1, MOST_SERIES + (0 if asked.live else 1)),
        "chart_fields": FIELDS,
        "chart_preview": tk.url_for(
            f"{asked.package.get('type') or 'dataset'}_resource.view",
            id=asked.package["name"],
            resource_id=asked.resource["id"],
        ),
    }


def kinds() -> dict[str, str]:
    """What editors call the kinds of charts."""
    return {
        "line": tk._("Line through the values"),
        "step": tk._("Steps"),
        "band": tk._("Band from smallest to largest value"),
        "bar": tk._("Bars per hour or day"),
        "tile": tk._("Newest value"),
        "table": tk._("Table"),
    }


def check_view(
    key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context
) -> None:
    """A validator of the whole view: a field that cannot be used has its sentence beside it."""
    told = {name[0]: value for name, value in data.items() if len(name) == 1 and name[0] in FIELDS}
    resource = _resource(data)
    if resource is None:
        # CKAN has said so already.
        return
    try:
        asked = _asked(resource, context)
        settings = parse(told, live=asked.live)
        # The platform itself gives live resources their view before the catalogue shows them.
        if not context.get("ignore_auth"):
            check(settings, asked)
    except SettingsRefused as refused:
        errors.setdefault((refused.field,), []).append(tk._(refused.sentence))


def _resource(data: FlattenDataDict) -> model.Resource | None:
    resource_id = data.get(("resource_id",))
    if not isinstance(resource_id, str):
        view = model.ResourceView.get(str(data.get(("id",)) or ""))
        resource_id = view.resource_id if view is not None else ""
    return model.Resource.get(resource_id) if resource_id else None


def _asked(resource: model.Resource, context: Context) -> Asked:
    viewer: Context = {
        "user": context.get("user") or "",
        "auth_user_obj": context.get("auth_user_obj"),
        "ignore_auth": False,
    }
    told = {"id": resource.id, "url_type": resource.url_type}
    # A check says nothing in any language, and the platform's own calls come without a request.
    return Asked(told, {}, viewer, datetime.now(UTC), "de")


def _option(value: str, text: str) -> Option:
    return {"value": value, "text": text}


def _columns(
    columns: table_reading.TableColumns, names: Iterable[str], shown: str = "{column}"
) -> list[Option]:
    return [_option(name, shown.format(column=columns.label(name))) for name in names]


def _live_series(asked: Asked, lang: str) -> list[Option]:
    """All public series but the view's own, by place."""
    return [
        _option(
            stream.resource_id,
            f"{title(station)}: {series_words.property_name(stream.observed_property, lang)}",
        )
        for station in stations(read_engine())
        for stream in public_datastreams(station)
        if stream.resource_id and stream.resource_id != asked.resource["id"]
    ]
