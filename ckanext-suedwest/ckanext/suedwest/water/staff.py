"""The staff gauge: a level beside everything that is known to mean something there, as SVG.

Lengths are SVG user units, levels in the unit of the datastream; y grows downwards. Colours and
type come from the page's style sheet by class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..domain.threshold import ThresholdKind
from ..portal import formats
from ..store.query import ThresholdRow
from . import marks
from .situation import Situation

_WIDTH = 300
_LEFT, _RIGHT = 112.0, 142.0
_TOP = 12.0
_ROW = 17.0
_BASELINE = 4.5
_SMALLEST_BLOCK = 5.0
_SMALLEST_MARGIN_CM = 20.0
_STEPS_CM = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
_HEIGHTS = (("wide-only", 430.0), ("narrow", 310.0))


@dataclass(frozen=True, slots=True)
class _Scale:
    """Centimetres `low` at `bottom` and `high` at `_TOP`."""

    low: float
    high: float
    bottom: float

    def y(self, level: float) -> float:
        return self.bottom - (level - self.low) / (self.high - self.low) * (self.bottom - _TOP)

    @property
    def per_centimetre(self) -> float:
        return (self.bottom - _TOP) / (self.high - self.low)


def staff(situation: Situation, lang: str) -> Markup:
    """Two drawings, for wide and for narrow screens; empty when there is nothing to compare.

    Also without a value that speaks of now the staff shows the marks; then it has no pointer.
    """
    factor = situation.centimetres
    if factor is None or not situation.thresholds:
        return Markup()
    value = None if situation.value is None else situation.value * factor
    thresholds = [(each, each.level * factor) for each in situation.thresholds]
    levels = [level for _, level in thresholds] + ([] if value is None else [value])
    margin = max(_SMALLEST_MARGIN_CM, (max(levels) - min(levels)) * 0.05)
    label = _description(value, thresholds, lang)
    return Markup("").join(
        _drawing(
            style,
            height,
            _Scale(min(levels) - margin, max(levels) + margin, height - 12.0),
            value,
            thresholds,
            label,
            lang,
        )
        for style, height in _HEIGHTS
    )


def place_labels(wanted: Sequence[float], *, top: float, bottom: float, row: float) -> list[float]:
    """Heights near the wanted ones (sorted from the lowest on screen up) that do not overlap.

    Each label moves no further than needed; as many as fit between `bottom` and `top` are
    assumed.
    """
    placed: list[float] = []
    below = bottom + row
    for height in wanted:
        below = min(height, below - row)
        placed.append(below)
    above = top - row
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = max(placed[index], above + row)
        above = placed[index]
    return placed


def _drawing(
    style: str,
    height: float,
    scale: _Scale,
    value: float | None,
    thresholds: Sequence[tuple[ThresholdRow, float]],
    label: str,
    lang: str,
) -> Markup:
    body_height = scale.bottom - _TOP
    parts = [
        Markup('<svg class="{}" viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">').format(
            style, _WIDTH, height, label
        ),
        _rectangle("body", _LEFT, _TOP, _RIGHT - _LEFT, body_height),
    ]
    if value is not None:
        surface = scale.y(value)
        parts.append(
            _rectangle("water", _LEFT, surface, _RIGHT - _LEFT, max(scale.bottom - surface, 0.0))
        )
    parts += _blocks(scale)
    parts.append(_rectangle("frame", _LEFT, _TOP, _RIGHT - _LEFT, body_height))
    parts += _labels(scale, _shown(thresholds, value, int(body_height // _ROW)), lang)
    if value is not None:
        parts.append(_pointer(scale.y(value), value, scale, lang))
    parts += _numbers(scale, value, lang)
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def _blocks(scale: _Scale) -> list[Markup]:
    """The black and white steps, five to a side, so that they can be counted from afar."""
    step = next(
        (each for each in _STEPS_CM if each / 2 * scale.per_centimetre >= _SMALLEST_BLOCK),
        _STEPS_CM[-1],
    )
    half = (_RIGHT - _LEFT) / 2
    blocks: list[Markup] = []
    for index in range(math.floor(scale.low / step), math.ceil(scale.high / step)):
        bottom = scale.y(max(index * step, scale.low))
        top = scale.y(min((index + 0.5) * step, scale.high))
        if top >= bottom:
            continue
        side = _LEFT if index // 5 % 2 else _LEFT + half
        blocks.append(_rectangle("mark", side, top, half, bottom - top))
    return blocks


def _numbers(scale: _Scale, value: float | None, lang: str) -> list[Markup]:
    """Round levels at the left edge, none behind the pointer."""
    step = next(
        (each for each in (50, 100, 200, 500, 1_000, 2_000) if each * scale.per_centimetre >= 40),
        5_000,
    )
    pointer = None if value is None else scale.y(value)
    numbers: list[Markup] = []
    for index in range(math.ceil(scale.low / step), math.floor(scale.high / step) + 1):
        y = scale.y(index * step)
        if pointer is not None and -22 < y - pointer < 34:
            continue
        numbers.append(
            Markup('<text class="axis" x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
                _LEFT - 10, y + _BASELINE, formats.number(index * step / 100, lang, 1)
            )
        )
    return numbers


def _shown(
    thresholds: Sequence[tuple[ThresholdRow, float]], value: float | None, most: int
) -> list[tuple[ThresholdRow, float]]:
    """What fits beside the staff: alarms before marks, near ones before far ones."""
    near = value if value is not None else (thresholds[0][1] if thresholds else 0.0)
    chosen = sorted(
        thresholds,
        key=lambda each: (each[0].kind == ThresholdKind.STATISTICAL, abs(each[1] - near)),
    )[:most]
    return sorted(chosen, key=lambda each: each[1])


def _labels(
    scale: _Scale, thresholds: Sequence[tuple[ThresholdRow, float]], lang: str
) -> list[Markup]:
    heights = [scale.y(level) for _, level in thresholds]
    placed = place_labels(heights, top=_TOP, bottom=scale.bottom, row=_ROW)
    return [
        Markup(
            '<path class="lead-line" d="M{} {:.1f}h6L{} {:.1f}h4"/><text x="{}" y="{:.1f}">'
            '<tspan class="strong">{}</tspan> <tspan class="axis">{}</tspan></text>'
        ).format(
            _RIGHT,
            height,
            _RIGHT + 12,
            label,
            _RIGHT + 20,
            label + _BASELINE,
            formats.number(level / 100, lang, 2),
            marks.short_name(threshold, lang),
        )
        for (threshold, level), height, label in zip(thresholds, heights, placed, strict=True)
    ]


def _pointer(y: float, value: float, scale: _Scale, lang: str) -> Markup:
    text = min(max(y + 6, _TOP + 6), scale.bottom - 10)
    return Markup(
        '<path class="pointer" d="M{} {:.1f}l-11 -7v14Z"/>'
        '<path class="surface" d="M{} {:.1f}H{}"/>'
        '<text class="big" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        '<text class="axis" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
    ).format(
        _LEFT - 2,
        y,
        _LEFT - 4,
        y,
        _RIGHT,
        _LEFT - 20,
        text,
        formats.level_metres(value, lang),
        _LEFT - 20,
        text + 16,
        "jetzt" if lang == "de" else "now",
    )


def _rectangle(style: str, x: float, y: float, width: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{:g}" y="{:.1f}" width="{:g}" height="{:.1f}"/>').format(
        style, x, y, width, height
    )


def _description(
    value: float | None, thresholds: Sequence[tuple[ThresholdRow, float]], lang: str
) -> str:
    """The same for those who do not see it."""
    german = lang == "de"
    parts = ["Pegellatte" if german else "Staff gauge"]
    if value is not None:
        parts.append(f"{'jetzt' if german else 'now'} {formats.level_metres(value, lang)}")
    parts += [
        f"{marks.name(threshold, lang)} {formats.level_metres(level, lang)}"
        for threshold, level in thresholds
    ]
    return ", ".join(parts)
