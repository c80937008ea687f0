"""Draws the lines of a chart as SVG that uses the page's colours.

Up to two units share the first panel, with an axis on either side; each further unit has a small
panel of its own below, on the same time axis. Lines are told apart by dashes and marks, bars by
their filling, never by colour alone. The same chart gives the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from ...domain.threshold import ThresholdKind
from ...portal import formats
from .. import words as series_words
from ..markup import EMPTY, coordinate, element, join
from ..scale import TimeScale, ValueScale, value_scale
from ..series import doubted_groups, segments
from ..svg import Layout
from ..text_size import text_width
from ..time_axis import time_axis
from . import signs, words
from .chart import Chart, Line
from .settings import Kind

_SMALL_PANEL = 0.55
"""Height of a further panel beside that of the first."""
_BETWEEN = 40.0
"""Room for the unit of the lower panel below the numbers of the upper one."""
_MOST_STEPS = 6
_BAR_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class _Axis:
    unit: str
    lines: tuple[int, ...]
    scale: ValueScale
    ticks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Panel:
    left: _Axis
    right: _Axis | None

    @property
    def axes(self) -> tuple[_Axis, ...]:
        return (self.left,) if self.right is None else (self.left, self.right)


def units(chart: Chart, lang: str) -> list[str]:
    """The units as they stand at the axes: the first left, the second right, the others below."""
    return list(dict.fromkeys(_unit(chart, line, lang) for line in chart.lines))


def height(chart: Chart, layout: Layout, lang: str) -> float:
    """How high the drawing is in a layout; each unit beyond the second makes it higher."""
    further = max(len(units(chart, lang)) - 2, 0)
    return layout.height + further * (_small(layout) + _BETWEEN)


def draw(chart: Chart, layout: Layout, *, now: datetime, lang: str, ident: str) -> Markup:
    """One `<svg>`; `ident` makes the ids of its title, text and fillings unique on the page."""
    return _Drawing(chart, layout, lang, ident).svg(now)


def _unit(chart: Chart, line: Line, lang: str) -> str:
    return words.unit_words(words.bar_unit(chart, line), lang)


def _small(layout: Layout) -> float:
    return (layout.height - layout.foot - layout.top) * _SMALL_PANEL


class _Drawing:
    def __init__(self, chart: Chart, layout: Layout, lang: str, ident: str) -> None:
        self.chart, self.lang, self.ident = chart, lang, ident
        self.height = height(chart, layout, lang)
        self.panels = self._panels(layout)
        left = max(text_width(text) for panel in self.panels for text in panel.left.ticks) + 10
        rights = [text for panel in self.panels if panel.right for text in panel.right.ticks]
        right = max((text_width(text) + 12 for text in rights), default=8.0)
        self.layout = replace(layout, left=max(layout.left, left), right=right)
        self.times = TimeScale(
            chart.start, chart.end, self.layout.left, self.layout.width - self.layout.right
        )

    def svg(self, now: datetime) -> Markup:
        chart, lang, ident = self.chart, self.lang, self.ident
        parts = [
            element("title", _title(chart, lang), id=f"{ident}t"),
            element("desc", words.summary(chart, now, lang), id=f"{ident}d"),
        ]
        if chart.kind is Kind.BAR:
            parts.append(signs.fillings(len(chart.lines), ident))
        parts += [self._panel(panel) for panel in self.panels]
        parts.append(self._time_axis())
        if not chart.has_values:
            middle = (self.times.left + self.times.right) / 2
            y = (self.panels[0].left.scale.top + self.panels[0].left.scale.bottom) / 2
            parts.append(_text(words.TEXTS[lang]["empty"], middle, y, "middle", "halo"))
        return element(
            "svg",
            join(parts),
            class_=self.layout.css,
            viewBox=f"0 0 {self.layout.width:.0f} {self.height:.0f}",
            role="img",
            aria_labelledby=f"{ident}t {ident}d",
        )

    def _panels(self, layout: Layout) -> list[_Panel]:
        by_unit: dict[str, list[int]] = {}
        for number, line in enumerate(self.chart.lines):
            by_unit.setdefault(_unit(self.chart, line, self.lang), []).append(number)
        groups = list(by_unit.items())
        bottom = layout.height - layout.foot
        first = [self._axis(unit, lines, layout.top, bottom) for unit, lines in groups[:2]]
        panels = [_Panel(first[0], first[1] if len(first) > 1 else None)]
        for unit, lines in groups[2:]:
            top = bottom + _BETWEEN
            bottom = top + _small(layout)
            panels.append(_Panel(self._axis(unit, lines, top, bottom), None))
        return panels

    def _axis(self, unit: str, numbers: Sequence[int], top: float, bottom: float) -> _Axis:
        lines = [self.chart.lines[number] for number in numbers]
        shown = [
            _shown(value, line)
            for line in lines
            for column in line.columns
            for value in (column.minimum, column.maximum)
            if value is not None
        ]
        levels = [
            series_words.shown_value(each.level, line.series.unit)
            for line in lines
            for each in line.series.thresholds
        ]
        widest = max((abs(value) for value in shown), default=1.0)
        if self.chart.kind is Kind.BAR:
            # The length of a bar says its value only if it stands on nought.
            shown.append(0.0)
        metres = unit == "m"
        scale = value_scale(
            shown,
            levels=levels,
            smallest_span=0.2 if metres else max(widest * 0.05, 0.01),
            reach=1.0 if metres else widest,
            bottom=bottom,
            top=top,
            most_steps=_MOST_STEPS,
        )
        texts = tuple(formats.number(tick, self.lang, scale.decimals) for tick in scale.ticks())
        return _Axis(unit, tuple(numbers), scale, texts)

    def _panel(self, panel: _Panel) -> Markup:
        parts = [self._shades(), self._left_axis(panel.left)]
        if panel.right is not None:
            parts.append(self._right_axis(panel.right))
        for axis in panel.axes:
            if self.chart.kind is Kind.BAR:
                parts.append(self._bars(axis))
            else:
                parts += [self._line(number, axis.scale) for number in axis.lines]
        for axis in panel.axes:
            parts += [
                self._thresholds(self.chart.lines[number], axis.scale) for number in axis.lines
            ]
        return join(parts)

    def _shades(self) -> Markup:
        """Gaps are shaded where there is one line to have them; of several none is joined over."""
        first, *others = self.chart.lines
        if self.chart.kind is Kind.BAR or others:
            return EMPTY
        top, bottom = self.panels[0].left.scale.top, self.panels[0].left.scale.bottom
        parts: list[Markup] = []
        for gap in first.series.gaps:
            left, right = self.times.x(gap.start), self.times.x(gap.end)
            parts.append(
                element(
                    "rect", class_="gap", x=left, y=top, width=right - left, height=bottom - top
                )
            )
            edges = "".join(
                f"M{coordinate(x)} {coordinate(top)}V{coordinate(bottom)}" for x in (left, right)
            )
            parts.append(element("path", class_="gapedge", d=edges))
        return join(parts)

    def _left_axis(self, axis: _Axis) -> Markup:
        left, right = self.layout.left, self.times.right
        parts: list[Markup] = []
        for index, (tick, text) in enumerate(zip(axis.scale.ticks(), axis.ticks, strict=True)):
            y = axis.scale.y(tick)
            line = f"M{coordinate(left)} {coordinate(y)}H{coordinate(right)}"
            parts.append(element("path", class_="grid" if index else "base", d=line))
            parts.append(_text(text, left - 8, y + 4.5, "end"))
        # Above the numbers a short unit ends with them, a long word begins at the edge.
        wide = text_width(axis.unit) > left - 8
        place, anchor = (0.0, "start") if wide else (left - 8, "end")
        parts.append(_text(axis.unit, place, axis.scale.top - 14, anchor))
        return join(parts)

    def _right_axis(self, axis: _Axis) -> Markup:
        right = self.times.right
        parts: list[Markup] = []
        for tick, text in zip(axis.scale.ticks(), axis.ticks, strict=True):
            y = axis.scale.y(tick)
            mark = f"M{coordinate(right)} {coordinate(y)}h5"
            parts.append(element("path", class_="base", d=mark))
            parts.append(_text(text, right + 8, y + 4.5, "start"))
        parts.append(_text(axis.unit, self.layout.width, axis.scale.top - 14, "end"))
        return join(parts)

    def _time_axis(self) -> Markup:
        bottom = self.panels[-1].left.scale.bottom
        axis = time_axis(
            self.chart.start, self.chart.end, self.times.right - self.times.left, self.lang
        )
        marks = "".join(
            f"M{coordinate(self.times.x(at))} {coordinate(bottom)}v7" for at in axis.marks
        )
        parts = [element("path", class_="grid", d=marks)] if marks else []
        parts += [
            _text(label.text, self.times.x(label.at), bottom + 21, "middle")
            for label in axis.labels
        ]
        return join(parts)

    def _line(self, number: int, scale: ValueScale) -> Markup:
        line = self.chart.lines[number]
        series = line.drawn(self.chart.start, self.chart.end)
        parts: list[Markup] = []
        last: tuple[float, float] | None = None
        for columns in segments(series):
            points = [
                (self._middle(column.start, column.end), scale.y(_shown(column.mean, line)))
                for column in columns
            ]
            tops = [scale.y(_shown(column.maximum, line)) for column in columns]
            bottoms = [scale.y(_shown(column.minimum, line)) for column in columns]
            if tops != bottoms:
                band = signs.Band([x for x, _ in points], tops, bottoms)
                parts.append(signs.band(band, number, edges=self.chart.kind is Kind.BAND))
            if self.chart.kind is Kind.BAND and tops != bottoms:
                last = None
                continue
            steps = self.chart.kind is Kind.STEP
            parts.append(signs.line(points, number, steps=steps))
            last = points[-1]
            parts.append(signs.marks(points, number))
        if last is not None:
            parts.append(signs.mark(last, number, size=5.0))
        parts += [
            element(
                "circle", class_="doubt", cx=self.times.x(at), cy=scale.y(_shown(level, line)), r=4
            )
            for at, level, _count in doubted_groups(series)
        ]
        return join(parts)

    def _bars(self, axis: _Axis) -> Markup:
        parts: list[Markup] = []
        count = len(self.chart.lines)
        for number in axis.lines:
            line = self.chart.lines[number]
            base = axis.scale.y(0.0)
            for column in line.columns:
                left, right = self.times.x(column.start), self.times.x(column.end)
                room = (right - left) * _BAR_SHARE / count
                x = left + (right - left) * (1 - _BAR_SHARE) / 2 + number * room
                y = axis.scale.y(_shown(column.mean, line))
                box = signs.Bar(x, min(y, base), max(room, 0.5), abs(base - y))
                parts.append(signs.bar(box, number, self.ident))
        return join(parts)

    def _thresholds(self, line: Line, scale: ValueScale) -> Markup:
        parts: list[Markup] = []
        left, right = self.layout.left, self.times.right
        for each in line.series.thresholds:
            level = series_words.shown_value(each.level, line.series.unit)
            if not scale.low <= level <= scale.high:
                continue
            y = scale.y(level)
            css = "thr ref" if each.kind == ThresholdKind.STATISTICAL else "thr"
            path = f"M{coordinate(left)} {coordinate(y)}H{coordinate(right)}"
            parts.append(element("path", class_=css, d=path))
            amount = words.amount(each.level, line.series.unit, self.lang)
            name = f"{series_words.threshold_name(each)}: {amount}"
            if text_width(name) > right - left - 12:
                name = f"{each.code.replace('_', ' ')} {amount}"
            parts.append(_text(name, left + 6, y - 6.5, "start", "strong halo"))
        return join(parts)

    def _middle(self, start: datetime, end: datetime) -> float:
        return self.times.x(start + (end - start) / 2)


def _shown(value: float | None, line: Line) -> float:
    return series_words.shown_value(value or 0.0, line.series.unit)


def _title(chart: Chart, lang: str) -> str:
    return f"{chart.title}, {words.span(chart.start, chart.end, lang)}"


def _text(text: str, x: float, y: float, anchor: str, css: str = "axis") -> Markup:
    return element(
        "text",
        text,
        class_=css,
        x=float(x),
        y=float(y),
        text_anchor=None if anchor == "start" else anchor,
    )
