"""Roadworks and closures for programmes: GeoJSON and CIFS."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy import Engine

from ...domain.event_feeds import cifs, geojson
from ...store.events import EventRow, read_events, read_feeds
from ...store.slug import slugify
from . import asked
from .records import instant


def asked_for(engine: Engine, now: datetime) -> list[EventRow]:
    """What the filters leave of what feeds have now, without what is over.

    Raises:
        RequestRefused: there is no such municipality.
    """
    municipality = request.args.get("municipality") or None
    operator = request.args.get("operator") or None
    found = [
        row
        for row in read_events(engine, municipality=municipality)
        if row.municipalities
        and operator in (None, slugify(row.event.operator.name))
        and not _is_over(row, now)
    ]
    if not found:
        asked.require_municipality(municipality)
    return found


def collection(engine: Engine, rows: list[EventRow]) -> dict[str, Any]:
    """A FeatureCollection, with where each feature is shown and how fresh its feed is."""
    feeds = {feed.source_id: feed for feed in read_feeds(engine)}
    written: dict[str, Any] = geojson(row.event for row in rows)
    for feature, row in zip(written["features"], rows, strict=True):
        feed = feeds[row.source_id]
        feature["properties"] |= {
            "municipalities": list(row.municipalities),
            "simulated": row.simulated,
            "feed_read_at": instant(feed.read_at),
            "feed_doubted_since": instant(feed.shrunk_at),
        }
    return written


def closures(rows: Iterable[EventRow]) -> dict[str, Any]:
    """The closures as CIFS, without simulated ones: navigation apps would turn cars away."""
    return cifs(row.event for row in rows if not row.simulated)


def _is_over(row: EventRow, now: datetime) -> bool:
    end = row.event.spans[-1].end
    return end is not None and end <= now
