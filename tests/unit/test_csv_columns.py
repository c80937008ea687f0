"""Tables of many makes: columns, clocks, commas and encodings, as the options describe them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded
from ckanext.suedwest.connectors.options import OptionsRefused
from ckanext.suedwest.connectors.sensing.csv_columns import connector
from ckanext.suedwest.domain.errors import PayloadRefused

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LEVEL: dict[str, Any] = {
    "datastream": "W",
    "observed_property": "water_level",
    "unit": "cm",
    "column": "level",
}
OPTIONS: dict[str, Any] = {"time": {"column": "time"}, "values": [LEVEL]}
TABLE = "time;level\n2026-11-20T10:00:00Z;12.5\n2026-11-20T10:15:00Z;13\n"


def read(table: str | bytes, *, topic: str | None = None, **options: Any) -> Decoded:
    payload = table if isinstance(table, bytes) else table.encode()
    context = Context(
        received_at=NOW, station_key="own:1", topic=topic, options={**OPTIONS, **options}
    )
    return connector(payload, context)


def rows(decoded: Decoded) -> list[tuple[str, str, str, float]]:
    return [
        (value.station_key, value.datastream, f"{value.phenomenon_time:%d. %H:%M}", value.result)
        for value in decoded.observations
    ]


def test_a_plain_table_belongs_to_the_station_that_was_asked_for() -> None:
    decoded = read(TABLE)
    assert rows(decoded) == [("own:1", "W", "20. 10:00", 12.5), ("own:1", "W", "20. 10:15", 13)]
    assert [(stream.observed_property, stream.unit) for stream in decoded.datastreams] == [
        ("water_level", "cm")
    ]


@pytest.mark.parametrize(
    ("table", "options", "expected"),
    [
        (
            "Ort|Tag|Zeit|Höhe|Abfluß\nDorf|20.11.2026|11:00|1,25|0,5\n".encode("cp1252"),
            {
                "encoding": "cp1252",
                "separator": "|",
                "decimal": ",",
                "network": "gemeinde",
                "device": {"column": "Ort"},
                "time": {
                    "column": ["Tag", "Zeit"],
                    "format": "%d.%m.%Y %H:%M",
                    "zone": "Europe/Berlin",
                },
                "values": [
                    {**LEVEL, "column": "Höhe", "unit": "m"},
                    {
                        "column": "Abfluß",
                        "datastream": "Q",
                        "observed_property": "discharge",
                        "unit": "m³/s",
                    },
                ],
            },
            [("gemeinde:Dorf", "W", "20. 10:00", 125), ("gemeinde:Dorf", "Q", "20. 10:00", 0.5)],
        ),
        (
            '\ufefftime;level\r\n2026-11-20T10:00:00Z;" 12.5 "\r\n\r\n',
            {},
            [("own:1", "W", "20. 10:00", 12.5)],
        ),
        (
            "# logger 7\n1;2026-11-20T10:00:00Z;5\n2;2026-11-20T10:00:00Z;6\n",
            {
                "skip_lines": 1,
                "header": False,
                "where": {"1": "2"},
                "device": {"topic_level": 2},
                "time": {"column": 2},
                "values": [{**LEVEL, "column": 3}],
            },
            [("csv-columns:brunnen", "W", "20. 10:00", 6)],
        ),
        (
            "time;level;unit\n2026-11-20T10:00:00Z;1;m\n2026-11-20T10:15:00Z;101;cm\n",
            {"values": [{**LEVEL, "unit": None, "unit_column": "unit"}]},
            [("own:1", "W", "20. 10:00", 100), ("own:1", "W", "20. 10:15", 101)],
        ),
        (
            "var x = 1;\n  add('a','2026-11-20T10:00:00Z',' 144');\n",
            {
                "row_prefix": "add(",
                "row_suffix": ");",
                "separator": ",",
                "quote": "'",
                "header": False,
                "device": {"column": 1},
                "time": {"column": 2},
                "values": [{**LEVEL, "column": 3}],
            },
            [("csv-columns:a", "W", "20. 10:00", 144)],
        ),
        (
            "time;level\n2026-11-20T10:00:00Z;-777\n2026-11-20T10:15:00Z;-\n"
            "NULL\n2026-11-20T10:30:00Z;9999\n2026-11-20T10:45:00Z;-30.0\n",
            {"missing": [-777, "-", "NULL", 9999]},
            [("own:1", "W", "20. 10:45", -30)],
        ),
    ],
)
def test_a_table_is_read_as_it_is_described(
    table: str | bytes,
    options: dict[str, Any],
    expected: list[tuple[str, str, str, float]],
) -> None:
    decoded = read(table, topic="feld/brunnen/tabelle", **options)
    assert rows(decoded) == expected
    assert decoded.refusals == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-11-20T10:00:00Z;-777", "-777 is a sentinel for a missing value"),
        ("2026-11-20T10:00:00Z;99999", "99999 is a sentinel for a missing value"),
        ("2026-11-20T10:00:00Z;-999.9", "-999.9 is a sentinel for a missing value"),
        ("2026-11-20T10:00:00Z;", "the value \"\" is not a number with decimal '.'"),
        ("2026-11-20T10:00:00Z;12,5", "the value \"12,5\" is not a number with decimal '.'"),
        ("2026-11-20T10:00:00Z;1.234.5", "is not a number with decimal"),
        ("2026-11-20T10:00:00Z;NaN", "is not a number with decimal"),
        ("2026-11-20T10:00:00Z;٣", "is not a number with decimal"),
        ("2026-11-20T10:00:00Z;1e200", "is outside -2000 to 20000 cm"),
        ("2026-11-20T10:00:00Z", "the row has 1 columns, and no 'level'"),
        ("2026-11-20 10:00;5", "has no offset, and no zone is known"),
        ("1970-01-01T00:00:00Z;5", "is before 1990"),
        ("2026-11-20T12:16:00Z;5", "lies in the future"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_beside_its_neighbours(row: str, reason: str) -> None:
    decoded = read(f"{TABLE}{row}\n")
    assert len(decoded.observations) == 2
    (refusal,) = decoded.refusals
    assert refusal.record == "line 4 W"
    assert reason in refusal.reason
    assert refusal.payload == row


@pytest.mark.parametrize(
    ("table", "options", "reason"),
    [
        ("", {}, "the table is empty"),
        ("time;level\n", {}, "the table has no row"),
        ("<!DOCTYPE html><p>Wartung", {}, "an HTML or XML page"),
        ("time;level\nä;1".encode("latin-1"), {}, "the table is not utf-8"),
        ("Zeit;Wert\nx;1\n", {}, "no column 'time'; it has 'Zeit', 'Wert'"),
        ("time;level;level\nx;1;2\n", {}, "several columns 'level'"),
        (TABLE, {"where": {"level": "14"}}, "no row of the table fits"),
        (TABLE, {"header": False}, "'time' is no position of a column"),
        ('time;level\n"' + "x" * 200_000, {}, "the table cannot be read"),
    ],
)
def test_what_is_no_such_table_is_refused(
    table: str | bytes, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read(table, **options)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"values": []}, "values names no value"),
        ({"values": [{"column": "level"}]}, r"option values\[0\]: .*`datastream`"),
        ({"values": [{**LEVEL, "unit": "furlong"}]}, r"values\[0\]: the unit 'furlong'"),
        ({"values": [{**LEVEL, "unit": None}]}, r"values\[0\]: unit or unit_column is needed"),
        ({"values": [{**LEVEL, "colour": 1}]}, r"values\[0\]: 'colour' is unknown; known are"),
        ({"time": "now"}, "option time: Expected `object`, got `str`"),
        ({"time": {"column": "time", "zone": "Mars"}}, "option time: zone 'Mars' is neither"),
        ({"time": {"column": "time", "fold": "guess"}}, "option time.fold: Invalid enum value"),
        ({"decimal": ";"}, "option decimal: Invalid enum value ';'"),
        ({"encoding": "ebcdic"}, "option encoding: Invalid enum value"),
        ({"separator": "||"}, "separator is not one character"),
        ({"separator": '"'}, "separator and quote are the same"),
        ({"device": {"column": 1, "name": "x"}}, "option device: exactly one of column"),
        ({"network": "a:b"}, "network is blank or holds a colon"),
    ],
)
def test_faulty_options_are_told_by_name(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(OptionsRefused, match=reason):
        read(TABLE, **options)


def test_each_station_of_a_table_has_its_own_night_of_the_clock_change() -> None:
    night = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    table = "station;time;level\n" + "".join(
        f"{station};2026-10-25 {clock};{level}\n"
        for level, clock in enumerate(night)
        for station in "ab"
    )
    decoded = read(
        table,
        device={"column": "station"},
        time={"column": "time", "zone": "Europe/Berlin", "fold": "order"},
    )
    assert decoded.refusals == []
    for station in "ab":
        assert [row[2:] for row in rows(decoded) if row[0] == f"csv-columns:{station}"] == [
            ("24. 23:30", 0),
            ("25. 00:00", 1),
            ("25. 00:30", 2),
            ("25. 01:00", 3),
            ("25. 01:30", 4),
            ("25. 02:00", 5),
        ]
