"""Draws a series as inline SVG that uses the page's colours.

Nothing here asks a clock, a store or a font: the same series gives the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from markupsafe import Markup

from ..domain.threshold import ThresholdKind
from ..domain.time import BERLIN
from ..portal import formats
from ..store.query import Column, ThresholdRow
from . import words
from .labels import Candidate, Placement, TextLine
from .markup import coordinate, element, join
from .scale import TimeScale, ValueScale, value_scale
from .series import Reading, Series, doubted_groups, segments
from .text_size import BIG_FONT_SIZE, Box, text_width
from .time_axis import time_axis


@dataclass(frozen=True, slots=True)
class Layout:
    """One size of the drawing and the classes by which the page shows it."""

    css: str
    width: float
    height: float
    left: float
    right: float
    top: float
    foot: float
    narrow: bool = False


FIGURE = (
    Layout("wide-only xl", 1070, 400, 42, 104, 34, 34),
    Layout("mid", 700, 330, 42, 98, 34, 34),
    Layout("narrow", 328, 300, 30, 8, 34, 30, narrow=True),
)
EMBED = (
    Layout("wide-only", 720, 270, 42, 100, 34, 32),
    Layout("narrow", 312, 236, 30, 8, 34, 28, narrow=True),
)

_SMALLEST_SPAN = {"cm": 0.2, "m": 0.2}
_REACH = {"cm": 1.0, "m": 1.0}
_MOST_STEPS = 7
# How many there are is seen against none, and in steps of whole things.
_COUNTED_AXIS = (0.0, float(_MOST_STEPS))
_MOST_DOUBTED_NAMED = 6


def axis_of(series: Series, *, bottom: float = 1.0, top: float = 0.0) -> ValueScale:
    """The value axis of a series in the shown unit, with the same ends in every size."""
    shown = [
        words.shown_value(value, series.unit)
        for column in series.good()
        for value in (column.minimum, column.maximum)
        if value is not None
    ]
    levels = [words.shown_value(each.level, series.unit) for each in series.thresholds]
    widest = max((abs(value) for value in shown), default=1.0)
    if series.unit in formats.COUNTED:
        shown += _COUNTED_AXIS
    return value_scale(
        shown,
        levels=levels,
        smallest_span=_SMALLEST_SPAN.get(series.unit, max(widest * 0.05, 0.01)),
        reach=_REACH.get(series.unit, widest),
        bottom=bottom,
        top=top,
        most_steps=_MOST_STEPS,
    )


def thresholds_above(series: Series) -> list[ThresholdRow]:
    """The thresholds that lie above the axis, the lowest first."""
    high = axis_of(series).high
    above = [
        each for each in series.thresholds if words.shown_value(each.level, series.unit) > high
    ]
    return sorted(above, key=lambda each: each.level)


def draw(series: Series, layout: Layout, *, now: datetime, lang: str, ident: str) -> Markup:
    """One `<svg>`; `ident` makes the ids of its title and description unique on the page."""
    return _Drawing(series, layout, lang).svg(now, ident)


class _Drawing:
    def __init__(self, series: Series, layout: Layout, lang: str) -> None:
        self.series = series
        self.lang = lang
        bottom = layout.height - layout.foot
        self.values = axis_of(series, bottom=bottom, top=layout.top)
        self.tick_texts = [
            formats.number(tick, lang, self.values.decimals) for tick in self.values.ticks()
        ]
        room_for_numbers = max(text_width(text) for text in self.tick_texts) + 10
        self.layout = replace(
            layout, left=max(layout.left, room_for_numbers), right=self._right_margin(layout)
        )
        self.times = TimeScale(
            series.start, series.end, self.layout.left, layout.width - layout.right
        )
        self.points = [self._point(column) for column in series.good()]
        self.placement = Placement(
            Box(0, 0, layout.width, layout.height),
            [
                *self.points,
                *((x, self._y(column.maximum)) for (x, _), column in self._pairs()),
                *self._threshold_points(),
            ],
        )
        # The names of the days stand here; beside them, at the last value, there is room.
        self.placement.take(Box(0, bottom + 1, self.times.right, layout.height))

    def svg(self, now: datetime, ident: str) -> Markup:
        layout = self.layout
        # What has to stand at one place comes first, what can give way later.
        latest = self._latest()
        peak = self._peak()
        thresholds = self._thresholds()
        doubted = self._doubted()
        corrected = self._corrected()
        gap_shades, gap_texts = self._gaps()
        parts = [
            element("title", words.title(self.series, self.lang), id=f"{ident}t"),
            element("desc", words.description(self.series, now, self.lang), id=f"{ident}d"),
            gap_shades,
            self._value_axis(),
            self._time_axis(),
            *(self._segment(part) for part in segments(self.series)),
            doubted,
            corrected,
            gap_texts,
            thresholds,
            peak,
            latest,
        ]
        if not self.series.good():
            parts.append(self._empty())
        return element(
            "svg",
            join(parts),
            class_=layout.css,
            viewBox=f"0 0 {layout.width:.0f} {layout.height:.0f}",
            role="img",
            aria_labelledby=f"{ident}t {ident}d",
        )

    def _right_margin(self, layout: Layout) -> float:
        latest = self.series.latest
        if layout.narrow or latest is None:
            return layout.right
        amount = formats.quantity(latest.value, self.series.unit, self.lang)
        return max(layout.right, text_width(amount, BIG_FONT_SIZE) + 18)

    def _x(self, instant: datetime) -> float:
        return self.times.x(instant)

    def _y(self, value: float | None) -> float:
        return self.values.y(words.shown_value(value or 0.0, self.series.unit))

    def _point(self, column: Column) -> tuple[float, float]:
        return self._x(column.start + (column.end - column.start) / 2), self._y(column.mean)

    def _pairs(self) -> list[tuple[tuple[float, float], Column]]:
        return list(zip(self.points, self.series.good(), strict=True))

    def _drawn_thresholds(self) -> list[tuple[ThresholdRow, float]]:
        """Those within the axis and where they lie; alarms first, for their name goes first."""
        shown = [
            (each, words.shown_value(each.level, self.series.unit))
            for each in self.series.thresholds
        ]
        inside = [
            (each, self.values.y(level))
            for each, level in shown
            if self.values.low <= level <= self.values.high
        ]
        return sorted(inside, key=lambda pair: pair[0].kind == ThresholdKind.STATISTICAL)

    def _threshold_points(self) -> list[tuple[float, float]]:
        width = round(self.times.right - self.layout.left)
        return [
            (self.layout.left + step, y)
            for _threshold, y in self._drawn_thresholds()
            for step in range(0, width, 10)
        ]

    def _value_axis(self) -> Markup:
        left, right = self.layout.left, self.times.right
        parts: list[Markup] = []
        for index, (tick, text) in enumerate(
            zip(self.values.ticks(), self.tick_texts, strict=True)
        ):
            y = self.values.y(tick)
            line = f"M{coordinate(left)} {coordinate(y)}H{coordinate(right)}"
            parts.append(element("path", class_="grid" if index else "base", d=line))
            parts.append(_text(TextLine(text, left - 8, y + 4.5, "end")))
        unit = words.shown_unit(self.series.unit, self.lang)
        parts.append(_text(TextLine(unit, left - 8, self.layout.top - 16, "end")))
        return join(parts)

    def _time_axis(self) -> Markup:
        bottom = self.values.bottom
        axis = time_axis(
            self.series.start, self.series.end, self.times.right - self.times.left, self.lang
        )
        marks = "".join(f"M{coordinate(self._x(at))} {coordinate(bottom)}v7" for at in axis.marks)
        parts = [element("path", class_="grid", d=marks)] if marks else []
        y = bottom + (20.0 if self.layout.narrow else 21.0)
        parts += [
            _text(TextLine(label.text, self._x(label.at), y, "middle")) for label in axis.labels
        ]
        return join(parts)

    def _segment(self, columns: Sequence[Column]) -> Markup:
        points = [self._point(column) for column in columns]
        newest = self.series.latest
        if newest and columns[-1] is self.series.good()[-1]:
            end = (self._x(newest.time), self._y(newest.value))
            points = [point for point in points if point[0] < end[0]] + [end]
        parts: list[Markup] = []
        if any(column.maximum != column.minimum for column in columns):
            xs = [self._point(column)[0] for column in columns]
            tops = zip(xs, (self._y(column.maximum) for column in columns), strict=True)
            bottoms = zip(xs, (self._y(column.minimum) for column in columns), strict=True)
            outline = _path([*tops, *reversed(list(bottoms))])
            parts.append(element("path", class_="bandfill", d=f"{outline}Z"))
        if len(points) == 1:
            parts.append(element("circle", class_="dot", cx=points[0][0], cy=points[0][1], r=3))
        else:
            parts.append(element("path", class_="line", d=_path(points)))
        return join(parts)

    def _gaps(self) -> tuple[Markup, Markup]:
        top, bottom = self.values.top, self.values.bottom
        shades: list[Markup] = []
        texts: list[Markup] = []
        for gap in sorted(self.series.gaps, key=lambda each: each.start - each.end):
            left, right = self._x(gap.start), self._x(gap.end)
            shades.append(
                element(
                    "rect", class_="gap", x=left, y=top, width=right - left, height=bottom - top
                )
            )
            edges = "".join(
                f"M{coordinate(x)} {coordinate(top)}V{coordinate(bottom)}" for x in (left, right)
            )
            shades.append(element("path", class_="gapedge", d=edges))
            texts.append(self._gap_text(gap.end - gap.start, (left + right) / 2))
        return join(shades), join(texts)

    def _gap_text(self, length: timedelta, middle: float) -> Markup:
        bottom = self.values.bottom
        long = formats.hours_words(length, self.lang)
        without = words.TEXTS[self.lang]["without"]
        half = max(text_width(long), text_width(without)) / 2 + 4
        x = min(max(middle, self.times.left + half), self.times.right - half)
        candidates: list[Candidate] = []
        if not self.layout.narrow:
            candidates = [
                [
                    TextLine(long, x, y, "middle", "axis halo"),
                    TextLine(without, x, y + 17, "middle", "axis halo"),
                ]
                for y in (bottom - 26, self.values.top + 20, (bottom + self.values.top) / 2)
            ]
        candidates += [
            [TextLine(text, x, y, "middle", "axis halo")]
            for text in (long, words.TEXTS[self.lang]["gap"])
            for y in (bottom - 9, self.values.top + 16, (bottom + self.values.top) / 2)
        ]
        return self._write(candidates)

    def _doubted(self) -> Markup:
        parts: list[Markup] = []
        groups = doubted_groups(self.series)
        crowded = len(groups) > _MOST_DOUBTED_NAMED
        for at, level, count in groups:
            x, y = self._x(at), self._y(level)
            radius = 3 if crowded else 4 if self.layout.narrow else 4.5
            parts.append(element("circle", class_="doubt", cx=x, cy=y, r=radius))
            self.placement.take(Box(x - 5, y - 5, x + 5, y + 5))
            if crowded:
                continue
            full = words.doubted_text(count, self.lang)
            texts = (full, words.TEXTS[self.lang]["short-doubted"], str(count))
            shown = texts[1:] if self.layout.narrow else texts
            above = [[TextLine(text, x, y - 12, "middle", "axis halo")] for text in shown[:-1]]
            beside = _around(x, y, [[each] for each in shown], "axis halo")
            parts.append(self._write([*above, *beside]))
        return join(parts)

    def _corrected(self) -> Markup:
        """A diamond at each corrected value; the originals stand in the table."""
        parts: list[Markup] = []
        for each in self.series.corrections:
            shown = words.shown_value(each.result, self.series.unit)
            if self.values.low <= shown <= self.values.high:
                x, y = self._x(each.time), self.values.y(shown)
                parts.append(corrected_sign(x, y))
                self.placement.take(Box(x - 5, y - 5, x + 5, y + 5))
        return join(parts)

    def _thresholds(self) -> Markup:
        lines: list[Markup] = []
        names: list[Markup] = []
        left, right = self.layout.left, self.times.right
        for threshold, y in self._drawn_thresholds():
            statistical = threshold.kind == ThresholdKind.STATISTICAL
            css = "thr ref" if statistical else "thr"
            path = f"M{coordinate(left)} {coordinate(y)}H{coordinate(right)}"
            lines.append(element("path", class_=css, d=path))
            amount = formats.quantity(threshold.level, self.series.unit, self.lang)
            full = f"{words.threshold_name(threshold)}: {amount}"
            short = f"{threshold.code.replace('_', ' ')} {amount}"
            css = "axis halo" if statistical else "strong halo"
            texts = (short,) if self.layout.narrow and statistical else (full, short)
            names.append(
                self._write(
                    [
                        [TextLine(text, x, y + below, anchor, css)]
                        for text in texts
                        for below in (-6.5, 15.5)
                        for x, anchor in ((left + 6, "start"), (right - 6, "end"))
                    ]
                )
            )
        return join([*lines, *names])

    def _peak(self) -> Markup:
        peak = self.series.highest
        if peak is None or self.series.lowest is None or peak.value == self.series.lowest.value:
            return Markup("")
        latest = self.series.latest
        if latest and latest.time == peak.time:
            return Markup("")
        x, y = self._x(peak.time), self._y(peak.value)
        self.placement.take(Box(x - 4, y - 4, x + 4, y + 4))
        amount = formats.quantity(peak.value, self.series.unit, self.lang)
        texts = [[amount, self._time_of(peak)], [amount]]
        dot = element("circle", class_="dot peak", cx=x, cy=y, r=4)
        return join([dot, self._write(_around(x, y, texts, "strong halo", "axis halo"))])

    def _time_of(self, reading: Reading) -> str:
        day = formats.day_label(reading.time.astimezone(BERLIN).date(), self.lang)
        if self.layout.narrow:
            return day
        return f"{day}, {formats.clock(reading.time, self.lang)}"

    def _latest(self) -> Markup:
        latest = self.series.latest
        if latest is None:
            return Markup("")
        x, y = self._x(latest.time), self._y(latest.value)
        self.placement.take(Box(x - 5, y - 5, x + 5, y + 5))
        amount = formats.quantity(latest.value, self.series.unit, self.lang)
        clock = formats.clock(latest.time, self.lang)
        dot = element("circle", class_="dot", cx=x, cy=y, r=5)
        beside: list[Candidate] = [
            [
                TextLine(amount, x + 12, y + up, "start", "big halo", BIG_FONT_SIZE),
                TextLine(clock, x + 12, y + up + 17, "start", "axis halo"),
            ]
            for up in (2, -12, 16)
        ]
        near: list[Candidate] = [
            [TextLine(amount, place, y + up, anchor, "big halo", BIG_FONT_SIZE)]
            for place, anchor in ((x + 2, "end"), (x, "middle"), (x - 2, "start"))
            for up in (25, -13, 42, -30)
        ]
        return join([dot, self._write(near if self.layout.narrow else [*beside, *near])])

    def _empty(self) -> Markup:
        middle = (self.times.left + self.times.right) / 2
        y = (self.values.top + self.values.bottom) / 2
        return _text(TextLine(words.TEXTS[self.lang]["empty"], middle, y, "middle", "halo"))

    def _write(self, candidates: Sequence[Candidate]) -> Markup:
        placed = self.placement.place(candidates)
        return Markup("") if placed is None else join(_text(line) for line in placed)


def corrected_sign(x: float, y: float) -> Markup:
    """The mark of a corrected value, also in the legend."""
    path = f"M{coordinate(x)} {coordinate(y - 5)}l5 5l-5 5l-5 -5Z"
    return element("path", class_="corrected", d=path)


def _around(
    x: float, y: float, texts: Sequence[Sequence[str]], first_css: str, rest_css: str = "axis halo"
) -> list[Candidate]:
    """The texts of each variant in lines: right above the point, left above, above, below."""
    candidates: list[Candidate] = []
    for lines in texts:
        height = 14.0 * (len(lines) - 1)
        for place, up, anchor in (
            (x + 8, -7 - height, "start"),
            (x - 8, -7 - height, "end"),
            (x, -11 - height, "middle"),
            (x + 10, 4.5, "start"),
            (x - 10, 4.5, "end"),
            (x, 20, "middle"),
        ):
            candidates.append(
                [
                    TextLine(
                        line, place, y + up + 14.0 * index, anchor, rest_css if index else first_css
                    )
                    for index, line in enumerate(lines)
                ]
            )
    return candidates


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)


def _text(line: TextLine) -> Markup:
    anchor = None if line.anchor == "start" else line.anchor
    return element(
        "text", line.text, class_=line.css, x=float(line.x), y=float(line.y), text_anchor=anchor
    )
