"""What an editor chose for a chart, as checked values.

The same reading happens when a view is saved and when it is shown: CKAN shows whatever view
somebody writes into an address, so what is stored is no surer than what a stranger sends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from ...domain.errors import SuedwestError
from ..ranges import DEFAULT_RANGE, RANGES

VIEW_TYPE = "suedwest_chart"
MOST_SERIES = 4
ALL = "all"
"""The range of a table from its first value to its last."""
TABLE_RANGES = (ALL, *RANGES)
_UNIT, _COLUMN = 20, 63
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1800, 2200


def N_(msgid: str) -> str:  # noqa: N802 - the name that tools which collect texts know
    """Mark a text that is translated where it is shown."""
    return msgid


class SettingsRefused(SuedwestError):
    """A chart cannot be drawn like that; `sentence` is an English msgid about the field `field`."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field, self.sentence = field, sentence
        super().__init__(f"{field}: {sentence}")


class Kind(StrEnum):
    """How the values are drawn."""

    LINE = "line"
    STEP = "step"
    BAND = "band"
    BAR = "bar"
    TILE = "tile"
    TABLE = "table"


class Bars(StrEnum):
    """What the length of a bar says."""

    SUM = "sum"
    COUNT = "count"


class Per(StrEnum):
    """What one bar stands for."""

    HOUR = "hour"
    DAY = "day"


class Texts(StrEnum):
    """How numbers in columns of text are written; `NONE` leaves such columns out."""

    NONE = ""
    COMMA = "comma"
    POINT = "point"


class Compare(StrEnum):
    """With what the values of now are compared."""

    NOTHING = ""
    LAST_YEAR = "last_year"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A column of a table; `unit` is what the editor wrote, empty if nothing."""

    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class ChartSettings:
    """A chart of live series (`others` beside the view's own) or of columns of a table (`values`).

    `range` is one of `RANGES`, of a table also `ALL`. `time` is empty where the table's first
    column with a time is meant, `values` where its first column with numbers is. `compare_from` is
    the first day of the past span, set exactly when `compare` is `PAST`.
    """

    kind: Kind = Kind.LINE
    range: str = DEFAULT_RANGE.name
    others: tuple[str, ...] = ()
    time: str = ""
    values: tuple[ValueColumn, ...] = ()
    bars: Bars = Bars.SUM
    per: Per = Per.DAY
    compare: Compare = Compare.NOTHING
    compare_from: date | None = None
    thresholds: bool = True
    texts: Texts = Texts.NONE


_OTHERS = tuple(f"other{number}" for number in range(1, MOST_SERIES))
_COLUMNS = tuple((f"value{number}", f"unit{number}") for number in range(1, MOST_SERIES + 1))
_COMMON = ("kind", "range", "bars", "per", "compare", "compare_from")
LIVE_FIELDS = (*_COMMON, *_OTHERS, "thresholds")
TABLE_FIELDS = (*_COMMON, "time", "texts", *(name for pair in _COLUMNS for name in pair))
FIELDS = tuple(dict.fromkeys((*LIVE_FIELDS, *TABLE_FIELDS)))
# What CKAN itself keeps with every view, and its buttons and pages add.
_OF_CKAN = frozenset(
    {"id", "resource_id", "package_id", "title", "description", "view_type", "order", "preview"}
)


def parse(data: Mapping[str, Any], *, live: bool) -> ChartSettings:
    """The settings of a view, `live` for a live resource, else for a table.

    Fields that are missing or empty have their usual value.

    Raises:
        SettingsRefused: for the first thing that cannot be used, whatever its type.
    """
    known = LIVE_FIELDS if live else TABLE_FIELDS
    for key in data:
        if key not in _OF_CKAN and key not in FIELDS:
            raise SettingsRefused("kind", N_("This view has settings that a chart does not know."))
    told = {key: _text(key, data.get(key)) for key in FIELDS}
    for key in FIELDS:
        if told[key] and key not in known:
            raise SettingsRefused(key, N_("This setting does not fit what the resource holds."))
    ranges = tuple(RANGES) if live else TABLE_RANGES
    usual = DEFAULT_RANGE.name if live else ALL
    settings = ChartSettings(
        kind=Kind(_one_of(tuple(Kind), "kind", told["kind"] or Kind.LINE)),
        range=_one_of(ranges, "range", told["range"] or usual),
        others=_others(told),
        time=_column("time", told["time"]),
        values=_values(told),
        bars=Bars(_one_of(tuple(Bars), "bars", told["bars"] or Bars.SUM)),
        per=Per(_one_of(tuple(Per), "per", told["per"] or Per.DAY)),
        compare=Compare(_one_of(tuple(Compare), "compare", told["compare"])),
        compare_from=_day(told["compare_from"]),
        thresholds=_one_of(("yes", "no"), "thresholds", told["thresholds"] or "yes") == "yes",
        texts=Texts(_one_of(tuple(Texts), "texts", told["texts"])),
    )
    _check_together(settings)
    return settings


def _check_together(settings: ChartSettings) -> None:
    if settings.compare is Compare.PAST and settings.compare_from is None:
        raise SettingsRefused("compare_from", N_("Please say on which day the past span begins."))
    if settings.compare is not Compare.PAST and settings.compare_from is not None:
        raise SettingsRefused(
            "compare_from", N_("A first day is only needed to compare with a past span.")
        )
    if settings.compare and settings.kind not in (Kind.LINE, Kind.STEP, Kind.BAND):
        raise SettingsRefused("compare", N_("Only lines, steps and bands can be compared."))
    if settings.compare and (settings.others or len(settings.values) > 1):
        raise SettingsRefused("compare", N_("One series can be compared, not several."))
    if settings.compare and settings.range == ALL:
        raise SettingsRefused("range", N_("To compare, please choose a period."))
    if settings.kind is Kind.BAR and settings.per is Per.HOUR and settings.range in ("30d", "1y"):
        raise SettingsRefused("per", N_("A bar for every hour is for seven days at most."))


def _text(key: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 200 or "\x00" in value:
        raise SettingsRefused(key, N_("This is not a setting of a chart."))
    return value.strip()


def _one_of(choices: tuple[str, ...], key: str, value: str) -> str:
    if value not in choices:
        raise SettingsRefused(key, N_("There is no such choice."))
    return value


def _others(told: Mapping[str, str]) -> tuple[str, ...]:
    found = [told[key] for key in _OTHERS if told[key]]
    for key in _OTHERS:
        if told[key] and not _UUID.fullmatch(told[key]):
            raise SettingsRefused(key, N_("There is no public series of this id."))
        if found.count(told[key]) > 1:
            raise SettingsRefused(key, N_("This series is chosen twice."))
    return tuple(found)


def _values(told: Mapping[str, str]) -> tuple[ValueColumn, ...]:
    found: list[ValueColumn] = []
    for value_key, unit_key in _COLUMNS:
        name, unit = _column(value_key, told[value_key]), told[unit_key]
        if len(unit) > _UNIT or not unit.isprintable():
            raise SettingsRefused(unit_key, N_("A unit has at most 20 characters."))
        # The first unit may stand alone: it then is that of the column shown unasked.
        if unit and not name and value_key != _COLUMNS[0][0]:
            raise SettingsRefused(value_key, N_("Please choose the column this unit belongs to."))
        if name and name in (each.name for each in found):
            raise SettingsRefused(value_key, N_("This column is chosen twice."))
        if name or unit:
            found.append(ValueColumn(name, unit))
    return tuple(found)


def _column(key: str, name: str) -> str:
    if len(name) > _COLUMN or name.startswith("_") or '"' in name:
        raise SettingsRefused(key, N_("The table has no such column."))
    return name


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise SettingsRefused("compare_from", N_("Please write the day like 2021-07-14."))
    return day
