"""Sums and numbers of values per hour and day, and their table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from markupsafe import Markup

from ...domain.time import BERLIN
from ...store.query import Column
from ..markup import element, join
from . import words
from .settings import Bars, ChartSettings


def of_columns(columns: Iterable[Column], bars: Bars) -> tuple[Column, ...]:
    """The same columns with the length of the bar as `mean`, where there is a good value.

    A sum counts good values only: what is doubted is not passed off as counted.
    """
    return tuple(
        replace(column, minimum=length, mean=length, maximum=length)
        for column in columns
        if column.count and (length := _length(column, bars)) is not None
    )


def _length(column: Column, bars: Bars) -> float | None:
    if bars is Bars.COUNT:
        return float(column.count)
    # A mean of whole numbers times how many there were is a whole number again.
    return None if column.mean is None else round(column.mean * column.count, 6)


def table(
    columns: Sequence[Column], settings: ChartSettings, unit: str, now: datetime, lang: str
) -> Markup:
    """The bars as `<table>`, the newest first."""
    texts = words.TEXTS[lang]
    if not columns:
        return element("p", texts["empty"])
    shown = "" if settings.bars is Bars.COUNT else unit
    heading = texts["values"] if settings.bars is Bars.COUNT else words.unit_words(unit, lang)
    years = len({column.start.astimezone(BERLIN).year for column in columns}) > 1
    rows = (
        element(
            "tr",
            element(
                "th",
                words.bar_label(column, settings.per, lang, year=years),
                scope="row",
                class_="num",
            ),
            element("td", words.amount(column.mean or 0.0, shown, lang), class_="r"),
            element(
                "td",
                texts["unfinished"] if column.start <= now < column.end else "",
                class_="after",
            ),
        )
        for column in reversed(columns)
    )
    head = element(
        "tr",
        element("th", texts[settings.per.value], scope="col"),
        element("th", heading or texts["value"], scope="col", class_="r"),
        element("td", ""),
    )
    return element("table", element("thead", head), element("tbody", join(rows)))
