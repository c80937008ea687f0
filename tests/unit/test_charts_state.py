"""Headline and table of a series."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from series_samples import NOW, QUARTER

from ckanext.suedwest.charts import table
from ckanext.suedwest.charts.state import State, headline
from ckanext.suedwest.domain.freshness import Freshness
from ckanext.suedwest.domain.trend import Direction, Trend
from ckanext.suedwest.store.query import DatastreamNow, DayRow, StationRow

STREAM = DatastreamNow(
    datastream_id=1,
    resource_id="0b2e6a5e-0000-4000-8000-000000000001",
    station_slug="pegel-rhein-andernach",
    station_key="pegelonline:1",
    station_name="Andernach",
    kind="water",
    water="Rhein",
    name="W",
    observed_property="water_level",
    unit="cm",
    interval=QUARTER,
    day_rule="mez",
    visibility="public",
    latest_time=NOW,
    latest_result=124.0,
    latest_quality=1,
    good_time=NOW,
    good_result=124.0,
    first_time=NOW - timedelta(days=400),
    total=38401,
    gone=False,
    remark=None,
)
STATION = StationRow(
    id=1,
    key="pegelonline:1",
    kind="water",
    slug="pegel-rhein-andernach",
    name="Andernach",
    water="Rhein",
    number="27100400",
    longitude=None,
    latitude=None,
    operator={"name": "WSA Rhein"},
    licence={},
    remark=None,
    properties={},
    gone_at=None,
    municipalities=(),
    datastreams=(STREAM,),
)


@pytest.mark.parametrize(
    ("freshness", "direction", "stream", "expected"),
    [
        (
            Freshness.LIVE,
            Direction.FALLING,
            STREAM,
            "Rhein bei Andernach: 1,24\u00a0m, fällt langsam.",
        ),
        (Freshness.LATE, None, STREAM, "Rhein bei Andernach: 1,24\u00a0m."),
        # an old or doubted value is not told as if it were the level of now
        (
            Freshness.SILENT,
            None,
            replace(STREAM, good_time=NOW - timedelta(days=1)),
            "Rhein bei Andernach: kein aktueller Wert. "
            "Zuletzt 1,24\u00a0m gestern, 15:30\u00a0Uhr.",
        ),
        (
            Freshness.SILENT,
            None,
            replace(STREAM, latest_time=None, good_time=None, good_result=None),
            "Rhein bei Andernach: noch kein Wert.",
        ),
    ],
)
def test_the_headline_says_what_is_known(
    freshness: Freshness, direction: Direction | None, stream: DatastreamNow, expected: str
) -> None:
    state = State(freshness, None, Trend(direction, -1.0) if direction else None)
    first, rest = headline(STATION, stream, state, NOW, "de")
    joined = first + rest if rest[0] in ",." else f"{first} {rest}"
    assert joined == expected


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (None, "außer Betrieb seit 14:30\u00a0Uhr. Zuletzt 1,24\u00a0m um 15:30\u00a0Uhr."),
        (
            "Sensor wird getauscht.",
            "außer Betrieb seit 14:30\u00a0Uhr: Sensor wird getauscht. "
            "Zuletzt 1,24\u00a0m um 15:30\u00a0Uhr.",
        ),
    ],
)
def test_the_headline_of_a_gauge_that_is_worked_on(note: str | None, expected: str) -> None:
    state = State(Freshness.OUT_OF_SERVICE, None, None, NOW - timedelta(hours=1), note)
    assert headline(STATION, STREAM, state, NOW, "de") == ("Rhein bei Andernach:", expected)


def row(**values: object) -> table.Row:
    given: dict[str, object] = {
        "label": "Mo 28.9.",
        "minimum": 126.0,
        "mean": 132.4,
        "maximum": 140.0,
        "count": 93,
        "doubted": 3,
        "expected": 96,
        **values,
    }
    return table.Row(**given)  # pyright: ignore[reportArgumentType]


def html(one: table.Row, lang: str = "de") -> str:
    return str(table.render(table.Table("Tageswerte in m.", "Tag", (one,)), "cm", lang))


def test_the_table_counts_what_came_what_is_doubted_and_what_is_missing() -> None:
    assert "93 von 96" in html(row())
    assert "3 angezweifelt" in html(row())
    assert "fehl" not in html(row())
    assert "korrigiert" not in html(row())
    assert "3 angezweifelt, 2 korrigiert" in html(row(corrected=2))
    assert "11 fehlen" in html(row(count=85, doubted=0))
    assert "1 fehlt" in html(row(count=95, doubted=0))
    assert "93 of 96" in html(row(), "en")
    assert ">93<" in html(row(expected=None))
    for number in ("1,26", "1,32", "1,40"):
        assert f">{number}<" in html(row())


def test_a_day_without_a_good_value_has_no_numbers() -> None:
    text = html(row(minimum=None, mean=None, maximum=None, count=0, doubted=96))
    assert text.count(">–<") == 3


def test_without_rows_the_table_is_a_sentence() -> None:
    assert "<table" not in str(table.render(table.Table("", "", ()), "cm", "de"))


def day(number: int, count: int = 96, **values: float) -> DayRow:
    given = {"good_min": 90.0, "good_mean": 100.0, "good_max": 110.0, **values}
    return DayRow(
        date(2026, 9, number),
        count,
        given["good_min"],
        given["good_mean"],
        given["good_max"],
        0,
        None,
        None,
    )


def test_a_month_weighs_its_days_by_their_values() -> None:
    days = [day(27, count=90, good_mean=100.0), day(28, count=10, good_mean=200.0, good_max=250.0)]
    rows = table._months(days, STREAM, NOW, "de", [])
    assert [(each.label, each.mean, each.maximum, each.count) for each in rows] == [
        ("September 2026", 110.0, 250.0, 100)
    ]


def test_values_on_their_way_and_before_the_records_are_not_missing() -> None:
    start = NOW - timedelta(hours=6)
    stream = replace(STREAM, latest_time=NOW - QUARTER, first_time=NOW - timedelta(hours=2))
    # eight quarters since the records began, up to the newest value
    assert table.expected_values(stream, [(start, NOW + timedelta(hours=9))], NOW) == 8
    # but a silent gauge misses everything until now
    silent = replace(stream, latest_time=NOW - timedelta(hours=2))
    assert table.expected_values(silent, [(start, NOW + timedelta(hours=9))], NOW) == 8
    assert table.expected_values(replace(stream, interval=None), [(start, NOW)], NOW) is None
