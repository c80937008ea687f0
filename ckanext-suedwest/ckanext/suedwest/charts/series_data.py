"""A series as JSON, for the script of the charts and for anybody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..portal import formats
from ..portal.stations import title
from ..store.query import Column, DatastreamNow
from . import svg
from .access import PublicSeries
from .ranges import Range
from .series import Reading, Series
from .state import State
from .table import expected_values


def series_data(
    public: PublicSeries, series: Series, range_: Range, state: State
) -> dict[str, Any]:
    """Columns of smallest, mean and largest value, with everything needed to read them.

    Results are in `unit`; instants are ISO 8601 in UTC, those of columns and gaps seconds since
    1970. A column without a good value has null for its values. `expected_count` is how many values
    the stated interval makes, null where none is stated. `corrections` keep what the source told.
    """
    station, datastream = public.station, public.datastream
    axis = svg.axis_of(series)
    factor = 100 if datastream.unit == "cm" else 1
    return {
        "station": title(station),
        "station_number": station.number,
        "datastream": datastream.name,
        "resource_id": datastream.resource_id,
        "observed_property": datastream.observed_property,
        "unit": datastream.unit,
        "interval_seconds": _seconds(datastream.interval),
        "range": range_.name,
        "start": formats.iso(series.start),
        "end": formats.iso(series.end),
        "step_seconds": _seconds(series.step),
        "columns": _columns(datastream, series),
        "coverage": _coverage(datastream, series),
        "corrections": [
            {
                "time": formats.iso(each.time),
                "result": each.result,
                "original": each.original,
                "note": each.note,
            }
            for each in series.corrections
        ],
        "marks": [
            {
                "start": formats.iso(each.start),
                "until": _instant(each.until),
                "says": each.says,
                "note": each.note,
            }
            for each in series.marks
        ],
        "gaps": [[round(gap.start.timestamp()), round(gap.end.timestamp())] for gap in series.gaps],
        "axis": [round(axis.low * factor, 6), round(axis.high * factor, 6)],
        "highest": _reading(series.highest),
        "lowest": _reading(series.lowest),
        "latest": _reading(series.latest),
        "thresholds": [
            {
                "level": each.level,
                "direction": each.direction,
                "code": each.code,
                "label": each.label,
                "kind": each.kind,
                "severity": each.severity,
                "source": each.source,
                "municipality": each.municipality,
            }
            for each in series.thresholds
        ],
        "freshness": state.freshness,
        "live_until": _instant(state.live_until),
        "out_of_service_since": _instant(state.since),
        "out_of_service_note": state.note,
        "trend": state.trend.direction if state.trend else None,
        "simulated": series.simulated,
        "attribution": station.licence.get("attribution"),
        "licence": {key: station.licence.get(key) for key in ("id", "title", "url")},
        "operator": station.operator.get("name"),
    }


def _columns(datastream: DatastreamNow, series: Series) -> dict[str, list[Any]]:
    columns = series.columns
    return {
        "start": [round(column.start.timestamp()) for column in columns],
        "end": [round(column.end.timestamp()) for column in columns],
        "minimum": [_rounded(column.minimum) for column in columns],
        "mean": [_rounded(column.mean) for column in columns],
        "maximum": [_rounded(column.maximum) for column in columns],
        "count": [column.count for column in columns],
        "expected_count": [_expected(datastream, column, series.end) for column in columns],
        "doubted_count": [column.doubted_count for column in columns],
        "doubted_minimum": [_rounded(column.doubted_minimum) for column in columns],
        "doubted_maximum": [_rounded(column.doubted_maximum) for column in columns],
    }


def _expected(datastream: DatastreamNow, column: Column, now: datetime) -> int | None:
    """How many values the stated interval makes in a column, one where it is a single value."""
    if column.start == column.end:
        return 1
    return expected_values(datastream, [(column.start, column.end)], now)


def _coverage(datastream: DatastreamNow, series: Series) -> dict[str, Any]:
    """How much of the span its values cover, good and doubted ones apart; `share` of good ones."""
    expected = expected_values(datastream, [(series.start, series.end)], series.end)
    good = sum(column.count for column in series.columns)
    return {
        "expected": expected,
        "good": good,
        "doubted": series.doubted_count,
        "share": round(min(good / expected, 1.0), 4) if expected else None,
    }


def _rounded(value: float | None) -> float | None:
    """Six digits after the point: what a mean of binary fractions has beyond is noise."""
    return None if value is None else round(value, 6)


def _reading(reading: Reading | None) -> dict[str, Any] | None:
    return reading and {"time": formats.iso(reading.time), "value": reading.value}


def _instant(instant: datetime | None) -> str | None:
    return instant and formats.iso(instant)


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
