"""The line of the last week."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from water_samples import NOW

from ckanext.suedwest.water.sparkline import HEIGHT, WIDTH, sparkline

HOUR = timedelta(hours=1)


def line(values: list[tuple[datetime, float]], *, ends_now: bool = True) -> str:
    return str(sparkline(values, now=NOW, least_range=20.0, ends_now=ends_now))


def week(levels: list[float]) -> list[tuple[datetime, float]]:
    """Hourly means that end now."""
    return [(NOW - (len(levels) - 1 - at) * HOUR, value) for at, value in enumerate(levels)]


def places(svg: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](\S+) ([\d.]+)", svg)]


def test_it_is_decoration() -> None:
    assert 'aria-hidden="true"' in line(week([1.0, 2.0]))


@pytest.mark.parametrize("levels", [[], [124.0]])
def test_nothing_to_draw(levels: list[float]) -> None:
    assert line(week(levels)) == ""


@pytest.mark.parametrize(
    "levels",
    [[0.0, 900.0, -50.0], [5.0] * 168, [1e9, -1e9]],
    ids=["wave", "flat", "huge"],
)
def test_everything_lies_on_the_paper(levels: list[float]) -> None:
    shown = places(line(week(levels)))
    assert len(shown) == len(levels)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in shown)


def test_a_ripple_is_no_wave() -> None:
    heights = [y for _x, y in places(line(week([100.0, 101.0, 100.0])))]
    assert max(heights) - min(heights) < 2


def test_higher_water_is_drawn_higher() -> None:
    (_x, low), (_later, high) = places(line(week([100.0, 200.0])))
    assert high < low


def test_a_pause_parts_the_line() -> None:
    before = [(NOW - 20 * HOUR, 100.0), (NOW - 19 * HOUR, 101.0)]
    assert line([*before, (NOW - HOUR, 102.0), (NOW, 103.0)]).count("M") == 2
    assert line(week([100.0, 101.0, 102.0])).count("M") == 1


def test_only_a_value_of_now_has_a_dot() -> None:
    assert "circle" in line(week([1.0, 2.0]))
    assert "circle" not in line(week([1.0, 2.0]), ends_now=False)


def test_what_is_older_than_a_week_is_left_out() -> None:
    old = (NOW - timedelta(days=8), 5000.0)
    assert line([old, *week([1.0, 2.0])]) == line(week([1.0, 2.0]))
