"""The addresses of the open live data; `openapi.yaml` tells programmers the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any, ParamSpec
from urllib.parse import urlencode

import ckan.plugins.toolkit as tk
from ckan.common import _
from flask import Blueprint, Response, request
from sqlalchemy import Engine

from ...domain.time import DayRule
from ...store.events import EventRow
from ...store.gate import withheld_spans
from ...store.open_data import months_with_values
from ...store.query import (
    DatastreamNow,
    StationRow,
    datastream_by_resource,
    station_by_slug,
)
from ..store_access import read_engine
from . import answers, asked, bulk, csv_text, events, series
from .answers import GEOJSON, JSON, OpenResponse, RequestRefused
from .description import description
from .records import (
    LATEST_COLUMNS,
    STATION_COLUMNS,
    changed_at,
    features,
    instant,
    latest_records,
    station_record,
)

open_data = Blueprint("suedwest_open_data", __name__, url_prefix="/api/live/v1")

_FORMATS = ("json", "geojson", "csv")
_SERIES_FORMATS = ("json", "csv")
_P = ParamSpec("_P")


def _open(view: Callable[_P, Response]) -> Callable[_P, Response]:
    @wraps(view)
    def answered(*args: _P.args, **kwargs: _P.kwargs) -> Response:
        if request.method == "OPTIONS":
            return _preflight()
        try:
            return view(*args, **kwargs)
        except RequestRefused as refusal:
            return answers.error(refusal.status, str(refusal.sentence))

    return answered


def _route(path: str, view: Callable[..., Response], *, extension: bool = False) -> None:
    """Serve a path, and the same with the format at its end."""
    for rule in (path, f"{path}.<extension>") if extension else (path,):
        open_data.add_url_rule(
            rule, view_func=view, methods=["GET", "OPTIONS"], provide_automatic_options=False
        )


@_open
def latest(extension: str | None = None) -> Response:
    """The newest value of every public datastream that the filters leave."""
    asked.only(*asked.FILTERS, "format")
    name = asked.format_name(extension, _FORMATS)
    now = datetime.now(UTC)
    return _latest(asked.filtered(read_engine()), name, now)


@_open
def station_latest(slug: str, extension: str | None = None) -> Response:
    """The newest values of one station."""
    asked.only("format")
    name = asked.format_name(extension, _FORMATS)
    now = datetime.now(UTC)
    return _latest([asked.station(read_engine(), slug)], name, now)


@_open
def stations(extension: str | None = None) -> Response:
    """The stations that the filters leave."""
    asked.only(*asked.FILTERS, "format")
    name = asked.format_name(extension, _FORMATS)
    engine = read_engine()
    found = asked.filtered(engine)
    withheld = withheld_spans(engine)
    records = [station_record(each, withheld) for each in found]
    if name == "csv":
        for record in records:
            record["privacy"] = record["privacy"] and answers.encoded(record["privacy"]).decode()
            record["datastreams"] = [each["datastream"] for each in record["datastreams"]]
    cache = answers.caching(datetime.now(UTC), None)
    return _records(records, name, "station", STATION_COLUMNS, "stations", found, cache)


@_open
def observations(datastream_id: str, extension: str | None = None) -> Response:
    """A series of one datastream, page by page."""
    asked.only("start", "end", "resolution", "limit", "format")
    name = asked.format_name(extension, _SERIES_FORMATS)
    now = datetime.now(UTC)
    engine = read_engine()
    station, stream = _datastream(engine, datastream_id)
    span = asked.span(DayRule(stream.day_rule), now)
    (described,), until = latest_records([replace(station, datastreams=(stream,))], now)
    version = answers.version_of(name, span, described, stream.changed_at, stream.total)
    cache = answers.caching(now, until)
    body, links = b"", []
    if not answers.is_current(version):
        body, links = _series(engine, stream, span, described, name)
    return answers.answer(
        body,
        csv_text.MEDIA_TYPE if name == "csv" else JSON,
        cache=cache,
        changed_at=stream.changed_at,
        version=version,
        links=links,
    )


@_open
def months() -> Response:
    """The months for which there are files, newest first."""
    asked.only(*asked.FILTERS)
    engine = read_engine()
    found = asked.filtered(engine)
    filters = {name: request.args[name] for name in asked.FILTERS if request.args.get(name)}
    listed = months_with_values(engine, _ids(found))
    content = {
        "months": [
            {
                "month": f"{first:%Y-%m}",
                "url": _address("month_file", filters, month=f"{first:%Y-%m}"),
            }
            for first, _changed in listed
        ]
    }
    return answers.answer(
        answers.encoded(content),
        JSON,
        cache=answers.caching(datetime.now(UTC), None),
        changed_at=listed[0][1] if listed else None,
    )


@_open
def month_file(month: str) -> Response:
    """All values of a month, made while they are sent."""
    asked.only(*asked.FILTERS)
    now = datetime.now(UTC)
    first = asked.month(month, now.date())
    engine = read_engine()
    found = asked.filtered(engine)
    changed = dict(months_with_values(engine, _ids(found)))
    if first not in changed:
        raise RequestRefused(404, _("There are no values of this month."))
    zipped = request.accept_encodings.quality("gzip") > 0
    pieces = bulk.month_csv(engine, found, first)
    response = answers.answer(
        bulk.compressed(pieces) if zipped else pieces,
        csv_text.MEDIA_TYPE,
        cache=answers.caching(now, None),
        changed_at=changed[first],
        version=("z" if zipped else "p") + bulk.month_version(found, first),
    )
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.varies = "Accept-Encoding"
    response.headers["Content-Disposition"] = f'attachment; filename="{_file_name(first)}"'
    return response


@_open
def roadworks() -> Response:
    """What happens to roads now and later, as GeoJSON."""
    return _events(events.collection, GEOJSON)


@_open
def closures() -> Response:
    """The closures that navigation apps can act upon, as CIFS."""
    return _events(lambda _engine, found: events.closures(found), JSON)


@_open
def openapi() -> Response:
    """What all this is, for programmes."""
    asked.only()
    content = description(_address("openapi", {}).removesuffix("/openapi.json"))
    return answers.answer(answers.encoded(content), JSON, cache="public, max-age=3600")


@_open
def unknown(path: str = "") -> Response:
    """Whatever else is asked for below this address."""
    if request.method not in ("GET", "HEAD"):
        refused = answers.error(405, _("Here one can only read."))
        refused.headers["Allow"] = answers.METHODS
        return refused
    raise RequestRefused(
        404,
        _("There is nothing at this address; {address} says what there is.").format(
            address=_address("openapi", {})
        ),
    )


_route("/latest", latest, extension=True)
_route("/stations", stations, extension=True)
_route("/stations/<slug>/latest", station_latest, extension=True)
_route("/datastreams/<datastream_id>/observations", observations, extension=True)
_route("/months.json", months)
_route("/events.geojson", roadworks)
_route("/events.cifs.json", closures)
_route("/months/<month>.csv", month_file)
_route("/openapi.json", openapi)
for _rule in ("", "/", "/<path:path>"):
    open_data.add_url_rule(
        _rule,
        view_func=unknown,
        methods=["GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"],
        provide_automatic_options=False,
    )


def _events(made_of: Callable[[Engine, list[EventRow]], Any], media_type: str) -> Response:
    asked.only("municipality", "operator")
    now = datetime.now(UTC)
    engine = read_engine()
    found = events.asked_for(engine, now)
    return answers.answer(
        answers.encoded(made_of(engine, found)),
        media_type,
        cache=answers.caching(now, None),
        changed_at=max((row.changed_at for row in found), default=None),
    )


def _latest(found: Sequence[StationRow], name: str, now: datetime) -> Response:
    records, stops_being_live = latest_records(found, now)
    cache = answers.caching(now, stops_being_live)
    return _records(records, name, "datastream_id", LATEST_COLUMNS, "values", found, cache)


def _records(
    records: list[dict[str, Any]],
    name: str,
    identity: str,
    columns: Sequence[str],
    key: str,
    found: Sequence[StationRow],
    cache: str,
) -> Response:
    changed = changed_at(found)
    if name == "csv":
        body = csv_text.table(columns, records).encode()
        return answers.answer(body, csv_text.MEDIA_TYPE, cache=cache, changed_at=changed)
    content = features(records, identity) if name == "geojson" else {key: records}
    return answers.answer(
        answers.encoded(content),
        GEOJSON if name == "geojson" else JSON,
        cache=cache,
        changed_at=changed,
    )


def _series(
    engine: Engine, stream: DatastreamNow, span: asked.Span, described: dict[str, Any], name: str
) -> tuple[bytes, list[str]]:
    page = series.page(engine, stream, span)
    following = None
    if page.next_start is not None:
        query = {**request.args.to_dict(), "start": page.next_start.isoformat()}
        following = _address("observations", query, **(request.view_args or {}))
    links = [f'<{following}>; rel="next"'] if following else []
    columns = series.COLUMNS[span.resolution]
    if name == "csv":
        constant = {key: described[key] for key in ("station", "datastream", "unit")}
        names = (*constant, *columns)
        return csv_text.table(names, ({**constant, **row} for row in page.rows)).encode(), links
    content = {
        "datastream": described,
        "resolution": span.resolution,
        "start": instant(span.start),
        "end": request.args.get("end") and instant(span.end),
        "values": page.rows,
        "next": following,
    }
    return answers.encoded(content), links


def _datastream(engine: Engine, datastream_id: str) -> tuple[StationRow, DatastreamNow]:
    found = None if "\x00" in datastream_id else datastream_by_resource(engine, datastream_id)
    station = station_by_slug(engine, found.station_slug) if found else None
    streams = station.datastreams if station else ()
    stream = next((each for each in streams if each.resource_id == datastream_id.lower()), None)
    if station is None or stream is None:
        raise RequestRefused(404, _("There is no public series of this id."))
    return station, stream


def _ids(found: Sequence[StationRow]) -> list[int]:
    return [stream.datastream_id for station in found for stream in station.datastreams]


def _file_name(month: date) -> str:
    parts = [request.args[name] for name in asked.FILTERS if request.args.get(name)]
    safe = "-".join(part for part in parts if part.replace("-", "").isalnum() and part.isascii())
    return f"{safe}{'-' if safe else ''}{month:%Y-%m}.csv"


def _address(endpoint: str, query: dict[str, str], **values: str) -> str:
    """The address of one of these views, as anybody may write it down."""
    path = tk.url_for(f"suedwest_open_data.{endpoint}", qualified=True, locale="default", **values)
    return f"{path}?{urlencode(query)}" if query else path


def _preflight() -> Response:
    """What a browser asks before it sends an ETag from another site."""
    response = OpenResponse(status=204)
    response.caching = "public, max-age=86400"
    response.headers["Allow"] = answers.METHODS
    response.headers["Access-Control-Max-Age"] = "86400"
    return response
