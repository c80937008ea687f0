"""Cells of text as numbers and times: as an editor says, never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ckanext.suedwest.charts.chart_view import written
from ckanext.suedwest.charts.chart_view.settings import Texts


@pytest.mark.parametrize(
    ("cell", "texts", "expected"),
    [
        ("1,5", Texts.COMMA, 1.5),
        (" -0,5 ", Texts.COMMA, -0.5),
        ("−3", Texts.COMMA, -3.0),
        ("1.234,5", Texts.COMMA, 1234.5),
        ("1.234", Texts.COMMA, 1234.0),
        ("1.234", Texts.POINT, 1.234),
        ("12,345.5", Texts.POINT, 12345.5),
        # A number whose signs contradict what was said is left out rather than changed.
        ("1.5", Texts.COMMA, None),
        ("1,5", Texts.POINT, None),
        ("1.23.456", Texts.COMMA, None),
        ("1,234,5", Texts.COMMA, None),
        ("٣", Texts.COMMA, None),
        ("k. A.", Texts.COMMA, None),
        ("<0,5", Texts.COMMA, None),
        ("", Texts.COMMA, None),
        ("9" * 16, Texts.COMMA, None),
        # Columns of numbers need nothing said.
        (Decimal("1.5"), Texts.NONE, 1.5),
        ("1.5", Texts.NONE, 1.5),
        (0, Texts.COMMA, 0.0),
        (None, Texts.NONE, None),
        (True, Texts.NONE, None),
        (Decimal("NaN"), Texts.NONE, None),
        ("Infinity", Texts.NONE, None),
        # Nobody can read three hundred digits at an axis.
        (1e300, Texts.NONE, None),
        (10**400, Texts.NONE, None),
    ],
)
def test_a_number_is_read_as_it_is_said_to_be_written(
    cell: object, texts: Texts, expected: float | None
) -> None:
    assert written.number(cell, texts) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("31.12.2026", "2026-12-31"),
        ("1.2.2026 9:05", "2026-02-01T09:05:00"),
        ("01.02.2026, 14:30 Uhr", "2026-02-01T14:30:00"),
        ("01.02.2026 14:30:59", "2026-02-01T14:30:59"),
        ("2026-02-01 14:30", "2026-02-01 14:30"),
        # A year of two digits and a month before the day are nobody's business to guess.
        ("01.02.26", "01.02.26"),
        ("02/01/2026", "02/01/2026"),
        ("99.99.2026", "2026-99-99"),
        (None, None),
        (5, 5),
    ],
)
def test_a_german_time_becomes_iso(cell: object, expected: object) -> None:
    assert written.time(cell) == expected
