"""Years of daily extremes, as an archive of WSV's historical series publishes them.

An extreme of a day is no reading of an instant. It is therefore read into datastreams of its own,
`W_day_min` and `W_day_max`, with one value for each MEZ day, stored by the day's start.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from ...domain.errors import PayloadRefused, Refusal
from ...domain.observation import Observation
from ...domain.quality import Quality
from ...domain.station import Datastream, Station
from ...domain.time import DayRule, TimeRefused, day_span, parse_instant
from ...domain.units import Conversion, UnknownUnit, water_conversion
from ..base import Context, Decoded
from ..json_payload import (
    FieldRefused,
    as_list,
    as_object,
    clean_text,
    finite_number,
    kind_of,
    record_text,
)
from ..plausibility import EARLIEST, plausible_number
from .pegelonline_station import station_key
from .pegelonline_words import licence_of, operator_of, tidy_name

_SERIES = {"min": "W_day_min", "max": "W_day_max"}

# The archive's files of a single year name no unit: it lists apart the stations that are not in
# centimetres, and writes the unit into the file where one is named.
_UNIT_WHERE_NONE_IS_NAMED = "cm"


def is_archive(record: dict[str, object]) -> bool:
    """Whether an object is a station's file of daily extremes."""
    return "uuid" in record and ("years" in record or ("y" in record and "min" in record))


def read_archive(record: dict[str, object], context: Context, decoded: Decoded) -> None:
    """Append the station, both datastreams and a value for each day that is over.

    A null is a missing day. A day that had not ended when the file was captured (`captured`, or
    else `received_at`) and a sentinel are refused each. A 31 December whose extremes are equal
    is doubted: the archive cuts the last day of a year down to its first reading.

    Raises:
        PayloadRefused: no station, no unit of a level, or no year in it.
    """
    try:
        uuid, name = clean_text(record, "uuid"), clean_text(record, "station")
        named = clean_text(record, "unit") if "unit" in record else _UNIT_WHERE_NONE_IS_NAMED
        water = tidy_name(clean_text(record, "water")) if "water" in record else None
        conversion = water_conversion("W", named)
        known_until = context.received_at
        if "captured" in record:
            known_until = min(known_until, parse_instant(record["captured"]))
    except (FieldRefused, UnknownUnit, TimeRefused) as error:
        raise PayloadRefused(f"daily extremes of an archive: {error}") from None
    years = as_list(record["years"]) if "years" in record else [record]
    if not years:
        raise PayloadRefused("daily extremes of an archive: there is no list of years")
    key = station_key(uuid)
    decoded.stations.append(
        Station(key, "water", tidy_name(name), operator_of(None, None), licence_of(None), water)
    )
    for series in _SERIES.values():
        decoded.datastreams.append(
            Datastream(
                key,
                series,
                conversion.observed_property.name,
                conversion.observed_property.unit,
                interval=timedelta(days=1),
                day_rule=DayRule.MEZ,
                source_unit=named,
            )
        )
    for year in years:
        _read_year(year, key, f"station {name}", conversion, known_until, decoded)


def _read_year(
    record: object,
    key: str,
    label: str,
    conversion: Conversion,
    known_until: datetime,
    decoded: Decoded,
) -> None:
    name = f"{label} year"
    try:
        fields = as_object(record)
        if fields is None:
            raise FieldRefused(f"the year is {kind_of(record)}, not an object")
        number = finite_number(fields, "y")
        if not EARLIEST.year < number <= known_until.year + 1 or number != int(number):
            raise FieldRefused(f"the year {number:g} is none the platform keeps")
        year = int(number)
        name = f"{label} year {year}"
        days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
        columns: dict[str, list[object]] = {}
        for column in _SERIES:
            values = as_list(fields.get(column))
            if values is None or len(values) != days:
                raise FieldRefused(f"{column} is no list of the {days} days of {year}")
            columns[column] = values
    except FieldRefused as error:
        decoded.refusals.append(Refusal(name, str(error), record_text(record)))
        return
    for index in range(days):
        day = date(year, 1, 1) + timedelta(days=index)
        extremes = {column: values[index] for column, values in columns.items()}
        _read_day(day, extremes, key, label, conversion, known_until, decoded)


def _read_day(
    day: date,
    extremes: dict[str, object],
    key: str,
    label: str,
    conversion: Conversion,
    known_until: datetime,
    decoded: Decoded,
) -> None:
    start, end = day_span(day, DayRule.MEZ)
    flattened = (day.month, day.day) == (12, 31) and extremes["min"] == extremes["max"]
    quality = Quality.SUSPECT if flattened else Quality.NOT_EVALUATED
    for column, series in _SERIES.items():
        value = extremes[column]
        if value is None:
            continue
        try:
            result = plausible_number(finite_number({column: value}, column), conversion)
            if end > known_until:
                raise FieldRefused("the day was not over when the file was captured")
        except FieldRefused as error:
            decoded.refusals.append(
                Refusal(f"{label} {series} {day.isoformat()}", str(error), record_text(value))
            )
            continue
        decoded.observations.append(Observation(key, series, start, result, quality))


def refuse_overview(record: dict[str, object]) -> None:
    """Refuse the archive's overviews, which hold no value of a known instant.

    Raises:
        PayloadRefused: when `record` is one of them.
    """
    if "non_cm" in record:
        raise PayloadRefused("a list of the units of stations holds no measured values")
    if "stations" in record and "days" in record:
        raise PayloadRefused(
            "a snapshot of all stations: its times say when the list was fetched, not when the "
            "values were measured, and it names no unit"
        )
    if "stations" in record and "generated" in record:
        raise PayloadRefused("a list of the years an archive holds has no measured values")
