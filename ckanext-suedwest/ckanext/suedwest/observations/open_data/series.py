"""One datastream over a span: its values, hours or days, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from ...domain.time import BERLIN, MEZ, DayRule, day_of, day_span
from ...store.open_data import HourRow, hours
from ...store.query import DatastreamNow, DayRow, days, observations
from .asked import Span
from .records import instant, quality_word

_MEASURES = (
    "good_count",
    "good_min",
    "good_mean",
    "good_max",
    "doubted_count",
    "doubted_min",
    "doubted_max",
)
COLUMNS = {
    "raw": ("time", "result", "quality", "reasons"),
    "hour": ("start", "end", *_MEASURES),
    "day": ("day", "start", "end", "expected_count", *_MEASURES),
}
"""What a row of each resolution has."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows by time, by the names of `COLUMNS`; `next_start` is None on the last page."""

    rows: Sequence[dict[str, Any]]
    next_start: datetime | None


def page(engine: Engine, stream: DatastreamNow, span: Span) -> Page:
    """The first `span.limit` rows of a span.

    An hour or a day belongs to a span when it begins in it.
    """
    if span.resolution == "raw":
        return _values(engine, stream, span)
    if span.resolution == "hour":
        return _hours(engine, stream, span)
    return _days(engine, stream, span)


def _values(engine: Engine, stream: DatastreamNow, span: Span) -> Page:
    found = observations(
        engine, stream.datastream_id, start=span.start, end=span.end, limit=span.limit + 1
    )
    rows = [
        {
            "time": instant(each.time),
            "result": each.result,
            "quality": quality_word(each.quality),
            "reasons": list(each.reasons),
        }
        for each in found[: span.limit]
    ]
    return Page(rows, found[span.limit].time if len(found) > span.limit else None)


def _hours(engine: Engine, stream: DatastreamNow, span: Span) -> Page:
    found = hours(
        engine, stream.datastream_id, start=span.start, end=span.end, limit=span.limit + 1
    )
    rows = [
        {
            "start": instant(each.start),
            "end": instant(each.start + timedelta(hours=1)),
            **_measures(each),
        }
        for each in found[: span.limit]
    ]
    return Page(rows, found[span.limit].start if len(found) > span.limit else None)


def _days(engine: Engine, stream: DatastreamNow, span: Span) -> Page:
    rule = DayRule(stream.day_rule)
    zone = MEZ if rule is DayRule.MEZ else BERLIN
    first = day_of(span.start, rule)
    if day_span(first, rule)[0] < span.start:
        first += timedelta(days=1)
    last = day_of(span.end - timedelta.resolution, rule)
    found = [
        each
        for each in days(engine, stream.datastream_id, start=first, end=last)
        if each.good_count + each.doubted_count
    ]
    rows: list[dict[str, Any]] = []
    for each in found[: span.limit]:
        start, end = day_span(each.day, rule)
        rows.append(
            {
                "day": each.day.isoformat(),
                "start": instant(start.astimezone(zone)),
                "end": instant(end.astimezone(zone)),
                "expected_count": each.expected_count,
                **_measures(each),
            }
        )
    more = len(found) > span.limit
    return Page(rows, day_span(found[span.limit].day, rule)[0] if more else None)


def _measures(row: HourRow | DayRow) -> dict[str, Any]:
    return {name: _rounded(getattr(row, name)) for name in _MEASURES}


def _rounded(value: float | None) -> float | None:
    """Six digits after the point: what a mean of binary fractions has beyond is noise."""
    return round(value, 6) if isinstance(value, float) else value
