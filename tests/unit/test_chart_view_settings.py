"""What a chart may be set to: everything else is refused, whatever its type."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ckanext.suedwest.charts.chart_view.settings import (
    FIELDS,
    Bars,
    ChartSettings,
    Compare,
    Kind,
    Per,
    SettingsRefused,
    ValueColumn,
    parse,
)

RESOURCE = "3f8f6a52-5f0c-4a0e-9d2e-6c1a5b7d9e01"
OTHER = "3f8f6a52-5f0c-4a0e-9d2e-6c1a5b7d9e02"


@pytest.mark.parametrize(
    ("data", "live", "expected"),
    [
        ({}, True, ChartSettings()),
        ({}, False, ChartSettings(range="all")),
        # A view that was made before charts could be set up has a range alone.
        ({"range": "30d", "view_type": "suedwest_chart"}, True, ChartSettings(range="30d")),
        ({"id": RESOURCE, "title": "<b>", "kind": None, "other2": "  "}, True, ChartSettings()),
        (
            {"kind": "bar", "bars": "count", "per": "hour", "range": "24h"},
            True,
            ChartSettings(kind=Kind.BAR, bars=Bars.COUNT, per=Per.HOUR, range="24h"),
        ),
        (
            {"other1": RESOURCE, "other3": OTHER, "thresholds": "no"},
            True,
            ChartSettings(others=(RESOURCE, OTHER), thresholds=False),
        ),
        (
            {"time": "Zeit", "value1": "Luft °C", "unit1": "°C", "value3": "Regen"},
            False,
            ChartSettings(
                range="all",
                time="Zeit",
                values=(ValueColumn("Luft °C", "°C"), ValueColumn("Regen", "")),
            ),
        ),
        ({"unit1": "mm"}, False, ChartSettings(range="all", values=(ValueColumn("", "mm"),))),
        (
            {"compare": "past", "compare_from": "2021-07-14", "kind": "band"},
            True,
            ChartSettings(kind=Kind.BAND, compare=Compare.PAST, compare_from=date(2021, 7, 14)),
        ),
    ],
)
def test_what_is_chosen_is_read(data: dict[str, Any], live: bool, expected: ChartSettings) -> None:
    assert parse(data, live=live) == expected


@pytest.mark.parametrize(
    ("data", "live", "field"),
    [
        ({"kind": "pie"}, True, "kind"),
        ({"range": "2d"}, True, "range"),
        ({"range": "all"}, True, "range"),
        ({"lang": "de"}, True, "kind"),
        ({"filters": {"a": ["b"]}}, True, "kind"),
        ({"other1": "no-id"}, True, "other1"),
        ({"other1": RESOURCE.upper()}, True, "other1"),
        ({"other1": RESOURCE, "other2": RESOURCE}, True, "other1"),
        ({"value1": "x"}, True, "value1"),
        ({"time": "x"}, True, "time"),
        ({"other1": RESOURCE}, False, "other1"),
        ({"thresholds": "no"}, False, "thresholds"),
        ({"thresholds": "maybe"}, True, "thresholds"),
        ({"value1": "_id"}, False, "value1"),
        ({"time": "_full_text"}, False, "time"),
        ({"value1": 'a"b'}, False, "value1"),
        ({"value1": "a" * 64}, False, "value1"),
        ({"value1": "a", "value2": "a"}, False, "value2"),
        ({"unit2": "m"}, False, "value2"),
        ({"value1": "a", "unit1": "m" * 21}, False, "unit1"),
        ({"value1": "a", "unit1": "m\u202e"}, False, "unit1"),
        ({"compare": "past"}, True, "compare_from"),
        ({"compare_from": "2021-07-14"}, True, "compare_from"),
        ({"compare": "past", "compare_from": "14.7.2021"}, True, "compare_from"),
        ({"compare": "past", "compare_from": "2021-02-29"}, True, "compare_from"),
        ({"compare": "past", "compare_from": "0001-01-01"}, True, "compare_from"),
        ({"compare": "past", "compare_from": "20210714"}, True, "compare_from"),
        ({"compare": "last_year", "kind": "bar"}, True, "compare"),
        ({"compare": "last_year", "other1": RESOURCE}, True, "compare"),
        ({"compare": "last_year"}, False, "range"),
        ({"kind": "bar", "per": "hour", "range": "1y"}, True, "per"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(
    data: dict[str, Any], live: bool, field: str
) -> None:
    with pytest.raises(SettingsRefused) as refused:
        parse(data, live=live)
    assert refused.value.field == field
    assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize("hostile", [["7d"], {"a": 1}, 7, True, "x" * 201, "a\x00b", 1.5, [[]]])
@pytest.mark.parametrize("key", FIELDS)
def test_no_type_of_value_gets_through(key: str, hostile: Any) -> None:
    for live in (True, False):
        with pytest.raises(SettingsRefused):
            parse({key: hostile}, live=live)
