"""A chart with its values, ready to be drawn, told and written down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from ...domain.trend import Trend
from ...store.query import Column
from ..access import PublicSeries
from ..embed_page import Source
from ..series import Series
from .settings import Bars, Compare, Kind, Per


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a chart, called `name` beside others.

    `series` has the true times; `columns` are as drawn: values of the past moved to the time of
    now, or bars, whose `mean` is their length. `table` has the values as HTML. `trend` is told of
    live levels alone.
    """

    name: str
    series: Series
    columns: tuple[Column, ...]
    table: Markup = Markup("")
    past: bool = False
    trend: Trend | None = None

    def drawn(self, start: datetime, end: datetime) -> Series:
        """The series with the columns as drawn, for what works on a `Series`."""
        return replace(self.series, columns=self.columns, start=start, end=end)


@dataclass(frozen=True, slots=True)
class Chart:
    """What a view shows: `lines` from `start` to `end` (UTC), with `notes` in words below.

    `tile` is the newest value of each line as HTML. `sources` are to be named, `address` is the
    page of the portal that tells more, `range` the one that was chosen. `live` is the one live
    series that is all there is to see; `dates` says that times are days without a clock time.
    """

    title: str
    kind: Kind
    lines: tuple[Line, ...]
    start: datetime
    end: datetime
    address: str
    sources: tuple[Source, ...]
    range: str
    bars: Bars = Bars.SUM
    per: Per = Per.DAY
    compare: Compare = Compare.NOTHING
    tile: Markup = Markup("")
    notes: tuple[str, ...] = ()
    simulated: bool = False
    live: PublicSeries | None = None
    thresholds: bool = True
    dates: bool = False

    @property
    def unit(self) -> str | None:
        """The unit of all lines; None when they have several."""
        units = {line.series.unit for line in self.lines}
        return units.pop() if len(units) == 1 else None

    @property
    def has_values(self) -> bool:
        """Whether there is anything to draw."""
        return any(column.count for line in self.lines for column in line.columns)
