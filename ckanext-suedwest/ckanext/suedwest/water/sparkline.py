"""A week of a gauge in the height of a line of text; decoration beside a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

WIDTH, HEIGHT = 120, 28
SPAN = timedelta(days=7)
_EDGE = 3.0
_LEFT, _RIGHT = 2.0, 114.0
_LONGEST_PAUSE = timedelta(hours=3)


def sparkline(
    points: Sequence[tuple[datetime, float]],
    *,
    now: datetime,
    least_range: float,
    ends_now: bool,
) -> Markup:
    """The line through points by time; parted at pauses, empty below two points.

    Fluctuations below `least_range` (in the unit of the points) are drawn small, so that a
    ripple does not look like a wave. With `ends_now` a dot marks the last point as the value
    of now.
    """
    shown = [(time, value) for time, value in points if now - SPAN <= time <= now]
    if len(shown) < 2:
        return Markup()
    values = [value for _, value in shown]
    low, high = min(values), max(values)
    missing = max(least_range - (high - low), 0.0)
    low, high = low - missing / 2, high + missing / 2

    def place(time: datetime, value: float) -> tuple[float, float]:
        x = _LEFT + (time - (now - SPAN)) / SPAN * (_RIGHT - _LEFT)
        y = HEIGHT - _EDGE - (value - low) / (high - low) * (HEIGHT - 2 * _EDGE)
        return x, y

    path: list[str] = []
    previous: datetime | None = None
    for time, value in shown:
        x, y = place(time, value)
        joined = previous is not None and time - previous <= _LONGEST_PAUSE
        path.append(f"{'L' if joined else 'M'}{x:.1f} {y:.1f}")
        previous = time
    dot = Markup()
    if ends_now:
        end_x, end_y = place(*shown[-1])
        dot = Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3.5"/>').format(end_x, end_y)
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" aria-hidden="true"><path class="line" d="{}"/>{}'
        "</svg>"
    ).format(WIDTH, HEIGHT, "".join(path), dot)
