"""What an embed shows as a file: picture as SVG and PNG, numbers as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..domain.quality import Quality
from ..observations.open_data import csv_text
from ..observations.store_access import read_engine
from ..portal import formats
from ..portal.profile import Profile
from ..portal.stations import public_datastreams, title
from ..store.query import Column, DatastreamNow, StationRow
from ..store.slug import slugify
from . import picture, svg, words
from .access import PublicSeries
from .embed_page import Source
from .load import load_series
from .ranges import Range, window_end

MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png", "csv": "text/csv"}
_HEADER = ("start", "end", "minimum", "mean", "maximum", "unit", "count", "doubted_count")
_LIST_HEADER = (
    *("station", "name", "observed_property", "phenomenon_time", "result", "unit", "quality"),
    *("attribution", "licence"),
)
_LAYOUT = svg.EMBED[0]
# A file is read on any day: seen from far off no day is called today, and the year is told.
LATER = timedelta(days=1000)


@dataclass(frozen=True, slots=True)
class File:
    """One file: `name` has letters, digits, hyphens and its ending."""

    name: str
    media_type: str
    content: bytes


def chart_file(
    public: PublicSeries,
    range_: Range,
    format_: str,
    *,
    municipality: Profile | None,
    source: Source,
    address: str,
    now: datetime,
    lang: str,
) -> File:
    """The chart of a range; `format_` is one of `MEDIA_TYPES`, `address` the page of the portal."""
    series = load_series(
        read_engine(),
        public.station,
        public.datastream,
        range_,
        window_end(now),
        municipality=municipality.name if municipality else None,
    )
    name = file_name(public, words.TEXTS["de"][range_.name], format_)
    if format_ == "csv":
        return _file(name, format_, _columns_csv(series.columns, series.unit))
    document = picture.svg_file(
        heading=words.title(series, lang),
        told=[_newest(public.datastream, lang)],
        sources=_sources(source, simulated=series.simulated, address=address, lang=lang),
        lang=lang,
        drawing=svg.draw(series, _LAYOUT, now=now + LATER, lang=lang, ident="picture-"),
        layout=_LAYOUT,
    )
    return _picture(name, format_, document)


def value_file(
    public: PublicSeries, format_: str, *, source: Source, address: str, lang: str
) -> File:
    """The newest value; the picture says its time, for it does not grow older with the page.

    The picture leaves out what is doubted, the numbers tell it as such.
    """
    datastream = public.datastream
    name = file_name(public, "wert", format_)
    if format_ == "csv":
        newest = _newest_cells(datastream)
        rows = [newest] if newest[0] else []
        return _file(name, format_, _csv(("phenomenon_time", "result", "unit", "quality"), rows))
    simulated = public.station.properties.get("simulated") == "true"
    document = picture.svg_file(
        heading=f"{words.property_name(datastream.observed_property, lang)} "
        f"{title(public.station)}",
        told=[_newest(datastream, lang)],
        sources=_sources(source, simulated=simulated, address=address, lang=lang),
        lang=lang,
    )
    return _picture(name, format_, document)


def list_file(stations: Iterable[StationRow], name: str) -> File:
    """The newest value of every public series of these stations, as CSV.

    One that has none yet has empty fields. Times are UTC; `quality` says what is doubted.
    """
    rows = (
        (
            station.slug,
            title(station),
            stream.observed_property,
            *_newest_cells(stream),
            station.licence.get("attribution") or station.operator["name"],
            station.licence.get("url") or station.licence.get("title") or "",
        )
        for station in stations
        for stream in public_datastreams(station)
    )
    return _file(f"{name}.csv", "csv", _csv(_LIST_HEADER, rows))


def table_file(rows: Sequence[Sequence[str]], name: str) -> File:
    """Rows of texts, the names of the columns first, as CSV."""
    return _file(f"{name}.csv", "csv", csv_text.lines(rows))


def _newest_cells(datastream: DatastreamNow) -> tuple[object, object, str, str]:
    """Time, result, unit and quality; time, result and quality are empty where there is none."""
    if datastream.latest_time is None or datastream.latest_quality is None:
        return "", "", datastream.unit, ""
    quality = Quality(datastream.latest_quality).name.lower()
    time = formats.iso(datastream.latest_time)
    return time, datastream.latest_result, datastream.unit, quality


def _newest(datastream: DatastreamNow, lang: str) -> str:
    """The newest value that is not doubted, with its day: a file does not know of any today."""
    time, result = datastream.good_time, datastream.good_result
    if time is None or result is None:
        return "Noch kein Wert." if lang == "de" else "No value yet."
    amount = formats.quantity(result, datastream.unit, lang)
    last = "Zuletzt" if lang == "de" else "Last"
    day, clock = formats.weekday_date(time, lang), formats.clock(time, lang, zone=True)
    return f"{last} {amount}: {day}, {clock}."


def file_name(public: PublicSeries, what: str, format_: str) -> str:
    """`pegel-rhein-andernach-wasserstand-7-tage.svg`; German, as the addresses of stations are."""
    name = words.property_name(public.datastream.observed_property, "de")
    return f"{public.station.slug}-{slugify(name)}-{slugify(what)}.{format_}"


def _columns_csv(columns: Iterable[Column], unit: str) -> str:
    return _csv(
        _HEADER,
        (
            (
                formats.iso(each.start),
                formats.iso(each.end),
                *(_number(value) for value in (each.minimum, each.mean, each.maximum)),
                unit,
                each.count,
                each.doubted_count,
            )
            for each in columns
        ),
    )


def _csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(header)
    writer.writerows(rows)
    return written.getvalue()


def _number(value: float | None) -> float | str:
    # An empty field, because missing is never 0.
    return "" if value is None else round(value, 6)


def _sources(source: Source, *, simulated: bool, address: str, lang: str) -> list[str]:
    parts = [words.TEXTS[lang]["sandbox"]] if simulated else []
    named = [source.attribution, source.licence_title]
    if source.licence_url:
        named.append(source.licence_url)
    parts.append(f"{'Daten' if lang == 'de' else 'Data'}: {', '.join(filter(None, named))}")
    return [" ".join(parts), address]


def _file(name: str, format_: str, text: str) -> File:
    return File(name, MEDIA_TYPES[format_], text.encode())


def _picture(name: str, format_: str, document: str) -> File:
    if format_ == "png":
        return File(name, MEDIA_TYPES[format_], picture.png_file(document))
    return _file(name, format_, document)
