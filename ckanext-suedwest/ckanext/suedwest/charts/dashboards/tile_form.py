"""The form of one tile: what can be chosen, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib.uploader import get_uploader
from werkzeug.datastructures import FileStorage

from ...observations.store_access import read_engine
from ...portal.administration.station_words import stream_title
from ...portal.contributions import list_parts, station_kinds
from ...portal.titles import title
from ...store.query import DatastreamNow, stations
from .. import access, words
from ..language import page_language
from ..ranges import RANGES
from .tiles import KINDS

_MOST_MEGABYTES = 2
# CKAN keeps the pictures of organisations there, and checks that they are pictures.
_UPLOADED_AS = "group"


def fields_of(kind: str, tile: Mapping[str, Any]) -> dict[str, Any]:
    """A tile as the form shows it: its series stands in one field."""
    shown = dict(tile)
    if kind in ("value", "chart") and tile:
        shown["series"] = f"{tile['station']}/{tile['datastream']}"
    return shown


def choices_of(kind: str, municipality: str) -> dict[str, list[tuple[str, str]]]:
    """Pairs of value and label by field."""
    found: dict[str, list[tuple[str, str]]] = {
        "width": [("half", tk._("half the width")), ("full", tk._("the whole width"))]
    }
    if kind in ("value", "chart"):
        found["series"] = _series(municipality)
    if kind == "chart":
        found["range"] = [(name, range_title(name)) for name in RANGES]
    if kind == "list":
        found["stations"] = [(name, tk._(name.capitalize())) for name in station_kinds()] + [
            (part.name, tk._(part.title)) for part in list_parts().values()
        ]
    return found


def range_title(name: str) -> str:
    """`7 Tage`, of the range with this name."""
    return words.TEXTS[page_language()][name]


def read_tile(
    kind: str, before: Mapping[str, Any], form: Mapping[str, str], files: Mapping[str, FileStorage]
) -> dict[str, Any]:
    """A tile of this kind as it was sent, still to be checked; an uploaded picture is stored.

    Raises:
        ValidationError: the file is no picture, or larger than 2 MB.
    """
    sent = {key: form[key] for key in KINDS[kind].__dataclass_fields__ if key in form}
    if kind in ("value", "chart"):
        station, _, datastream = form.get("series", "").partition("/")
        sent |= {"station": station, "datastream": datastream}
    if kind == "image":
        sent["path"] = _uploaded(files.get("upload")) or str(before.get("path", ""))
    return {"kind": kind, **sent}


def errors_by_field(errors: Mapping[str, Any]) -> dict[str, Any]:
    """What an action found wrong, by the fields of the form."""
    fields = {"station": "series", "datastream": "series", "path": "upload"}
    return {fields.get(key, key): found for key, found in errors.items()}


def _series(municipality: str) -> list[tuple[str, str]]:
    return [
        (f"{row.slug}/{stream.name}", f"{title(row)}: {_stream_title(stream)}")
        for row in stations(read_engine(), municipality=municipality)
        for stream in row.datastreams
        if access.by_address(row.slug, stream.name)
    ]


def _stream_title(stream: DatastreamNow) -> str:
    return stream_title({"name": stream.name, "observed_property": stream.observed_property})


def _uploaded(file: FileStorage | None) -> str | None:
    if file is None or not file.filename:
        return None
    data: dict[str, Any] = {"upload": file}
    upload = get_uploader(_UPLOADED_AS)
    upload.update_data_dict(data, "path", "upload", "clear")
    upload.upload(_MOST_MEGABYTES)
    return f"/uploads/{_UPLOADED_AS}/{data['path']}"
