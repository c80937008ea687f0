"""Finds places for texts in a drawing, so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .text_size import FONT_SIZE, Box, text_width


@dataclass(frozen=True, slots=True)
class TextLine:
    """A text as it will stand: `x` by `anchor` (start, middle, end), `y` of its baseline."""

    text: str
    x: float
    y: float
    anchor: str = "start"
    css: str = "axis"
    size: float = FONT_SIZE

    def box(self) -> Box:
        """The room it takes, with a little air."""
        width = text_width(self.text, self.size)
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return Box(left - 3, self.y - self.size, left + width + 3, self.y + 0.32 * self.size)


Candidate = Sequence[TextLine]
"""Lines that stand together or not at all."""


class Placement:
    """The texts placed so far, and what they should rather not cover."""

    def __init__(self, room: Box, line: Sequence[tuple[float, float]]) -> None:
        self.room = room
        self._line = line
        self._taken: list[Box] = []

    def take(self, box: Box) -> None:
        """Nothing else may stand here."""
        self._taken.append(box)

    def place(self, candidates: Sequence[Candidate]) -> Candidate | None:
        """The candidate that covers least of the line, the first of equals; None without room.

        What is placed keeps its room.
        """
        best: tuple[int, Candidate] | None = None
        for candidate in candidates:
            boxes = [line.box() for line in candidate]
            if not all(box.within(self.room) for box in boxes):
                continue
            if any(box.overlaps(taken) for box in boxes for taken in self._taken):
                continue
            covered = sum(box.holds(x, y) for box in boxes for x, y in self._line)
            if best is None or covered < best[0]:
                best = (covered, candidate)
        if best is None:
            return None
        self._taken.extend(line.box() for line in best[1])
        return best[1]
