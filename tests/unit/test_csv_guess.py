"""How a table is written is told from its text; a unit and a time zone never are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.connectors.sensing.csv_guess import NoTable, guess


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param(
            'Datum;"Wasserstand in cm"\n"23.08.2026 17:00";75\n"23.08.2026 17:15";78,5\n',
            {"separator": ";", "decimal": ",", "header": True, "time_columns": (1,)}
            | {"time_format": "%d.%m.%Y %H:%M", "value_column": 2, "zone_told": False},
            id="a spreadsheet's",
        ),
        pytest.param(
            b"\xef\xbb\xbftimestamp;value\r\n2026-09-23 21:15;-7\r\n",
            {"encoding": "utf-8", "time_format": "iso", "zone_told": False, "value_column": 2},
            id="byte order mark, ISO 8601 without offset",
        ),
        pytest.param(
            "Nummer;Name;Datum;Höhe\n2540075000;Bach;24.06.2026 22:15;245\n"
            "2540075000;Bach;23.09.2026 21:00;240\n2540075000;Bach;23.09.2026 21:15;-\n",
            {
                "time_columns": (3,),
                "value_column": 4,
                "columns": ("Nummer", "Name", "Datum", "Höhe"),
            },
            id="a station's number is neither a time nor the value",
        ),
        pytest.param(
            "no;time;value\n28291000001;2026-09-23T21:00:00.000+01:00;32.00\n"
            "28291000001;2026-09-23T21:05:00.000+01:00;33.00\n",
            {"time_columns": (2,), "time_format": "iso", "zone_told": True, "value_column": 3},
            id="times with an offset",
        ),
        pytest.param(
            "#Date;Data\n2026-08-23 21:40,581\nNULL\n2026-08-23 21:55,582\n",
            {"separator": ",", "header": False, "skip_lines": 1, "value_column": 2},
            id="a header of another kind than its rows",
        ),
        pytest.param(
            "Pegel Bach\r\nStation;17\r\n\r\nTag;Uhrzeit;Höhe [m]\r\n"
            "01.02.2020;00:15;1,23\r\n02.02.2020;00:30;1,25\r\n".encode("cp1252"),
            {"encoding": "cp1252", "skip_lines": 3, "header": True, "time_columns": (1, 2)}
            | {"time_format": "%d.%m.%Y %H:%M", "value_column": 3, "decimal": ","},
            id="Windows-1252, a preamble, day and time apart",
        ),
        pytest.param(
            "03/14/2020 10:00\t5.5\n03/05/2020 10:00\t6.0\n",
            {"separator": "\t", "time_format": "%m/%d/%Y %H:%M", "header": False},
            id="a fourteenth month does not exist",
        ),
        pytest.param(
            "03/04/2020 10:00\t5.5\n03/05/2020 10:00\t6.0\n",
            {"time_columns": (1,), "time_format": None},
            id="day or month first: nobody knows",
        ),
        pytest.param(
            "t,w\n1755955800,1.25\n1755956700,1.26\n",
            {"time_format": "epoch", "zone_told": True, "decimal": ".", "value_column": 2},
            id="seconds since 1970",
        ),
        pytest.param(
            "23.09.2026 22:15 MESZ|14\n23.09.2026 22:30 MESZ|15\n",
            {"separator": "|", "time_format": "%d.%m.%Y %H:%M %Z", "zone_told": True},
            id="the zone behind each time",
        ),
        pytest.param(
            "Zeit;Wasserstand;Temperatur\n23.08.2026 17:00;75;18,2\n23.08.2026 17:15;78;18,3\n",
            {"value_column": 2},
            id="of several numbers the one that is called a level",
        ),
        pytest.param(
            "Zeit;oben;unten\n23.08.2026 17:00;75;18,2\n23.08.2026 17:15;78;18,3\n",
            {"value_column": None},
            id="several numbers, and no word which",
        ),
        pytest.param(
            "Dorf,1\nStadt,2\n", {"time_columns": None, "time_format": None}, id="no time"
        ),
        pytest.param(
            "a;b\n23.08.2026 17:00;75\n".encode("utf-16"), {"encoding": "utf-16"}, id="UTF-16"
        ),
    ],
)
def test_a_table_tells_how_it_is_written(table: str | bytes, expected: dict[str, Any]) -> None:
    found = guess(table.encode() if isinstance(table, str) else table)
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"", None),
        (b"\n \n", None),
        (b"PK\x03\x04\x14\x00", "zip"),
        (b"%PDF-1.7", "pdf"),
        (b"\xd0\xcf\x11\xe0\xa1", "office"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"a;b\0c", None),
        (b"\xff\xfea", None),
        (b"\x81\x8d", None),
    ],
)
def test_what_is_no_table_is_refused(payload: bytes, kind: str | None) -> None:
    with pytest.raises(NoTable) as refused:
        guess(payload)
    assert refused.value.kind == kind


@given(st.binary(max_size=200) | st.text('0123456789.,;:-/ \n\tTZ+"', max_size=200).map(str.encode))
def test_any_bytes_are_guessed_or_refused(payload: bytes) -> None:
    try:
        found = guess(payload)
    except NoTable:
        return
    assert found.separator
